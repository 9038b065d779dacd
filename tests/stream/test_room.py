"""One customer with very much: what is let go early, what is refused, and that neither loses a count."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from unittest import mock

import msgspec
import pytest

from stream import partition
from stream.definitions import DAY, HOUR, MINUTE, SECOND, Definitions
from stream.journey import Journey
from stream.partition import Partition
from stream.record import Reason, appends
from tests.support.builders import (
    DEFINITIONS,
    Run,
    Told,
    answered,
    backfilled,
    fold,
    log_of,
    opened,
    plan_of,
    replied,
    resolved,
    run,
    viewed,
)
from tests.support.worlds import SPAN, World

BUSY = msgspec.structs.replace(DEFINITIONS, busy=20, busy_records=8)
SMALL = msgspec.structs.replace(DEFINITIONS, row_bytes=20_000)


def tickets(count: int) -> Iterator[Told]:
    for i in range(count):
        yield opened(f"T{i}", i * MINUTE)
        yield resolved(f"T{i}", i * MINUTE + SECOND)


def held(found: Run, d: Definitions, family: str) -> int:
    [(key, row)] = found.rows.items()
    return len(Journey(key.decode(), d, row).records(family))


def test_of_a_busy_customer_the_newest_closed_records_stay_and_every_count_stands() -> None:
    found = run(*tickets(100), of=("ticket_volume", "resolution_time", "fcr"), d=BUSY)
    assert held(found, BUSY, "tickets") <= 8
    assert found.total("ticket_volume") == {"n": 100}
    assert found.total("resolution_time")["n"] == 100
    assert found.letters == []


def test_who_is_not_busy_keeps_all() -> None:
    days = [e for i in range(30) for e in (opened(f"T{i}", i * DAY), resolved(f"T{i}", i * DAY + HOUR))]
    found = run(*days, of="ticket_volume", d=BUSY)
    assert held(found, BUSY, "tickets") == 30


def test_history_that_is_filled_in_makes_nobody_busy() -> None:
    found = run(*(backfilled(one) for one in tickets(30)), of="ticket_volume", d=BUSY)
    assert held(found, BUSY, "tickets") == 30


def test_a_repeat_of_what_was_let_go_early_does_not_count_twice() -> None:
    events = list(tickets(50))
    again = [one._replace(log=events[-1].log + 1 + i) for i, one in enumerate(events[:20])]
    found = run(*events, *again, of="ticket_volume", d=BUSY)
    assert found.total("ticket_volume") == {"n": 50}
    assert {letter.reason for letter in found.letters} == {Reason.OVER_LIMIT}


@pytest.mark.parametrize("session", [None, "s"])
def test_a_session_without_end_lets_its_oldest_views_go(session: str | None) -> None:
    views = [viewed(i * SECOND, session, content="c") for i in range(200)]
    again = [one._replace(log=views[-1].log + 1 + i) for i, one in enumerate(views[:20])]
    found = run(*views, *again, of="content_to_ticket", d=BUSY)
    assert found.total("content_to_ticket") == {"den": 200}
    assert len(found.letters) == 20
    [(key, row)] = found.rows.items()
    assert len(Journey(key.decode(), BUSY, row).records("sessions")[session or ""]) <= 8


def test_a_row_has_a_limit_in_bytes() -> None:
    surveys = [answered(f"S{i}", i * DAY // 100, 6, comment="x" * 2_000) for i in range(100)]
    found = run(*surveys, of=("ces", "low_score"), d=SMALL)
    [row] = found.rows.values()
    assert len(row) < 25_000
    assert found.total("ces")["n"] == 100
    assert found.letters == []


def test_where_nothing_is_closed_what_comes_is_refused_and_an_end_is_not() -> None:
    long = "t" * 250
    events = [opened(f"T{i}", i * HOUR, topic=f"{long}{i}") for i in range(100)]
    found = run(*events, resolved("T0", 101 * HOUR), opened("U", 102 * HOUR), of="ticket_volume", d=SMALL)
    refused = [letter for letter in found.letters if letter.reason is Reason.OVER_LIMIT]
    assert len(refused) == len(found.letters) == 100 - found.total("ticket_volume")["n"] + 1
    assert b'"U"' not in (refused[-1].value or b"")
    assert len(next(iter(found.rows.values()))) < 45_000


def test_steps_that_wait_for_their_heads_have_a_limit_in_bytes() -> None:
    lost = [replied(f"T{i}", i * SECOND, channel="x" * 250) for i in range(60)]
    few = msgspec.structs.replace(DEFINITIONS, row_bytes=4_000)
    found = run(*lost, of="ticket_volume", d=few)
    assert {letter.reason for letter in found.letters} == {Reason.OVER_LIMIT}
    assert len(next(iter(found.rows.values()))) < 30_000


@pytest.mark.parametrize("seed", range(12))
def test_a_log_may_be_cut_anywhere_where_much_has_to_go(seed: int) -> None:
    random, plan = Random(seed), plan_of()
    tight = msgspec.structs.replace(DEFINITIONS, busy=4, busy_records=2, row_bytes=1_500, limit=20)
    [records] = log_of(World(seed, subjects=1).delayed(repeats=True), [SPAN + 24 * DAY])
    whole = fold(records, tight, plan)
    bounds = sorted({0, len(records), *(random.randrange(len(records)) for _ in range(30))})
    parts = Run(tight)
    with mock.patch.object(partition, "APPEND_BYTES", 3_000):
        for start, end in pairwise(bounds):
            for append in appends(Partition(tight, plan, 0, dict(parts.rows), parts.meta).feed(records[start:end])):
                parts.take(append)
    assert (parts.alerts, parts.letters) == (whole.alerts, whole.letters)
    assert parts.beats == whole.beats
    assert parts.rows == whole.rows
