"""What the worker counts about itself: plain numbers, written where things happen, read by /metrics at scrape.

Counters only grow while the process lives and belong to a role, so that a rebalance never makes them fall;
what belongs to a partition is a gauge and goes with it (`HopTelemetry.lose`).
"""

from __future__ import annotations

from bisect import bisect_left

from msgspec import Struct, field

LATENCY_MS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000)


class Histogram(Struct):
    """Counts by upper bound (ms, inclusive); the last count is for what is above all bounds."""

    bounds: tuple[int, ...] = LATENCY_MS
    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_MS) + 1))
    sum: int = 0

    def observe(self, value: int, times: int = 1) -> None:
        """Counts `value` (ms) `times` times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.sum += value * times


class PartitionTelemetry(Struct):
    """Gauges of one owned partition of a source topic. Offsets name the next record, as Kafka does; -1 = unknown."""

    read: int = -1  # next offset after what is in work, or was last
    done: int = -1  # next offset after what is written and published
    committed: int = -1
    highwater: int = -1
    clock: int = 0  # log clock, ms
    heard: int = 0  # append time of the last record folded, ms
    seq: int = 0  # number of the last append
    keys: int = 0  # rows of the table
    recovery_seconds: float = 0.0  # how long the last recovery took
    held: dict[int, float] = field(
        default_factory=dict
    )  # kpis: s by which each journeys partition holds up the watches


class HopTelemetry(Struct):
    """One role of a worker: its counters and its partitions, by (topic, partition)."""

    role: str
    partitions: dict[tuple[str, int], PartitionTelemetry] = field(default_factory=dict)
    records: int = 0  # source records folded
    guard_drops: int = 0  # records dropped because they were not the next one
    seeks_back: int = 0
    void_records: int = 0  # changelog records that another writer made invalid
    foreign_writes: int = 0
    outbox_republished: int = 0
    recovery_records: int = 0
    recovery_seconds: float = 0.0  # spent on taking partitions over
    rebalances: int = 0
    appends: int = 0
    bytes: int = 0  # written to the changelog
    fold_seconds: float = 0.0
    ticks: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)  # by reason
    events: dict[str, int] = field(default_factory=dict)  # by type
    alerts: dict[tuple[str, str], int] = field(default_factory=dict)  # by (signal, change)
    dropped: dict[str, int] = field(default_factory=dict)  # forgotten or folded state, by name
    latency: Histogram = field(default_factory=Histogram)  # append time to written, ms
    lateness: Histogram = field(default_factory=Histogram)  # of ticks: since when something was due, ms

    def partition(self, topic: str, partition: int) -> PartitionTelemetry:
        """The gauges of an owned partition, made when first asked for."""
        return self.partitions.setdefault((topic, partition), PartitionTelemetry())

    def lose(self, topic: str, partition: int) -> None:
        """The partition is no longer ours: its series end at the next scrape."""
        self.partitions.pop((topic, partition), None)


class SinkTelemetry(Struct):
    """One sink of the delivery role."""

    up: bool = True
    backlog: int = 0  # alerts whose newest version it has not been sent
    oldest: int = 0  # wall clock, ms, since when something waits; 0 = nothing waits
    error: str = ""  # of the last failed attempt; empty when up
    outcomes: dict[str, int] = field(default_factory=dict)  # delivered, rejected, retried


class RedisTelemetry(Struct):
    """The read side, as seen by this worker."""

    up: bool = True
    writes: int = 0
    errors: int = 0
    refills: int = 0
    error: str = ""


class Telemetry(Struct):
    """Everything one process counts. One instance a process, handed to whoever counts."""

    version: str = ""
    revision: str = ""
    loop_lag: float = 0.0  # seconds that the event loop was late, at the worst of the last moments
    hops: dict[str, HopTelemetry] = field(default_factory=dict)
    sinks: dict[str, SinkTelemetry] = field(default_factory=dict)
    redis: RedisTelemetry | None = None
    labels_overflowed: dict[tuple[str, str], int] = field(default_factory=dict)  # by (kpi, dimension)
    alerts_active: dict[tuple[str, str], int] = field(default_factory=dict)  # by (signal, severity); delivery only
    pages: dict[str, int] = field(default_factory=dict)  # by what became of them: paged, or why not; delivery only
    demoted: list[str] = field(default_factory=list)  # signals that may not page; delivery only

    def hop(self, role: str) -> HopTelemetry:
        """The counters of a role, made when first asked for."""
        return self.hops.setdefault(role, HopTelemetry(role))

    def sink(self, name: str) -> SinkTelemetry:
        """The counters of a sink, made when first asked for."""
        return self.sinks.setdefault(name, SinkTelemetry())
