"""kpis: journey.kpis -> the table of panes, journey.alerts of watches, and the readings for people and Prometheus."""

from __future__ import annotations

from agents.engine.owner import Owner
from agents.engine.tables import TableHop
from agents.setup import Setup
from stream.aggregates import KpiPartition
from stream.infra.views import ReadingsView
from stream.record import KPIS, Append, Meta, murmur2

ROLE, TABLE = "kpis", "panes"


def hop(setup: Setup) -> TableHop:
    def fold(partition: int, rows: dict[bytes, bytes], meta: Meta | None) -> KpiPartition:
        found = setup.plugins
        return KpiPartition(
            setup.definitions, setup.revision, found.kpis, tuple(found.watches.values()), partition, rows, meta
        )

    return setup.table_hop(
        ROLE, TABLE, (KPIS, setup.definitions.kpi_partitions), fold, lambda fold: Display(fold, setup)
    )


class Display:
    """Shows what the fold's panes say: to the read side, to /metrics."""

    def __init__(self, fold: KpiPartition, setup: Setup) -> None:
        partitions = setup.definitions.kpi_partitions
        mine = [name for name in fold.kpis if murmur2(name.encode()) % partitions == fold.partition]
        self._fold = fold
        self._setup = setup
        self._telemetry = setup.telemetry
        self._view = ReadingsView(fold.partition, mine, setup.redis_base)
        if setup.redis is not None:
            setup.redis.show(self._view)

    def heard(self, append: Append) -> None:
        self._view.clock = append.meta.clock

    async def look(self, owner: Owner, caught_up: bool) -> None:
        clocks = self._fold.clocks
        for kpi, dimensions in self._fold.labels.overflowed.items():
            for dimension, n in dimensions.items():
                self._telemetry.labels_overflowed[kpi, dimension] = n
        if clocks:
            owner.gauges.closed_delay = max(clocks.values()) - min(clocks.values())

    async def close(self) -> None:
        if self._setup.redis is not None:
            self._setup.redis.hide(self._view)
