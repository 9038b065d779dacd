"""`journeywatch worker` with a short session, a clock that may be wrong, and a place to die at.

`python -m tests.chaos.worker SETTINGS ROLES`; the environment may hold CHAOS_POINT (see `points`), CHAOS_CLOCK
(seconds by which this machine's clock is wrong), CHAOS_CLOCK_SINCE (a file: only while it exists), CHAOS_SESSION
(seconds) and CHAOS_LAG (the changelogs' min.compaction.lag.ms, where a test has changed it).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def shift(seconds: float, since: Path) -> None:
    """Sets this process's wall clock, while the file `since` exists; before anything takes a reference to it."""
    seconds_of, ns_of = time.time, time.time_ns
    time.time = lambda: seconds_of() + seconds * since.exists()
    time.time_ns = lambda: ns_of() + int(seconds * 1e9) * since.exists()


def compacting(lag: str) -> dict[str, str]:
    """A changelog that the broker compacts while the test looks on."""
    return {"min.compaction.lag.ms": lag, "max.compaction.lag.ms": lag, "segment.ms": "1000"}


def main(file: str, roles: str) -> int:
    if wrong := float(os.environ.get("CHAOS_CLOCK", "0")):
        shift(wrong, Path(os.environ.get("CHAOS_CLOCK_SINCE", "/")))
    from agents import topics
    from agents.engine import app
    from agents.worker import run
    from stream.infra.settings import load
    from tests.chaos import points

    session = float(os.environ.get("CHAOS_SESSION", "10"))
    app._REAL.update(broker_session_timeout=session, broker_heartbeat_interval=session / 6)
    if lag := os.environ.get("CHAOS_LAG"):
        topics._COMPACTED.update(compacting(lag))
    if point := os.environ.get("CHAOS_POINT"):
        points.arm(point)
    return run(load(Path(file)), roles.split(","))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
