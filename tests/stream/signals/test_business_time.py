"""Business time in signals: holidays, split shifts, a team's own hours, a clock that changes.

START is Monday 2026-06-01, 00:00 UTC.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stream.calendar import of_team
from stream.definitions import Calendar
from stream.event import millis
from tests.support.builders import DEFINITIONS, opened, replied, transferred, updated
from tests.support.desk import D, H, said, step, waiting

OFFICE = Calendar(holidays=("2026-06-02",), teams=("front",))  # 9 to 17, but for Tuesday
SIESTA = Calendar(hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-13:00", "16:00-20:00")),
                  timezone="Europe/Madrid", teams=("south",))  # fmt: skip
NIGHT = Calendar(hours={"sun": ("22:00-24:00",), "mon": ("00:00-06:00",)}, teams=("night",))
DESK = msgspec.structs.replace(DEFINITIONS, calendars={"office": OFFICE, "siesta": SIESTA, "night": NIGHT})
CAUSE = step("T", "o")


def limits(team: str, at: int, *events, signal: str = "no_next_step") -> list[float]:
    """Log times (h after START) at which it is told."""
    told = said(signal, opened("T", at, team=team, id="o"), *events, until=30 * D, d=DESK)
    return [when / H for when, _ in told]


def test_over_a_holiday() -> None:
    """Monday 13:00, 8 h of 9 to 17: four on Monday, none on Tuesday, four on Wednesday."""
    assert limits("front", 13 * H) == [17, 2 * 24 + 13]


def test_split_shifts_of_a_team_in_its_own_time_zone() -> None:
    """Monday 11:00 in Madrid (9:00 UTC): 2 h until 13:00, then from 16:00; 6 more by 20:00 and Tuesday 11:00."""
    assert limits("south", 9 * H) == [16, 24 + 9]


def test_a_night_shift_over_midnight() -> None:
    """Saturday noon: the shift begins on Sunday at 22:00 and ends on Monday at 6:00, 8 h later."""
    assert limits("night", 5 * D + 12 * H) == [7 * 24 + 2, 7 * 24 + 6]


def test_a_weekend() -> None:
    """Friday 16:00: one hour, then Monday."""
    assert limits("front", 4 * D + 16 * H) == [7 * 24 + 12, 7 * 24 + 16]


def test_a_team_without_a_calendar_works_always() -> None:
    assert limits("others", 13 * H) == [17, 21]


def test_waiting_on_the_customer_outside_hours_costs_nothing() -> None:
    """Monday 9:00; waits from 17:00 on Monday to 8:00 on Wednesday: no business hour of it."""
    waits = (waiting("T", 17 * H), replied("T", 2 * 24 * H + 8 * H))
    events = (opened("T", 10 * H, team="front", id="o"), *waits)
    assert said("no_next_step", *events, until=30 * D, d=DESK) == [
        (14 * H, f"opened info {CAUSE} #1"),
        (17 * H, f"resolved info {CAUSE} #1"),
        (2 * D + 8 * H, f"opened info {CAUSE} #2"),
        (2 * D + 10 * H, f"amended queue {CAUSE} #2"),
    ]


def test_the_new_team_s_hours_count_for_a_hand_over() -> None:
    """Monday 18:00 to a team that is there until 20:00 in Madrid (18:00 UTC): the clock starts on Tuesday."""
    events = (opened("T", 0, team="front"), transferred("T", 18 * H, "south", id="x"))
    assert said("stalled_handoff", *events, until=30 * D, d=DESK) == [
        (24 * H + 18 * H, f"opened queue {step('T', 'x')} #1")
    ]


def test_an_sla_runs_in_the_hours_of_the_team_that_had_it_at_its_start() -> None:
    """Handing it on does not move the clock (product.md, section 1: the calendar is fixed at the start)."""
    events = (opened("T", 13 * H, team="front"), transferred("T", 14 * H, "others"), updated("T", 15 * H, priority="x"))
    told = said("sla_at_risk", *events, until=30 * D, d=DESK, first_response_ms=8 * H)
    assert [at // H for at, _ in told] == [2 * 24 + 11, 2 * 24 + 13]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 7), ("2026-10-25", 9)])
def test_where_the_clock_changes_a_shift_is_an_hour_shorter_or_longer(day, hours) -> None:
    """0:00 to 8:00 in Madrid on the two Sundays of the year 2026 on which the clocks change."""
    madrid = Calendar(hours={"sun": ("00:00-08:00",)}, timezone="Europe/Madrid")
    start = millis(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Madrid")))
    calendar = of_team(msgspec.structs.replace(DEFINITIONS, calendars={"default": madrid}), "any")
    assert calendar.worked(start - 3 * H, start + 12 * H) == hours * H
