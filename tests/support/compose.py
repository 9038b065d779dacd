"""docker-compose.yml as data, and its settings with the addresses of a machine without Docker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from stream.infra import settings
from stream.infra.settings import Settings
from tests.support.tools import ROOT

FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = msgspec.yaml.decode(FILE.read_bytes())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("journeywatch:"))
SECRETS = tuple(COMPOSE["secrets"])


def environment(directory: Path, **addresses: str) -> dict[str, str]:
    """Variables for a worker outside of its container: the compose file's own settings, and secrets in `directory`.

    `addresses`: what stands in the settings, and what is to stand there.
    """
    text = (ROOT / "deploy/journeywatch.toml").read_text()
    for name in SECRETS:
        (directory / name).write_text(f"secret-of-{name}")
    for old, new in {"/run/secrets": str(directory), **addresses}.items():
        assert old in text, f"deploy/journeywatch.toml does not say {old}"
        text = text.replace(old, new)
    (directory / "journeywatch.toml").write_text(text)
    return {"JOURNEYWATCH_SETTINGS": str(directory / "journeywatch.toml")}


def effective(directory: Path) -> Settings:
    """The settings that the workers of the compose file have."""
    return settings.load(None, environment(directory))
