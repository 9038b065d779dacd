"""Who owes the next move, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import steps as S
from stream.calendar import ALWAYS
from stream.moves import due, holder, moves, without
from stream.steps import Step
from stream.tickets import Ticket


def ticket(*steps: tuple[int, int, tuple[object, ...]]) -> Ticket:
    """Opened at 0 by uid 0; the n-th further step has uid n."""
    made = [Step(0, S.OPENED, 0, None, None, ("chat", None, "front"))]
    made += [Step(at, kind, uid, None, None, data) for uid, (at, kind, data) in enumerate(steps, start=1)]
    return Ticket("T", sorted(made, key=S.order))


def customer(at: int):
    return at, S.REPLIED, ("customer", True, None)


def agent(at: int, *, public: bool = True):
    return at, S.REPLIED, ("agent", public, None)


BOT = (5, S.REPLIED, ("bot", True, None))
RESOLVED, REOPENED = (lambda at: (at, S.RESOLVED, ())), (lambda at: (at, S.REOPENED, ()))


def waiting(at: int, on: str = "customer"):
    return at, S.WAITING, (on,)


@pytest.mark.parametrize(
    ("steps", "owed"),
    [
        ((), [(0, None, 0)]),
        ((BOT, agent(6, public=False)), [(0, None, 0)]),
        ((agent(5),), [(0, 5, 0)]),
        (((5, S.INFO_REQUESTED, ("email",)),), [(0, 5, 0)]),
        ((agent(5), customer(7), customer(8), agent(9)), [(0, 5, 0), (7, 9, 2)]),
        ((RESOLVED(5), customer(6)), [(0, 5, 0)]),
        ((RESOLVED(5), customer(6), customer(7), REOPENED(9)), [(0, 5, 0), (9, None, 2)]),
        ((RESOLVED(5), customer(6), agent(7), REOPENED(9)), [(0, 5, 0)]),
        ((RESOLVED(5), RESOLVED(6), REOPENED(7), REOPENED(8), customer(9)), [(0, 5, 0), (9, None, 5)]),
    ],
)  # fmt: skip
def test_messages_that_are_owed_an_answer(steps, owed) -> None:
    assert moves(ticket(*steps)).owed == owed


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        ((waiting(5), waiting(6)), [(5, None)]),
        ((waiting(5), customer(8)), [(5, 8)]),
        ((waiting(5), waiting(8, "vendor"), waiting(9, "team")), [(5, 8)]),
        ((waiting(5), agent(6), BOT, RESOLVED(9)), [(5, 9)]),
        ((waiting(5), (8, S.TRANSFERRED, ("b",))), [(5, None)]),
        ((RESOLVED(5), waiting(6)), []),
        ((waiting(5), RESOLVED(6), REOPENED(7)), [(5, 6)]),
    ],
)  # fmt: skip
def test_waits_on_the_customer(steps, waits) -> None:
    assert moves(ticket(*steps)).waits == waits


def test_questions_and_actions() -> None:
    seen = moves(ticket((1, S.INFO_REQUESTED, ("email",)), BOT, customer(6), agent(7, public=False), RESOLVED(8)))
    assert seen.questions == [(1, 1, "email")]
    assert seen.actions == [(1, 1), (7, 4), (8, 5)]
    assert seen.answers == []


def test_steps_before_the_opening_say_nothing() -> None:
    steps = [Step(-5, S.REPLIED, 9, None, None, ("agent", True, None)), *ticket().steps]
    assert moves(Ticket("T", steps)).answers == []


def test_they_are_derived_once() -> None:
    one = ticket(agent(5))
    assert moves(one) is moves(one)


HAPPENS = st.sampled_from(
    [
        lambda at: (at, S.REPLIED, ("customer", True, None)),
        lambda at: (at, S.REPLIED, ("customer", False, None)),
        agent,
        lambda at: agent(at, public=False),
        lambda at: (at, S.REPLIED, ("bot", True, None)),
        lambda at: (at, S.INFO_REQUESTED, ("email",)),
        lambda at: (at, S.TRANSFERRED, ("b",)),
        waiting,
        lambda at: waiting(at, "vendor"),
        RESOLVED,
        REOPENED,
    ]
)


@given(happens=st.lists(HAPPENS, max_size=10), cut=st.integers(0, 10))
def test_they_grow_with_the_ticket_as_if_derived_anew(happens, cut) -> None:
    whole = ticket(*(make(at) for at, make in enumerate(happens, start=1)))
    grown = Ticket("T", whole.steps[: cut + 1])
    begun = moves(grown)
    for step in whole.steps[cut + 1 :]:
        grown.take(step)
    assert moves(grown) is begun
    for name in ("owed", "waits", "answers", "questions", "actions"):
        assert getattr(begun, name) == getattr(moves(whole), name)


def test_the_holder_is_the_first_team_before_any_is_known() -> None:
    one = Ticket("T", [Step(0, S.OPENED, 0, None, None, ("chat",)), Step(5, S.TRANSFERRED, 1, None, None, ("b",)),
                       Step(9, S.TRANSFERRED, 2, None, None, ("c",))])  # fmt: skip
    assert [holder(one, at) for at in (0, 5, 8, 9, 99)] == ["b", "b", "b", "c", "c"]
    assert holder(Ticket("T", [Step(0, S.OPENED, 0, None, None, ("chat",))]), 5) is None


ENDS = st.lists(st.integers(0, 60), max_size=8, unique=True).map(sorted)


@given(ends=ENDS, start=st.integers(0, 50), limit=st.integers(0, 50))
def test_due_counts_the_moments_in_which_the_ticket_does_not_wait(ends, start, limit) -> None:
    """Against counting them one by one; a last wait without an end is not over."""
    waits = [(a, ends[i + 1] if i + 1 < len(ends) else None) for i, a in enumerate(ends) if i % 2 == 0]
    runs = [t for t in range(start, 200) if not any(a <= t and (b is None or t < b) for a, b in waits)]
    got = due(ALWAYS, start, limit, waits)
    if got is None:
        assert len(runs) < limit or not runs
    else:
        assert sum(t < got for t in runs) == limit


@given(ends=ENDS, start=st.integers(0, 50), end=st.none() | st.integers(51, 90))
def test_without_leaves_the_moments_outside_the_waits(ends, start, end) -> None:
    waits = [(a, ends[i + 1] if i + 1 < len(ends) else None) for i, a in enumerate(ends) if i % 2 == 0]
    parts = without((start, end), waits)
    want = [t for t in range(start, end or 100) if not any(a <= t and (b is None or t < b) for a, b in waits)]
    assert [t for a, b in parts for t in range(a, 100 if b is None else b)] == want
