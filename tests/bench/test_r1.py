"""R1 is one job: by hand and as plug-ins it opens the same alerts, and counts the same."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from bench.r1 import job, plugins
from bench.r1.meter import Meter
from bench.r1.workload import Workload
from stream.claims import Alert, Differences
from stream.definitions import DAY, HOUR, Definitions
from stream.event import millis
from stream.partition import Partition
from stream.plan import Plan
from stream.record import ALERTS, EVENTS, KPIS, Record, appends

START = 20_000 * DAY
DEFINITIONS = Definitions(partitions=1, time="record")


@pytest.fixture(scope="module")
def heard() -> list[tuple[bytes, int, bytes]]:
    return list(Workload(60).events(3_000, START, 12 * DAY))


@pytest.fixture(scope="module")
def by_hand(heard) -> tuple[list[job.Cause], job.Hours]:
    customers: dict[bytes, job.Customer] = {}
    hours: job.Hours = {}
    causes = []
    for key, at, value in heard:
        event = job.decode(value)
        score, ticket = getattr(event.data, "score", 0), getattr(event.data, "ticket", "")
        assert millis(event.time) == at
        if rule := job.take(customers.setdefault(key, job.Customer()), event.type, at, ticket, score):
            causes.append((rule, event.subject, at))
        job.count(hours, event.type, at, event.segment, score)
    return causes, hours


@pytest.fixture(scope="module")
def as_plugins(heard):
    plan = Plan(plugins.KPIS, plugins.SIGNALS)
    partition = Partition(DEFINITIONS, plan, 0, {})
    records = [Record(EVENTS, 0, i, at, key, value) for i, (key, at, value) in enumerate(heard)]
    return [out for append in appends(partition.feed(records)) for out in append.out]


def test_the_alerts_are_the_same(by_hand, as_plugins) -> None:
    alerts = [msgspec.json.decode(out.value, type=Alert) for out in as_plugins if out.topic == ALERTS]
    causes = [(a.signal, a.subject, int(a.cause)) for a in alerts if a.change == "opened"]
    assert Counter(rule for rule, *_ in causes).keys() == {job.REPEAT, job.FALL}
    assert sorted(causes) == sorted(by_hand[0])
    assert job.digest(causes) == job.digest(by_hand[0]) != job.digest(causes[1:])


def test_the_sums_are_the_same(by_hand, as_plugins) -> None:
    names = {"r1_views n": "page.viewed", "r1_ces n": "ces_n", "r1_ces sum": "ces_sum"}
    names |= {f"r1_ticket_events {part}": f"ticket.{part}" for part in plugins.PARTS.values()}
    hours: dict[tuple[int, str], Counter[str]] = {}
    for out in as_plugins:
        if out.topic != KPIS:
            continue
        for _, changes in msgspec.msgpack.decode(out.value, type=Differences).beats:
            for change in changes:
                sums = hours.setdefault((change.minute * 60_000 // HOUR, dict(change.cut)["segment"]), Counter())
                sums.update({names[f"{change.kpi} {part}"]: n for part, n in change.parts.items()})
    for sums in by_hand[1].values():
        del sums["survey.answered"]
    assert hours == {at: +sums for at, sums in by_hand[1].items() if +sums}
    assert sum(sum(sums.values()) for sums in hours.values()) > 3_000


def test_the_input_is_as_described(heard) -> None:
    """Sizes, order, one ms each; every event is one that the pipe takes."""
    times = [at for _, at, _ in heard]
    assert times == sorted(set(times))
    assert 225 < sum(len(value) for *_, value in heard) / len(heard) < 265
    assert all(job.decode(value).subject.encode() == key for key, _, value in heard)
    assert list(Workload(60).events(3_000, START, 12 * DAY)) == heard
    busiest = Counter(key for key, *_ in heard).most_common(6)
    assert sum(n for _, n in busiest) > 0.18 * len(heard)
    with pytest.raises(ValueError, match="10 events need 10 ms"):
        next(Workload(60).events(10, START, 9))


def test_the_first_and_the_last_tenth_do_not_count(monkeypatch) -> None:
    clock = iter([0.0, 5.0, 6.0, 7.0])
    monkeypatch.setattr("bench.r1.meter.time.perf_counter", lambda: next(clock))
    meter = Meter(1_000)
    assert not meter.add(99)
    assert not meter.add(1)  # at 5 s
    assert not meter.add(800)  # at 6 s
    assert meter.add(100)
    assert meter.result().rate == 800
    meter = Meter(1_000)  # at 7 s
    monkeypatch.setattr("bench.r1.meter.time.perf_counter", lambda: 9.0)
    assert meter.add(1_000)  # all at once
    assert meter.result().rate == 500
