"""Days and months of one time zone, over minutes and milliseconds since the epoch. Days have 23 to 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from stream.definitions import DAY, MINUTE

_EPOCH = date(1970, 1, 1).toordinal()
_CACHE = 100_000


class Days:
    """Day numbers (days since 1970-01-01 of the local calendar). Raises ZoneInfoNotFoundError on an unknown zone."""

    def __init__(self, timezone: str) -> None:
        self._zone = None if timezone == "UTC" else ZoneInfo(timezone)
        self._days: dict[int, int] = {}
        self._starts: dict[int, int] = {}

    def of(self, minute: int) -> int:
        """The day in which `minute` (since the epoch) begins."""
        if self._zone is None:
            return minute * MINUTE // DAY
        day = self._days.get(minute)
        if day is None:
            if len(self._days) >= _CACHE:
                self._days.clear()
            day = self._days[minute] = datetime.fromtimestamp(minute * 60, self._zone).toordinal() - _EPOCH
        return day

    def start(self, day: int) -> int:
        """First instant of `day`, ms; where the clocks skip midnight, the instant of the skip."""
        if self._zone is None:
            return day * DAY
        start = self._starts.get(day)
        if start is None:
            midnight = datetime.fromordinal(day + _EPOCH).replace(tzinfo=self._zone)
            start = self._starts[day] = int(midnight.timestamp()) * 1000
        return start

    def span(self, at: int) -> tuple[int, int]:
        """[start, end) of the day that holds the instant `at`, ms."""
        day = self.of(at // MINUTE)
        start = self.start(day)
        if at < start:  # the day began inside the minute
            return self.start(day - 1), start
        end = self.start(day + 1)
        return (start, end) if at < end else (end, self.start(day + 2))

    def month(self, at: int) -> tuple[int, int]:
        """(year, month) at `at` ms."""
        local = datetime.fromtimestamp(at // 1000, self._zone or UTC)
        return local.year, local.month

    def month_start(self, month: tuple[int, int]) -> int:
        """First instant of a month, ms."""
        return self.start(date(*month, 1).toordinal() - _EPOCH)


@cache
def days_in(timezone: str) -> Days:
    """The one `Days` of a time zone."""
    return Days(timezone)


def after(month: tuple[int, int]) -> tuple[int, int]:
    """The month that follows."""
    year, number = month
    return (year + 1, 1) if number == 12 else (year, number + 1)


def label(month: tuple[int, int]) -> str:
    """As readings name it: `2026-10`."""
    return f"{month[0]:04}-{month[1]:02}"
