"""Logs replayed through the command, and what it left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agents.cli import main
from agents.results import FILES


def replay(out: Path, *argv: Any, code: int = 0) -> Path:
    """The directory of results of `journeywatch replay ARGV --out OUT`."""
    assert main(["replay", *map(str, argv), "--out", str(out)]) == code
    return out


def contents(out: Path) -> dict[str, bytes]:
    """The four files."""
    return {name: (out / name).read_bytes() for name in FILES}


def rows(out: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one file."""
    text = (out / name).read_text(encoding="utf-8")
    found: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()] if "nd" in name else json.loads(text)
    return found
