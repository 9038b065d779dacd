"""When records go, what stays said, and what comes after."""

from __future__ import annotations

import msgspec
import pytest

from stream.definitions import DAY, HOUR
from stream.journey import Journey
from stream.partition import Partition
from stream.record import Reason, appends
from tests.support.builders import (
    DEFINITIONS,
    Run,
    Told,
    answered,
    customer,
    fold,
    log_of,
    opened,
    plan_of,
    reopened,
    resolved,
    run,
    sent,
    started,
    updated,
    viewed,
)

CLOSED = [opened("T1", 0, topic="a"), resolved("T1", HOUR)]


@pytest.mark.parametrize(
    ("events", "gone"),
    [
        (CLOSED, HOUR + 90 * DAY),
        ([answered("S1", HOUR, 6)], HOUR + 90 * DAY),
        ([opened("T1", 0)], None),
        ([started("U1", 0)], None),
        ([customer(0, segment="a")], None),
    ],
)
def test_a_row_ends_when_nothing_is_left(events: list[Told], gone: int | None) -> None:
    if gone is None:
        assert run(*events, until=900 * DAY).rows
        return
    assert run(*events, until=gone - 1).rows
    assert not run(*events, until=gone + 1).rows


@pytest.mark.parametrize("first", [[updated("T1", 0, topic="a")], CLOSED, [viewed(0)], [answered("S1", 0, 6)]])
def test_who_comes_back_when_nothing_was_left_starts_anew_wherever_the_log_is_cut(first: list[Told]) -> None:
    """Also what was only counted of them, as their bytes and the events of a day, is gone."""
    [records] = log_of([*first, opened("T9", 400 * DAY), opened("T8", 401 * DAY)], [300 * DAY])
    whole, parts, plan = fold(records), Run(DEFINITIONS), plan_of()
    for record in records:
        [append] = appends(Partition(DEFINITIONS, plan, 0, dict(parts.rows), parts.meta).feed([record]))
        parts.take(append)
    assert parts.rows == whole.rows


def test_sessions_go_after_8_d() -> None:
    def families(until: int) -> list[str]:
        [row] = run(viewed(0), viewed(HOUR), until=until).rows.values()
        return list(Journey("c1", DEFINITIONS, row).row.families)

    assert families(HOUR + 8 * DAY) == ["health", "sessions", "usage"]
    assert families(HOUR + 8 * DAY + 1) == ["health", "usage"]


def test_a_repeat_of_the_forgotten_does_not_count_again() -> None:
    """Whatever is forgotten is too late, to the ms."""
    views = [viewed(0), viewed(0, log=8 * DAY), viewed(0, log=8 * DAY + 1)]
    found = run(*views, until=9 * DAY, of="bounce_rate")
    assert found.total("bounce_rate") == {"num": 1, "den": 1}
    answers = [answered("S1", 0, 6), answered("S1", 0, 6, log=90 * DAY), answered("S1", 0, 6, log=90 * DAY + 1)]
    assert run(*answers, until=91 * DAY, of="ces").total("ces") == {"sum": 6, "n": 1}


def test_a_step_of_a_forgotten_ticket_is_headless_after_its_grace() -> None:
    late = updated("T1", 100 * DAY, topic="b")
    found = run(*CLOSED, late, until=108 * DAY, of=("fcr", "ticket_volume"))
    assert [(x.reason, x.at, x.value) for x in found.letters] == [
        (Reason.HEADLESS, 1_780_272_000_000 + 100 * DAY, late.value)
    ]
    assert found.cuts("fcr") == {"channel=chat topic=a": {"num": 1, "den": 1}}
    assert found.rows == {}


