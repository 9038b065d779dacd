"""What a worker says of itself: read at scrape, named as Prometheus wants, and nothing unbounded in a label.

Covers stream/infra/telemetry.py.
"""

from __future__ import annotations

import subprocess
from math import inf
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from stream.infra.metrics import WorkerCollector
from stream.infra.telemetry import Histogram, RedisTelemetry, Telemetry
from tests.support.sinks import Now
from tests.support.tools import ROOT

TP = {"role": "journeys", "topic": "journey.events", "partition": "3"}
HELD = {"role": "kpis", "topic": "journey.events"}


def busy() -> Telemetry:
    """A worker of which every number is set."""
    telemetry = Telemetry(version="1.2", revision="abc", loop_lag=0.02, redis=RedisTelemetry(writes=5, errors=1))
    hop = telemetry.hop("journeys")
    hop.records, hop.bytes, hop.fold_seconds = 100, 2_000, 1.5
    hop.events, hop.dead_letters, hop.dropped = {"ticket.opened": 7}, {"malformed": 2}, {"forgotten": 3}
    hop.alerts = {("reopened", "opened"): 4}
    hop.latency.observe(7, 10)
    hop.latency.observe(1_000_000)
    hop.lateness.observe(250)
    hop.lateness.observe(2_000)
    part = hop.partition("journey.events", 3)
    part.read, part.done, part.committed = 95, 90, 80
    part.highwater, part.clock, part.heard, part.keys = 100, 990_000, 980_000, 12
    kpis = telemetry.hop("kpis")
    kpis.partition("journey.kpis", 0).held = {0: 0.0, 1: 2.0, 2: inf}
    kpis.partition("journey.kpis", 3).held = {0: 0.0, 1: 2.5}
    sink = telemetry.sink("alertmanager")
    sink.up, sink.backlog, sink.oldest, sink.outcomes = False, 9, 940_000, {"delivered": 3, "rejected": 1}
    telemetry.alerts_active = {("reopened", "queue"): 6}
    telemetry.pages, telemetry.demoted = {"paged": 3, "budget": 1}, ["reopened"]
    return telemetry


