"""The closed layer: what every partition has said for certain, and the watches that look at it.

Differences wait by beat until all partitions have passed the beat; they are applied in order of beats. A watch is
judged once for every closed pane of its grain, at the pane's end + 2 min, when all beats up to that moment have been
applied and none after. So the layer and the alerts follow from the log alone, however appends were cut and
partitions interleaved.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any

import msgspec
from msgspec import Struct, field

from stream.claims import Change, Cut, Kpi, Watch
from stream.days import Days
from stream.definitions import BEAT, HOUR, MINUTE, Definitions
from stream.judging import JUDGED, Judge, singles
from stream.labels import Labels
from stream.panes import HOURS, PaneTable, Put, Series, Sums, add, encode, key
from stream.record import Out
from stream.silence import SOURCES, Silence

LAYER, PENDING, PLACE = "c", "p", "k"
LATER = 2 * MINUTE  # after its end a pane is judged: what comes a little late still counts
SLICE = 100  # differences of a beat that are applied in one go
NEVER = 1 << 62
SPOKE = ""  # in place of a KPI: a source was heard
Waiting = dict[tuple[str, int, Cut], Sums]

_pending = msgspec.msgpack.Decoder(list[tuple[str, int, Cut, Sums]]).decode


class Place(Struct, array_like=True):
    """How far this partition of journey.kpis is; one row. Times of the log, ms."""

    clocks: dict[int, int] = field(default_factory=dict)  # heard of each journeys partition
    began: int = 0  # about when the log began; 0 = nothing heard
    judged: int = 0  # end of the last pane that was judged; 0 = none yet
    verdicts: list[tuple[int, str, int]] = field(default_factory=list)  # (beat, alert id, event time) not yet applied
    first: int = 0  # start of the first beat that was applied; unlike `began` it follows from the log alone

    def closed(self, partitions: int) -> int:
        """The closed clock; 0 until all partitions have been heard."""
        return min(self.clocks.values()) if len(self.clocks) == partitions else 0


class ClosedLayer:
    """Pending beats and closed panes of the KPIs that watches look at."""

    def __init__(
        self, definitions: Definitions, kpis: Mapping[str, Kpi], watches: Sequence[Watch], rows: dict[bytes, bytes],
        days: Days, *, keep: bool,
    ) -> None:  # fmt: skip
        self.place = Place()
        self.panes = PaneTable(LAYER, rows, days, keep=keep, base=False)
        self.labels = Labels(LAYER, definitions)
        self.judge = Judge(definitions, singles(watches, kpis), [w for w in watches if not w.kpi])
        self.work = 0  # panes changed and judgements made since the last flush
        self.silence = Silence(watches, self.judge, definitions.label_limit)
        self._kpis = kpis
        self._dims: dict[str, dict[str | None, dict[str, Series]]] = {}  # KPI, dimension, label
        for watch in self.judge.watches:
            self._dims.setdefault(watch.kpi, {})[watch.cut] = {}
            if watch.grain <= 0 or watch.grain % HOUR:
                raise ValueError(f"{watch.name}: grain = {watch.grain} ms is not whole hours, the closed layer's panes")
        self._pending: dict[int, Waiting] = {}
        self._beats: list[int] = []  # heap
        self._written: dict[int, None] = {}  # pending beats that have a row
        self._heard: dict[int, None] = {}
        self._gone: dict[int, None] = {}
        self._changed: dict[Series, None] = {}

    def restore(self, kind: str, about: Sequence[Any], value: bytes) -> None:
        """Take one row of the table back."""
        if kind == PENDING:
            self._pending[about[0]] = {(k, minute, cut): parts for k, minute, cut, parts in _pending(value)}
            self._written[about[0]] = None
            heappush(self._beats, about[0])
        elif kind == LAYER:
            kpi, cut, number = about
            self._series(kpi, cut).index.append(number)
        elif kind == JUDGED and (watch := self.judge.restore(about[0], about[1], about[2], value)):
            if watch.kpi:
                self._series(watch.kpi, about[1])
        elif kind == SOURCES:
            self.silence.restore(about[0], value)
        elif kind == PLACE:
            self.place = msgspec.msgpack.decode(value, type=Place)

    def restored(self) -> None:
        """All rows are back."""
        for series in self.panes.series.values():
            series.index.sort()
        self.panes.advance(self.place.judged)

    def hear(self, beat: int, changes: Iterable[Change]) -> None:
        """Keep what watches look at until the beat is closed."""
        for change in changes:
            dims = self._dims.get(change.kpi)
            if dims is None:
                continue
            levels = self._kpis[change.kpi].levels
            parts = {name: n for name, n in change.parts.items() if n and name not in levels}
            if not parts:
                continue
            cut = tuple((dim, value) for dim, value in change.cut if dim in dims)
            self._wait(beat, (change.kpi, change.minute, cut), parts)

    def hear_sources(self, beat: int, names: Iterable[str]) -> None:
        """Keep which sources were heard until the beat is closed."""
        if self.silence.watch is not None:
            for name in names:
                self._wait(beat, (SPOKE, 0, (("source", name),)), {"n": 1})

    def _wait(self, beat: int, about: tuple[str, int, Cut], parts: Sums) -> None:
        waiting = self._pending.get(beat)
        if waiting is None:
            waiting = self._pending[beat] = {}
            heappush(self._beats, beat)
        add(waiting.setdefault(about, {}), parts)
        self._heard[beat] = None

    def review(self, alert: str, at: int, beat: int) -> None:
        """Keep a verdict (its event time in ms) until its beat is closed."""
        insort(self.place.verdicts, (beat, alert, at))

    def due(self) -> int:
        """The closed clock, ms, at which there is something to apply or to judge."""
        return min((self._beat() + 1) * BEAT, self._moment(), self.silence.due)

    def close(self, closed: int) -> Iterator[list[Out] | None]:
        """Apply and judge, in order, all that the closed clock (ms) has passed: one step each, with its alerts.

        None = amid a step: there an append may not be cut.
        """
        while self.due() <= closed:
            beat, moment = self._beat(), self._moment()
            if (beat + 1) * BEAT <= min(moment, self.silence.due):
                yield (yield from self._apply(beat))
            elif self.silence.due <= moment:
                yield list(self.silence.fall())
            else:
                self.place.judged += HOUR
                self.panes.advance(self.place.judged)
                yield (yield from self._judge(self.place.judged, moment))

    def _beat(self) -> int:
        """The first beat that waits."""
        verdicts = self.place.verdicts
        return min(self._beats[0] if self._beats else NEVER, verdicts[0][0] if verdicts else NEVER)

    def _moment(self) -> int:
        """When the next pane is judged, ms."""
        return self.place.judged + HOUR + LATER if self.place.judged else NEVER

    def flush(self) -> Iterator[Put]:
        """Every row that changed since the last flush."""
        yield from self.labels.flush()
        for beat in self._heard:
            waiting = [(*about, parts) for about, parts in self._pending[beat].items()]
            self._written[beat] = None
            yield key(PENDING, beat), encode(waiting)
        yield from ((key(PENDING, beat), None) for beat in self._gone)
        for series in self._changed:
            yield from series.flush()
        for puts in self.panes.age():
            yield from puts
        yield from self.judge.flush()
        yield from self.silence.flush()
        yield key(PLACE), encode(self.place)
        self.settled()

    def settled(self) -> None:
        """Nothing is left to be written."""
        for series in self._changed:
            series.settled()
        self._heard.clear()
        self._gone.clear()
        self._changed.clear()
        self.judge.settled()
        self.silence.settled()
        self.work = 0
        self.panes.forget()

    def _apply(self, beat: int) -> Generator[None, None, list[Out]]:
        """Add one beat to the panes, and hear its sources and verdicts."""
        out: list[Out] = []
        if self._beats and self._beats[0] == beat:
            heappop(self._beats)
            if self._written.pop(beat, NEVER) is None:
                self._gone[beat] = None
            self._heard.pop(beat, None)
            net = sorted((about, parts) for about, parts in self._pending.pop(beat).items() if parts)
            if net and not self.place.judged:
                self.place.first = beat * BEAT
                self.place.judged = beat * BEAT // HOUR * HOUR
            for n, ((kpi, minute, cut), parts) in enumerate(net, 1):
                if n % SLICE == 0:
                    yield None
                if kpi == SPOKE:
                    out += self.silence.hear(cut[0][1], beat)
                else:
                    self._add(kpi, minute, cut, parts)
        while self.place.verdicts and self.place.verdicts[0][0] == beat:
            _, alert, at = self.place.verdicts.pop(0)
            out += self.judge.review(alert, at, (beat + 1) * BEAT)
        return out

    def _add(self, kpi: str, minute: int, cut: Cut, parts: Sums) -> None:
        dims = self._dims[kpi]
        cuts: list[Cut] = [()] if None in dims else []
        cuts += [((dim, self.labels.label(kpi, dim, value)),) for dim, value in cut]
        for each in cuts:
            series = self._series(kpi, each)
            series.add(minute, parts)
            self._changed[series] = None
            self.work += 1

    def _series(self, kpi: str, cut: Cut) -> Series:
        series = self.panes.open(kpi, cut, hours=True, minutes=False)
        self._dims[kpi][cut[0][0] if cut else None][cut[0][1] if cut else ""] = series
        return series

    def _judge(self, pane: int, moment: int) -> Generator[None, None, list[Out]]:
        """Judge every watch whose grain ends with this pane, on every label that has data or stands."""
        out: list[Out] = []
        oldest = self.panes.days.of((pane - HOURS) // MINUTE)
        for watch in self.judge.watches:
            if pane % watch.grain:
                continue
            for _, series in sorted(self._dims[watch.kpi][watch.cut].items()):
                if (series.index and series.index[-1] >= oldest) or self.judge.stands(watch, series.cut):
                    self.work += 1
                    out += self.judge.judge(watch, series, pane, moment, self.place.first)
                    yield None
        return out
