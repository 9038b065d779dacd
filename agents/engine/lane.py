"""One owned source partition: batches come in, those that go on from the place are worked off, one after another."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import Any

from aiokafka import TopicPartition

from agents.engine.exits import OnStop
from agents.engine.pieces import Pieces
from agents.engine.position import Position, Verdict
from stream.infra.telemetry import HopTelemetry

Records = Sequence[Any]  # aiokafka's ConsumerRecord: it fits stream.record.Heard
Job = Callable[[], Awaitable[None]]

AGAIN = 10.0  # seconds that an idle lane waits for what the log is known to hold until that is read again
BATCH, BYTES = 24_000, 8 << 20  # what a lane puts together at most: records, and bytes of them
offset_of = attrgetter("offset")


class Lane(ABC):
    """Guards the place, and does everything that touches this partition in one task: batches, ticks, marks."""

    def __init__(self, tp: TopicPartition, next: int, control: Control) -> None:
        self.tp = tp
        self.position = Position(next)
        self.control = control
        self.gauges = control.telemetry.partition(tp.topic, tp.partition)
        self.gauges.read = self.gauges.done = next
        self._queue: asyncio.Queue[list[Any] | Job | None] = asyncio.Queue()
        self._busy = False
        self._open: list[Any] | None = None  # the batch that is not in work yet: more may be added to it
        self._size = 0  # bytes of that
        self._room = asyncio.Event()  # set when that is in work
        self._closing = False
        self._moved = (next, time.monotonic())
        self._within = time.monotonic()
        self._again = AGAIN
        self._task = asyncio.create_task(self._run())

    @abstractmethod
    async def work(self, records: Records) -> None:
        """Makes `records` take effect: written and published when it returns. May stop early once `closing`.

        Until it calls `begin`, more may be added to them.
        """

    async def look(self, caught_up: bool) -> None:  # noqa: B027 - most have nothing to do
        """Called four times a second; `caught_up` = idle, and at the end of the source."""

    @property
    def closing(self) -> bool:
        return self._closing

    @property
    def idle(self) -> bool:
        """Nothing is in work and nothing is waiting."""
        return self._queue.empty() and not self._busy

    def stands(self, behind: bool) -> float:
        """Seconds since the place last moved, or there was nothing to move for; to be asked now and then."""
        now = time.monotonic()
        if not behind or self._moved[0] != self.position.next:
            self._moved, self._again = (self.position.next, now), AGAIN
        return now - self._moved[1]

    def outruns(self, end: int | None) -> float:
        """Seconds for which the source has been seen to end before the place; to be asked now and then."""
        now = time.monotonic()
        if end is None or end >= self.position.next:
            self._within = now
        return now - self._within

    async def read_again(self, behind: bool) -> None:
        """Seeks to the place if what comes next has not come for long: dropped on its way, nothing after it tells."""
        if self.idle and self.stands(behind) > self._again:
            self._again *= 2
            self.control.telemetry.seeks_back += 1
            await self.control.seek(self.tp, self.position.next)

    async def put(self, item: Records | Job) -> None:
        """Queues a job to be done in its turn, or a batch. Nothing once `closing`.

        What goes on from the batch that waits is added to it, up to BATCH and BYTES: so the more there is to do, the
        more is done at once. A batch that is no part of it comes when that one is in work.
        """
        if callable(item):
            if not self._closing:
                self._queue.put_nowait(item)
            return
        size = sum([len(record.value or b"") for record in item])
        while not self._closing:
            if self._open is None:
                self._open, self._size = list(item), size
                self._queue.put_nowait(self._open)
                return
            if self._goes_on(item, size):
                self._open += item
                self._size += size
                return
            self._room.clear()
            await self._room.wait()

    def _goes_on(self, item: Records, size: int) -> bool:
        """Whether a batch of so many bytes is part of the one that waits."""
        if self._open is None or self._open[-1].offset + 1 != item[0].offset:
            return False
        return len(self._open) + len(item) <= BATCH and self._size + size <= BYTES

    def begin(self, records: Records) -> None:
        """The batch is in work: nothing is added to it any more."""
        self.gauges.read = records[-1].offset + 1
        self._seal(records)

    def _seal(self, records: Records) -> None:
        if self._open is records:
            self._open = None
            self._room.set()

    async def close(self) -> None:
        """Returns when the append in work is written and published; what was queued is dropped, to be read again."""
        self._closing = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._room.set()
        self._queue.put_nowait(None)
        await asyncio.wait([self._task])

    def count(self, records: Records) -> None:
        """Counts a batch that took effect."""
        telemetry, heard = self.control.telemetry, records[-1].timestamp
        telemetry.records += len(records)
        telemetry.latency.observe(max(0, time.time_ns() // 1_000_000 - heard), len(records))
        self.gauges.heard = heard

    async def _run(self) -> None:
        try:
            while (item := await self._queue.get()) is not None and not self._closing:
                self._busy = True
                if callable(item):
                    await item()
                else:
                    await self._take(item)
                    self._seal(item)  # if it was dropped, or given up
                self._busy = False
        except Exception as error:  # noqa: BLE001 - crash-only
            self.control.on_stop(error)

    async def _take(self, records: list[Any]) -> None:
        match self.position.judge(records[0].offset, records[-1].offset):
            case Verdict.DROP:
                self.control.telemetry.guard_drops += len(records)
                return
            case Verdict.SEEK:
                self.control.telemetry.guard_drops += len(records)
                self.control.telemetry.seeks_back += 1
                await self.control.seek(self.tp, self.position.next)
                return
            case Verdict.GAP:
                await self.control.gap(self.tp, self.position.next, records[0].offset)
            case Verdict.TAKE:
                del records[: bisect_left(records, self.position.next, key=offset_of)]
        await self.work(records)


class Control(ABC):
    """What a lane needs of its hop."""

    telemetry: HopTelemetry
    on_stop: OnStop
    turn: asyncio.Lock  # held while an append is folded: of two lanes, one makes its own before the other begins
    pieces: Pieces  # of all hops in this loop

    @abstractmethod
    async def seek(self, tp: TopicPartition, offset: int) -> None:
        """Makes the client read from `offset` again."""

    @abstractmethod
    async def gap(self, tp: TopicPartition, next: int, first: int) -> None:
        """The log has no records from `next` to before `first`. Raises Stop unless that is allowed."""

    @abstractmethod
    def done(self, tp: TopicPartition, next: int) -> None:
        """Everything before `next` is written and published: it may be committed."""
