"""Panes of event time: integer sums by minute, hour and local day, kept in a table's rows.

Every pane of a series holds all facts of its span, so that a window takes days where they fit and finer panes at
its edges. Finer panes are kept for less long; days older than 400 d fold into one base row, so that a level can
always be read as the sum of all that was before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stream.claims import Cut
from stream.days import Days
from stream.definitions import DAY, HOUR, MINUTE

Sums = dict[str, int]
Put = tuple[bytes, bytes | None]

BASE = -(1 << 31)  # the "day" into which days older than DAYS fold
MINUTES, HOURS, DAYS = 3 * HOUR, 36 * DAY, 400 * DAY  # how long panes are kept
FOREVER, NEVER = -(1 << 62), 1 << 62  # before all time, and after it
MINUTE_ROWS = "m"  # after the layer: rows of minutes
LOADED, FORGOTTEN = 50_000, 5_000  # decoded rows kept between appends, about; let go of at once, about
AGED = 300  # series looked at for age per append

encode = msgspec.msgpack.Encoder().encode


def key(*parts: Any) -> bytes:
    """A row's key: msgpack of its kind and what it is about."""
    return encode(parts)


def add(into: Sums, parts: Mapping[str, int]) -> None:
    """Add `parts` in place; a sum of zero is no sum."""
    for part, value in parts.items():
        total = into.get(part, 0) + value
        if total:
            into[part] = total
        else:
            into.pop(part, None)


def add_at(panes: dict[int, Sums], at: int, parts: Mapping[str, int]) -> None:
    """Add `parts` to the pane `at`; an empty pane is no pane."""
    sums = panes.get(at)
    if sums is None:
        panes[at] = dict(parts)
        return
    add(sums, parts)
    if not sums:
        del panes[at]


class Day(Struct, array_like=True, omit_defaults=True):
    """One row: a local day's sums, and those of its hours (since the epoch)."""

    sums: Sums = {}
    hours: dict[int, Sums] = {}


_day = msgspec.msgpack.Decoder(Day, strict=False).decode  # see _encode
_minutes = msgspec.msgpack.Decoder(dict[int, Sums]).decode


def _encode(day: Day) -> bytes:
    """A sum beyond 64 bits (squares, over years, in the base) is written as its decimal string."""
    try:
        return encode(day)
    except OverflowError:
        return encode([{part: n if -(1 << 63) <= n < 1 << 63 else str(n) for part, n in day.sums.items()}, day.hours])


