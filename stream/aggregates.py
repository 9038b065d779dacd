"""The kpis fold: one partition of journey.kpis in, appends out. Pure; the sibling of journeys' `Partition`.

Differences are added to the display panes as they come, and to the closed layer when their beats are closed. All
state is in the rows and in `meta`; what else is kept here is made anew from them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from stream import guards
from stream.claims import Change, Cut, Differences, Kpi, Watch
from stream.closing import LAYER as CLOSED
from stream.closing import PENDING, PLACE, ClosedLayer
from stream.days import Days
from stream.definitions import BEAT, Definitions
from stream.draft import Draft
from stream.judging import JUDGED
from stream.labels import OTHER, Labels
from stream.labels import ROWS as LABELS
from stream.panes import MINUTE_ROWS, PaneTable, Series, Sums, add, add_at, encode, key
from stream.record import KPIS, UNPACED, Append, Heard, Meta, Stop
from stream.silence import SOURCES
from stream.windows import grains

DISPLAY, INBOX, CURSOR = "d", "i", "j"
APPEND = 700_000  # bytes of puts at which an append is cut
GROUP = 128_000  # bytes of records that are added up before panes are touched
SLICE = 250  # pieces of work between two looks at whether it is time for a breath
WORK = 1_000  # closed panes changed and judgements made in one append
DEARER = 5  # times a difference is each of these, about
WORK_BYTES = 500  # of puts that each of them may need

Changes = dict[tuple[str, int, Cut], Sums]
Plan = dict[Series, dict[int, Sums]]  # what to add, by minute

_inbox = msgspec.msgpack.Decoder(list[Change]).decode


class KpiPartition:
    """One partition of journey.kpis. `rows` = the table's store of this partition; it changes as the fold goes.

    `keep_panes` = a replay: panes are never dropped and, since no table is behind it, appends carry no puts.
    """

    def __init__(
        self, definitions: Definitions, revision: str, kpis: Mapping[str, Kpi], watches: Sequence[Watch],
        partition: int, rows: dict[bytes, bytes], meta: Meta | None, *, keep_panes: bool = False,
    ) -> None:  # fmt: skip
        self.definitions, self.revision, self.kpis, self.partition = definitions, revision, kpis, partition
        self.rows, self.keep_panes = rows, keep_panes
        fresh = Meta(run=definitions.run, revision=revision, partitions=definitions.kpi_partitions)
        self.meta = msgspec.structs.replace(meta, seen=dict(meta.seen)) if meta else fresh
        guards.check_state(self.meta, KPIS, definitions.kpi_partitions, definitions.run, revision)
        self.days = Days(definitions.timezone)
        self.panes = PaneTable(DISPLAY, rows, self.days, keep=keep_panes)
        self.labels = Labels(DISPLAY, definitions)
        self.closed = ClosedLayer(definitions, kpis, watches, rows, self.days, keep=keep_panes)
        self.repeats = self.other_runs = 0  # records passed over
        self._of: dict[str, dict[Cut, Series]] = {name: {} for name in kpis}
        self._grains = {name: grains(kpi, replay=keep_panes) for name, kpi in kpis.items()}
        self._expanded: dict[tuple[str, Cut], list[Series]] = {}
        self._draft = Draft(rows, keep=keep_panes)
        self.stride = UNPACED  # pieces of work between two breaths (see `feed`)
        self._worked = 0  # of them, since the last one
        self._finished = False
        self._owed = 0  # bytes that the closed layer will put into the next append, at most
        self._restore()

    # -- what others read ----------------------------------------------------------------------------------------

    @property
    def began(self) -> int:
        """When the log began, ms, to the beat; 0 = nothing heard yet."""
        return self.closed.place.began

    @property
    def heard(self) -> int:
        """The largest log clock heard of any partition, ms: up to when the display panes tell."""
        return max(self.closed.place.clocks.values(), default=0)

    @property
    def clocks(self) -> Mapping[int, int]:
        """The log clock heard of each journeys partition, ms: who holds up the closed clock."""
        return self.closed.place.clocks

    def series(self, kpi: str) -> Mapping[Cut, Series]:
        """The display panes of a KPI, by cut."""
        return self._of[kpi]

    # -- the fold ------------------------------------------------------------------------------------------------

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        """Fold records in offset order. Each append must be written before its `out` is published.

        None = a breath, after about `stride` pieces of work (a difference, a pane, a judgement): nothing is to be
        written. The store changes with an append only: a fold that is given up leaves it as the append before did.
        Raises Stop where a record does not fit the state: other definitions (78), another partition count (73), a
        gap in a partition's numbers (74), or no record at all (77).
        """
        yield from self._finish()
        group: list[Heard] = []
        size = 0
        for record in records:
            group.append(record)
            size += len(record.value or b"")
            if size >= GROUP:
                yield from self._fold(group, size)
                group, size = [], 0
        if group:
            yield from self._fold(group, size)

    def _fold(self, group: list[Heard], size: int) -> Iterator[Append | None]:
        changes: Changes = {}
        for record in group:
            yield from self._hear(record, changes)
        self.meta.next = group[-1].offset + 1
        self.meta.clock = self.closed.place.closed(self.definitions.partitions)
        self.panes.advance(self.meta.clock)
        self._owed = size
        plan = yield from self._plan(changes)
        self._draft.write(self.labels.flush())
        for puts in self.panes.age():
            self._draft.write(puts)
            yield from self._breath(1 + len(puts))
        yield from self._apply(plan, 0, changes, size)
        yield from self._close()

    def _breath(self, work: int) -> Iterator[None]:
        """Counts pieces of work; yields once if it is time."""
        self._worked += work
        if self._worked >= self.stride:
            self._worked = 0
            yield None

    def _hear(self, record: Heard, changes: Changes) -> Iterator[None]:
        """Take one record into `changes`, pending beats and clocks."""
        heard = guards.read(record, self.definitions, self.revision)
        if heard is None:
            self.other_runs += 1
        elif guards.is_next(heard, self.meta.seen.get(heard.partition, 0)):
            self.meta.seen[heard.partition] = heard.seq
            yield from self._take(heard, changes)
        else:
            self.repeats += 1

    def _take(self, heard: Differences, changes: Changes) -> Iterator[None]:
        place = self.closed.place
        clock = place.clocks.get(heard.partition, 0)
        guards.check_clock(heard, clock)
        for beat, found in heard.beats:
            for start in range(0, len(found), SLICE):
                part = found[start : start + SLICE]
                for change in part:
                    about = (change.kpi, change.minute, change.cut)
                    sums = changes.get(about)
                    if sums is None:
                        sums = changes[about] = {}
                    add(sums, change.parts)
                self.closed.hear(beat, part)
                yield from self._breath(len(part))
        for beat, names in heard.sources:
            self.closed.hear_sources(beat, names)
        for alert, _, at, beat in heard.verdicts:
            self.closed.review(alert, at, beat)
        first = heard.beats[0][0] * BEAT if heard.beats else heard.clock
        place.began = min(place.began or first, first)
        place.clocks[heard.partition] = max(clock, heard.clock)

    # -- display panes -------------------------------------------------------------------------------------------

    def _plan(self, changes: Changes) -> Generator[None, None, Plan]:
        """What is to be added to which series, in the order in which they are first named."""
        plan: Plan = {}
        for n, ((kpi, minute, cut), parts) in enumerate(changes.items(), 1):
            if n % SLICE == 0:
                yield from self._breath(SLICE)
            if not parts:
                continue
            for series in self._expanded.get((kpi, cut)) or self._expand(kpi, cut):
                panes = plan.get(series)
                if panes is None:
                    panes = plan[series] = {}
                add_at(panes, minute, parts)
        return plan

    def _expand(self, kpi: str, cut: Cut) -> list[Series]:
        if kpi not in self.kpis:
            raise Stop(guards.DEFINITIONS_DIFFER, f"{KPIS} speaks of the KPI {kpi!r}, which is not installed here")
        cuts = self.labels.cuts(self.kpis[kpi], cut)
        found = [self._series(kpi, each) for each in cuts]
        if not any(label == OTHER for each in cuts for _, label in each):  # those are counted each time
            if len(self._expanded) >= 50_000:
                self._expanded.clear()
            self._expanded[kpi, cut] = found
        return found

    def _series(self, kpi: str, cut: Cut) -> Series:
        found = self._of[kpi].get(cut)
        if found is None:
            hours, minutes = self._grains[kpi]
            found = self._of[kpi][cut] = self.panes.open(kpi, cut, hours=hours, minutes=minutes)
        return found

    def _apply(self, plan: Plan, done: int, changes: Changes, size: int) -> Iterator[Append | None]:
        """Add a plan to its series from the `done`-th on.

        One append if it fits. Else the first one carries the changes too (the inbox), so that the rest can be done
        after a crash, and each says how far it came (the cursor).
        """
        kept = done > 0
        for i, (series, panes) in enumerate(plan.items()):
            if i < done:
                continue
            if i > 0 and self._draft.size + self._owed + (0 if kept else size) >= APPEND and not self.keep_panes:
                if not kept:
                    kept = True
                    self._draft.write(
                        [(key(INBOX), encode([Change(*about, parts) for about, parts in changes.items()]))]
                    )
                self._draft.write([(key(CURSOR), encode(i))])
                yield self._append()
            series.add_all(panes)
            if self.keep_panes:
                series.settled()
            else:
                self._draft.write(series.flush())
            yield from self._breath(1 + len(panes))
        if kept:
            self._draft.write([(key(INBOX), None), (key(CURSOR), None)])

    def _finish(self) -> Iterator[Append | None]:
        """Once: do what is left of a plan, and of closing, that a crash cut short."""
        if self._finished:
            return
        self._finished = True
        inbox = self.rows.get(key(INBOX))
        if inbox is not None:
            done = msgspec.msgpack.decode(self.rows[key(CURSOR)], type=int)
            changes = {(c.kpi, c.minute, c.cut): c.parts for c in _inbox(inbox)}
            yield from self._apply((yield from self._plan(changes)), done, changes, 0)
        if inbox is not None or self.closed.due() <= self.meta.clock:
            yield from self._close()

    # -- the closed layer and appends ----------------------------------------------------------------------------

    def _close(self) -> Iterator[Append | None]:
        """Close what the closed clock has passed; ends with an append."""
        before = self.closed.work
        for out in self.closed.close(self.meta.clock):
            yield from self._breath(1 + DEARER * (self.closed.work - before))
            before = work = self.closed.work
            if out is None:
                continue
            self._draft.out += out
            if work >= WORK or self._draft.size + self._owed + work * WORK_BYTES >= APPEND:
                yield self._append()
                before = 0
        yield self._append()

    def _append(self) -> Append:
        if self.keep_panes:
            self.closed.settled()
        else:
            self._draft.write(self.closed.flush())
        self.panes.forget()
        self._owed = 0
        return self._draft.append(self.meta)

    def _restore(self) -> None:
        """Make the indexes anew from the rows."""
        for row, value in self.rows.items():
            kind, *about = msgspec.msgpack.decode(row)
            if kind in (DISPLAY, DISPLAY + MINUTE_ROWS):
                series = self._series(about[0], _cut(about[1]))
                if kind == DISPLAY:
                    series.index.append(about[2])
                else:
                    series.minute_index[about[2]] = None
            elif kind == LABELS:
                labels = self.labels if about[0] == DISPLAY else self.closed.labels
                labels.restore(about[1], about[2], msgspec.msgpack.decode(value, type=list[str]))
            elif kind in (CLOSED, PENDING, PLACE, JUDGED, SOURCES):
                self.closed.restore(kind, _about(kind, about), value)
        for series in self.panes.series.values():
            series.index.sort()
        self.closed.restored()
        self.panes.advance(self.meta.clock)


def _about(kind: str, about: list[Any]) -> list[Any]:
    return [about[0], _cut(about[1]), *about[2:]] if kind in (CLOSED, JUDGED) else about


def _cut(pairs: list[list[str]]) -> Cut:
    return tuple((dim, label) for dim, label in pairs)
