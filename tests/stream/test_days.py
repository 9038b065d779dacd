"""Days partition time, whatever the clocks of a zone do."""

from __future__ import annotations

from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.days import Days, after, label
from stream.definitions import DAY, HOUR, MINUTE

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe",
         "Asia/Beirut", "Pacific/Apia"]  # fmt: skip
days = {zone: Days(zone) for zone in ZONES}
instants = st.integers(0, 2_000_000_000_000)


@given(st.sampled_from(ZONES), instants)
def test_a_minute_lies_in_its_day(zone: str, at: int) -> None:
    minute, d = at // MINUTE, days[zone]
    day = d.of(minute)
    assert d.start(day) <= minute * MINUTE < d.start(day + 1)
    assert d.of(minute + 1) in (day, day + 1, day + 2)  # Apia left out a whole day


@given(st.sampled_from(ZONES), instants)
def test_an_instant_lies_in_its_month(zone: str, at: int) -> None:
    d = days[zone]
    month = d.month(at)
    assert d.month_start(month) <= at < d.month_start(after(month))
    assert d.of(d.month_start(month) // MINUTE) * DAY <= at + 2 * DAY


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("UTC", 20_000, 24), ("Europe/Berlin", 20_541, 23), ("Europe/Berlin", 20_751, 25), ("Europe/Berlin", 20_542, 24)],
)
def test_days_have_23_to_25_hours(zone: str, day: int, hours: int) -> None:
    assert days[zone].start(day + 1) - days[zone].start(day) == hours * HOUR


def test_labels() -> None:
    assert label((2026, 9)) == "2026-09"
    assert after((2026, 12)) == (2027, 1)
    assert days["Europe/Berlin"].month(days["UTC"].month_start((2026, 10)) - HOUR) == (2026, 10)


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Days("Mars/Phobos")
