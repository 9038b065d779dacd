"""Subscriptions: when they run, and what renews them."""

from __future__ import annotations

import pytest

from stream import steps as S
from stream.steps import Step, order
from stream.subscriptions import Subscription, has_head

TERMS = ("base", "10", "USD", "month", 1)


def step(at: int, kind: int, *data: object) -> Step:
    return Step(at, kind, at * 100 + kind, None, None, data)


def subscription(*steps: Step) -> Subscription:
    return Subscription("U1", sorted((step(0, S.STARTED, *TERMS), *steps), key=order))


@pytest.mark.parametrize(
    ("steps", "cancelled", "ended"),
    [
        ([], None, None),  # it never lapses by itself
        ([step(5, S.CANCELLED)], 5, 5),
        ([step(5, S.CANCELLED, 9)], 5, 9),
        ([step(5, S.CANCELLED, 2)], 5, 5),  # never before it was said
        ([step(-5, S.CANCELLED)], None, None),  # before its start
        ([step(5, S.CANCELLED), step(7, S.CHANGED, *TERMS)], 5, 5),
        ([step(5, S.RENEWAL_DUE, 30), step(6, S.RENEWED, *TERMS)], None, None),
    ],
)
def test_it_runs_from_start_to_end(steps: list[Step], cancelled: int | None, ended: int | None) -> None:
    found = subscription(*steps)
    assert (found.started, found.cancelled, found.ended) == (0, cancelled, ended)


def test_renewals_and_what_was_announced() -> None:
    found = subscription(step(5, S.RENEWAL_DUE, 30), step(6, S.RENEWED, *TERMS), step(40, S.RENEWAL_DUE, 60))
    assert found.renewals == [6]
    assert [(said, due) for said, due, _ in found.dues] == [(5, 30), (40, 60)]


def test_without_its_start_it_is_not_seen() -> None:
    assert not has_head([step(5, S.RENEWED, *TERMS)])