def test_the_head_may_come_up_to_the_grace_later() -> None:
    events = [resolved("T1", HOUR), opened("T1", 0, log=HOUR + 8 * DAY - 1)]
    assert run(*events, until=9 * DAY, of="fcr").total("fcr") == {"num": 1, "den": 1}
    events[1] = events[1]._replace(log=HOUR + 8 * DAY)
    found = run(*events, until=9 * DAY, of="fcr")
    assert found.total("fcr") == {}
    assert [x.reason for x in found.letters] == [Reason.HEADLESS]


def test_a_ticket_kept_for_others_takes_no_more_steps() -> None:
    """The second took the first's success and goes first: a change of the first would take from nothing."""
    second = [opened("T2", 3 * DAY, topic="a"), resolved("T2", 3 * DAY + 5 * HOUR)]
    found = run(*CLOSED, *second, updated("T1", 93 * DAY + 6 * HOUR, topic="b"), until=110 * DAY, of="fcr")
    assert found.cuts("fcr") == {"channel=chat topic=a": {"num": 1, "den": 2}}
    assert [x.reason for x in found.letters] == [Reason.HEADLESS]
    found = run(*CLOSED, *second, updated("T1", 90 * DAY, topic="b"), until=300 * DAY, of="fcr")
    assert found.cuts("fcr") == {
        "channel=chat topic=a": {"num": 1, "den": 1},
        "channel=chat topic=b": {"num": 1, "den": 1},
    }
    assert found.rows == {}


def test_a_ticket_waits_for_an_open_one_of_its_issue() -> None:
    events = [*CLOSED, opened("T2", 3 * DAY, topic="a"), updated("T2", 200 * DAY, topic="b")]
    found = run(*events, until=210 * DAY, of="fcr")
    assert found.cuts("fcr") == {"channel=chat topic=a": {"num": 1, "den": 1}}


def test_an_open_alert_keeps_what_it_speaks_of() -> None:
    definitions = msgspec.structs.replace(DEFINITIONS, keep=msgspec.structs.replace(DEFINITIONS.keep, records=30 * DAY))
    found = run(answered("S1", 0, 1), until=59 * DAY, of=("low_score",), d=definitions)
    assert found.rows
    found = run(answered("S1", 0, 1), until=100 * DAY, of=("low_score",), d=definitions)
    assert [at for at, _ in found.history("low_score")] == [0, 60 * DAY]
    assert found.rows == {}


def test_too_many_records_freeze_the_oldest_closed_and_say_so() -> None:
    definitions = msgspec.structs.replace(DEFINITIONS, limit=3)
    events = [e for i in range(6) for e in (opened(f"T{i}", i * HOUR), resolved(f"T{i}", i * HOUR + 1))]
    found = run(*events, until=DAY, of="ticket_volume", d=definitions)
    assert found.total("ticket_volume") == {"n": 6}
    assert not found.letters
    open_ones = [opened(f"T{i}", i) for i in range(4)]
    found = run(*open_ones, until=DAY, of="ticket_volume", d=definitions)
    assert [x.reason for x in found.letters] == [Reason.OVER_LIMIT]


def test_a_record_frozen_early_leaves_no_alert_open() -> None:
    definitions = msgspec.structs.replace(DEFINITIONS, limit=2)
    events = [answered(f"S{i}", i, 1) for i in range(4)]
    found = run(*events, until=100 * DAY, of="low_score", d=definitions)
    assert found.open == {}
    again = [*CLOSED, reopened("T1", 2 * HOUR), resolved("T1", 3 * HOUR)]
    definitions = msgspec.structs.replace(DEFINITIONS, limit=4)
    more = [opened(f"T{i}", 3 * HOUR + i) for i in range(2, 6)]
    found = run(*again, *more, until=DAY, of="reopened", d=definitions)
    assert [what.split()[0] for _, what in found.history("reopened")] == ["opened", "withdrawn"]


def test_a_sending_alone_is_kept_like_an_answer() -> None:
    assert run(sent("S1", 0), until=89 * DAY).rows
    assert run(sent("S1", 0), until=91 * DAY).rows == {}
