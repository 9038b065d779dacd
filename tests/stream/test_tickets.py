"""Tickets as their steps tell them: periods, holders, contacts; grown step by step as derived at once.

Covers stream/steps.py.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream import steps as S
from stream.event import TYPES
from stream.steps import SHAPES, Step, insert, order
from stream.tickets import Issue, Ticket, has_head


def step(at: int, kind: int, *data: Any, uid: int = 0) -> Step:
    return Step(at, kind, uid or at * 1000 + kind, None, None, data)


def ticket(*steps: Step, id_: str = "T1") -> Ticket:
    return Ticket(id_, sorted(steps, key=order))


OPEN = step(0, S.OPENED, "chat", "a", "t1")


@pytest.mark.parametrize(
    ("steps", "periods"),
    [
        ([], [(0, None)]),
        ([step(5, S.RESOLVED)], [(0, 5)]),
        ([step(5, S.RESOLVED), step(6, S.RESOLVED)], [(0, 5)]),
        ([step(5, S.REOPENED)], [(0, None)]),
        ([step(5, S.RESOLVED), step(9, S.REOPENED)], [(0, 5), (9, None)]),
        ([step(5, S.REOPENED), step(5, S.RESOLVED)], [(0, 5), (5, None)]),  # rank: resolved, then reopened
        ([step(-5, S.RESOLVED)], [(0, None)]),  # before it was opened
        ([step(5, S.OPENED, "mail")], [(0, None)]),  # the earliest opening counts
    ],
)
def test_periods(steps: list[Step], periods: list[tuple[int, int | None]]) -> None:
    found = ticket(OPEN, *steps)
    assert found.periods == periods
    assert found.is_open == (periods[-1][1] is None)
    assert found.last_resolved == periods[-1][1]
    assert found.channel == "chat"


def test_contacts_are_the_opening_and_public_replies_of_the_customer_while_resolved() -> None:
    said = [step(at, S.REPLIED, *who) for at, who in (
        (1, ("customer", True)), (6, ("customer", True)), (7, ("customer", False)), (8, ("agent", True)),
        (9, ("bot", True)), (11, ("customer", True)),
    )]  # fmt: skip
    found = ticket(OPEN, *said, step(5, S.RESOLVED), step(10, S.REOPENED))
    assert [at for at, _ in found.contacts] == [0, 6]


def test_an_issue_orders_tickets_by_opening() -> None:
    one, two = ticket(step(5, S.OPENED, "chat", uid=1), id_="A"), ticket(step(0, S.OPENED, "chat", uid=2), id_="B")
    issue = Issue(None, [one, two])
    assert [t.id for t in issue.tickets] == ["B", "A"]
    assert [at for at, *_ in issue.contacts] == [0, 5]


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("openings", [[5, 7], [7, 5], [5, 5], [1, 9, 4], [4, 9, 1, 9]])
def test_an_issue_grown_by_its_tickets_is_as_made_of_them(openings: list[int], *, asked: bool) -> None:
    tickets = [
        ticket(step(at, S.OPENED, "chat"), step(at + 1, S.RESOLVED), step(at + 2, S.REPLIED, "customer", True), id_=id_)
        for id_, at in zip("CABD", openings, strict=False)
    ]
    grown = Issue("a", [])
    for one in tickets:
        if asked:
            assert grown.contacts is not None
        before = (grown.tickets, grown.contacts) if asked else None
        known = grown
        grown = known.grown(one)
        if before:
            assert (known.tickets, known.contacts) == before  # who holds the former sees what it was
    whole = Issue("a", tickets)
    assert (grown.topic, grown.tickets, grown.contacts) == (whole.topic, whole.tickets, whole.contacts)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 2**32))
def test_grown_step_by_step_as_derived_at_once(seed: int) -> None:
    random = Random(seed)
    kinds = {
        S.REPLIED: lambda: (random.choice(("customer", "agent")), random.random() < 0.7),
        S.TRANSFERRED: lambda: (random.choice("xyz"), random.choice((None, "x", "y"))),
        S.UPDATED: lambda: (random.choice((None, "a", "b")), random.choice((None, "high")), random.choice((None, 9))),
        S.RESOLVED: tuple,
        S.REOPENED: tuple,
    }
    steps = [step(0, S.OPENED, "chat", random.choice((None, "a")), random.choice((None, "x")), uid=1)]
    grown = Ticket("T1", steps)
    for i, kind in enumerate(random.choices(list(kinds), k=20)):
        steps.append(step(i + 1, kind, *kinds[kind](), uid=i + 2))
        if random.random() < 0.5:
            grown.dims()  # what was asked before may not stick
        grown.take(steps[-1])
        anew = Ticket("T1", list(steps))
        assert grown.dims() == anew.dims()
        left = [name for name in Ticket.__slots__ if name not in ("cuts", "moves", "_dims", "steps")]
        assert {name: getattr(grown, name) for name in left} == {name: getattr(anew, name) for name in left}


# -- steps ------------------------------------------------------------------------------------------------------


def test_steps_sort_by_time_rank_and_uid_however_they_come() -> None:
    steps = [step(1, S.RESOLVED, uid=1), step(1, S.OPENED, uid=9), step(0, S.REOPENED, uid=5), step(1, S.OPENED, uid=2)]
    heard: list[Step] = []
    assert all(insert(heard, one) for one in steps)
    assert [one.uid for one in heard] == [5, 2, 9, 1]
    assert not any(insert(heard, one) for one in steps)
    assert len(heard) == 4


def test_every_event_of_a_record_has_its_shape() -> None:
    control = {t for t in TYPES if t.partition(".")[0] in ("clock", "definitions", "alert")}
    assert set(TYPES) - set(SHAPES) - control == {"customer.merged", "customer.unmerged", "customer.erased"}


def test_a_value_left_out_is_none() -> None:
    assert [S.value(OPEN, i) for i in (0, 2, 3, 9)] == ["chat", "t1", None, None]
    assert has_head([OPEN]) and not has_head([step(0, S.RESOLVED)])
