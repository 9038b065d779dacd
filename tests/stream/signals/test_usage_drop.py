"""Used far less than before."""

from typing import Any

from stream.definitions import Definitions
from tests.support.builders import DEFINITIONS, event, replied, viewed
from tests.support.desk import D, H, judge, said

NAME = "usage_drop"


def used(*days: int, at: int = 12 * H, **given: Any) -> list[Any]:
    return [event("feature.used", day * D + at, {"feature": "export"}, **given) for day in days]


DAILY = used(*range(28))
OPEN = (32 * D, "opened queue usage #1")


def test_it_opens_at_midnight_with_nothing_else_happening_and_ends_by_itself() -> None:
    """From day 56 on the 28 days before hold fewer than 8 days in use: then there is no habit left."""
    run = judge(NAME, *DAILY, until=90 * D)
    assert run.history(NAME) == [OPEN, (57 * D, "resolved queue usage #1")]
    assert run.alerts[0].text == "In use on 3 of 7 days, after 25 of the 28 before"
    assert run.alerts[0].numbers == {"recent_days": 3, "before_days": 25, "least_days": 8}


def test_back_above_it_ends_a_day_later() -> None:
    """Use of day 42 counts from midnight on; the alert lingers 1 d."""
    run = judge(NAME, *DAILY, *used(*range(40, 60)), until=60 * D)
    assert run.history(NAME) == [OPEN, (44 * D, "resolved queue usage #1")]


def test_a_day_that_runs_is_not_counted() -> None:
    """At 23 h of day 34 nobody has used it today, but 4 of the last 7 complete days are enough."""
    assert said(NAME, *DAILY, until=31 * D + 23 * H) == []


def test_fewer_than_8_days_are_no_habit() -> None:
    assert said(NAME, *used(*range(7)), until=90 * D) == []


def test_all_that_the_customer_causes_is_use_and_what_agents_do_is_not() -> None:
    views = [viewed(day * D, f"s{day}") for day in range(28)]
    assert said(NAME, *views, until=33 * D) == [OPEN]
    agents = [replied("T", day * D + H, "agent") for day in range(28, 33)]
    assert said(NAME, *DAILY, *agents, until=33 * D) == [OPEN]


def test_late_days_move_it_then_take_it_back() -> None:
    """With day 30 it begins a day later; with day 31 too it has not begun yet."""
    assert said(NAME, *DAILY, *used(30, 31, log=33 * D), until=33 * D + H) == [
        OPEN,
        (33 * D, "amended queue usage #1"),
        (33 * D, "withdrawn queue usage #1"),
    ]


def test_after_downtime_it_opens_once_at_its_midnight() -> None:
    assert said(NAME, *DAILY, ticks=(40 * D,)) == [OPEN]


def test_days_are_those_of_the_reporting_time_zone() -> None:
    """Midnight in Tokyo is 15:00 UTC; uses at 14:00 and at 16:00 UTC fall on different days there."""
    tokyo = Definitions(partitions=1, kpi_partitions=1, time="record", timezone="Asia/Tokyo")
    events = used(*range(0, 28, 2), at=14 * H) + used(*range(0, 28, 2), at=16 * H)
    assert said(NAME, *sorted(events), until=60 * D, d=tokyo)[0][0] % D == 15 * H
    assert len(said(NAME, *sorted(events), until=60 * D, d=DEFINITIONS)) == 2


def test_flapping_around_the_limit_is_one_alert() -> None:
    """Above for the day 39 alone, below before and after: it lingers 1 d, so nobody is told twice."""
    run = judge(NAME, *DAILY, *used(32, 33, 34), until=60 * D)
    assert run.history(NAME) == [OPEN, (40 * D, "amended queue usage #1"), (60 * D, "resolved queue usage #1")]


def test_a_late_use_between_two_others_is_a_day_in_use() -> None:
    """Of a feature's uses only those that tell something are kept; the days in use count them all."""
    late = [*used(*range(0, 28, 2)), *used(*range(1, 28, 2), log=28 * D)]
    assert said(NAME, *late, *late[-3:], until=60 * D) == said(NAME, *DAILY, until=60 * D)
    [alert, *_] = judge(NAME, *late, *late[-3:], until=33 * D).alerts
    assert len(alert.trail) == len({(t["id"], t["at"]) for t in alert.trail})
