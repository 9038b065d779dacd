"""Logs replayed through the command, and what it left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agents.cli import main
from agents.results import FILES

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


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


def ticket(number: int, kind: str, at: int, **data: Any) -> dict[str, Any]:
    """An event of ticket T, `at` seconds after the start."""
    time = f"2026-01-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z"
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "s", "type": f"ticket.{kind}", "time": time,
        "subject": "c", "data": {"ticket": "T", **data},
    }  # fmt: skip


def lines(path: Path, *items: Any) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in items))
    return path


STORY = (
    ticket(1, "opened", 0, channel="chat", team="a"),
    ticket(2, "resolved", 100),
    ticket(3, "reopened", 200),
)
