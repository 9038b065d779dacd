"""Watches, pane by pane: what each finds, stitched into intervals, and the alerts that follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct, structs

from stream import alerts
from stream.claims import Cut, Finding, Kpi, Watch
from stream.definitions import Definitions
from stream.journey import Held
from stream.panes import HOURS, Put, Series, Sums, encode, key
from stream.record import ALERTS, Out

JUDGED = "w"
About = tuple[str, Cut, str]  # name of a watch, cut and KPI that it is judged on

_json = msgspec.json.Encoder().encode


class Standing(Struct, array_like=True):
    """One alert of a watch: what was last said, and the event time of the newest verdict on it (ms)."""

    held: Held
    verdict: int = 0


_standings = msgspec.msgpack.Decoder(list[Standing]).decode


class View:
    """The closed panes of one cut as a watch sees them, up to the end of the pane that is judged."""

    def __init__(self, series: Series, closed: int, began: int = 0) -> None:
        self.cut, self.began = series.cut, began
        self._series, self._closed = series, closed

    def sums(self, start: int, end: int) -> Sums:
        """Flow parts over [start, end), ms, of whole hours. Raises ValueError beyond what is kept, 36 d."""
        if start < self._closed - HOURS or end > self._closed:
            raise ValueError(f"a watch sees the 36 d before {self._closed}, not {start}..{end}")
        return self._series.sums(start, end)


class Judge:
    """The alerts of all watches of one partition. A watch says what holds at a pane; the interval is kept here."""

    def __init__(self, definitions: Definitions, watches: Sequence[Watch], others: Sequence[Watch] = ()) -> None:
        """`others`: those that are judged at times of their own (`say`)."""
        self.watches = sorted(watches, key=lambda w: (w.name, w.kpi, w.cut or ""))
        self.counts: dict[tuple[str, str], int] = {}  # changes by (signal, change), for /metrics
        self._definitions = definitions
        self._known = {(w.name, w.kpi, w.cut): w for w in (*self.watches, *others)}
        self._standing: dict[About, dict[str, Standing]] = {}  # then by cause
        self._ids: dict[str, tuple[Watch, Cut, Standing]] = {}
        self._dirty: dict[About, None] = {}

    def restore(self, name: str, cut: Cut, kpi: str, value: bytes) -> Watch | None:
        """Take a row back; None if the watch is no more."""
        watch = self._known.get((name, kpi, cut[0][0] if cut else None))
        if watch is not None:
            for standing in _standings(value):
                self._keep(watch, cut, standing)
        return watch

    def stands(self, watch: Watch, cut: Cut) -> bool:
        """Whether anything said of this cut is still open or holds."""
        return any(map(_alive, self._standing.get((watch.name, cut, watch.kpi), {}).values()))

    def judge(self, watch: Watch, series: Series, pane: int, moment: int, began: int = 0) -> Iterator[Out]:
        """Judge the pane that ends at `pane`, at the log time `moment`; the log began at `began` (ms)."""
        now = {finding.cause: finding for finding in watch.find(View(series, pane, began), pane)}
        known = self._standing.get((watch.name, series.cut, watch.kpi), {})
        for cause in sorted({**known, **now}):
            standing = known.get(cause) or Standing(Held(watch.name, cause, ""))
            if cause in now or _alive(standing):
                found = intervals(standing.held.finding, now.get(cause), pane)
                yield from self._tell(watch, series.cut, standing, found, moment)

    def say(self, watch: Watch, cut: Cut, cause: str, found: list[Finding], clock: int) -> Iterator[Out]:
        """Bring one alert to what is found of it at the log time `clock` (ms); for what is judged at its own times."""
        known = self._standing.get((watch.name, cut, watch.kpi), {})
        yield from self._tell(watch, cut, known.get(cause) or Standing(Held(watch.name, cause, "")), found, clock)

    def review(self, alert: str, at: int, clock: int) -> Iterator[Out]:
        """A verdict on an alert (event time `at`), heard at log time `clock`, ms: it ends what holds since before."""
        if alert not in self._ids:  # another partition's
            return
        watch, cut, standing = self._ids[alert]
        standing.verdict = max(standing.verdict, at)
        self._dirty[watch.name, cut, watch.kpi] = None
        found = [standing.held.finding] if standing.held.finding is not None else []
        yield from self._tell(watch, cut, standing, found, clock)

    def flush(self) -> Iterator[Put]:
        """The rows of the cuts of which something new was said."""
        for about in self._dirty:
            yield key(JUDGED, *about), encode(list(self._standing[about].values()))

    def settled(self) -> None:
        """Nothing is left to be written."""
        self._dirty.clear()

    def _tell(self, watch: Watch, cut: Cut, standing: Standing, found: list[Finding], clock: int) -> Iterator[Out]:
        held = standing.held
        before = held.finding
        change = alerts.judge(held, found, clock, watch.linger, standing.verdict)
        held.finding = found[0]
        if change is not None or before != held.finding:
            self._keep(watch, cut, standing)
            self._dirty[watch.name, cut, watch.kpi] = None
        if change is not None:
            self.counts[watch.name, change] = self.counts.get((watch.name, change), 0) + 1
            yield self._out(watch, cut, held, change, clock)

    def _out(self, watch: Watch, cut: Cut, held: Held, change: str, clock: int) -> Out:
        segment = dict(cut).get("segment")
        about = subject(cut)
        id_ = alerts.alert_id(watch.name, about, held.cause)
        run = self._definitions.run
        alert = alerts.tell(id_, held, change, watch, about, clock, segment=segment, run=run, cut=cut)
        stamp = clock if self._definitions.time == "record" else None
        return Out(ALERTS, 0, alert.id.encode(), _json(alert), stamp)

    def _keep(self, watch: Watch, cut: Cut, standing: Standing) -> None:
        self._standing.setdefault((watch.name, cut, watch.kpi), {})[standing.held.cause] = standing
        self._ids[alerts.alert_id(watch.name, subject(cut), standing.held.cause)] = watch, cut, standing


def singles(watches: Iterable[Watch], kpis: Mapping[str, Kpi]) -> list[Watch]:
    """One watch a KPI and dimension: what looks at several says so by `each(kpis)`."""
    found: list[Watch] = []
    for watch in watches:
        each = getattr(watch, "each", None)
        found += (watch,) if each is None else each(kpis)
    return [watch for watch in found if watch.kpi in kpis]


def _alive(standing: Standing) -> bool:
    """Whether it is open, or holds though nobody is to hear of it (a verdict closed it)."""
    finding = standing.held.finding
    return standing.held.status == "open" or (finding is not None and finding.until is None)


def subject(cut: Cut) -> str:
    """What an alert of a watch is about: `segment:enterprise`, or `all`."""
    return " ".join(f"{dim}:{label}" for dim, label in cut) or "all"


def intervals(last: Finding | None, now: Finding | None, pane: int) -> list[Finding]:
    """The intervals of one cause after the pane that ends at `pane`, the newest first.

    There is at least one. What goes on holding is one interval: it keeps its first `since` and what was said then,
    unless the severity changes or a doubt is lifted (else every hour would amend the alert by its new numbers). It ends
    at the first pane without a finding.
    """
    going = last is not None and last.until is None
    if now is None:
        return [] if last is None else [structs.replace(last, until=pane)] if going else [last]
    if last is None:
        return [now]
    if not going:
        return [now, last]
    same = now.severity == last.severity and (now.doubtful or not last.doubtful)
    return [last if same else structs.replace(now, since=last.since)]
