"""Small logs written by hand: a few events on a few days, and what the oracle makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.oracle.oracle import Key, Readings, Row

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
NOON = 1_768_046_400_000  # 2026-01-10T12:00:00Z
JANUARY, FEBRUARY, MARCH = 1_767_225_600_000, 1_769_904_000_000, 1_772_323_200_000

Said = tuple[int, str, dict[str, Any]]


def event(ident: str, time: int, kind: str, data: dict[str, Any], customer: str = "c", **more: str) -> dict[str, Any]:
    """A CloudEvent at `time` ms, written as an offset from the epoch by a zone that is not UTC."""
    moment = f"{utc(time + HOUR)[:-1]}+01:00"
    base = {"specversion": "1.0", "id": ident, "source": "test", "type": kind, "time": moment, "subject": customer}
    return {**base, "data": data, **more}


def utc(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{time % 1000:03d}Z"


def write(path: Path, events: list[tuple[int, dict[str, Any]]]) -> Path:
    """NDJSON of (append time, event)."""
    path.write_text("".join(json.dumps({"at": utc(at), "event": said}) + "\n" for at, said in events))
    return path


def log(path: Path, *said: Said | tuple[int, str, dict[str, Any], str], end: int | None = None) -> Path:
    """A log of (time, type, data[, customer]), each heard at once. `end`: one more event, of nobody, then."""
    rows = [(row[0], event(f"e{i}", row[0], row[1], row[2], *row[3:])) for i, row in enumerate(said)]
    if end is not None:
        rows.append((end, event("end", end, "renewal.due", {"subscription": "none"}, "nobody")))
    return write(path, rows)


def at(found: Readings, kpi: str, window: str = "all", **cut: str) -> Row:
    """One reading; without data if there is none."""
    return found.get(Key(kpi, window, frozenset(cut.items())), Row(None, 0))
