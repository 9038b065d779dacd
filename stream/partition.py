"""The journeys fold: one partition of journey.events in, appends out. Pure; replay and the engine call the same.

Every record first moves the log clock (what falls due before it happens first, in (due, key) order), then becomes a
step of a journey or a dead letter. An append carries the changed journeys, the differences of facts by beat, and
the changes of alerts; it can be cut anywhere between records without changing a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from stream import event as events
from stream.admission import DEFINED, fits, routed, timely
from stream.agenda import Agenda
from stream.claims import Verdict
from stream.definitions import BEAT, Definitions
from stream.differences import Outbox
from stream.event import millis
from stream.fold import Fold
from stream.guards import check_state
from stream.journey import NEVER, Journey
from stream.looking import look
from stream.plan import Plan
from stream.record import ALERTS, DEADLETTERS, EVENTS, REVIEW, Append, DeadLetter, Heard, Meta, Out, Reason, Reject
from stream.stepping import Stepper
from stream.tallies import Tallies
from stream.ticks import Ticker, tick

APPEND_BYTES = 4_000_000  # an append is cut at about this, well below what its topic takes (agents/topics.py)
APPEND_WORK = 20_000  # pieces of work in one append, about: seconds
ROWS = 4  # that are encoded in the time of a piece of work, or less
HOT = 64  # decoded journeys kept in hand between appends, a partition
TICKED, REVIEWED = "clock.ticked", "alert.reviewed"

_json = msgspec.json.Encoder().encode


class Partition:
    """One partition of journey.events.

    `rows` = the table (key -> journey bytes), as recovered; changed as the fold goes. `meta` = its `__meta__`, None
    for a partition never written. Raises Stop(73, 78) if the state was made under other definitions or another run.
    """

    def __init__(
        self, definitions: Definitions, plan: Plan, partition: int, rows: dict[bytes, bytes], meta: Meta | None = None,
        *, hot: int = HOT,
    ) -> None:  # fmt: skip
        self.definitions, self.plan, self.partition, self.rows = definitions, plan, partition, rows
        revision = definitions.revision(plan.plugins)
        self.meta = meta or Meta(run=definitions.run, revision=revision, partitions=definitions.partitions)
        check_state(self.meta, EVENTS, definitions.partitions, definitions.run, revision)
        self.tallies, self._ticker = Tallies(), Ticker()
        self._stepper = Stepper(definitions, plan, self.tallies)
        self.stride = APPEND_WORK  # pieces of work between two breaths: see `feed`
        self._rest = 0  # of `_count`, at which number there is a breath
        self._shortest, self._hot_limit = definitions.keep.least, hot
        self._agenda = Agenda(rows)
        self._queued, self._queue = self._agenda.queued, self._agenda.put
        self._said = Outbox(definitions, plan)
        self._hot: dict[bytes, Fold] = {}  # journeys lately in hand, the latest last: to be decoded again costs most
        self._folds: dict[bytes, Fold] = {}
        self._begin()

    def _begin(self) -> None:
        hot = self._hot
        hot.update(self._folds)
        self._hot = dict(islice(hot.items(), max(len(hot) - self._hot_limit, 0), None))
        self._folds = {}
        self._touched: dict[bytes, None] = {}  # since the last account
        self._out: list[Out] = []
        self._said.clear()
        self._bytes = self._count = 0  # of the append in hand: its size, about, and its pieces of work

    @property
    def clock(self) -> int:
        """Log clock: the largest append time so far, ms."""
        return self.meta.clock

    @property
    def due(self) -> int:
        """Log time at which something next happens by itself, or earlier (ms)."""
        return self._agenda.first

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        """Fold records in offset order. Each append must be written before its `out` is published.

        None = a breath, after `stride` pieces of work: nothing to write. The rows change with an append only.
        """
        offset, meta, heap = -1, self.meta, self._agenda.heap
        self._rest = self._count + self.stride
        for record in records:
            offset, now = record.offset, max(record.timestamp, meta.clock)
            # An append may have been cut amid what falls due at this very time: the rest of it happens first, too.
            if now // BEAT != meta.clock // BEAT or (heap and heap[0][0] <= now):
                yield from self._advance(now, offset)
            else:
                meta.clock = now  # the usual: nothing happens by itself
            self._hear(record)
            self._count += 1
            if self._count >= self._rest or self._bytes > APPEND_BYTES:
                yield from self._pause(offset + 1)
        if self._count:
            yield from self._append(offset + 1)

    def _pause(self, next_: int) -> Iterator[Append | None]:
        yield from self._append(next_) if self._bytes > APPEND_BYTES or self._count >= APPEND_WORK else (None,)
        self._rest = self._count + self.stride

    def _advance(self, to: int, offset: int) -> Iterator[Append | None]:
        """Move the log clock; what is due by then happens first, each at its time. `offset` = of the record to come."""
        if to // BEAT != self.meta.clock // BEAT:
            yield from self._account()
        while entry := self._agenda.pop(to):
            due, key = entry
            real = self._due(key)
            if real == due:
                yield from self._set_clock(max(due, self.meta.clock))
                self._fall_due(key, due)
                real = self._due(key)
            self._queue(key, real)
            self._count += 1
            if self._count >= self._rest or self._bytes > APPEND_BYTES:
                yield from self._pause(offset)  # after a long silence there may be many appends
        yield from self._set_clock(to)

    def _set_clock(self, clock: int) -> Iterator[None]:
        if clock // BEAT != self.meta.clock // BEAT:
            yield from self._account()
            self._said.end_beat(self.meta.clock)
        self.meta.clock = clock

    def _due(self, key: bytes) -> int:
        if fold := self._folds.get(key):
            return fold.journey.due
        row = self.rows.get(key)
        return NEVER if row is None else int.from_bytes(row[:8], "big")

    def _fall_due(self, key: bytes, due: int) -> None:
        fold = self._open(key)
        self._touched[key] = None
        for family, record, waiting in fold.fall_due(due, self._said.sums):
            if waiting is None:
                self.tallies.forgotten[family] += 1
                continue
            reject = Reject(Reason.HEADLESS, f"{family}: nothing opened {record!r} within the grace - at `$.data`")
            self._refuse(reject, waiting.heard, waiting.offset, key, waiting.value)
        self._tell(fold)

    def tick(self, now: int, *, caught_up: bool) -> Out | None:
        """The owner's tick, if one is wanted at wall time `now` (ms); none where log time is the records' own."""
        if not caught_up or self.definitions.time == "record" or not self._ticker.wants(now, self.clock, self.due):
            return None
        return tick(self.partition, now)

    # -- records -----------------------------------------------------------------------------------------------

    def _hear(self, record: Heard) -> None:
        event: Any = events.decode(record.value)
        refused = event if event.__class__ is Reject else self._apply(event, record)
        if refused is not None:
            self._refuse(refused, record.timestamp, record.offset, record.key, record.value)

    def _apply(self, event: Any, record: Heard) -> Reject | None:
        """Take an event in; or why not. The usual is let through at once."""
        if event.type == TICKED:
            self.tallies.ticks += 1
            return None
        self._ticker.heard()
        key, at, clock, refused = record.key or b"", millis(event.time), self.meta.clock, None
        if key not in self._queued or event.subject.encode() != key:
            refused = routed(event, key, self.partition, self.definitions, known=key in self._queued)
        if refused is None and not clock - self._shortest <= at <= clock:
            refused = timely(event, at, clock, self.definitions)
        if refused is None and event.type in DEFINED:
            refused = fits(event, self.definitions)
        if refused is None:
            refused = self._step(event, key, at, clock, record)
        if not event.backfill and event.type != REVIEWED:  # people are no source that falls silent
            self._said.heard[event.source] = None
        if refused is None:
            self.tallies.heard[event.type] += 1
        return refused

    def _step(self, event: Any, key: bytes, at: int, clock: int, record: Heard) -> Reject | None:
        fold = self._folds.get(key) or self._open(key)
        if event.type == REVIEWED:
            self._review(fold, event, key, at)
            return None
        self._bytes += len(record.value or b"")
        refused = self._stepper.take(fold, event, at, record, clock, self._said.sums)
        self._touched[key] = None  # refused or not: room may have been made
        if fold.soonest != NEVER or fold.told:
            self._changed(key, fold)
        return refused

    def _review(self, fold: Fold, event: Any, key: bytes, at: int) -> None:
        """A verdict of people on an alert: of this customer, or of a watch (it travels on to the kpis hop)."""
        data = event.data
        self._stepper.review(fold, event, at, self.meta.clock, self._said.sums)
        said = Verdict(data.alert, data.verdict, at, self.definitions.run)
        self._say(ALERTS, REVIEW, _json(said))
        if data.signal in self.plan.watch_names:
            self._said.verdicts.append((data.alert, data.verdict, at, self.meta.clock // BEAT))
            self._changed(key, fold)
            return
        row = fold.journey.row
        row.verdicts[data.alert] = max(at, row.verdicts.pop(data.alert, 0))
        while len(row.verdicts) > self.definitions.limit:
            del row.verdicts[next(iter(row.verdicts))]
        if held := fold.journey.alerts.get(data.alert):
            looks = [look(self.plan, held.item)]
            fold.facts.before(looks, self.meta.clock)
            fold.after(looks, self.meta.clock)
        fold.glance = self.meta.clock
        self._changed(key, fold)

    def _changed(self, key: bytes, fold: Fold) -> None:
        self._touched[key] = None
        self._queue(key, fold.soonest)
        fold.soonest = NEVER
        if fold.told:
            self._tell(fold)

    def _open(self, key: bytes) -> Fold:
        fold = self._folds.get(key)
        if fold is None:
            row = self.rows.get(key)
            self._bytes += len(row or b"") + 300
            fold = self._hot.pop(key, None) or Fold(Journey(key.decode(), self.definitions, row), self.plan)
            self._folds[key] = fold
            self._queued.setdefault(key, NEVER)  # from now on its route is known
        return fold

    def _tell(self, fold: Fold) -> None:
        for alert in fold.told:
            self.tallies.alerts[alert.signal, alert.change] += 1
            self._say(ALERTS, alert.id.encode(), _json(alert))
        fold.told.clear()

    def _refuse(self, reject: Reject, at: int, offset: int, key: bytes | None, value_: bytes | None) -> None:
        self.tallies.dead_letters[reject.reason] += 1
        letter = DeadLetter(reject.reason, reject.detail, EVENTS, self.partition, offset, at, key, value_)
        self._say(DEADLETTERS, key, _json(letter))

    def _say(self, topic: str, key: bytes | None, value_: bytes) -> None:
        self._out.append(Out(topic, 0, key, value_, self._stamp))
        self._bytes += len(value_)

    @property
    def _stamp(self) -> int | None:
        return self.meta.clock if self.definitions.time == "record" else None

    def _account(self) -> Iterator[None]:
        """Count what changed of the customers touched since the last time."""
        sums = self._said.sums
        had = len(sums)
        for key in self._touched:
            fold = self._folds[key]
            if fold.glance:
                fold.glance_now(sums)
                self._queue(key, fold.soonest)
                fold.soonest = NEVER
            fold.facts.account(sums, self.meta.clock)
            self._count += 1
            if self._count >= self._rest:
                yield None
                self._rest = self._count + self.stride
        self._touched.clear()
        self._bytes += 80 * (len(sums) - had)

    def _append(self, next_: int) -> Iterator[Append | None]:
        yield from self._account()
        self._said.end_beat(self.meta.clock)
        puts: list[tuple[bytes, bytes | None]] = []
        for number, (key, fold) in enumerate(self._folds.items(), 1):
            row = fold.journey.encode()
            if row != self.rows.get(key):
                puts.append((key, row))
            if number % (ROWS * self.stride) == 0:
                yield None
        if len(self._folds) > self.stride:
            yield None  # to pack what many said takes as long again
        for key, row in puts:
            if row is None:
                del self.rows[key]
            else:
                self.rows[key] = row
        self.meta.next, self.meta.seq = next_, self.meta.seq + 1
        meta = msgspec.structs.replace(self.meta)
        append = Append(puts, meta, self._out + self._said.pack(meta, self.partition, self._stamp))
        self._begin()
        yield append
