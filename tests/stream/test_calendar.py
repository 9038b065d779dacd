"""Business time: rows at the edges, and laws over any calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.calendar import ALWAYS, Always, Calendar, of_team, shifts
from stream.definitions import DAY, HOUR, MINUTE, WEEKDAYS, Definitions
from stream.definitions import Calendar as Definition

OFFICE = Calendar(Definition())
SPLIT = Calendar(Definition("Europe/Berlin", dict.fromkeys(WEEKDAYS[:5], ("09:00-12:00", "13:00-17:00"))))
NIGHT = Calendar(Definition("Europe/Berlin", dict.fromkeys(WEEKDAYS, ("00:00-06:00", "22:00-24:00"))))


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-06-01T08:00", "2026-06-01T18:00", 8),  # a Monday
        ("2026-06-01T09:00", "2026-06-01T17:00", 8),
        ("2026-06-01T10:30", "2026-06-01T11:00", 0.5),
        ("2026-06-01T17:00", "2026-06-02T09:00", 0),
        ("2026-06-05T16:00", "2026-06-08T10:00", 2),  # over a weekend
        ("2026-06-06T00:00", "2026-06-08T00:00", 0),
        ("2026-06-02T10:00", "2026-06-01T10:00", 0),
        ("2025-12-31T16:00", "2026-01-01T10:00", 2),  # over a year
        ("2024-01-01T00:00", "2026-01-01T00:00", 523 * 8),
    ],
)
def test_worked(start: str, end: str, hours: float) -> None:
    assert OFFICE.worked(at(start), at(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-06-05T16:30", 1, "2026-06-08T09:30"),  # Friday to Monday
        ("2026-06-01T09:00", 8, "2026-06-01T17:00"),  # at the end of a day, not at the start of the next
        ("2026-06-06T12:00", 1, "2026-06-08T10:00"),
        ("2026-06-06T12:00", 0, "2026-06-06T12:00"),
        ("2025-12-31T16:00", 2, "2026-01-01T10:00"),
        ("2026-06-01T00:00", 40 * 8, "2026-07-24T17:00"),
    ],
)
def test_after(start: str, hours: float, end: str) -> None:
    assert OFFICE.after(at(start), int(hours * HOUR)) == at(end)


def test_a_holiday_is_free_and_so_are_holidays_at_the_edges() -> None:
    free = Calendar(Definition(holidays=("2026-01-01", "2025-12-31", "2026-06-01")))
    assert free.worked(at("2026-06-01T00:00"), at("2026-06-03T00:00")) == 8 * HOUR
    assert free.after(at("2025-12-30T16:00"), 2 * HOUR) == at("2026-01-02T10:00")


def test_a_split_shift_leaves_out_the_break() -> None:
    berlin = "Europe/Berlin"
    assert SPLIT.worked(at("2026-06-01T11:00", berlin), at("2026-06-01T14:00", berlin)) == 2 * HOUR
    assert SPLIT.after(at("2026-06-01T11:30", berlin), HOUR) == at("2026-06-01T13:30", berlin)


def test_a_shift_over_a_change_of_the_clocks_is_an_hour_shorter_or_longer() -> None:
    berlin = "Europe/Berlin"  # 2026-03-29 has 23 hours, 2026-10-25 has 25
    assert NIGHT.worked(at("2026-03-29T00:00", berlin), at("2026-03-30T00:00", berlin)) == 7 * HOUR
    assert NIGHT.worked(at("2026-10-25T00:00", berlin), at("2026-10-26T00:00", berlin)) == 9 * HOUR
    assert NIGHT.after(at("2026-03-29T01:00", berlin), 2 * HOUR) == at("2026-03-29T04:00", berlin)


def test_hours_that_the_clock_skips_or_repeats_count_as_it_reads() -> None:
    berlin = "Europe/Berlin"
    early = Calendar(Definition(berlin, dict.fromkeys(WEEKDAYS, ("01:00-02:30",))))
    assert early.worked(at("2026-03-29T00:00", berlin), at("2026-03-30T00:00", berlin)) == HOUR
    assert early.worked(at("2026-10-25T00:00", berlin), at("2026-10-26T00:00", berlin)) == 2 * HOUR


def test_a_calendar_without_hours_never_works() -> None:
    never = Calendar(Definition(hours={}))
    assert never.worked(0, 900 * DAY) == 0
    assert never.after(0, 1) is None
    assert never.after(5, 0) == 5


@pytest.mark.parametrize("hours", ["9-17", "17:00-09:00", "09:00", "09:00-24:30", "09:60-10:00", "", "09:00-09:00"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match=r"time of day|no hours"):
        shifts((hours,))


def test_hours_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        shifts(("09:00-12:00", "11:00-13:00"))
    assert shifts(("12:00-13:00", "09:00-12:00")) == ((540, 720), (720, 780))


def test_a_team_has_its_own_calendar_else_the_default_else_every_hour() -> None:
    night = Definition(hours={"mon": ("00:00-01:00",)}, teams=("night",))
    some = replace(Definitions(), calendars={"night": night})
    assert of_team(Definitions(), "night") is ALWAYS
    assert of_team(some, "day") is ALWAYS
    assert of_team(some, "night").worked(at("2026-06-01T00:00"), at("2026-06-08T00:00")) == HOUR
    both = replace(some, calendars={"night": night, "default": Definition()})
    assert of_team(both, None).worked(at("2026-06-01T00:00"), at("2026-06-08T00:00")) == 40 * HOUR
    assert of_team(both, "a") is of_team(both, None)


def test_every_hour_of_every_day() -> None:
    assert ALWAYS.worked(5, 8) == 3
    assert ALWAYS.worked(8, 5) == 0
    assert ALWAYS.after(5, 8) == 13


TIMES = st.integers(at("2025-12-01T00:00"), at("2027-02-01T00:00"))
CALENDARS = st.sampled_from([OFFICE, SPLIT, NIGHT, ALWAYS])


@settings(max_examples=200, deadline=None)
@given(CALENDARS, TIMES, TIMES, TIMES)
def test_business_time_adds_up_and_is_never_more_than_time(c: Calendar | Always, a: int, b: int, m: int) -> None:
    a, m, b = sorted((a, m, b))
    assert c.worked(a, m) + c.worked(m, b) == c.worked(a, b)
    assert 0 <= c.worked(a, b) <= b - a


@settings(max_examples=200, deadline=None)
@given(CALENDARS, TIMES, TIMES, st.integers(1, 60 * DAY))
def test_after_is_the_first_instant_by_which_so_much_was_worked(
    c: Calendar | Always, a: int, b: int, duration: int
) -> None:
    a, b = sorted((a, b))
    end = c.after(a, duration)
    assert end is not None
    assert c.worked(a, end) == duration
    assert c.worked(a, end - 1) == duration - 1
    back = c.after(a, c.worked(a, b))
    assert back is not None and back <= b


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([OFFICE, SPLIT, NIGHT]), st.integers(0, 420), st.integers(1, 40))
def test_worked_equals_a_count_of_minutes_by_the_local_clock(c: Calendar, day: int, hours: int) -> None:
    start = at("2025-12-01T00:00") + day * DAY + 7 * HOUR
    minutes = [start // MINUTE + i for i in range(hours * 60)]
    assert c.worked(start, start + hours * HOUR) == sum(MINUTE for m in minutes if _reads(c, m))


def _reads(c: Calendar, minute: int) -> bool:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(c._zone)
    hour = local.hour + local.minute / 60
    if c is NIGHT:
        return hour < 6 or hour >= 22
    if c is SPLIT:
        return local.weekday() < 5 and (9 <= hour < 12 or 13 <= hour < 17)
    return local.weekday() < 5 and 9 <= hour < 17