class Series:
    """The panes of one KPI under one cut."""

    def __init__(self, table: PaneTable, kpi: str, cut: Cut, *, hours: bool, minutes: bool) -> None:
        self.kpi, self.cut = kpi, cut
        self.version = 0  # grows with every change
        self.index: list[int] = []  # days that have a row, ascending
        self.minute_index: dict[int, None] = {}  # hours that have a row of minutes
        self._table, self._hours, self._minutes = table, hours, minutes
        self._days: dict[int, Day] = {}
        self._rows: dict[int, dict[int, Sums]] = {}  # minutes, by hour
        self._dirty: dict[int, None] = {}
        self._dirty_minutes: dict[int, None] = {}
        self._aged = FOREVER  # days before this have no hours

    def add(self, minute: int, parts: Mapping[str, int]) -> None:
        """Add a fact's parts (none of them zero) to the panes of `minute` since the epoch."""
        self.add_all({minute: parts})

    def add_all(self, panes: Mapping[int, Mapping[str, int]]) -> None:
        """As `add`, of many minutes; one after another is mostly of the same day."""
        table = self._table
        of, first_day, first_hours = table.days.of, table.first_day, table.first_hours
        before, day = NEVER, Day()
        for minute, parts in panes.items():
            number = of(minute)
            if number < first_day:
                if not table.base:
                    continue
                number = BASE
            if number != before:
                day, before = self.day(number), number
                self._dirty[number] = None
            add(day.sums, parts)
            if self._hours and number >= first_hours:
                self._add_hour(day.hours, minute, parts)
            self.version += 1

    def _add_hour(self, hours: dict[int, Sums], minute: int, parts: Mapping[str, int]) -> None:
        """To the hour and its minutes. An hour that sums to nothing stays while its minutes do not."""
        hour = minute // 60
        sums = hours.setdefault(hour, {})
        add(sums, parts)
        row: dict[int, Sums] = {}
        if self._minutes and hour >= self._table.first_minutes:
            row = self.minutes(hour)
            add_at(row, minute, parts)
            self._dirty_minutes[hour] = None
        if not sums and not row:
            del hours[hour]

    def day(self, number: int) -> Day:
        """The row of a day, new if there is none."""
        day = self._days.get(number)
        if day is None:
            data = self._table.rows.get(self._key(number))
            day = self._days[number] = Day({}, {}) if data is None else _day(data)
            self._table.loaded += 1
        if not day.sums:  # it may be new, or have been taken away
            place = bisect_left(self.index, number)
            if place == len(self.index) or self.index[place] != number:
                self.index.insert(place, number)
        return day

    def minutes(self, hour: int) -> dict[int, Sums]:
        """The minutes of an hour, a new row if there is none."""
        row = self._rows.get(hour)
        if row is None:
            data = self._table.rows.get(self._key(hour, MINUTE_ROWS))
            row = self._rows[hour] = {} if data is None else _minutes(data)
            self._table.loaded += 1
        self.minute_index[hour] = None
        return row

    def _key(self, number: int, rows: str = "") -> bytes:
        return encode((self._table.layer + rows, self.kpi, self.cut, number))

    def sums(self, start: int | None = None, end: int | None = None) -> Sums:
        """Sums over [start, end), ms; None = open. A pane that cannot be split any more counts where it starts."""
        total: Sums = {}
        days = self._table.days
        begin = FOREVER if start is None else days.of(start // MINUTE)
        stop = NEVER if end is None else days.of((end - 1) // MINUTE)
        for number in self.index[bisect_left(self.index, begin) : bisect_right(self.index, stop)]:
            if begin < number < stop:  # the days in between are whole
                add(total, self.day(number).sums)
                continue
            low, high = (FOREVER, FOREVER) if number == BASE else (days.start(number), days.start(number + 1))
            whole = (start is None or start <= low) and (end is None or high <= end)
            for parts in (self.day(number).sums,) if whole else self._within(number, low, high, start, end):
                add(total, parts)
        return total

    def _within(self, number: int, low: int, high: int, start: int | None, end: int | None) -> Iterator[Sums]:
        """What of a day lies in [start, end), by its hours and minutes."""
        day = self.day(number)
        start, end = FOREVER if start is None else start, high if end is None else end
        if not self._hours or number < self._table.first_hours:
            if start <= low < end:
                yield day.sums
            return
        for hour, sums in day.hours.items():
            first, last = max(hour * HOUR, low), min(hour * HOUR + HOUR, high)
            if start <= first and last <= end:
                yield sums
            elif self._minutes and hour >= self._table.first_minutes:
                begin, stop = max(first, start), min(last, end)
                yield from (s for m, s in self.minutes(hour).items() if begin <= m * MINUTE < stop)
            elif start <= first < end:
                yield sums

    def last_day(self, end: int) -> tuple[int, int]:
        """[start, end) of the last local day that was over at `end`, ms."""
        today, _ = self._table.days.span(end)
        return self._table.days.span(today - 1)

    def first(self) -> int | None:
        """Start of the first day that has a row, ms; None without any. What lies in the base has no day."""
        number = next((n for n in self.index if n != BASE and self.day(n).sums), None)
        return None if number is None else self._table.days.start(number)

    def flush(self) -> list[Put]:
        """The rows that changed since the last flush; an empty one is taken away, and stays decoded."""
        puts: list[Put] = []
        for number in self._dirty:
            some = (day := self._days[number]).sums or day.hours
            puts.append((self._key(number), _encode(day) if some else None))
            if not some:
                self.index.remove(number)
        for hour in self._dirty_minutes:
            row = self._rows[hour]
            puts.append((self._key(hour, MINUTE_ROWS), encode(row) if row else None))
            if not row:
                del self.minute_index[hour]
        self.settled()
        return puts

    def settled(self) -> None:
        """Nothing is left to be written."""
        self._dirty.clear()
        self._dirty_minutes.clear()

    def age(self) -> list[Put]:
        """Bring panes to what their age allows: minutes and hours away, old days into the base. The rows it changes."""
        table, index = self._table, self.index
        begin = 1 if index and index[0] == BASE else 0
        for number in index[begin : bisect_left(index, table.first_day)]:
            day = self.day(number)
            if table.base:
                add(self.day(BASE).sums, day.sums)
                self._dirty[BASE] = None
            day.sums, day.hours = {}, {}
            self._dirty[number] = None
        if self._aged != table.first_hours:
            for number in index[bisect_left(index, self._aged) : bisect_left(index, table.first_hours)]:
                if (day := self.day(number)).hours:
                    day.hours = {}
                    self._dirty[number] = None
            self._aged = table.first_hours
        for hour in [h for h in self.minute_index if h < table.first_minutes]:
            self._rows[hour] = {}
            self._dirty_minutes[hour] = None
        return self.flush() if self._dirty or self._dirty_minutes else []

    def forget(self) -> int:
        """Let go of decoded rows; the store has them. Returns how many."""
        many = len(self._days) + len(self._rows)
        self._days.clear()
        self._rows.clear()
        return many


class PaneTable:
    """All series of one layer. `rows` = the table's store.

    With `keep` nothing is dropped or folded; without a `base`, days go when their hours do (nobody reads levels).
    """

    def __init__(self, layer: str, rows: dict[bytes, bytes], days: Days, *, keep: bool, base: bool = True) -> None:
        self.layer, self.rows, self.days, self.keep, self.base = layer, rows, days, keep, base
        self.first_day = self.first_hours = self.first_minutes = FOREVER
        self.loaded = 0
        self.series: dict[tuple[str, Cut], Series] = {}
        self._aging: Iterator[Series] = iter(())
        self._forgetting: list[Series] = []  # whose rows are to be let go
        self._due = False  # panes have grown older since the last round began

    def advance(self, clock: int) -> None:
        """Let the age of panes follow the closed clock, ms."""
        first = (clock - MINUTES) // HOUR
        if self.keep or clock <= 0 or first == self.first_minutes:
            return
        self.first_minutes = first
        self.first_hours = self.days.of((clock - HOURS) // MINUTE)
        self.first_day = self.days.of((clock - DAYS) // MINUTE) if self.base else self.first_hours
        self._due = True

    def open(self, kpi: str, cut: Cut, *, hours: bool, minutes: bool) -> Series:
        """The series of a KPI and cut, new if there is none."""
        series = self.series.get((kpi, cut))
        if series is None:
            series = self.series[kpi, cut] = Series(self, kpi, cut, hours=hours, minutes=minutes)
        return series

    def age(self) -> Iterator[list[Put]]:
        """The rows that are too old, of a few series, one after another; of all, once an hour of the closed clock."""
        for _ in range(AGED):
            series = next(self._aging, None)
            if series is not None:
                yield series.age()
            elif self._due:
                self._due, self._aging = False, iter(list(self.series.values()))
            else:
                return

    def forget(self) -> None:
        """Keep memory within bounds, some rows at a time; only between appends, when nothing waits to be written."""
        if self.loaded > LOADED and not self.keep:
            self.loaded, self._forgetting = 0, list(self.series.values())
        many = 0
        while self._forgetting and many < FORGOTTEN:
            many += self._forgetting.pop().forget()
