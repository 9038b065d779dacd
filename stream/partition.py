"""The journeys fold: one partition of journey.events in, appends out. Pure; replay and the engine call the same.

Every record first moves the log clock (what falls due before it happens first, in (due, key) order), then becomes a
step of a journey or a dead letter. An append carries the changed journeys, the differences of facts by beat, and
the changes of alerts; it can be cut anywhere between records without changing a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

import msgspec

from stream import event as events
from stream.claims import Alert, Change, Differences, Touch
from stream.definitions import BEAT, Definitions, Survey
from stream.event import millis, uid
from stream.fold import Fold, Sums, issue_item
from stream.journey import NEVER, Journey, Waiting
from stream.plan import CODE, Plan
from stream.record import ALERTS, DEADLETTERS, EVENTS, KPIS
from stream.record import Append, DeadLetter, Heard, Meta, Out, Reason, Reject, Stop, murmur2
from stream.steps import OPENED, SHAPES, UPDATED, Shape, Step, value
from stream.tallies import Tallies

APPEND_BYTES = 600_000  # an append is cut at about this, below the broker's and producer's limit
ACCOUNT_EVERY = 256  # records; bounds the differences held before they are counted
NOT_YET = ("customer.merged", "customer.unmerged", "customer.erased", "definitions.set")

_json = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode


class Partition:
    """One partition of journey.events.

    `rows` = the table (key -> journey bytes), as recovered; changed as the fold goes. `meta` = its `__meta__`, None
    for a partition never written. Raises Stop(78) if the state was made under other definitions or another run.
    """

    def __init__(
        self, definitions: Definitions, plan: Plan, partition: int, rows: dict[bytes, bytes], meta: Meta | None = None
    ) -> None:
        self.definitions = definitions
        self.plan = plan
        self.partition = partition
        self.rows = rows
        self.revision = definitions.revision(plan.plugins)
        self.meta = meta or Meta(run=definitions.run, revision=self.revision, partitions=definitions.partitions)
        check_meta(self.meta, definitions, self.revision)
        self.tallies = Tallies()
        self._kpi_partition = {k.name: murmur2(k.name.encode()) % definitions.kpi_partitions for k in plan.all_kpis}
        self._queued = {key: int.from_bytes(row[:8], "big") for key, row in rows.items()}
        self._heap = [(due, key) for key, due in self._queued.items() if due != NEVER]
        heapify(self._heap)
        self._ticked, self._quiet = 0, 10_000
        self._begin()

    def _begin(self) -> None:
        self._folds: dict[bytes, Fold] = {}
        self._touched: dict[bytes, None] = {}  # since the last account
        self._sums: Sums = {}
        self._beats: list[tuple[int, list[Change]]] = []
        self._out: list[Out] = []
        self._verdicts: list[tuple[str, str, int]] = []
        self._bytes = self._count = 0

    @property
    def clock(self) -> int:
        """Log clock: the largest append time so far, ms."""
        return self.meta.clock

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        """Fold records in offset order. Each append must be written before its `out` is published."""
        offset = -1
        for record in records:
            offset = record.offset
            self._hear(record)
            self._count += 1
            if self._count % ACCOUNT_EVERY == 0:
                self._account()
            if self._bytes > APPEND_BYTES:
                yield self._append(offset + 1)
        if self._count:
            yield self._append(offset + 1)

    # -- time --------------------------------------------------------------------------------------------------

    def _advance(self, to: int) -> None:
        """Move the log clock; what is due by then happens first, each at its own time."""
        heap, queued = self._heap, self._queued
        while heap and heap[0][0] <= to:
            due, key = heappop(heap)
            if queued.get(key) != due:
                continue
            del queued[key]
            real = self._due(key)
            if real == due:
                self._set_clock(max(due, self.meta.clock))
                self._fall_due(key, due)
                real = self._due(key)
            self._queue(key, real)
        self._set_clock(to)

    def _set_clock(self, clock: int) -> None:
        if clock // BEAT != self.meta.clock // BEAT:
            self._account()
            self._end_beat()
        self.meta.clock = clock

    def _due(self, key: bytes) -> int:
        if fold := self._folds.get(key):
            return fold.journey.due
        row = self.rows.get(key)
        return NEVER if row is None else int.from_bytes(row[:8], "big")

    def _queue(self, key: bytes, due: int) -> None:
        """One entry a key is enough: a later due is looked up when the earlier one comes up."""
        if due < self._queued.get(key, NEVER):
            self._queued[key] = due
            heappush(self._heap, (due, key))

    def _fall_due(self, key: bytes, due: int) -> None:
        fold = self._open(key)
        self._touched[key] = None
        for family, record, waiting in fold.fall_due(due, self._sums):
            if waiting is None:
                self.tallies.forgotten[family] += 1
                continue
            reject = Reject(Reason.HEADLESS, f"{family}: nothing opened {record!r} within the grace - at `$.data`")
            self._refuse(reject, waiting.heard, waiting.offset, key, waiting.value)
        self._tell(fold)

    def tick(self, now: int, *, caught_up: bool) -> Out | None:
        """The owner's tick, if one is wanted at wall time `now` (ms): something is due, or nothing came for a while.

        Ticks change latency, never results. None where the log's time is the records' own.
        """
        if not caught_up or self.definitions.time == "record" or now - self._ticked < 1_000:
            return None
        due = self._heap[0][0] if self._heap else NEVER
        silent = now - max(self.meta.clock, self._ticked)
        if due > now and silent < self._quiet:
            return None
        self._quiet = 10_000 if due <= now else min(2 * self._quiet, 60_000)
        self._ticked = now
        return tick(self.partition, now)

    # -- records -----------------------------------------------------------------------------------------------

    def _hear(self, record: Heard) -> None:
        if record.timestamp > self.meta.clock:
            self._advance(record.timestamp)
        heard = events.decode(record.value)
        if type(heard) is Reject:
            self._refuse(heard, record.timestamp, record.offset, record.key, record.value)
            return
        if heard.family == "control" and heard.type == "clock.ticked":
            self.tallies.ticks += 1
            return
        self._quiet = 10_000
        refused = self._apply(heard, record)
        if refused is not None:
            self._refuse(refused, record.timestamp, record.offset, record.key, record.value)
        else:
            self.tallies.heard[heard.type] += 1

    def _apply(self, event: Any, record: Heard) -> Reject | None:
        at = millis(event.time)
        if refused := self._judge_event(event, at, record.key):
            return refused
        key = event.subject.encode()
        if event.family == "verdicts":
            self._review(event, key, at)
            return None
        shape = SHAPES.get(event.type)
        if shape is None:
            return None
        fold = self._open(key)
        if refused := self._step(fold, event, shape, at, record):
            return refused
        self._touched[key] = None
        self._queue(key, fold.journey.due)
        self._tell(fold)
        self._bytes += len(record.value or b"")
        return None

    def _judge_event(self, event: Any, at: int, key: bytes | None) -> Reject | None:
        """Whether an event may come in at all: its route, its time, its definition."""
        if event.type in NOT_YET:
            return Reject(Reason.INVALID, f"{event.type} is not handled by this version: redrive it after an upgrade")
        subject = event.subject.encode()
        if subject != key:
            return Reject(Reason.MISROUTED, f"subject {event.subject!r} is not the record's key - at `$.subject`")
        if subject not in self._queued and murmur2(subject) % self.definitions.partitions != self.partition:
            return Reject(Reason.MISROUTED, f"subject {event.subject!r} belongs to another partition - at `$.subject`")
        clock = self.meta.clock
        if at > clock + self.definitions.future:
            return Reject(Reason.FUTURE, f"time is {(at - clock) // 1000} s after the log clock - at `$.time`")
        keep = self.definitions.keep
        kept = keep.sessions if event.family in ("sessions", "searches") else keep.records
        if at < clock - kept and not event.backfill:
            days = (clock - at) // 86_400_000
            return Reject(Reason.TOO_LATE, f"time is {days} d before the log clock, kept are {kept // 86_400_000} d; "
                          "mark history with `backfill` - at `$.time`")  # fmt: skip
        return fits(event, self.definitions)

    def _step(self, fold: Fold, event: Any, shape: Shape, at: int, record: Heard) -> Reject | None:
        """Make the event a step of its record, and see what that changes."""
        journey, clock = fold.journey, self.meta.clock
        id_, uid_ = shape.record(event.data), uid(event.source, event.id)
        steps = journey.records(shape.family).get(id_) if shape.family != "customer" else journey.row.attributes
        if refused := self._limit(fold, shape.family, id_, steps):
            return refused
        topics = _topics(steps, event) if shape.family == "tickets" else ()
        items = fold.affected(shape.family, id_, topics)
        fold.before(items, clock)
        step = Step(at, shape.kind, uid_, event.segment, event.stage, shape.data(event.data))
        if not journey.put(shape.family, id_, step):
            self.tallies.repeats += 1
            return None
        journey.remember(Touch(at, event.type, id_, event.source, event.id, uid_))
        if event.backfill:
            journey.row.backfill = journey.row.dues["b"] = clock + self.definitions.backfill
        if shape.family in ("tickets", "subscriptions"):
            self._await_head(fold, shape, id_, Waiting(clock, uid_, record.offset, record.value or b""))
        fold.after(list(dict.fromkeys((*items, *fold.affected(shape.family, id_, topics)))), clock)
        return None

    def _await_head(self, fold: Fold, shape: Shape, id_: str, waiting: Waiting) -> None:
        """A step whose head is unknown keeps its bytes until the head comes."""
        journey, item = fold.journey, f"{CODE[shape.family]}:{id_}"
        if shape.head:
            journey.row.waiting.pop(item, None)
        elif not fold.views(item):
            journey.row.waiting.setdefault(item, []).append(waiting)

    def _limit(self, fold: Fold, family: str, id_: str, steps: list[Step] | None) -> Reject | None:
        limit, journey = self.definitions.limit, fold.journey
        if steps is not None and len(steps) >= limit:
            return Reject(Reason.OVER_LIMIT, f"{family} {id_!r} has {limit} steps already")
        if sum(map(len, journey.row.waiting.values())) >= limit:
            return Reject(Reason.OVER_LIMIT, f"{limit} steps of this customer wait for their heads already")
        if steps is None and family != "customer" and len(journey.records(family)) >= limit:
            if not fold.freeze_oldest(family, self.meta.clock, self._sums):
                return Reject(Reason.OVER_LIMIT, f"the customer has {limit} open {family} already")
            self.tallies.forgotten[f"{family}_early"] += 1
        return None

    def _review(self, event: Any, key: bytes, at: int) -> None:
        data = event.data
        if data.signal in self.plan.watch_names:
            self._verdicts.append((data.alert, data.verdict, at))
            return
        fold = self._open(key)
        verdicts = fold.journey.row.verdicts
        verdicts[data.alert] = max(at, verdicts.pop(data.alert, 0))
        while len(verdicts) > self.definitions.limit:
            del verdicts[next(iter(verdicts))]
        held = fold.journey.row.alerts.get(data.alert)
        if held is not None:
            fold.before([held.item], self.meta.clock)
            fold.after([held.item], self.meta.clock)
        self._touched[key] = None
        self._queue(key, fold.journey.due)
        self._tell(fold)

    def _open(self, key: bytes) -> Fold:
        fold = self._folds.get(key)
        if fold is None:
            row = self.rows.get(key)
            self._bytes += 400 if row is None else len(row) + 100
            fold = self._folds[key] = Fold(Journey(key.decode(), self.definitions, row), self.plan)
        return fold

    def _tell(self, fold: Fold) -> None:
        for alert in fold.told:
            self._say(alert)
        fold.told.clear()

    def _say(self, alert: Alert) -> None:
        self.tallies.alerts[alert.signal, alert.change] += 1
        self._put_out(Out(ALERTS, 0, alert.id.encode(), _json(alert), self._stamp()))

    def _refuse(self, reject: Reject, at: int, offset: int, key: bytes | None, bytes_: bytes | None) -> None:
        self.tallies.dead_letters[reject.reason] += 1
        letter = DeadLetter(reject.reason, reject.detail, EVENTS, self.partition, offset, at, key, bytes_)
        self._put_out(Out(DEADLETTERS, 0, key, _json(letter), self._stamp()))

    def _put_out(self, out: Out) -> None:
        self._out.append(out)
        self._bytes += len(out.value)

    def _stamp(self) -> int | None:
        return self.meta.clock if self.definitions.time == "record" else None

    # -- appends -----------------------------------------------------------------------------------------------

    def _account(self) -> None:
        had = len(self._sums)
        for key in self._touched:
            self._folds[key].account(self._sums, self.meta.clock)
        self._touched.clear()
        self._bytes += 80 * (len(self._sums) - had)

    def _end_beat(self) -> None:
        changes = [
            Change(kpi, minute, cut, parts)
            for (kpi, minute, cut), sums in self._sums.items()
            if (parts := {name: n for name, n in sums.items() if n})
        ]
        if changes:
            self._beats.append((self.meta.clock // BEAT, changes))
        self._sums = {}

    def _append(self, next_: int) -> Append:
        self._account()
        self._end_beat()
        puts: list[tuple[bytes, bytes | None]] = []
        for key, fold in self._folds.items():
            row = fold.journey.encode()
            if row is not None:
                if row != self.rows.get(key):
                    self.rows[key] = row
                    puts.append((key, row))
            elif self.rows.pop(key, None) is not None:
                puts.append((key, None))
        self.meta.next = next_
        self.meta.seq += 1
        out = self._out + self._differences()
        meta = msgspec.structs.replace(self.meta)
        self._begin()
        return Append(puts, meta, out)

    def _differences(self) -> list[Out]:
        d, meta = self.definitions, self.meta
        shares: list[list[tuple[int, list[Change]]]] = [[] for _ in range(d.kpi_partitions)]
        for beat, changes in self._beats:
            split: list[list[Change]] = [[] for _ in shares]
            for change in changes:
                split[self._kpi_partition[change.kpi]].append(change)
            for share, part in zip(shares, split, strict=True):
                if part:
                    share.append((beat, part))
        return [
            Out(KPIS, m, b"%d" % self.partition, _pack(
                Differences(meta.run, meta.revision, self.partition, d.partitions, meta.seq, meta.clock, share,
                            self._verdicts)
            ), self._stamp())
            for m, share in enumerate(shares)
        ]  # fmt: skip


def check_meta(meta: Meta, definitions: Definitions, revision: str) -> None:
    """Refuse state that these definitions did not make."""
    if meta.partitions != definitions.partitions:
        raise Stop(73, f"the state was made with {meta.partitions} partitions of {EVENTS}, now there are "
                   f"{definitions.partitions}: put the old count back, or take run = {definitions.run + 1}")  # fmt: skip
    if (meta.run, meta.revision) != (definitions.run, revision):
        raise Stop(78, f"the state of run {meta.run} was made under definitions {meta.revision}, these are {revision}: "
                   f"put the old ones back, or take run = {definitions.run + 1}, which replays the log")  # fmt: skip


def tick(partition: int, now: int) -> Out:
    """A clock.ticked record for one partition; `now` in ms is its event time and its id."""
    event = {"specversion": "1.0", "id": f"tick-{partition}-{now}", "source": "journeywatch", "type": "clock.ticked",
             "time": _rfc3339(now), "subject": "clock", "data": {}}  # fmt: skip
    return Out(EVENTS, partition, b"clock", _json(event), now)


def _rfc3339(ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat()


def fits(event: Any, definitions: Definitions) -> Reject | None:
    """Whether a well-formed event lies inside its definition (CATALOGUE, DESIGN section 2: `invalid`)."""
    data = event.data
    if event.family == "surveys":
        survey: Survey | None = definitions.surveys.get(data.kind)
        if survey is None:
            known = ", ".join(sorted(definitions.surveys))
            return Reject(Reason.INVALID, f"survey kind {data.kind!r} is not one of {known} - at `$.data.kind`")
        score = getattr(data, "score", None)
        if score is not None and not survey.low <= score <= survey.high:
            return Reject(Reason.INVALID, f"score {score} is outside {survey.low}..{survey.high} of {data.kind} - at "
                          "`$.data.score`")  # fmt: skip
    currency = getattr(data, "currency", None)
    if currency is not None and currency not in definitions.currencies:
        return Reject(Reason.INVALID, f"currency {currency} has no rate in the settings - at `$.data.currency`")
    return None


def _topics(steps: list[Step] | None, event: Any) -> tuple[str | None, ...]:
    """Every topic that the ticket may have before or after this step."""
    topics: dict[str | None, None] = {}
    for step in steps or ():
        if step.kind == OPENED or (step.kind == UPDATED and value(step, 0)):
            topics[value(step, 1 if step.kind == OPENED else 0)] = None
    if event.type == "ticket.opened" or (event.type == "ticket.updated" and event.data.topic):
        topics[event.data.topic] = None
    return tuple(topics)


__all__ = ["Partition", "check_meta", "fits", "issue_item", "tick"]
