"""The journeys fold: one partition of journey.events in, appends out. Pure; replay and the engine call the same.

Every record first moves the log clock (what falls due before it happens first, in (due, key) order), then becomes a
step of a journey or a dead letter. An append carries the changed journeys, the differences of facts by beat, and
the changes of alerts; it can be cut anywhere between records without changing a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Any

import msgspec

from stream import event as events
from stream.admission import DEFINED, fits, routed, timely
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

APPEND_BYTES = 600_000  # an append is cut at about this, below the broker's and producer's limit
DUE_AT_ONCE = 100  # customers to whom time comes in one append: each may be judged anew, and the loop waits
HOT = 64  # decoded journeys kept in hand between appends, a partition
TICKED, REVIEWED = "clock.ticked", "alert.reviewed"
ACCOUNT_EVERY = 1_024  # records; bounds the differences held before they are counted

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
        self.definitions = definitions
        self.plan = plan
        self.partition = partition
        self.rows = rows
        revision = definitions.revision(plan.plugins)
        self.meta = meta or Meta(run=definitions.run, revision=revision, partitions=definitions.partitions)
        check_state(self.meta, EVENTS, definitions.partitions, definitions.run, revision)
        self.tallies = Tallies()
        self._stepper = Stepper(definitions, plan, self.tallies)
        self._ticker = Ticker()
        self._shortest = definitions.keep.least
        self._queued = {key: int.from_bytes(row[:8], "big") for key, row in rows.items()}
        self._heap = [(due, key) for key, due in self._queued.items() if due != NEVER]
        heapify(self._heap)
        self._said = Outbox(definitions, plan)
        self._hot: dict[bytes, Fold] = {}  # journeys lately in hand, the latest last: to be decoded again costs most
        self._hot_limit = hot
        self._folds: dict[bytes, Fold] = {}
        self._begin()

    def _begin(self) -> None:
        hot = self._hot
        hot.update(self._folds)
        if (over := len(hot) - self._hot_limit) > 0:
            self._hot = dict(islice(hot.items(), over, None))
        self._folds = {}
        self._touched: dict[bytes, None] = {}  # since the last account
        self._out: list[Out] = []
        self._said.clear()
        self._bytes = self._count = 0

    @property
    def clock(self) -> int:
        """Log clock: the largest append time so far, ms."""
        return self.meta.clock

    @property
    def due(self) -> int:
        """Log time at which something next happens by itself, or earlier (ms)."""
        return self._heap[0][0] if self._heap else NEVER

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        """Fold records in offset order. Each append must be written before its `out` is published."""
        offset = -1
        for record in records:
            offset = record.offset
            if record.timestamp > self.meta.clock:
                yield from self._advance(record.timestamp, offset)
            self._hear(record)
            self._count += 1
            if self._count % ACCOUNT_EVERY == 0:
                self._account()
            if self._bytes > APPEND_BYTES:
                yield self._append(offset + 1)
        if self._count:
            yield self._append(offset + 1)

    def _advance(self, to: int, offset: int) -> Iterator[Append]:
        """Move the log clock; what is due by then happens first, each at its time. `offset` = of the record to come."""
        if to // BEAT != self.meta.clock // BEAT:
            self._account()
        heap, queued, fell = self._heap, self._queued, 0
        while heap and heap[0][0] <= to:
            due, key = heappop(heap)
            if queued.get(key) != due:
                continue
            queued[key] = NEVER
            real = self._due(key)
            if real == due:
                fell += 1
                self._set_clock(max(due, self.meta.clock))
                self._fall_due(key, due)
                real = self._due(key)
            self._queue(key, real)
            if len(self._touched) >= ACCOUNT_EVERY:
                self._account()
            if self._bytes > APPEND_BYTES or fell >= DUE_AT_ONCE:
                fell = 0  # after a long silence there may be many appends
                yield self._append(offset)
        self._set_clock(to)

    def _set_clock(self, clock: int) -> None:
        if clock // BEAT != self.meta.clock // BEAT:
            self._account()
            self._said.end_beat(self.meta.clock)
        self.meta.clock = clock

    def _due(self, key: bytes) -> int:
        if fold := self._folds.get(key):
            return fold.journey.due
        row = self.rows.get(key)
        return NEVER if row is None else int.from_bytes(row[:8], "big")

    def _queue(self, key: bytes, due: int) -> None:
        """One entry a key is enough: a later due is looked up when the earlier one comes up."""
        if due < self._queued.setdefault(key, NEVER):
            self._queued[key] = due
            heappush(self._heap, (due, key))

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

    def _account(self) -> None:
        sums = self._said.sums
        had = len(sums)
        for key in self._touched:
            fold = self._folds[key]
            if fold.glance:
                fold.glance_now(sums)
                self._queue(key, fold.soonest)
                fold.soonest = NEVER
            fold.facts.account(sums, self.meta.clock)
        self._touched.clear()
        self._bytes += 80 * (len(sums) - had)

    def _append(self, next_: int) -> Append:
        self._account()
        self._said.end_beat(self.meta.clock)
        puts: list[tuple[bytes, bytes | None]] = []
        for key, fold in self._folds.items():
            row, old = fold.journey.encode(), self.rows.get(key)
            if row == old:
                continue
            puts.append((key, row))
            if row is None:
                del self.rows[key]
            else:
                self.rows[key] = row
        self.meta.next, self.meta.seq = next_, self.meta.seq + 1
        meta = msgspec.structs.replace(self.meta)
        append = Append(puts, meta, self._out + self._said.pack(meta, self.partition, self._stamp))
        self._begin()
        return append
