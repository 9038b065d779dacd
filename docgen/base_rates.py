"""Counts how often signals speak on the two public logs: `python -m docgen.base_rates DIRECTORY`, where they lie.

Writes docgen/base_rates.json, counts only, from which docs/signals.md is written. Parameters are the defaults.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.support.rates import base_rates

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docgen/base_rates.json"
LOGS = {"bpi_challenge_2013_incidents.xes.gz": "bpi_challenge_2013.toml", "helpdesk.xes.gz": "helpdesk.toml"}


class Count(Struct):
    """`alerts` = episodes opened, `subjects` = with one, `peak` = opened on the worst day (UTC), `withdrawn` of all."""

    alerts: int
    subjects: int
    peak: int
    withdrawn: int


class Log(Struct):
    """The counts of one log, by signal, and how many tickets it has."""

    tickets: int
    signals: dict[str, Count]


class Counted(Struct):
    """When (UTC), and by log."""

    date: str
    logs: dict[str, Log]


def read() -> Counted:
    """The counts as they were last taken."""
    return msgspec.json.decode(FILE.read_bytes(), type=Counted)


def count(directory: Path) -> Counted:
    """The counts, taken anew from the logs in `directory`; minutes."""
    logs = {}
    for name, rules in LOGS.items():
        rates = base_rates(directory / name, ROOT / "examples" / rules)
        signals = {
            signal: Count(rate.alerts, rate.subjects, rate.peak, rate.withdrawn) for signal, rate in rates.items()
        }
        logs[name.partition(".")[0]] = Log(
            max(rate.customers for rate in rates.values()), dict(sorted(signals.items()))
        )
    return Counted(datetime.now(UTC).date().isoformat(), logs)


if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(count(Path(sys.argv[1]))), indent=1) + b"\n")
