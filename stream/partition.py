"""The journeys fold: one partition of journey.events in, appends out. Pure; replay and the engine call the same.

Records are gathered into batches (stream/batch.py), and each customer of a batch is taken through what happens to it:
what falls due before a record happens first, in order of time; then the record becomes a step of a journey or a dead
letter. An append is a batch: the changed journeys, the differences of facts by beat, and the changes of alerts, in
the log's order. Where a log is cut into batches does not change a result.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from stream.agenda import Agenda
from stream.batch import REVIEWED, Arrival, Batch, Gatherer
from stream.claims import Verdict
from stream.definitions import BEAT, Definitions
from stream.differences import Moment, Outbox
from stream.fold import Fold
from stream.guards import check_state
from stream.journey import NEVER, Journey
from stream.looking import look
from stream.plan import Plan
from stream.record import ALERTS, DEADLETTERS, EVENTS, REVIEW, Append, DeadLetter, Heard, Meta, Out, Reason, Reject
from stream.stepping import Stepper
from stream.tallies import Tallies
from stream.ticks import Ticker, tick

APPEND_BYTES = 11_000_000  # an append is cut at about this, well below what its topic takes (agents/topics.py)
APPEND_WORK = 24_000  # pieces of work in one append, about: seconds
GATHERED = 8  # records that are gathered in the time of a piece of work, or less
PACKED = 20  # changes that are packed in the time of a piece of work, or less
HOT = 64  # decoded journeys kept in hand between appends, a partition

Put = tuple[bytes, bytes | None]

_json = msgspec.json.Encoder().encode


class Partition:
    """One partition of journey.events.

    `rows` = the table (key -> journey bytes), as recovered; changed as the fold goes. `meta` = its `__meta__`, None
    for a partition never written. `room` = bytes of an append, about (APPEND_BYTES); one that came out larger by more
    than a quarter is made again in parts. `most` = pieces of work in one. Raises Stop(73, 78) if the state was made
    under other definitions or another run.
    """

    def __init__(
        self, definitions: Definitions, plan: Plan, partition: int, rows: dict[bytes, bytes], meta: Meta | None = None,
        *, hot: int = HOT, room: int | None = None, most: int | None = None,
    ) -> None:  # fmt: skip
        self.definitions, self.plan, self.partition, self.rows = definitions, plan, partition, rows
        revision = definitions.revision(plan.plugins)
        self.meta = meta or Meta(run=definitions.run, revision=revision, partitions=definitions.partitions)
        check_state(self.meta, EVENTS, definitions.partitions, definitions.run, revision)
        self.tallies, self._ticker = Tallies(), Ticker()
        self._stepper = Stepper(definitions, plan, self.tallies)
        self.stride = APPEND_WORK  # pieces of work between two breaths: see `feed`
        self._agenda, self._said = Agenda(rows), Outbox(definitions, plan)
        self._gatherer = Gatherer(
            definitions, partition, rows, self._agenda, self._said, self.tallies, self._ticker, self.refuse
        )
        self._hot_limit, self._room, self._limit = hot, room or APPEND_BYTES, most or APPEND_WORK
        self._most = self._limit
        self._hot: dict[bytes, Fold] = {}  # journeys lately in hand, the latest last: to be decoded again costs most

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
        taken, most = 0, self._most
        while taken < len(records):
            batch = self._gatherer.begin(records[taken], self.meta.clock, most, self._room)
            counted = self.tallies.copy()
            stride = self.stride
            while not self._gatherer.gather(batch, records, taken + batch.taken, GATHERED * stride):
                yield None
            if batch.work - batch.taken > GATHERED * stride:
                yield None  # they came in one go
            self.stride = stride  # how quickly that went does not tell what is to come
            puts: list[Put] = []
            yield from self._fold(batch, puts)
            next_ = records[taken + batch.taken - 1].offset + 1 if batch.taken else records[taken].offset
            append = yield from self._append(batch.clock, next_, puts)
            size = _size(append)
            if size > self._room * 5 // 4 and batch.work > 1:  # much more was said than lately: again, in parts
                self._undo(batch, counted)
                most = batch.work // 2
                continue
            self._written(append)
            taken += batch.taken
            most = self._most = min(self._limit, max(1, self._room * batch.work // max(size, 1)))
            yield append

    def tick(self, now: int, *, caught_up: bool) -> Out | None:
        """The owner's tick, if one is wanted at wall time `now` (ms); none where log time is the records' own."""
        if not caught_up or self.definitions.time == "record" or not self._ticker.wants(now, self.clock, self.due):
            return None
        return tick(self.partition, now)

    # -- a batch, customer by customer -------------------------------------------------------------------------

    def _fold(self, batch: Batch, puts: list[Put]) -> Iterator[None]:
        work, rest = 0, self.stride
        cold = len(batch.by) - self._hot_limit  # those before are gone from the cache when their memory is given back
        for number, (key, arrivals) in enumerate(batch.by.items()):
            if not arrivals and batch.waits(due := self._due(key), key):
                self._agenda.put(key, due)  # its entry was too early
                continue
            fold = self._open(key)
            for _ in self._live(fold, key, arrivals, batch):
                work += 1
                if work >= rest:
                    yield None
                    rest = work + self.stride
            puts += self._close(fold, key)
            arrivals.clear()  # to free all of them with the batch would take long
            if number >= cold:
                self._hot[key] = fold
        self._hot = dict(islice(self._hot.items(), max(len(self._hot) - self._hot_limit, 0), None))
        if work > self.stride:
            yield None  # to pack what many said takes as long again

    def _live(self, fold: Fold, key: bytes, arrivals: Sequence[Arrival], batch: Batch) -> Iterator[None]:
        """All that happens to a customer in a batch; yields after each piece of work."""
        take = self._stepper.take
        for clock, at, event, record in arrivals:
            if fold.soonest <= clock or clock // BEAT != fold.beat:
                yield from self._go_on(fold, key, clock, batch)
            fold.clock = clock
            if refused := (self._review if event.type == REVIEWED else take)(fold, event, at, record, clock):
                self.refuse(refused, record, clock)
            else:
                self.tallies.heard[event.type] += 1
            if fold.findings.told:
                self._tell(fold, (clock, 1, record.offset))
            yield
        while True:
            yield from self._go_on(fold, key, batch.clock, batch)
            fold.settle()
            if fold.soonest > batch.clock or batch.waits(fold.soonest, key):
                break
        if fold.findings.told:
            self._tell(fold, (fold.clock, 2, key))
        yield

    def _go_on(self, fold: Fold, key: bytes, to: int, batch: Batch) -> Iterator[None]:
        """A customer's time goes on to `to` (ms): a beat that is over is accounted for, then happens what is due."""
        while True:
            due = NEVER
            if fold.soonest <= to:
                due = fold.soonest = fold.journey.due
                if batch.waits(due, key):
                    due = NEVER
            beat = min(due, to) // BEAT
            if beat != fold.beat:
                fold.settle()
                fold.beat, fold.sums = beat, self._said.sums(beat)
                if fold.soonest < due and fold.soonest <= to:
                    continue  # to account for what was makes something fall due, maybe before this
            if due > to:
                return
            fold.clock = due
            self._fall_due(fold, key, due)
            yield

    def _fall_due(self, fold: Fold, key: bytes, due: int) -> None:
        for family, record, waiting in fold.fall_due(due):
            if waiting is None:
                self.tallies.forgotten[family] += 1
                continue
            reject = Reject(Reason.HEADLESS, f"{family}: nothing opened {record!r} within the grace - at `$.data`")
            self._dead(reject, (due, 0, key), waiting.heard, waiting.offset, key, waiting.value)
        self._tell(fold, (due, 0, key))

    def _review(self, fold: Fold, event: Any, at: int, record: Heard, clock: int) -> None:
        """A verdict of people on an alert: of this customer, or of a watch (it travels on to the kpis hop)."""
        data, when = event.data, (clock, 1, record.offset)
        self._stepper.review(fold, event, at, clock)
        said = Verdict(data.alert, data.verdict, at, self.definitions.run)
        self._said.say(when, ALERTS, REVIEW, _json(said))
        if data.signal in self.plan.watch_names:
            self._said.review(when, data.alert, data.verdict, at)
            return
        row = fold.journey.row
        row.verdicts[data.alert] = max(at, row.verdicts.pop(data.alert, 0))
        while len(row.verdicts) > self.definitions.limit:
            del row.verdicts[next(iter(row.verdicts))]
        if held := fold.journey.alerts.get(data.alert):
            looks = [look(self.plan, held.item)]
            fold.facts.before(looks, clock)
            fold.after(looks, clock)
        fold.glance = clock

    def _due(self, key: bytes) -> int:
        row = self.rows.get(key)
        return NEVER if row is None else int.from_bytes(row[:8], "big")

    def _open(self, key: bytes) -> Fold:
        fold = self._hot.pop(key, None)
        if fold is None:
            fold = Fold(Journey(key.decode(), self.definitions, self.rows.get(key)), self.plan)
            fold.soonest = self._due(key)
        fold.beat = fold.clock = -1  # nothing happened in this batch yet
        return fold

    def _close(self, fold: Fold, key: bytes) -> Iterator[Put]:
        """Its row, if it is another one now."""
        row = fold.journey.encode()
        self._agenda.put(key, NEVER if row is None else int.from_bytes(row[:8], "big"))
        if row != self.rows.get(key):
            yield key, row

    # -- what is said ------------------------------------------------------------------------------------------

    def _tell(self, fold: Fold, when: Moment) -> None:
        for alert in fold.findings.told:
            self.tallies.alerts[alert.signal, alert.change] += 1
            self._said.say(when, ALERTS, alert.id.encode(), _json(alert))
        fold.findings.told.clear()

    def refuse(self, reject: Reject, record: Heard, clock: int) -> None:
        """A record becomes a dead letter, at log clock `clock` (ms)."""
        self._dead(reject, (clock, 1, record.offset), record.timestamp, record.offset, record.key, record.value)

    def _dead(
        self, reject: Reject, when: Moment, at: int, offset: int, key: bytes | None, value_: bytes | None
    ) -> None:
        self.tallies.dead_letters[reject.reason] += 1
        letter = DeadLetter(reject.reason, reject.detail, EVENTS, self.partition, offset, at, key, value_)
        self._said.say(when, DEADLETTERS, key, _json(letter))

    def _append(self, clock: int, next_: int, puts: list[Put]) -> Generator[None, None, Append]:
        meta = msgspec.structs.replace(self.meta, next=next_, clock=clock, seq=self.meta.seq + 1)
        out, stride = None, self.stride
        for out in self._said.pack(meta, self.partition, PACKED * stride):
            if out is None:
                yield None
        self.stride = stride
        self._said.clear()
        return Append(puts, meta, out or [])

    def _written(self, append: Append) -> None:
        for key, row in append.puts:
            if row is None:
                del self.rows[key]
            else:
                self.rows[key] = row
        self.meta.next, self.meta.clock, self.meta.seq = append.meta.next, append.meta.clock, append.meta.seq

    def _undo(self, batch: Batch, counted: Tallies) -> None:
        """As if the batch had not been folded: rows and meta change with an append only."""
        self._hot.clear()
        for key in batch.by:
            self._agenda.put(key, self._due(key))
        self.tallies.restore(counted)


def _size(append: Append) -> int:
    """Bytes of its rows and of what it says, about."""
    return sum(len(key) + len(row or b"") for key, row in append.puts) + sum(len(out.value) for out in append.out)