def registry(telemetry: Telemetry) -> CollectorRegistry:
    made = CollectorRegistry()
    made.register(WorkerCollector(telemetry, Now(1_000.0)))
    return made


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("journey_build_info", {"version": "1.2", "definitions": "abc"}, 1),
        ("journey_event_loop_lag_seconds", {}, 0.02),
        ("journey_processed_records_total", {"role": "journeys"}, 100),
        ("journey_append_bytes_total", {"role": "journeys"}, 2_000),
        ("journey_fold_seconds_total", {"role": "journeys"}, 1.5),
        ("journey_events_total", {"role": "journeys", "type": "ticket.opened"}, 7),
        ("journey_dead_letter_total", {"role": "journeys", "reason": "malformed"}, 2),
        ("journey_state_dropped_total", {"role": "journeys", "what": "forgotten"}, 3),
        ("journey_alert_changes_total", {"role": "journeys", "signal": "reopened", "change": "opened"}, 4),
        ("journey_append_latency_seconds_bucket", {"role": "journeys", "le": "0.005"}, 0),
        ("journey_append_latency_seconds_bucket", {"role": "journeys", "le": "0.01"}, 10),
        ("journey_append_latency_seconds_bucket", {"role": "journeys", "le": "+Inf"}, 11),
        ("journey_append_latency_seconds_sum", {"role": "journeys"}, 1_000.07),
        ("journey_append_latency_seconds_count", {"role": "journeys"}, 11),
        ("journey_tick_lateness_seconds_count", {"role": "journeys"}, 2),
        ("journey_tick_lateness_seconds_sum", {"role": "journeys"}, 2.25),
        ("journey_tick_lateness_seconds_bucket", {"role": "journeys", "le": "0.25"}, 1),
        ("journey_assigned_partitions", {"role": "journeys", "topic": "journey.events"}, 1),
        ("journey_read_offset", TP, 95),
        ("journey_done_offset", TP, 90),
        ("journey_committed_offset", TP, 80),
        ("journey_consumer_lag_records", TP, 10),
        ("journey_consumer_lag_seconds", TP, 20),
        ("journey_watermark_timestamp_seconds", TP, 990),
        ("journey_watermark_delay_seconds", TP, 10),
        ("journey_table_keys", TP, 12),
        ("journey_closed_delay_seconds", HELD | {"partition": "0"}, 0),
        ("journey_closed_delay_seconds", HELD | {"partition": "1"}, 2.5),
        ("journey_closed_delay_seconds", HELD | {"partition": "2"}, inf),
        ("journey_alerts_active", {"signal": "reopened", "severity": "queue"}, 6),
        ("journey_pages_total", {"outcome": "budget"}, 1),
        ("journey_signal_demoted", {"signal": "reopened"}, 1),
        ("journey_sink_up", {"sink": "alertmanager"}, 0),
        ("journey_sink_backlog_alerts", {"sink": "alertmanager"}, 9),
        ("journey_sink_wait_seconds", {"sink": "alertmanager"}, 60),
        ("journey_alert_notifications_total", {"sink": "alertmanager", "outcome": "rejected"}, 1),
        ("journey_redis_up", {}, 1),
        ("journey_redis_errors_total", {}, 1),
    ],
)
def test_each_number_has_its_series(name: str, labels: dict[str, str], value: float) -> None:
    assert registry(busy()).get_sample_value(name, labels) == pytest.approx(value)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("guard_drops", "journey_guard_dropped_records"),
        ("seeks_back", "journey_seeks_back"),
        ("void_records", "journey_void_records"),
        ("foreign_writes", "journey_foreign_writes"),
        ("outbox_republished", "journey_republished_records"),
        ("recovery_records", "journey_recovered_records"),
        ("recovery_seconds", "journey_recovery_seconds"),
        ("rebalances", "journey_rebalances"),
        ("appends", "journey_appends"),
        ("ticks", "journey_ticks"),
    ],
)
def test_each_counter_of_a_role_has_its_series(field: str, name: str) -> None:
    telemetry = Telemetry()
    setattr(telemetry.hop("kpis"), field, 17)
    assert registry(telemetry).get_sample_value(f"{name}_total", {"role": "kpis"}) == 17


def test_each_series_stands_in_the_operations_page() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    names = [
        f"{family.name}_total" if family.type == "counter" else family.name for family in registry(busy()).collect()
    ]
    assert len(names) > 40
    assert [name for name in names if f"`{name}`" not in page] == []


def test_numbers_are_read_at_scrape() -> None:
    telemetry = busy()
    made = registry(telemetry)
    telemetry.hop("journeys").records += 11
    assert made.get_sample_value("journey_processed_records_total", {"role": "journeys"}) == 111


def test_a_partition_that_was_lost_has_no_series_and_counters_stay() -> None:
    telemetry = busy()
    telemetry.hop("journeys").lose("journey.events", 3)
    made = registry(telemetry)
    assert made.get_sample_value("journey_consumer_lag_records", TP) is None
    assert made.get_sample_value("journey_processed_records_total", {"role": "journeys"}) == 100


def test_there_is_no_lag_at_the_end_of_the_log_and_none_is_claimed_before_it_is_known() -> None:
    telemetry = busy()
    part = telemetry.hop("journeys").partition("journey.events", 3)
    part.done = 100
    assert registry(telemetry).get_sample_value("journey_consumer_lag_seconds", TP) == 0
    part.highwater = -1
    assert registry(telemetry).get_sample_value("journey_consumer_lag_records", TP) is None


def test_a_worker_that_did_nothing_can_be_scraped() -> None:
    assert b"journey_event_loop_lag_seconds 0.0" in generate_latest(registry(Telemetry()))


@pytest.mark.parametrize(("ms", "place"), [(0, 0), (5, 0), (6, 1), (300_000, 13), (300_001, 14)])
def test_a_bound_holds_its_own_value(ms: int, place: int) -> None:
    histogram = Histogram()
    histogram.observe(ms, 2)
    assert histogram.counts[place] == 2
    assert (sum(histogram.counts), histogram.sum) == (2, 2 * ms)


def test_promtool_finds_nothing_to_mend(promtool: Path) -> None:
    text = generate_latest(registry(busy()))
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
