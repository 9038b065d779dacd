"""Business time: how much of it lies between two instants, and when so much of it has passed. Pure.

An instant is business time when the local clock of the calendar's zone reads inside one of the day's hours, and the
day is no holiday. So a day on which the clocks change is an hour longer or shorter where a shift spans the change.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from stream.definitions import MINUTE, WEEKDAYS, Definitions
from stream.definitions import Calendar as Definition

Shift = tuple[int, int]  # minutes of the local day, [from, to)
_DAY = timedelta(days=1)
_FOREVER = 100  # years without business time before giving up


class Calendar:
    """Business time of one definition. Times ms since the epoch, durations ms.

    Raises ZoneInfoNotFoundError for an unknown zone, ValueError for hours or holidays that cannot be read.
    """

    def __init__(self, definition: Definition) -> None:
        self._zone = ZoneInfo(definition.timezone)
        self._week = [shifts(definition.hours.get(day, ())) for day in WEEKDAYS]
        self._holidays = frozenset(date.fromisoformat(day) for day in definition.holidays)
        self._years: dict[int, _Year] = {}

    def worked(self, a: int, b: int) -> int:
        """Business time in [a, b); 0 where b is not after a."""
        if b <= a:
            return 0
        first, last = self._year_of(a), self._year_of(b)
        whole = sum(self._year(year).total for year in range(first, last))
        return whole + self._year(last).before(b) - self._year(first).before(a)

    def after(self, at: int, duration: int) -> int | None:
        """The first instant by which `duration` of business time has passed since `at`; None = never."""
        if duration <= 0:
            return at
        first = self._year_of(at)
        left = duration + self._year(first).before(at)
        for year in range(first, first + _FOREVER):
            made = self._year(year)
            if left <= made.total:
                return made.when(left)
            left -= made.total
        return None

    def _year_of(self, at: int) -> int:
        return datetime.fromtimestamp(at // 1000, self._zone).year

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = _Year(list(self._spans(year)))
        return found

    def _spans(self, year: int) -> Iterator[Shift]:
        """The business time of a year as [start, end) in ms, ascending."""
        day = date(year, 1, 1)
        while day.year == year:
            if day not in self._holidays and (hours := self._week[day.weekday()]):
                midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
                if midnight.utcoffset() == (midnight + _DAY).utcoffset():
                    start = int(midnight.timestamp()) * 1000
                    yield from ((start + a * MINUTE, start + b * MINUTE) for a, b in hours)
                else:
                    yield from self._by_the_clock(day, hours)
            day += _DAY

    def _by_the_clock(self, day: date, hours: tuple[Shift, ...]) -> Iterator[Shift]:
        """A day on which the clocks change: minute by minute, as the local clock reads."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        begun: int | None = None
        for minute in range(int(noon.timestamp()) // 60 - 40 * 60, int(noon.timestamp()) // 60 + 40 * 60):
            local = datetime.fromtimestamp(minute * 60, self._zone)
            of_day = local.hour * 60 + local.minute
            inside = local.date() == day and any(a <= of_day < b for a, b in hours)
            if inside and begun is None:
                begun = minute
            elif not inside and begun is not None:
                yield begun * MINUTE, minute * MINUTE
                begun = None


class _Year:
    """The business time of one year: `passed[i]` = ms before the i-th span."""

    __slots__ = ("passed", "spans", "starts", "total")

    def __init__(self, spans: list[Shift]) -> None:
        self.spans = spans
        self.starts = [start for start, _ in spans]
        self.passed: list[int] = []
        self.total = 0
        for start, end in spans:
            self.passed.append(self.total)
            self.total += end - start

    def before(self, at: int) -> int:
        """Business time of the year before an instant in it."""
        i = bisect_right(self.starts, at) - 1
        return 0 if i < 0 else self.passed[i] + min(at, self.spans[i][1]) - self.starts[i]

    def when(self, passed: int) -> int:
        """The first instant by which so much has passed; 0 < passed <= total."""
        i = bisect_left(self.passed, passed) - 1
        return self.starts[i] + passed - self.passed[i]


class Always:
    """Every hour of every day: business time where there is no calendar."""

    def worked(self, a: int, b: int) -> int:
        """Business time in [a, b); 0 where b is not after a."""
        return max(b - a, 0)

    def after(self, at: int, duration: int) -> int | None:
        """The instant by which `duration` has passed since `at`."""
        return at + max(duration, 0)


ALWAYS = Always()


def shifts(hours: tuple[str, ...]) -> tuple[Shift, ...]:
    """Hours of a day as minutes: ("09:00-12:30", "13:30-17:00"); ascending, none overlapping. Raises ValueError."""
    found = sorted(_shift(text) for text in hours)
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise ValueError(f"the hours {', '.join(hours)} overlap")
    return tuple(found)


def _shift(text: str) -> Shift:
    start, dash, end = text.partition("-")
    a, b = _minutes(start), _minutes(end)
    if not dash or a >= b:
        raise ValueError(f"{text!r} are no hours: write from-to, as 09:00-17:30; 24:00 ends a day")
    return a, b


def _minutes(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        raise ValueError(f"{text.strip()!r} is no time of day: write it as 09:00")
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > 24 * 60:
        raise ValueError(f"{text.strip()!r} is no time of day")
    return found


@cache
def _made(timezone: str, hours: tuple[tuple[str, tuple[str, ...]], ...], holidays: tuple[str, ...]) -> Calendar:
    return Calendar(Definition(timezone=timezone, hours=dict(hours), holidays=holidays))


def of_team(definitions: Definitions, team: str | None) -> Calendar | Always:
    """The calendar that names the team, else the one called `default`, else every hour of every day."""
    if not definitions.calendars:
        return ALWAYS
    found = next((c for c in definitions.calendars.values() if team in c.teams), None)
    found = found or definitions.calendars.get("default")
    return ALWAYS if found is None else _made(found.timezone, tuple(sorted(found.hours.items())), found.holidays)
