"""What one append is made of: records that may come in, by customer, and the customers to whom something falls due.

Customers do not touch each other, so each is taken through all that happens to it in one go: its journey is opened,
accounted for and encoded once, and is in the processor's cache meanwhile (docs/adr/0008-by-customer.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from stream import event as events
from stream.admission import DEFINED, fits, routed, timely
from stream.agenda import Agenda
from stream.definitions import BEAT, DAY, Definitions
from stream.differences import Outbox
from stream.event import millis
from stream.record import Heard, Reject
from stream.tallies import Tallies
from stream.ticks import Ticker

TICKED, REVIEWED = "clock.ticked", "alert.reviewed"
NEW = 300  # bytes that a customer adds to an append at least, about

Arrival = tuple[int, int, Any, Heard]  # the log clock (ms), event time (ms), the event, its record


class Batch(Struct, gc=False):
    """`by` = arrivals by customer, in order; none = only what falls due. `clock` = the log clock after all of it (ms),
    `reach` = how far it may go. `taken` = how many records it takes in, `work` = that, and how many customers to whom
    something falls due: at most about `most`. `size` = bytes, about, before anything is said, at most `room`.
    `last`: of those to whom something falls due at `clock`, the last whose turn it is; None = all.
    """

    by: dict[bytes, list[Arrival]]
    clock: int
    reach: int
    most: int
    room: int
    taken: int = 0
    work: int = 0
    size: int = 0
    last: bytes | None = None

    def waits(self, due: int, key: bytes) -> bool:
        """Whether what is due then to a customer is not of this batch."""
        return due > self.clock or (due == self.clock and self.last is not None and key > self.last)


class Gatherer:
    """Makes batches. `refuse` is told what may not come in: why, the record, and the log clock (ms)."""

    def __init__(
        self, definitions: Definitions, partition: int, rows: Mapping[bytes, bytes], agenda: Agenda, said: Outbox,
        tallies: Tallies, ticker: Ticker, refuse: Callable[[Reject, Heard, int], None],
    ) -> None:  # fmt: skip
        self._definitions, self._partition = definitions, partition
        self._rows, self._agenda = rows, agenda
        self._said, self._tallies, self._ticker, self._refuse = said, tallies, ticker, refuse
        self._shortest = definitions.keep.least
        self._heard: dict[str, None] = {}  # sources, in the beat that ends at `_beat_ends` (ms)
        self._beat_ends = 0

    def begin(self, record: Heard, clock: int, most: int, room: int) -> Batch:
        """An empty batch, to go on with `record` at the log clock `clock` (ms), of `most` pieces of work and `room`
        bytes at most, about.
        """
        begins = max(clock, min(record.timestamp, self._agenda.first))
        days = max(1, most // max(1, len(self._rows)))  # each makes work: customers are looked at once a day
        self._turn(clock)
        return Batch({}, clock, begins + days * DAY, most, room)

    def gather(self, batch: Batch, records: Sequence[Heard], start: int, many: int) -> bool:
        """Take in `many` records at most, from number `start` on; whether the batch is whole now, or they are all.

        What falls due by the time of a record happens before it.
        """
        heap = self._agenda.heap
        for record in records[start : start + many]:
            now = record.timestamp
            # An append may have been cut amid what falls due at this very time: the rest of it happens first, too.
            if (heap and heap[0][0] <= max(now, batch.clock)) or now >= self._beat_ends or now > batch.reach:
                if not self._go_on(batch, now):
                    return True
            elif now > batch.clock:  # as mostly: nothing falls due, and it is the same beat
                batch.clock = now
            batch.taken += 1
            batch.work += 1
            self._hear(batch, record)
            if batch.work >= batch.most or batch.size > batch.room:
                return True
        return start + many >= len(records)

    def _go_on(self, batch: Batch, now: int) -> bool:
        """The log clock goes on to `now` (ms), when a record comes; False: the batch is whole before it."""
        now = max(now, batch.clock)
        if now > batch.reach:
            if not batch.by:
                self._fall_due(batch, batch.reach)
            return False
        if not self._fall_due(batch, now):
            return False
        if now >= self._beat_ends:
            self._turn(now)
        return True

    def _turn(self, now: int) -> None:
        self._heard = self._said.heard(now // BEAT)
        self._beat_ends = (now // BEAT + 1) * BEAT

    def _fall_due(self, batch: Batch, to: int) -> bool:
        """Take in those to whom something falls due by `to` (ms); False: not all, it would be too much."""
        while entry := self._agenda.pop(to):
            due, key = entry
            batch.clock = max(due, batch.clock)
            if key not in batch.by:
                self._begin(batch, key)
            batch.work += 1
            if batch.work >= batch.most:
                batch.last = key
                return False
        batch.clock = to
        return True

    def _begin(self, batch: Batch, key: bytes) -> list[Arrival]:
        batch.size += len(self._rows.get(key, b"")) + NEW
        found = batch.by[key] = []
        return found

    def _hear(self, batch: Batch, record: Heard) -> None:
        """Let a record in, or not. The usual is let through at once."""
        event: Any = events.decode(record.value)
        if event.__class__ is Reject:
            self._refuse(event, record, batch.clock)
            return
        if event.type == TICKED:
            self._tallies.ticks += 1
            return
        if not event.backfill and event.type != REVIEWED:  # people are no source that falls silent
            self._heard[event.source] = None
        key, at, clock, refused = record.key or b"", millis(event.time), batch.clock, None
        arrivals = batch.by.get(key)
        if arrivals is None or event.subject.encode() != key:
            self._ticker.heard()
            refused = routed(event, key, self._partition, self._definitions, known=key in self._agenda.queued)
        if refused is None and not clock - self._shortest <= at <= clock:
            refused = timely(event, at, clock, self._definitions)
        if refused is None and event.type in DEFINED:
            refused = fits(event, self._definitions)
        if refused is not None:
            self._refuse(refused, record, clock)
            return
        if arrivals is None:
            arrivals = self._begin(batch, key)
        arrivals.append((clock, at, event, record))
        batch.size += len(record.value or b"")
