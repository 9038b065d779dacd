"""`python -m tests.oracle READINGS.json LOG.ndjson... [--rate EUR=1.10]`: where a replay differs, exit 1."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.oracle.oracle import compare, compute


def main() -> int:
    """Print a line for each difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description="compare readings with SQL")
    parser.add_argument("readings", type=Path, help="readings.json of a replay with default settings")
    parser.add_argument("logs", type=Path, nargs="+", help="NDJSON that was replayed, .gz as it is")
    parser.add_argument("--rate", action="append", default=[], help="CURRENCY=RATE, units of USD for one of it")
    parser.add_argument("--alerts", type=Path, help="alerts.json of the replay, for signal_precision; not for health")
    given = parser.parse_args()
    rates = {"USD": "1", **dict(rate.split("=", 1) for rate in given.rate)}
    readings = json.loads(given.readings.read_text(encoding="utf-8"))
    oracle = compute(given.logs, rates=rates, pairs=(), alerts=given.alerts)
    oracle = {key: row for key, row in oracle.items() if key.kpi != "health"}  # it is looked at when a customer is
    faults = compare(readings, oracle)
    print(*faults, f"{len(faults)} differences; {len(readings)} readings, {len(oracle)} in SQL", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
