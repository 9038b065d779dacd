"""Credentials: never in the clear unless said, by file wherever they are wanted, and shown by nothing."""

from __future__ import annotations

import io
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agents.cli import main
from agents.embedded.child import free_port
from agents.setup import connection
from agents.worker import secrets
from stream.faults import Faults
from stream.infra import logs, plugins
from stream.infra.settings import load
from tests.support.tools import ROOT

KAFKA = '[kafka]\nsecurity = "{}"\nusername = "u"\npassword = "{}"\n'
REDIS = '[redis]\nurl = "{}"\npassword = "{}"\n'
SECRETS = (
    "kafka.password",
    "redis.password",
    "metrics.token",
    "verdicts.link_key",
    "verdicts.pagerduty_secret",
    "sinks.alertmanager.pseudonym_key",
)


def read(tmp_path: Path, text: str):
    (tmp_path / "s.toml").write_text(text)
    return load(tmp_path / "s.toml", {})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (KAFKA.format("SASL_PLAINTEXT", "hidden"), "SASL_SSL"),
        (REDIS.format("redis://r:6379/0", "hidden"), "rediss://"),
        ('[redis]\nurl = "redis://u:hidden@r:6379/0"\n', "rediss://"),
    ],
)
def test_credentials_are_not_sent_in_the_clear(tmp_path: Path, text: str, word: str) -> None:
    """Unless settings say so; the refusal names the mend and not the secret."""
    with pytest.raises(Faults) as caught:
        read(tmp_path, text)
    assert word in str(caught.value)
    assert "plaintext_credentials = true" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert read(tmp_path, text + "plaintext_credentials = true\n")


@pytest.mark.parametrize(
    "text",
    [
        KAFKA.format("SASL_SSL", "x"),
        REDIS.format("rediss://r:6379/0", "x"),
        REDIS.format("redis://localhost:6379/0", "x"),
        REDIS.format("unix:///run/redis.sock", "x"),
        '[redis]\nurl = "redis://r:6379/0"\n',
    ],
)
def test_where_nobody_listens_they_may(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text)


@pytest.mark.parametrize("section", ["kafka", "redis"])
def test_a_certificate_needs_its_key(tmp_path: Path, section: str) -> None:
    with pytest.raises(Faults, match="belong together"):
        read(tmp_path, f'[{section}]\ncert_file = "c"\n')


def canaries(tmp_path: Path, *, by_file: bool) -> tuple[str, dict[str, str]]:
    """Settings whose every secret is a word that is easy to find; as text of a file, or as variables of files."""
    text = f'[kafka]\nbootstrap = "127.0.0.1:{free_port()}"\nsecurity = "SASL_SSL"\nusername = "u"\n'
    text += '[sinks.alertmanager]\nurl = "http://a"\n'
    environ = {}
    for name in SECRETS:
        section, _, key = name.rpartition(".")
        if by_file:
            (tmp_path / name).write_text(f"canary-{name}\n")
            environ[f"JOURNEYWATCH_{section.replace('.', '__')}__{key}_FILE".upper()] = str(tmp_path / name)
        else:
            environ[f"JOURNEYWATCH_{section.replace('.', '__')}__{key}".upper()] = f"canary-{name}"
    return text, environ


@pytest.mark.parametrize("by_file", [False, True])
def test_nothing_that_is_printed_shows_a_secret(tmp_path, monkeypatch, capsys, by_file: bool) -> None:
    """Settings in force, plug-ins, topics that can not be reached, and the fault of a key beside them."""
    text, environ = canaries(tmp_path, by_file=by_file)
    (tmp_path / "s.toml").write_text(text)
    (tmp_path / "bad.toml").write_text(text + "[tenant]\ntimezone = 'Nowhere'\n[redis]\nprefx = 'x'\n")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    effective = load(tmp_path / "s.toml")
    assert effective.sections.redis.password == "canary-redis.password"
    sink: Any = plugins.load(effective).sinks["alertmanager"]
    assert sink.pseudonym_key == "canary-sinks.alertmanager.pseudonym_key"
    assert sorted(secrets(effective)) == sorted(f"canary-{name}" for name in SECRETS)
    for file, command, code in (
        ("s", "settings", 0),
        ("s", "plugins", 0),
        ("s", "topics", 75),
        ("bad", "settings", 2),
        ("bad", "worker", 2),
    ):
        assert main([command, "--settings", str(tmp_path / f"{file}.toml")]) == code
    said = capsys.readouterr()
    assert "canary" not in said.out + said.err
    assert 'password = "***"' in said.out
    assert "canary" not in repr(connection(effective.kafka))


def test_no_log_line_shows_a_secret(tmp_path: Path) -> None:
    """However it gets in: in the words, in the trace of an error, in the fields beside them."""
    text, environ = canaries(tmp_path, by_file=False)
    (tmp_path / "s.toml").write_text(text)
    effective = load(tmp_path / "s.toml", environ)
    before = logging.getLogger().handlers[:]
    stream = io.StringIO()
    handler = logs.setup("debug", style="json", secrets=secrets(effective), stream=stream)
    try:
        log = logging.getLogger("journeywatch.test")
        log.warning(
            "%s and %r", effective.kafka, effective.sections, extra={"fields": {"redis": [str(effective.redis)]}}
        )
        error = ValueError(f"no such user: {effective.kafka.password}")
        log.error("failed", exc_info=error)
    finally:
        logging.getLogger().handlers[:] = before
        handler.close()
    assert "no such user" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_the_secrets_of_compose_are_made_once(tmp_path: Path) -> None:
    """Each differs, is long, and stays; the folder is its owner's alone."""
    folder = tmp_path / "secrets"

    def made() -> dict[str, str]:
        subprocess.run(["sh", str(ROOT / "deploy/secrets.sh"), str(folder)], check=True, capture_output=True)
        return {file.name: file.read_text() for file in folder.iterdir()}

    first = made()
    assert made() == first
    assert len({*first.values()}) == len(first) == 4
    assert all(len(value) == 48 and value.isalnum() for value in first.values())
    assert folder.stat().st_mode & 0o777 == 0o700
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/deploy/secrets/" in ignored
    assert os.access(ROOT / "deploy/secrets.sh", os.X_OK)
