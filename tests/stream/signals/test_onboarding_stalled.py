"""New customers who do not get there."""

from typing import Any

from tests.support.builders import cancelled, event, started
from tests.support.desk import D, judge, said

NAME = "onboarding_stalled"
START = started("S", 0)
OPEN = (30 * D, "opened queue value #1")


def reached(at: int, milestone: str = "value", **given: Any):
    return event("milestone.reached", at, {"milestone": milestone}, **given)


def test_it_opens_after_30_d_with_nothing_else_happening_for_60_d_at_most() -> None:
    run = judge(NAME, START, until=200 * D)
    assert run.history(NAME) == [OPEN, (90 * D, "resolved queue value #1")]
    assert run.alerts[0].text == "30 d after the start of S the milestone value has not been reached"
    assert len(run.alerts[0].evidence) == 1


def test_reached_in_time_or_before_the_start() -> None:
    assert said(NAME, START, reached(29 * D), until=80 * D) == []
    assert said(NAME, reached(0), started("S", 5 * D), until=80 * D) == []


def test_reaching_it_ends_it() -> None:
    assert said(NAME, START, reached(40 * D), until=200 * D) == [OPEN, (40 * D, "resolved queue value #1")]


def test_another_milestone_is_another_cause() -> None:
    assert said(NAME, START, reached(5 * D, "login"), until=80 * D) == [OPEN]
    both = {"milestones": ("login", "value")}
    assert said(NAME, START, reached(5 * D, "login"), until=80 * D, **both) == [OPEN]


def test_only_the_first_subscription_starts_the_clock() -> None:
    assert said(NAME, START, started("S2", 100 * D), until=300 * D) == [OPEN, (90 * D, "resolved queue value #1")]


def test_it_ends_with_the_customers_last_subscription() -> None:
    assert said(NAME, START, cancelled("S", 20 * D), until=80 * D) == []
    assert said(NAME, START, cancelled("S", 40 * D), until=80 * D) == [OPEN, (40 * D, "resolved queue value #1")]
    assert said(NAME, START, started("S2", 5 * D), cancelled("S", 40 * D), until=80 * D) == [OPEN]


def test_limits_go_by_the_cohort_then_by_the_milestone() -> None:
    tuning = {"limit_by_segment_ms": {"smb": 10 * D}, "limit_by_milestone_ms": {"value": 20 * D}}
    assert said(NAME, started("S", 0, segment="smb"), until=80 * D, **tuning)[0][0] == 10 * D
    assert said(NAME, START, until=85 * D, **tuning)[0][0] == 20 * D


def test_a_late_milestone_takes_it_back() -> None:
    assert said(NAME, START, reached(20 * D, log=35 * D), until=80 * D) == [OPEN, (35 * D, "withdrawn queue value #1")]


def test_an_earlier_start_heard_late_moves_it() -> None:
    run = judge(NAME, started("S2", 10 * D), started("S", 0, log=12 * D), until=80 * D)
    assert run.history(NAME) == [OPEN]
    assert run.alerts[0].text.startswith("30 d after the start of S ")
