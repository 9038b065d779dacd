"""Readings over rolling windows, kept up to date as the fold goes."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from stream.aggregates import KpiPartition
from stream.claims import Cut, Kpi
from stream.days import Days, after
from stream.definitions import MINUTE
from stream.readings import Reader, Reading, Span, now
from stream.windows import ALIGNED, LENGTHS, PaneWindow

NOTHING = -1  # for the n of a label that has nothing in a window

Seen = tuple[int, int, int | None]  # version of the series, of what it is a share of where it counts, window's start


class LiveReadings:
    """The readings of one partition. A window's left edge is aligned to its panes: it reaches back a little more."""

    def __init__(self, partition: KpiPartition) -> None:
        self._partition = partition
        self._days = Days(partition.definitions.timezone)
        self._readers: dict[str, tuple[int, Reader]] = {}
        self._seen: dict[tuple[str, str, Cut], Seen] = {}
        self._n: dict[tuple[str, str, Cut], tuple[Seen | None, int]] = {}

    def refresh(self) -> Iterator[Reading | None]:
        """What changed since the last refresh, by facts or by time; None where nothing did.

        One item costs little (tens of microseconds where rows are decoded): stop between two to let others run.
        Feeding the fold in between is allowed; what changes behind the iterator is told by the next refresh.
        """
        end = self._partition.heard
        for name, kpi in sorted(self._partition.kpis.items()):
            if end and self._partition.series(name):
                reader = self._reader(kpi, end)
                for window in self._windows(kpi, end):
                    yield from self._read(reader, window)

    def forget(self) -> None:
        """Say everything again at the next refresh: whoever listened has lost it."""
        self._seen.clear()

    def _reader(self, kpi: Kpi, end: int) -> Reader:
        partition = self._partition
        series = partition.series(kpi.name)
        count, reader = self._readers.get(kpi.name, (0, None))
        if reader is None or count != len(series):
            reader = Reader(kpi, series, partition.definitions.label_shown, end, partition.began)
            self._readers[kpi.name] = len(series), reader
        reader.as_of, reader.began = end, partition.began
        return reader

    def _windows(self, kpi: Kpi, end: int) -> Iterator[Span]:
        for name in kpi.windows:
            if name == "now":
                yield now(kpi, end)
            elif name == "month":
                month = self._days.month(end)
                yield Span(name, self._days.month_start(month), None, self._days.month_start(after(month)))
            else:
                yield Span(name, self._start(name, end - LENGTHS[name]), None, end)

    def _start(self, name: str, at: int) -> int:
        if name == "90d":
            return self._days.start(self._days.of(at // MINUTE))
        return at // ALIGNED[name] * ALIGNED[name]

    def _read(self, reader: Reader, window: Span) -> Iterator[Reading | None]:
        whole, version = reader.window(window, (), None), _version(reader, ())
        for dims, cuts in reader.groups.items():
            for cut in cuts if len(cuts) <= reader.shown else (yield from self._largest(reader, window, cuts)):
                about = reader.kpi.name, window.name, cut
                if self._stands(self._seen.get(about), reader, window, cut):
                    yield None
                    continue
                parts = reader.window(window, cut, whole) if dims else whole
                reading = reader.reading(window, cut, parts)
                self._seen[about] = self._looked(reader, window, cut, parts, version + _parts(reader, cut))
                yield reading

    def _largest(self, reader: Reader, window: Span, cuts: list[Cut]) -> Generator[None, None, list[Cut]]:
        """The labels that are shown: of those that have anything, the ones with the largest n, ties by name."""
        n = {}
        for cut in cuts:
            about = reader.kpi.name, window.name, cut
            seen, count = self._n.get(about, (None, 0))
            if not self._stands(seen, reader, window, cut):
                whole, version = reader.window(window, (), None), _version(reader, cut)
                parts = reader.window(window, cut, whole)
                count = reader.kpi.n(parts) if reader.known(parts) else NOTHING
                self._n[about] = self._looked(reader, window, cut, parts, version), count
                yield None
            n[cut] = count
        return sorted((cut for cut in cuts if n[cut] != NOTHING), key=lambda cut: -n[cut])[: reader.shown]

    def _stands(self, seen: Seen | None, reader: Reader, window: Span, cut: Cut) -> bool:
        """Whether what was read then is still so."""
        if seen is None:
            return False
        whole = _version(reader, cut) if seen[1] else 0
        return seen == (reader.series[cut].version, whole, self._edge(reader, window))

    def _looked(self, reader: Reader, window: Span, cut: Cut, parts: PaneWindow, whole: int) -> Seen:
        """What a reading depends on. `whole` = `_version` when it was read; of all, when the window was begun."""
        return reader.series[cut].version, whole if parts.asked_whole else 0, self._edge(reader, window)

    def _edge(self, reader: Reader, window: Span) -> int | None:
        """What moves as time goes on: the left edge, once passed; of `now` the minute, for a KPI that looks back."""
        if window.name != "now":
            return window.start if window.start is not None and window.start < reader.as_of else None
        looks_back = window.start != window.closes or hasattr(reader.kpi, "ages")
        return window.closes // MINUTE if looks_back else None


def _version(reader: Reader, cut: Cut) -> int:
    """Of what the reading of a cut may depend on beside its own series: all, and the parts of a pair."""
    whole = reader.series.get(())  # there is none where the facts of labels sum to nothing
    return (whole.version if whole is not None else 0) + _parts(reader, cut)


def _parts(reader: Reader, cut: Cut) -> int:
    """Of the series of each dimension of a pair: together they only grow."""
    if len(cut) < 2:
        return 0
    return sum(series.version for pair in cut if (series := reader.series.get((pair,))) is not None)
