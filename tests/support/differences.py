"""Small KPIs, a small watch, and the records of journey.kpis that a few journeys partitions would write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from stream.aggregates import KpiPartition
from stream.claims import Change, Cut, Differences, Fact, Finding, Kpi, Panes, Severity, Watch, Window
from stream.definitions import BEAT, HOUR, Definitions
from stream.record import Append, Meta, Record

REVISION = "0123456789abcdef"
pack = msgspec.msgpack.Encoder().encode


class Fake:
    """A KPI that only has to be read."""

    name: str
    version = 1
    unit = "ratio"
    better = "lower"
    of: type = object
    reads = frozenset({"tickets"})
    matures = 0
    min_n = 3
    flows: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    windows: tuple[str, ...] = ("1h", "24h", "month")
    cuts: tuple[str, ...] = ("channel", "segment")

    def facts(self, it: Any, who: Any) -> Iterable[Fact]:
        return ()

    def value(self, p: Window) -> float | None:
        raise NotImplementedError

    def n(self, p: Window) -> int:
        raise NotImplementedError


class Share(Fake):
    name = "share"
    flows: tuple[str, ...] = ("num", "den")

    def value(self, p: Window) -> float | None:
        return p.sum("num") / den if (den := p.sum("den")) else None

    def n(self, p: Window) -> int:
        return p.sum("den")


class Took(Fake):
    name = "took"
    unit = "s"
    flows: tuple[str, ...] = ("sum", "n", "h")

    def value(self, p: Window) -> float | None:
        return p.sum("sum") / n if (n := p.sum("n")) else None

    def n(self, p: Window) -> int:
        return p.sum("n")


class Open(Fake):
    name = "open"
    unit = "tickets"
    levels: tuple[str, ...] = ("n",)
    windows: tuple[str, ...] = ("now",)

    def value(self, p: Window) -> float | None:
        return p.end("n")

    def n(self, p: Window) -> int:
        return p.end("n")


class Many(Struct):
    """A watch that finds three or more `num` of `share` in two hours, louder from six."""

    name: str = "many"
    version: int = 1
    warns_of: str = "-"
    kpi: str = "share"
    cut: str | None = "segment"
    grain: int = HOUR
    min_n: int = 1
    linger: int = 0

    def find(self, panes: Panes, closed: int) -> Iterable[Finding]:
        n = panes.sums(closed - 2 * HOUR, closed).get("num", 0)
        if n >= 3:
            severity = Severity.page if n >= 6 else Severity.queue
            yield Finding("share", closed, severity, f"{n} in two hours", numbers=(("num", n),))


KPIS: dict[str, Kpi] = {kpi.name: kpi for kpi in (Share(), Took(), Open())}
WATCHES: tuple[Watch, ...] = (Many(), Many(name="many_all", cut=None, linger=HOUR))
DEFINITIONS = Definitions(partitions=3, kpi_partitions=1, pairs=(("segment", "channel"),))


class Said(Struct, frozen=True):
    """One change of one journeys partition at a log time, ms."""

    at: int
    change: Change


def cut(**dims: str) -> Cut:
    return tuple(sorted(dims.items()))


def appends(
    partition: int, said: Sequence[Said], clock: int, ends: Callable[[int], bool], definitions: Definitions
) -> list[Differences]:
    """What one partition writes, an append ending after the i-th change where `ends(i)`, the last one at `clock`."""
    found: list[Differences] = []
    beats: dict[int, list[Change]] = {}
    for i, each in enumerate(said):
        beats.setdefault(each.at // BEAT, []).append(each.change)
        if ends(i):
            found.append(_one(definitions, partition, len(found) + 1, each.at, beats))
            beats = {}
    return [*found, _one(definitions, partition, len(found) + 1, clock, beats)]


def _one(d: Definitions, partition: int, seq: int, clock: int, beats: dict[int, list[Change]]) -> Differences:
    return Differences(d.run, REVISION, partition, d.partitions, seq, clock, sorted(beats.items()))


def records(found: Iterable[Differences], offset: int = 0) -> list[Record]:
    return [Record("journey.kpis", 0, offset + i, d.clock, b"", pack(d)) for i, d in enumerate(found)]


def fold(
    rows: dict[bytes, bytes] | None = None,
    meta: Meta | None = None,
    *,
    definitions: Definitions = DEFINITIONS,
    keep: bool = False,
    watches: Sequence[Watch] = WATCHES,
) -> KpiPartition:
    held = {} if rows is None else rows
    return KpiPartition(definitions, REVISION, KPIS, watches, 0, held, meta, keep_panes=keep)


class Result(Struct):
    """All that a fold of some records came to, in a form that can be compared."""

    display: dict[tuple[str, Cut], dict[str, int]]
    closed: dict[tuple[str, Cut], dict[int, dict[int, dict[str, int]]]]
    alerts: list[bytes]
    place: tuple[int, int]


def result(partition: KpiPartition, said: Iterable[Append]) -> Result:
    display = {(k, c): sums for k in KPIS for c, s in partition.series(k).items() if (sums := s.sums())}
    closed = {
        about: days
        for about, s in partition.closed.panes.series.items()
        if (days := {n: hours for n in s.index if (hours := s.day(n).hours)})
    }
    place = partition.closed.place
    return Result(display, closed, [o.value for a in said for o in a.out], (partition.meta.clock, place.judged))
