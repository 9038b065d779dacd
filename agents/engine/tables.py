"""The two kinds of hop: one with a table behind it, and one that only passes records on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from agents.engine.connection import Connection, persist
from agents.engine.exits import Code, OnStop
from agents.engine.hop import Hop, HopSpec
from agents.engine.lane import Control, Lane, Records
from agents.engine.ledger import Ledger, Put
from agents.engine.owner import FIRST, Fold, Owner, TableSpec, commit, fits, stride_after
from agents.engine.pieces import Pieces
from agents.engine.producer import Producer
from agents.engine.reader import Reader, Standby
from stream.infra.telemetry import HopTelemetry
from stream.record import Append, Meta, Out, Stop

_log = logging.getLogger("journeywatch.engine")
_REWRITES = 700_000  # bytes of one append of rewrites
_MANY = 5_000  # rows of which a fold is made in some 20 ms

Step = Callable[[str, Records], list[Out]]


class TableHop(Hop):
    """Partition p of the one source goes with partition p of the table: recovered, claimed, then folded on."""

    def __init__(
        self, spec: HopSpec, table: TableSpec, connection: Connection, telemetry: HopTelemetry, on_stop: OnStop,
        pieces: Pieces | None = None,
    ) -> None:  # fmt: skip
        super().__init__(spec, connection, telemetry, on_stop, pieces)
        self.table = table
        self._ledgers: dict[int, Ledger] = {}
        self._standby = Standby(connection, on_stop)

    async def release(self) -> None:
        await super().release()
        await self._standby.stop()

    async def _prepare(self, owned: list[TopicPartition]) -> list[Lane]:
        await self._known(self.table.changelog)
        self._check_partitions(self.table.changelog, self.table.partitions)
        copies = [p for p in self.client.standbys if p not in {tp.partition for tp in owned}]
        # What is neither owned nor a standby any more would go stale unseen: it is forgotten.
        wanted = [*(tp.partition for tp in owned), *copies]
        self._ledgers = {p: self._ledgers.get(p) or Ledger() for p in wanted}
        bounds = await self._read(owned)
        self._claiming = True
        folds = await asyncio.gather(*(self._claim(tp, *bounds[tp]) for tp in owned))
        self._standby.start({self._changelog(p): self._ledgers[p] for p in copies})
        return [
            Owner(tp, fold, self._ledgers[tp.partition], self.table, self.producer, self)
            for tp, fold in zip(owned, folds, strict=True)
        ]

    def _changelog(self, partition: int) -> TopicPartition:
        return TopicPartition(self.table.changelog, partition)

    async def _read(self, owned: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """Reads the owned partitions of the changelog to their end; returns the bounds of the source."""
        began, ledgers = time.monotonic(), [self._ledgers[tp.partition] for tp in owned]
        voids, foreign = sum(x.voids for x in ledgers), sum(x.foreign for x in ledgers)
        try:
            bounds = await persist(lambda: self._read_once(owned), self.connection.lost)
        except OffsetOutOfRangeError as error:
            raise Stop(
                Code.CORRUPT,
                f"{self.table.changelog} was cut off or made anew ({error}): its cleanup.policy must be compact alone; "
                "take `run + 1`, which builds the state anew from the log",
            ) from error
        for tp in owned:
            self.telemetry.partition(*tp).recovery_seconds = time.monotonic() - began
        self.telemetry.void_records += sum(x.voids for x in ledgers) - voids
        self.telemetry.foreign_writes += sum(x.foreign for x in ledgers) - foreign
        return bounds

    async def _read_once(self, owned: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """Goes on from where the ledgers end."""
        wanted = {self._changelog(tp.partition): self._ledgers[tp.partition] for tp in owned}
        async with Reader(self.connection, wanted) as reader:
            self.telemetry.recovery_records += await reader.read_to_end()
            return await reader.bounds(owned)

    async def _claim(self, tp: TopicPartition, first: int, end: int) -> Fold:
        """Makes the partition ours: an append at the log's end. Whoever else writes there learns it."""
        ledger = self._ledgers[tp.partition]
        heard = ledger.settled()
        if heard is not None and heard.next < first:
            self.lose(f"{tp.topic}[{tp.partition}]", heard.next, first)
            heard = msgspec.structs.replace(heard, next=first)
        meta = fits(self.table, heard, tp, first, end)
        fold = await self._made(tp.partition, ledger.rows, meta)
        again = ledger.out
        for puts in _pieces(ledger.rewrites()):
            append = Append(puts, fold.meta, again)
            await commit(append, ledger, self.table.changelog, tp.partition, self.producer)
        await self.producer.publish(again)
        ledger.published()
        self.telemetry.outbox_republished += len(again)
        return fold

    async def _made(self, partition: int, rows: dict[bytes, bytes], meta: Meta) -> Fold:
        """The fold of a partition. It looks at each row: where those are many, in a thread, beside the loop."""
        if len(rows) > _MANY:
            async with self.turn:  # one at a time: threads take turns of 5 ms, and the loop would wait for all of them
                return await asyncio.to_thread(self.table.factory, partition, rows, meta)
        async with self.pieces:
            return self.table.factory(partition, rows, meta)


