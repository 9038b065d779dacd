"""A renewal ahead and something wrong: a ticket open for over 3 d, or a low score within 60 d."""

from __future__ import annotations

import pytest

from stream.definitions import DAY, HOUR
from tests.support.builders import (
    Told,
    answered,
    cancelled,
    opened,
    renewal_due,
    renewed,
    reopened,
    resolved,
    run,
    started,
)

NAME = "renewal_at_risk"
U1 = [started("U1", 0)]
DUE = [*U1, renewal_due("U1", 0, 100 * DAY)]  # within 90 d from day 10, a page from day 70, over on day 114
LOW = answered("S1", 20 * DAY, 1)
Rows = list[tuple[int, str]]


def rows(*events: Told, until: int = 200 * DAY) -> Rows:
    return [(at, what.removesuffix(" U1 #1")) for at, what in run(*events, until=until, of=NAME).history(NAME)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([LOW], [(20, "opened queue"), (70, "amended page"), (114, "resolved page")]),
        ([answered("S1", 20 * DAY, 7)], []),
        ([opened("T1", 20 * DAY)], [(23, "opened queue"), (70, "amended page"), (114, "resolved page")]),
        ([opened("T1", 20 * DAY), resolved("T1", 23 * DAY - 1)], []),
        # it was wrong before the renewal came near, and still is; or no more
        ([opened("T1", 2 * DAY)], [(10, "opened queue"), (70, "amended page"), (114, "resolved page")]),
        ([opened("T1", 2 * DAY), resolved("T1", 10 * DAY - 1)], []),
        ([opened("T1", 2 * DAY), resolved("T1", 3 * DAY), reopened("T1", 15 * DAY), resolved("T1", 16 * DAY)],
         [(15, "opened queue"), (70, "amended page"), (114, "resolved page")]),
        # the trouble may end: it stays until renewed, cancelled or 14 d past due
        ([LOW, answered("S1", 21 * DAY, 7), renewed("U1", 80 * DAY)],
         [(20, "opened queue"), (70, "amended page"), (80, "resolved page")]),
        ([LOW, cancelled("U1", 30 * DAY, 60 * DAY)], [(20, "opened queue"), (30, "resolved queue")]),
        # renewed too early to be meant
        ([LOW, renewed("U1", 5 * DAY)], [(20, "opened queue"), (70, "amended page"), (114, "resolved page")]),
        ([renewed("U1", 15 * DAY), LOW], []),
        ([LOW, renewed("U1", 15 * DAY, log=30 * DAY)], [(20, "opened queue"), (30, "withdrawn queue")]),
        ([answered("S1", 80 * DAY, 1)], [(80, "opened page"), (114, "resolved page")]),
        ([answered("S1", 114 * DAY, 1)], []),
        # a second trouble amends
        ([LOW, answered("S2", 30 * DAY, 1)],
         [(20, "opened queue"), (30, "amended queue"), (70, "amended page"), (114, "resolved page")]),
        ([LOW._replace(subject="c2")], []),
        ([answered("S1", 20 * DAY, 1, subject="c2")], []),
    ],
)  # fmt: skip
def test_renewal_at_risk(events: list[Told], expected: list[tuple[int, str]]) -> None:
    assert rows(*DUE, *events) == [(day * DAY, what) for day, what in expected]


def test_the_newer_date_counts() -> None:
    moved = [*DUE, LOW, renewal_due("U1", 25 * DAY, 200 * DAY)]
    assert rows(*moved, until=100 * DAY) == [(20 * DAY, "opened queue"), (25 * DAY, "withdrawn queue")]


def test_each_term_of_a_monthly_renewal_stands_for_itself() -> None:
    """The renewal of the last term does not settle the next."""
    events = [
        *U1,
        renewal_due("U1", 20 * DAY, 30 * DAY),
        renewed("U1", 30 * DAY),
        renewal_due("U1", 50 * DAY, 60 * DAY),
    ]
    assert rows(*events, answered("S1", 55 * DAY, 1)) == [(55 * DAY, "opened page"), (74 * DAY, "resolved page")]
    again = renewal_due("U1", 31 * DAY, 30 * DAY)  # said once more after it was settled
    assert rows(*events[:3], again, answered("S1", 32 * DAY, 1)) == []


def test_subscriptions_stand_apart() -> None:
    other = [started("U2", 0), renewal_due("U2", 0, 100 * DAY), renewed("U2", 50 * DAY)]
    found = run(*DUE, *other, LOW, until=60 * DAY, of=NAME).history(NAME)
    assert sorted(found) == [
        (20 * DAY, "opened queue U1 #1"),
        (20 * DAY, "opened queue U2 #1"),
        (50 * DAY, "resolved queue U2 #1"),
    ]


def test_what_it_shows() -> None:
    [alert] = run(*DUE, opened("T1", 17 * DAY), LOW, until=60 * DAY, of=NAME).alerts[-1:]
    assert alert.text == "Renewal of U1 is due within 90 d: ticket T1 open for over 3 d; answered 1 to ces"
    assert alert.numbers["troubles"] == 2
    assert [step["type"] for step in alert.evidence] == ["renewal.due", "ticket.opened", "survey.answered"]


def test_many_troubles_are_bounded() -> None:
    found = run(*DUE, *(answered(f"S{i}", 20 * DAY + i * HOUR, 1) for i in range(50)), until=60 * DAY, of=NAME)
    assert len(found.alerts) == 16
    assert len(found.alerts[-1].evidence) == 17


def test_what_was_wrong_before_the_last_renewal_is_over() -> None:
    """A ticket that was open before the term began is no risk of this term; a low score within 60 d still is."""
    events = [*U1, opened("T1", 5 * DAY), resolved("T1", 29 * DAY), renewed("U1", 30 * DAY)]
    assert rows(*events, renewal_due("U1", 50 * DAY, 60 * DAY)) == []
    low = answered("S1", 25 * DAY, 1)
    [(_, what), *_] = rows(*events, low, renewal_due("U1", 50 * DAY, 60 * DAY))
    assert what == "opened page"
    [alert, *_] = run(*events, low, renewal_due("U1", 50 * DAY, 60 * DAY), until=51 * DAY, of=NAME).alerts
    assert alert.text == "Renewal of U1 is due within 30 d: answered 1 to ces"
