"""Outcomes of surveys, subscriptions and customers, row by row.

Covers stream/outcomes/low_score.py, stream/outcomes/churn.py, stream/outcomes/non_renewal.py.
"""

from __future__ import annotations

from stream.definitions import DAY, HOUR
from stream.outcomes.churn import OUTCOME as CHURN
from stream.outcomes.low_score import OUTCOME as LOW
from stream.outcomes.non_renewal import OUTCOME as LOST
from tests.support.backtests import cases
from tests.support.builders import answered, cancelled, opened, renewal_due, renewed, sent, started

END = 400 * DAY


def test_low_score_is_asked_just_before_the_first_answer() -> None:
    """About a ticket: from its opening. A later rating does not undo what was said first; a silent one is no case."""
    story = [opened("T", 0), sent("S", DAY, "csat", "T"), answered("S", 2 * DAY, 1, "csat", "T")]
    again = answered("S", 3 * DAY, 5, "csat", "T")
    assert cases(LOW, *story, again, until=END) == [(0, 2 * DAY - 1, 2 * DAY, 2 * DAY)]
    good = [opened("T", 0), answered("S", 2 * DAY, 5, "csat", "T"), answered("S", 3 * DAY, 1, "csat", "T")]
    assert cases(LOW, *good, until=END) == [(0, 2 * DAY - 1, 2 * DAY, None)]
    assert cases(LOW, opened("T", 0), sent("S", DAY, "csat", "T"), until=END) == []


def test_low_score_about_no_ticket_looks_back_a_month() -> None:
    found = cases(LOW, answered("S", 50 * DAY, 6, "nps"), until=END)
    assert found == [(20 * DAY, 50 * DAY - 1, 50 * DAY, 50 * DAY)]


def test_churn_looks_every_month_while_something_runs_uncancelled() -> None:
    """It happens when the cancel is said, not when it takes effect."""
    story = [started("U", DAY), cancelled("U", 70 * DAY, 90 * DAY)]
    assert cases(CHURN, *story, until=END) == [
        (1 * DAY, 31 * DAY, 61 * DAY, None), (31 * DAY, 61 * DAY, 91 * DAY, 70 * DAY),
    ]  # fmt: skip
    last = cases(CHURN, started("U", 0), cancelled("U", 60 * DAY), until=END)
    assert last == [(0, 30 * DAY, 60 * DAY, 60 * DAY)]  # the end of a period belongs to it
    first, *rest = cases(CHURN, started("U", 0), until=100 * DAY)
    assert (first, len(rest)) == ((0, 30 * DAY, 60 * DAY, None), 2)


def test_churn_is_of_the_last_subscription() -> None:
    """One of two cancelled is none, nor is a cancel that a renewal took back; who comes back is looked at again."""
    two = [started("U", 0), started("V", 0), cancelled("U", 40 * DAY)]
    assert [case[3] for case in cases(CHURN, *two, until=89 * DAY)] == [None, None]
    kept = [started("U", 0), cancelled("U", 40 * DAY, 60 * DAY), renewed("U", 50 * DAY)]
    assert [case[3] for case in cases(CHURN, *kept, until=89 * DAY)] == [None, None]
    back = [started("U", 0), cancelled("U", 40 * DAY), started("V", 70 * DAY)]
    assert [case[1:4:2] for case in cases(CHURN, *back, until=100 * DAY)] == [(30 * DAY, 40 * DAY), (90 * DAY, None)]


def test_non_renewal_is_looked_at_a_month_ahead() -> None:
    """Cancelled counts at the cancel, silence 14 d past due; renewed or cancelled before the look is no case."""
    due, look, known = 100 * DAY, 70 * DAY, 114 * DAY
    head = [started("U", 0), renewal_due("U", 5 * DAY, due)]
    assert cases(LOST, *head, until=END) == [(10 * DAY, look, known, known)]
    for at, found in ((known, None), (known + 1, known), (look + 1, None)):
        assert cases(LOST, *head, renewed("U", at), until=END) == [(10 * DAY, look, known, found)]
    assert cases(LOST, *head, renewed("U", look), until=END) == []
    assert cases(LOST, *head, cancelled("U", 80 * DAY), until=END) == [(10 * DAY, look, known, 80 * DAY)]
    assert cases(LOST, *head, cancelled("U", look, due), until=END) == []


def test_a_due_date_said_twice_is_one_case_and_another_date_is_another() -> None:
    head = [started("U", 0), renewal_due("U", 5 * DAY, 100 * DAY), renewal_due("U", 6 * DAY, 100 * DAY)]
    assert len(cases(LOST, *head, until=END)) == 1
    later = renewal_due("U", 150 * DAY, 250 * DAY)
    found = cases(LOST, *head, renewed("U", 99 * DAY), later, until=END)
    assert [(look, happened) for _, look, _, happened in found] == [(70 * DAY, None), (220 * DAY, 264 * DAY)]
    assert cases(LOST, *head, until=70 * DAY - HOUR) == []  # its look lies ahead