class RelayHop(Hop):
    """Passes records on, without state: `step` is pure and total, the place is what the group has committed."""

    def __init__(
        self, spec: HopSpec, step: Step, connection: Connection, telemetry: HopTelemetry, on_stop: OnStop,
        pieces: Pieces | None = None,
    ) -> None:  # fmt: skip
        super().__init__(spec, connection, telemetry, on_stop, pieces)
        self._step = step

    async def _prepare(self, owned: list[TopicPartition]) -> list[Lane]:
        # The places first: while this worker sleeps in between, others go on, and a place never lies after a later end.
        places = {tp: await self.client.committed(tp) for tp in owned}
        bounds = await persist(lambda: self._bounds(owned), self.connection.lost)
        lanes: list[Lane] = []
        for tp in owned:
            place, (start, end) = places[tp], bounds[tp]
            if place is not None and place > end:
                _log.warning(
                    "%s[%d] ends at offset %d, the place was %d: it was made anew, and is read from its start",
                    *tp,
                    end,
                    place,
                )
                place = None  # what is passed on twice is heard twice, and changes nothing
            if place is not None and place < start:
                await self.gap(tp, place, start)
            lanes.append(Relay(tp, max(start, place or 0), self._step, self.producer, self))
        return lanes

    async def _bounds(self, owned: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        # Not asked of the consumer: its connection is in a fetch, and every question would wait for 1.5 s behind it.
        async with Reader(self.connection, {}) as reader:
            return await reader.bounds(owned)


class Relay(Lane):
    """A lane without state: what was passed on but not committed is passed on again after a crash."""

    def __init__(self, tp: TopicPartition, next: int, step: Step, producer: Producer, control: Control) -> None:
        super().__init__(tp, next, control)
        self._step = step
        self._producer = producer

    async def work(self, records: Records) -> None:
        self.begin(records)
        out: list[Out] = []
        done, stride = 0, FIRST
        while done < len(records):
            async with self.control.pieces:
                began, used = time.perf_counter(), time.thread_time()
                out += self._step(self.tp.topic, records[done : done + stride])
                self.control.telemetry.fold_seconds += time.perf_counter() - began
                done += stride
                stride = stride_after(stride, None, 0, time.thread_time() - used)
        await self._producer.publish(out)
        self.position.next = self.gauges.done = records[-1].offset + 1
        self.control.done(self.tp, self.position.next)
        self.count(records)


def _pieces(rewrites: Sequence[Put]) -> Iterator[list[Put]]:
    """Cuts rewrites to appends of a decent size; at least one, be it empty."""
    piece: list[Put] = []
    size = 0
    for key, value in rewrites:
        if size > _REWRITES:
            yield piece
            piece, size = [], 0
        piece.append((key, value))
        size += len(key) + len(value or b"")
    yield piece
