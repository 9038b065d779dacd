"""Laws of the generated world: it is the same at every call, in log order, and has the shape of measured logs.

Covers stream/infra/world_business.py, stream/infra/world_people.py, stream/infra/world_stories.py,
stream/infra/world_support.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from stream.infra.world import RATES, World, disturb, journeys, world, write
from stream.infra.world_people import DAY, MINUTE, instant
from stream.infra.world_stories import STORIES

START, END = instant("2025-09-01T00:00:00Z"), instant("2026-03-01T00:00:00Z")
Log = list[tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def log() -> Log:
    """Half a year of four hundred customers."""
    return list(world(400, START, END, 7))


def test_the_seed_decides_everything(log: Log) -> None:
    """The same seed gives the same log, another seed another one."""
    assert list(world(400, START, END, 7)) == log
    assert list(world(400, START, END, 8)) != log


def test_the_log_is_in_append_order_and_nothing_is_heard_before_it_happened(log: Log) -> None:
    """Append times never fall, no event is dated after its append, ids are unique in their source."""
    assert all(a[0] <= b[0] for a, b in pairwise(log))
    assert all(instant(event["time"]) <= at <= END for at, event in log)
    assert max(Counter((event["source"], event["id"]) for _, event in log).values()) == 1


def test_a_world_goes_on_where_it_stopped(log: Log) -> None:
    """Asked in pieces it says the same as asked at once."""
    pieces = World(400, START, 7)
    middle = START + 40 * DAY + 17
    assert [*pieces.until(middle), *pieces.until(middle), *pieces.until(END)] == log


def test_more_customers_do_not_change_those_who_were_there(log: Log) -> None:
    """A customer is the same in a world of any size."""
    few = [row for row in world(50, START, END, 7) if row[1]["subject"].startswith("customer")]
    names = {event["subject"] for _, event in few}
    assert Counter(e["id"] for _, e in few) == Counter(e["id"] for _, e in log if e["subject"] in names)


def test_every_family_is_there(log: Log) -> None:
    """All event types but verdicts, merges and erasures, two currencies, and the rates that those need."""
    kinds = {event["type"] for _, event in log}
    assert {kind.partition(".")[0] for kind in kinds} == {
        *("ticket", "survey", "page", "help", "subscription", "renewal"),
        *("invoice", "cost", "feature", "milestone", "customer"),
    }
    assert {event["data"].get("currency", "USD") for _, event in log} == {"USD", *RATES}
    assert any("effective_at" in event["data"] for _, event in log)


def test_merges_and_erasures_are_there_when_asked_for() -> None:
    """Nobody is merged into one who is merged away; who is erased is silent but for what was on its way."""
    log = list(world(200, START, END, 7, merges=0.5, erasures=0.2))
    into = {event["subject"]: event["data"]["into"] for _, event in log if event["type"] == "customer.merged"}
    assert into
    assert not set(into.values()) & into.keys()
    erased = {event["subject"]: event["time"] for _, event in log if event["type"] == "customer.erased"}
    assert erased
    visits = [e for _, e in log if e["type"] in ("page.viewed", "feature.used") and e["subject"] in erased]
    assert max(instant(e["time"]) - instant(erased[e["subject"]]) for e in visits) < DAY


def _tickets(log: Log) -> Iterator[list[dict[str, Any]]]:
    steps = defaultdict(list)
    for _, event in log:
        if event["type"].startswith("ticket."):
            steps[event["data"]["ticket"]].append(event)
    return (sorted(s, key=lambda e: (e["time"], e["type"] != "ticket.opened")) for s in steps.values())


def test_tickets_have_the_shape_of_measured_logs() -> None:
    """Transfers 39-51 % (two 23-27 %), reopened 3-7 %, waiting on the customer about 33 %."""
    kinds = [Counter(e["type"] for e in steps) for steps in _tickets(list(world(2_000, START, END, 3)))]
    share = {name: sum(test(k) for k in kinds) / len(kinds) for name, test in SHAPES.items()}
    assert 0.39 < share["moved"] < 0.51
    assert 0.20 < share["moved twice"] < 0.28
    assert 0.03 < share["reopened"] < 0.07
    assert 0.28 < share["waited"] < 0.42


def test_most_renewals_are_decided_in_time() -> None:
    """Of twenty, 17 are renewed by their date, two up to three weeks late, one is cancelled; some cancel sooner."""
    end = START + 420 * DAY
    log = list(world(250, START, end, 3))
    due = {}
    done = defaultdict(list)
    for _, event in log:
        name, at = event["data"].get("subscription"), instant(event["time"])
        if event["type"] == "renewal.due":
            assert 0 <= instant(event["data"]["due_at"]) - at <= 60 * DAY
            due[name] = at, instant(event["data"]["due_at"])
        elif event["type"] in ("subscription.renewed", "subscription.cancelled"):
            done[name].append((at, event["type"]))
    past = [(name, said, at) for name, (said, at) in due.items() if at + 25 * DAY < end]
    first = [min((one for one in done[name] if one[0] >= said), default=(END * 2, "")) for name, said, _ in past]
    share = {
        "renewed in time": sum(
            d <= at and "renewed" in what for (d, what), (_, _, at) in zip(first, past, strict=True)
        ),
        "late": sum(d > at and "renewed" in what for (d, what), (_, _, at) in zip(first, past, strict=True)),
        "cancelled": sum("cancelled" in what for _, what in first),
    }
    assert len(past) > 120
    assert sum(share.values()) == len(past)
    assert 0.78 < share["renewed in time"] / len(past) < 0.90
    assert 0.05 < share["late"] / len(past) < 0.15
    assert 0.04 < share["cancelled"] / len(past) < 0.14


SHAPES = {
    "moved": lambda k: k["ticket.transferred"] >= 1,
    "moved twice": lambda k: k["ticket.transferred"] >= 2,
    "reopened": lambda k: k["ticket.reopened"] >= 1,
    "waited": lambda k: k["ticket.waiting"] >= 1,
}


def test_disturbed_events_are_the_same_ones_late_and_repeated(log: Log) -> None:
    """Each is there once or twice, at most seven days after it happened, and the order is another."""
    late = disturb(log, 1)
    assert all(a[0] <= b[0] for a, b in pairwise(late))
    assert all(0 <= at - instant(event["time"]) <= 7 * DAY for at, event in late)
    count = Counter(event["id"] for _, event in late)
    assert count.keys() == {event["id"] for _, event in log}
    assert set(count.values()) == {1, 2}
    assert 0.02 < len(late) / len(log) - 1 < 0.04
    assert [event["id"] for _, event in late[:100]] != [event["id"] for _, event in log[:100]]


def test_written_lines_name_the_append_time(log: Log, tmp_path: Path) -> None:
    """NDJSON, one event a line, RFC 3339 to the millisecond."""
    assert write(tmp_path / "log.ndjson", log[:2]) == 2
    first = (tmp_path / "log.ndjson").read_text().splitlines()[0]
    assert first.startswith('{"at":"2025-09-01T00:') and '"event":{"specversion":"1.0","id":"w7-' in first


def test_each_story_of_friction_comes_true_within_a_minute_of_going_live() -> None:
    """A live world has its history behind it and one unlucky customer a story in the first minute."""
    live = END
    demo = journeys(100, live, 5, rate=10.0)
    history = list(demo.until(live))
    assert 0 <= instant(history[0][1]["time"]) - (live - 60 * DAY) < MINUTE
    told = {event["subject"] for _, event in demo.until(live + MINUTE)}
    assert {f"customer-{i}" for i in range(len(STORIES))} <= told


def test_a_live_world_gives_about_the_rate_asked_for() -> None:
    """After a quarter of an hour, within a third of it."""
    demo = journeys(500, END, 5, rate=20.0)
    for _ in demo.until(END + 15 * MINUTE):
        pass
    assert 13 < sum(1 for _ in demo.until(END + 25 * MINUTE)) / 600 < 27
