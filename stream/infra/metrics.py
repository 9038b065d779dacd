"""What a worker says of itself to Prometheus. Nothing is counted here: the numbers are read when it is scraped.

KPIs have their own file (`stream.infra.kpimetrics`). Labels are of bounded sets; never a customer, a ticket, a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from stream.infra.sinks import Clock
from stream.infra.telemetry import Histogram, HopTelemetry, PartitionTelemetry, Telemetry
from stream.record import EVENTS

Row = tuple[tuple[str, ...], float]

_HOP_COUNTERS = (
    ("records", "journey_processed_records", "Source records folded."),
    ("guard_drops", "journey_guard_dropped_records", "Records dropped because they were not the next one."),
    ("seeks_back", "journey_seeks_back", "Times that a gap in what was fetched was sought back."),
    ("void_records", "journey_void_records", "Changelog records made void by another writer."),
    ("foreign_writes", "journey_foreign_writes", "Appends that did not land where they were expected."),
    ("outbox_republished", "journey_republished_records", "Records said again after a restart."),
    ("recovery_records", "journey_recovered_records", "Changelog records read to restore tables."),
    ("recovery_seconds", "journey_recovery_seconds", "Time spent on taking partitions over."),
    ("rebalances", "journey_rebalances", "Times that partitions were given out anew."),
    ("appends", "journey_appends", "Atomic writes of state."),
    ("bytes", "journey_append_bytes", "Bytes written to changelogs."),
    ("fold_seconds", "journey_fold_seconds", "Time spent folding."),
    ("ticks", "journey_ticks", "Clock ticks written to journey.events."),
)


class WorkerCollector(Collector):
    """Reads a `Telemetry` at scrape; `clock` tells how far behind it is."""

    def __init__(self, telemetry: Telemetry, clock: Clock) -> None:
        self._telemetry = telemetry
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        t = self._telemetry
        yield gauge(
            "journey_build_info", "Version and definitions.", ("version", "definitions"), [((t.version, t.revision), 1)]
        )
        yield gauge(
            "journey_event_loop_lag_seconds",
            "How late the event loop was, at the worst of 15 s.",
            (),
            [((), t.loop_lag)],
        )
        hops = list(t.hops.values())
        yield from _hop_counters(hops)
        yield from _named_counters(hops)
        yield _histogram(
            "journey_append_latency_seconds", "Append time of a record to its effects written.", hops, "latency"
        )
        yield _histogram("journey_tick_lateness_seconds", "How long due when its tick was written.", hops, "lateness")
        yield from _partitions(hops, self._clock())
        yield from self._delivery()
        yield from self._redis()

    def _delivery(self) -> Iterator[Metric]:
        sinks = self._telemetry.sinks
        now = self._clock()
        waits = {name: max(now - sink.oldest / 1000, 0.0) if sink.oldest else 0.0 for name, sink in sinks.items()}
        told = (((name, outcome), n) for name, sink in sinks.items() for outcome, n in sink.outcomes.items())
        active = self._telemetry.alerts_active.items()
        yield gauge("journey_alerts_active", "Open alerts.", ("signal", "severity"), active)
        pages = (((outcome,), n) for outcome, n in self._telemetry.pages.items())
        yield counter("journey_pages", "Pages by what became of them: paged, or why not.", ("outcome",), pages)
        demoted = (((signal,), 1) for signal in self._telemetry.demoted)
        yield gauge("journey_signal_demoted", "Signals that people found useless: queued.", ("signal",), demoted)
        yield gauge("journey_sink_up", "Did its last attempt go well?", ("sink",), _each(sinks, "up"))
        yield gauge("journey_sink_backlog_alerts", "Alerts it is still to be told.", ("sink",), _each(sinks, "backlog"))
        yield gauge(
            "journey_sink_wait_seconds", "Since when any waits.", ("sink",), (((n,), w) for n, w in waits.items())
        )
        yield counter("journey_alert_notifications", "Attempts by outcome.", ("sink", "outcome"), told)

    def _redis(self) -> Iterator[Metric]:
        redis = self._telemetry.redis
        if redis is None:
            return
        yield gauge("journey_redis_up", "Is the read side written?", (), [((), float(redis.up))])
        yield counter("journey_redis_writes", "Commands written to Redis.", (), [((), redis.writes)])
        yield counter("journey_redis_errors", "Failed writes to Redis.", (), [((), redis.errors)])
        yield counter("journey_redis_refills", "Times that Redis was filled from the start.", (), [((), redis.refills)])


def _hop_counters(hops: list[HopTelemetry]) -> Iterator[Metric]:
    for field, name, words in _HOP_COUNTERS:
        yield counter(name, words, ("role",), (((hop.role,), getattr(hop, field)) for hop in hops))


def _named_counters(hops: list[HopTelemetry]) -> Iterator[Metric]:
    yield counter("journey_events", "Events by type.", ("role", "type"), _named(hops, "events"))
    yield counter(
        "journey_dead_letter", "Records refused, by reason.", ("role", "reason"), _named(hops, "dead_letters")
    )
    yield counter("journey_state_dropped", "State forgotten or passed over.", ("role", "what"), _named(hops, "dropped"))
    alerts = (((hop.role, *key), n) for hop in hops for key, n in hop.alerts.items())
    yield counter("journey_alert_changes", "Changes of alerts.", ("role", "signal", "change"), alerts)


def _named(hops: list[HopTelemetry], field: str) -> Iterator[Row]:
    return (((hop.role, name), n) for hop in hops for name, n in getattr(hop, field).items())


def _each(things: Mapping[str, Any], field: str) -> Iterator[Row]:
    return (((name,), float(getattr(thing, field))) for name, thing in things.items())


def _histogram(name: str, words: str, hops: list[HopTelemetry], field: str) -> Metric:
    family = HistogramMetricFamily(name, words, labels=("role",))
    for hop in hops:
        found: Histogram = getattr(hop, field)
        family.add_metric((hop.role,), buckets=_buckets(found), sum_value=found.sum / 1000)
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """Cumulative counts by upper bound in seconds."""
    total, found = 0, []
    for bound, n in zip([*histogram.bounds, None], histogram.counts, strict=True):
        total += n
        found.append(("+Inf" if bound is None else repr(bound / 1000), float(total)))
    return found


def _partitions(hops: list[HopTelemetry], now: float) -> Iterator[Metric]:
    owned = [((hop.role, tp[0], str(tp[1])), part) for hop in hops for tp, part in hop.partitions.items()]
    counts: dict[tuple[str, ...], float] = {}
    for (role, topic, _), _part in owned:
        counts[role, topic] = counts.get((role, topic), 0) + 1
    yield gauge("journey_assigned_partitions", "Partitions owned.", _TP[:2], counts.items())
    for name, words, value in _PARTITION_GAUGES:
        rows = ((key, value(part, now)) for key, part in owned)
        yield gauge(name, words, _TP, ((key, found) for key, found in rows if found is not None))
    words = (
        "How far a partition of journey.events holds up the closed clock, and so the watches; +Inf = never heard of."
    )
    yield gauge("journey_closed_delay_seconds", words, _TP, _held(hops).items())


def _held(hops: list[HopTelemetry]) -> dict[tuple[str, ...], float]:
    """The most of what the owned partitions of journey.kpis say."""
    found: dict[tuple[str, ...], float] = {}
    for hop in hops:
        for part in hop.partitions.values():
            for p, seconds in part.held.items():
                key = (hop.role, EVENTS, str(p))
                found[key] = max(seconds, found.get(key, 0.0))
    return found


def _lag(part: PartitionTelemetry, _: float) -> float | None:
    known = part.highwater >= 0 and part.done >= 0
    return max(part.highwater - part.done, 0) if known else None


def behind(part: PartitionTelemetry, now: float) -> float | None:
    """Age of the last record folded (of the log clock, if none was yet) while more wait, s; None = not known."""
    lag, heard = _lag(part, now), part.heard or part.clock
    if not lag or not heard:
        return None if lag is None else 0.0
    return max(now - heard / 1000, 0.0)


_TP = ("role", "topic", "partition")
_PARTITION_GAUGES: tuple[tuple[str, str, Callable[[PartitionTelemetry, float], float | None]], ...] = (
    ("journey_read_offset", "Next offset after what is in work.", lambda p, _: p.read if p.read >= 0 else None),
    ("journey_done_offset", "Next offset after what is done.", lambda p, _: p.done if p.done >= 0 else None),
    ("journey_committed_offset", "The group's offset.", lambda p, _: p.committed if p.committed >= 0 else None),
    ("journey_consumer_lag_records", "Records between what is done and the end of the log.", _lag),
    ("journey_consumer_lag_seconds", "Age of the last record folded, while more wait.", behind),
    ("journey_watermark_timestamp_seconds", "The log clock.", lambda p, _: p.clock / 1000 if p.clock else None),
    (
        "journey_watermark_delay_seconds",
        "Now - the log clock.",
        lambda p, now: now - p.clock / 1000 if p.clock else None,
    ),
    ("journey_table_keys", "Rows of the table.", lambda p, _: p.keys),
    ("journey_table_recovery_seconds", "How long the last recovery took.", lambda p, _: p.recovery_seconds),
)


def gauge(name: str, words: str, labels: Iterable[str], rows: Iterable[Row]) -> Metric:
    """A family of gauges; rows are (label values, value)."""
    family = GaugeMetricFamily(name, words, labels=tuple(labels))
    for values, value in rows:
        family.add_metric(values, value)
    return family


def counter(name: str, words: str, labels: Iterable[str], rows: Iterable[Row]) -> Metric:
    """A family of counters; `_total` is added to the name."""
    family = CounterMetricFamily(name, words, labels=tuple(labels))
    for values, value in rows:
        family.add_metric(values, value)
    return family
