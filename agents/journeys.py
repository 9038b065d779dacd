"""journeys: journey.events -> the table of journeys, journey.kpis, journey.alerts; and the ticks of idle partitions."""

from __future__ import annotations

import time

from agents.engine.owner import Owner
from agents.engine.tables import TableHop
from agents.setup import Setup
from agents.tally import drain
from stream.infra.telemetry import HopTelemetry
from stream.partition import Partition
from stream.record import EVENTS, Append, Meta
from stream.ticks import LogTime

ROLE, TABLE = "journeys", "journeys"
EMBEDDED = 2_000_000  # bytes of an append, about: the embedded broker keeps nothing of one above 5 MiB


def hop(setup: Setup) -> TableHop:
    telemetry, room = setup.telemetry.hop(ROLE), EMBEDDED if setup.connection.embedded else None

    def fold(partition: int, rows: dict[bytes, bytes], meta: Meta | None) -> Partition:
        return Partition(setup.definitions, setup.plan, partition, rows, meta, room=room)

    return setup.table_hop(
        ROLE, TABLE, (EVENTS, setup.definitions.partitions), fold, lambda fold: Ticker(fold, telemetry)
    )


class Ticker:
    """Pushes the log clock while nothing comes, so that what falls due is said in time; and counts for people."""

    def __init__(self, fold: Partition, telemetry: HopTelemetry) -> None:
        self._fold = fold
        self._telemetry = telemetry
        self._time = LogTime()

    def heard(self, append: Append) -> None:
        pass

    async def look(self, owner: Owner, caught_up: bool) -> None:
        self._count()
        wall, uptime = time.time_ns() // 1_000_000, int(time.monotonic() * 1_000)
        now, due = self._time.now(wall, uptime, self._fold.clock), self._fold.due
        out = self._fold.tick(now, caught_up=caught_up)
        if out is not None:
            await owner.publish([out])
            self._telemetry.ticks += 1
            if due <= now:  # else it only says that time goes on
                self._telemetry.lateness.observe(now - due)

    async def close(self) -> None:
        self._count()

    def _count(self) -> None:
        """Moves the fold's tallies into the role's counters, which outlive it."""
        tallies, telemetry = self._fold.tallies, self._telemetry
        drain(tallies.heard, telemetry.events)
        drain(tallies.dead_letters, telemetry.dead_letters)
        drain(tallies.forgotten, telemetry.dropped)
        drain(tallies.alerts, telemetry.alerts)
