"""The windows in which a KPI is read, and its parts over one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stream import histogram
from stream.claims import Cut, Kpi
from stream.definitions import DAY, HOUR, MINUTE
from stream.panes import Series, Sums

LENGTHS = {"5m": 5 * MINUTE, "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
ALIGNED = {"5m": MINUTE, "1h": MINUTE, "24h": HOUR, "7d": HOUR, "30d": HOUR, "90d": DAY}  # the left edge, ms
QUANTILES = {"p50": 0.5, "p90": 0.9}

Parts = dict[str, Any]  # named sums; a histogram as {label: n}


def ages(kpi: Kpi) -> Mapping[str, int]:
    """Optional attribute: {part: ms}, flows read as the sum of all panes up to so long before the window's end."""
    found: Mapping[str, int] = getattr(kpi, "ages", {})
    return found


def span(kpi: Kpi) -> int:
    """Optional attribute: how far back, ms, the window `now` of a KPI reaches. 0 = it reads levels only."""
    found: int = getattr(kpi, "span", 0)
    return found


def grains(kpi: Kpi, *, replay: bool) -> tuple[bool, bool]:
    """Whether a KPI's windows need its hours and its minutes kept, beside the days.

    A replay reads whole days only, but for what looks back from its end: ages, a span, and what is not yet mature.
    """
    exact = bool(ages(kpi) or span(kpi))
    if replay:
        return (exact or kpi.matures > 0,) * 2
    minutes = exact or bool({"5m", "1h"} & set(kpi.windows))
    return minutes or bool({"24h", "7d", "30d"} & set(kpi.windows)), minutes


class PaneWindow:
    """One KPI under one cut over [start, end), ms. `start` None = since ever, `end` None = all that is known.

    `series` None = a cut without facts; `whole` = the same window with no cut (None if this is it); `beside` gives the
    same window under another cut.
    """

    def __init__(
        self, kpi: Kpi, series: Series | None, start: int | None, end: int | None, at: int, whole: PaneWindow | None,
        beside: Callable[[Cut], PaneWindow] | None = None,
    ) -> None:  # fmt: skip
        self.end_time = at
        self.asked_whole = False  # whether what was read depends on more than the cut: on all, or on a part of the cut
        self._beside = beside
        self._kpi, self._series, self._start, self._end, self._whole = kpi, series, start, end, whole
        self._cache: dict[tuple[int | None, int | None], Sums] = {}

    @property
    def all(self) -> PaneWindow:
        """The same window with no cut."""
        self.asked_whole = True
        return self._whole or self

    def without(self, dim: str) -> PaneWindow:
        """The same window, not cut by a dimension."""
        rest = tuple(pair for pair in self.cut if pair[0] != dim)
        if not rest or self._beside is None:
            return self.all
        self.asked_whole = True
        return self._beside(rest)

    @property
    def cut(self) -> Cut:
        """What it is cut by; nothing where the cut has no facts."""
        return self._series.cut if self._series else ()

    @property
    def last_day(self) -> tuple[int, int]:
        """[start, end) of the last day that was over at the window's end, in the reporting time zone, ms."""
        return self._series.last_day(self.end_time) if self._series else (0, 0)

    def between(self, part: str, start: int | None, end: int) -> int:
        """Flow over [start, end), ms; a level at `end` with start = None."""
        return self._sums(start, end).get(part, 0)

    def sum(self, part: str) -> int:
        """Flow over the window; a part with an age (see `ages`) over all before the window's end less that age."""
        age = ages(self._kpi).get(part)
        if age is not None:
            return self._sums(None, (self.end_time - age) // MINUTE * MINUTE).get(part, 0)
        return self.sums().get(part, 0)

    def start(self, part: str) -> int:
        """Level at the window's start; 0 before all time."""
        return 0 if self._start is None else self._sums(None, self._start).get(part, 0)

    def end(self, part: str) -> int:
        """Level at the window's end."""
        return self._sums(None, self._end).get(part, 0)

    def quantile(self, part: str, q: float) -> float | None:
        """Of the log buckets named `part`, in the unit counted; None without data."""
        return histogram.quantile(self.sums(), q, part)

    def sums(self) -> Sums:
        """All parts over the window; none where it has no length."""
        if self._start is not None and self._start >= self.end_time:
            return {}
        return self._sums(self._start, self._end)

    def parts(self) -> Parts:
        """As a reading shows them: the KPI's own `parts(window)` if any, else flows summed, levels at the end."""
        own = getattr(self._kpi, "parts", None)
        if own is not None:
            return dict(own(self))
        parts: Parts = {}
        for name in self._kpi.flows:
            found = histogram.buckets(self.sums(), name)
            parts[name] = found if found or name == "h" else self.sum(name)
        parts.update((name, self.end(name)) for name in self._kpi.levels)
        return parts

    def quantiles(self) -> dict[str, float | None]:
        """p50 and p90 of a KPI that keeps a histogram `h`; else empty."""
        return {name: self.quantile("h", q) for name, q in QUANTILES.items()} if "h" in self._kpi.flows else {}

    def holds_since(self, at: int) -> bool:
        """Whether any fact of the window lies in a pane that ends after `at`, ms."""
        start = at // MINUTE * MINUTE
        start = start if self._start is None else max(start, self._start)
        return (self._end is None or start < self._end) and bool(self._sums(start, self._end))

    def _sums(self, start: int | None, end: int | None) -> Sums:
        sums = self._cache.get((start, end))
        if sums is None:
            sums = self._cache[start, end] = {} if self._series is None else self._series.sums(start, end)
        return sums
