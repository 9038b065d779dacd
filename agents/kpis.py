"""kpis: journey.kpis -> the table of panes, journey.alerts of watches, and the readings for people and Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from math import inf

import msgspec
from msgspec import Struct

from agents.engine.owner import Owner
from agents.engine.tables import TableHop
from agents.setup import Setup
from stream.aggregates import KpiPartition
from stream.infra.views import ReadingsView, field
from stream.live import LiveReadings
from stream.readings import Reading
from stream.record import ALERTS, KPIS, Append, Meta, murmur2

ROLE, TABLE = "kpis", "panes"
EVERY = 5.0  # seconds between refreshes of what is shown
SLICE = 0.01  # seconds of a refresh before other tasks have a turn


class _Said(Struct):
    """Of an alert, what is counted."""

    signal: str
    change: str


_said = msgspec.json.Decoder(_Said).decode


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
    """Shows what the fold's panes say, to the read side and to /metrics, a slice at a time beside the fold."""

    def __init__(self, fold: KpiPartition, setup: Setup) -> None:
        partitions = setup.definitions.kpi_partitions
        mine = [name for name in fold.kpis if murmur2(name.encode()) % partitions == fold.partition]
        self._fold = fold
        self._setup = setup
        self._live = LiveReadings(fold)
        self._view = ReadingsView(fold.partition, mine, setup.redis_base)
        self._newest: dict[str, dict[str, Reading]] = {name: {} for name in mine}
        self._changed: dict[str, None] = {}  # KPIs of the refresh that goes on
        self._refresh: Iterator[Reading | None] | None = None
        self._next = 0.0
        if setup.redis is not None:
            setup.redis.show(self._view)

    def heard(self, append: Append) -> None:
        self._view.clock = append.meta.clock
        alerts = self._setup.telemetry.hop(ROLE).alerts
        for out in append.out:
            if out.topic == ALERTS:
                alert = _said(out.value)
                about = alert.signal, alert.change
                alerts[about] = alerts.get(about, 0) + 1

    async def look(self, owner: Owner, caught_up: bool) -> None:
        self._count(owner)
        if self._refresh is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self._refresh = self._live.refresh()
        if self._refresh is not None:
            async with self._setup.pieces:
                if not self._read_on(self._refresh):
                    self._refresh = None
                    self._show()

    async def close(self) -> None:
        if self._setup.redis is not None:
            self._setup.redis.hide(self._view)
        for kpi in self._newest:
            self._setup.readings.pop(kpi, None)

    def _read_on(self, refresh: Iterator[Reading | None]) -> bool:
        """Reads for a moment; False at the end."""
        until = time.perf_counter() + SLICE
        for reading in refresh:
            if reading is not None:
                self._newest[reading.kpi][field(reading)] = reading
                self._changed[reading.kpi] = None
            if time.perf_counter() > until:
                return True
        return False

    def _show(self) -> None:
        changed, self._changed = self._changed, {}
        for kpi in changed:
            self._setup.readings[kpi] = list(self._newest[kpi].values())
            self._view.replace(kpi, self._setup.readings[kpi])

    def _count(self, owner: Owner) -> None:
        overflowed = self._setup.telemetry.labels_overflowed
        for kpi, dimensions in self._fold.labels.overflowed.items():
            for dimension, n in dimensions.items():
                overflowed[kpi, dimension] = n
        owner.gauges.held = held(self._fold.clocks, self._setup.definitions.partitions)


def held(clocks: Mapping[int, int], partitions: int) -> dict[int, float]:
    """How far each partition of journey.events is behind the furthest one, s; inf for one that was never heard of.

    A pane closes when all have passed it, so that is by how long each holds up the watches. Empty before anything is
    heard.
    """
    if not clocks:
        return {}
    furthest = max(clocks.values())
    return {p: (furthest - clocks[p]) / 1000 if p in clocks else inf for p in range(partitions)}
