"""What the KPIs say: readings over all, now and the calendar months, as a replay ends (CATALOGUE, `readings.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from stream.benchmarks import Distance, distances
from stream.claims import Cut, Kpi
from stream.days import Days, after, label
from stream.definitions import Definitions
from stream.panes import Series
from stream.windows import PaneWindow, Parts, ages, span

Month = tuple[int, int]


class Reading(Struct, frozen=True, omit_defaults=True):
    """One KPI in one window under one cut. `end` = the window's, `as_of` = the log clock it was read at, ms.

    `benchmarks` = how far it is from each of the KPI's; left out of the JSON where there are none.
    """

    kpi: str
    version: int
    window: str
    end: int
    cut: dict[str, str]
    value: float | None
    n: int
    parts: Parts
    quantiles: dict[str, float | None]
    as_of: int
    status: str  # provisional, partial, final
    unit: str
    small_n: bool
    benchmarks: tuple[Distance, ...] = ()


class Source(Protocol):
    """Where readings come from: one partition of the kpis fold."""

    @property
    def began(self) -> int:
        """When the log began, ms."""

    def series(self, kpi: str) -> Mapping[Cut, Series]:
        """The panes of a KPI by cut; empty if it is another partition's."""


class Span(Struct, frozen=True):
    """A named window [start, end), ms; None as in PaneWindow. `closes` = its end by name, may lie ahead."""

    name: str
    start: int | None
    end: int | None
    closes: int


def readings(
    partitions: Iterable[Source], kpis: Mapping[str, Kpi], definitions: Definitions, end: int, as_of: int
) -> Iterator[Reading]:
    """All readings at the log's end, by KPI, window and cut; partitions hold different KPIs, so they only add up.

    A label of which nothing is known in a window has no row there.
    """
    sources = list(partitions)
    began = min((s.began for s in sources if s.began), default=0)
    days = Days(definitions.timezone)
    for _, kpi in sorted(kpis.items()):
        series: dict[Cut, Series] = {}
        for source in sources:
            series.update(source.series(kpi.name))
        reader = Reader(kpi, series, definitions.label_shown, as_of, began)
        for window in _windows(kpi, series, days, end):
            yield from (r for r in reader.read(window) if not r.cut or any(r.parts.values()))


class Reader:
    """Reads one KPI."""

    def __init__(self, kpi: Kpi, series: Mapping[Cut, Series], shown: int, as_of: int, began: int) -> None:
        self.kpi, self.series, self.shown, self.as_of, self.began = kpi, series, shown, as_of, began
        self.groups: dict[tuple[str, ...], list[Cut]] = {}  # cuts by dimensions, all first
        for cut in sorted(series, key=lambda each: ([dim for dim, _ in each], each)):
            self.groups.setdefault(tuple(dim for dim, _ in cut), []).append(cut)

    def read(self, window: Span) -> Iterator[Reading]:
        """The reading of all, then those of each dimension or pair: the labels with the largest n, ties by name."""
        whole = self.window(window, (), None)
        yield self.reading(window, (), whole)
        for dims, cuts in self.groups.items():
            if dims:
                found = [(cut, parts) for cut in cuts if self.known(parts := self.window(window, cut, whole))]
                if len(found) > self.shown:
                    found = sorted(found, key=lambda each: -self.kpi.n(each[1]))[: self.shown]
                yield from (self.reading(window, cut, parts) for cut, parts in found)

    def known(self, parts: PaneWindow) -> bool:
        """Whether a label may have anything in a window; quick, since most have nothing in most months."""
        return bool(self.kpi.levels or ages(self.kpi) or parts.sums())

    def window(self, window: Span, cut: Cut, whole: PaneWindow | None) -> PaneWindow:
        at = min(window.closes, self.as_of) if window.end is None else window.end
        return PaneWindow(
            self.kpi, self.series.get(cut), window.start, window.end, at, whole, lambda c: self.window(window, c, whole)
        )

    def reading(self, window: Span, cut: Cut, parts: PaneWindow) -> Reading:
        kpi, n = self.kpi, self.kpi.n(parts)
        value = kpi.value(parts)
        return Reading(
            kpi=kpi.name,
            version=kpi.version,
            window=window.name,
            end=window.closes,
            cut=dict(cut),
            value=value,
            n=n,
            parts=parts.parts(),
            quantiles=parts.quantiles(),
            as_of=self.as_of,
            status=self._status(window, parts),
            unit=kpi.unit,
            small_n=n < kpi.min_n,
            benchmarks=distances(kpi, value),
        )

    def _status(self, window: Span, parts: PaneWindow) -> str:
        """Provisional: not over, or a fact in it may still change by itself. Partial: a level of before the log."""
        unfinished = window.closes > self.as_of
        if unfinished or (self.kpi.matures and parts.holds_since(self.as_of - self.kpi.matures)):
            return "provisional"
        before = window.start is not None and window.start < self.began
        return "partial" if before and self.kpi.levels else "final"


def _windows(kpi: Kpi, series: Mapping[Cut, Series], days: Days, end: int) -> Iterator[Span]:
    """`now` for levels, `all` for flows, months for all but what is only read now; only months for what says so."""
    if "now" in kpi.windows or (kpi.levels and not kpi.flows):
        yield now(kpi, end)
    if kpi.windows == ("now",):
        return
    if kpi.flows and kpi.windows != ("month",):
        yield Span("all", None, None, end)
    yield from _months(kpi, series, days, end)


def now(kpi: Kpi, end: int) -> Span:
    """Levels as they are; flows only as far back as the KPI's `span`."""
    return Span("now", end - span(kpi), None, end)


def _months(kpi: Kpi, series: Mapping[Cut, Series], days: Days, end: int) -> Iterator[Span]:
    """Calendar months, from the first in which the KPI has a denominator to that of the log's end."""
    whole = series.get(())
    first = whole.first() if whole else None
    if first is None:
        return
    current, last, found = days.month(first), days.month(end), False
    while current <= last:
        start, close = days.month_start(current), days.month_start(after(current))
        window = Span(label(current), start, None if close > end else close, close)
        found = found or kpi.n(PaneWindow(kpi, whole, start, window.end, min(close, end), None)) > 0
        if found:
            yield window
        current = after(current)
