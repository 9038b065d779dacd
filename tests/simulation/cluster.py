"""Kafka as far as the engine sees it: partitions with offsets, compaction, requests that are late, lost or doubled.

A request is sent by a process and lands at the cluster: nothing that the process does or suffers afterwards takes it
back. Its answer may be lost; then the client asks again, and the broker knows a write that it has.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from random import Random
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from msgspec import Struct

from stream.definitions import DAY, HOUR
from stream.record import Record
from tests.simulation.machine import PROCESS, Machine, Process

LAG, RETENTION = DAY, 7 * DAY  # min.compaction.lag.ms, delete.retention.ms, as agents/topics.py has them
AWAKE = 40.0  # seconds of uptime that stand for the day of LAG: the clock leaps, and workers need some to act
RETRY, PATIENCE = 2.0, 40.0  # seconds: until a client asks again, until it gives up


class Kept(Record, frozen=True, gc=False):
    """A record as a consumer gets it."""

    headers: tuple[tuple[str, bytes], ...] = ()


class Log:
    """One partition. `landed` = for each batch, where it begins and the cluster's uptime then."""

    def __init__(self, tp: TopicPartition) -> None:
        self.tp = tp
        self.kept: list[Kept] = []
        self.landed: list[tuple[int, float]] = []
        self.end = 0

    @property
    def first(self) -> int:
        return 0  # nothing is cut off: what that does is tested where it is refused

    def append(self, at: int, records: Sequence[tuple[Any, ...]], up: float = 0.0) -> int:
        landed = self.end
        self.landed.append((landed, up))
        topic, partition = self.tp
        self.kept += [Kept(topic, partition, landed + i, at, k, v, h) for i, (k, v, h) in enumerate(records)]
        self.end += len(records)
        return landed

    def read(self, offset: int, most: int) -> list[Kept]:
        start = bisect_left(self.kept, offset, key=lambda record: record.offset)
        return self.kept[start : start + most]

    def compact(self, now: int, up: float) -> None:
        """Of what is old enough and not in the open segment, keeps the last record of every key, void or not.

        The broker's clock may have leapt just now; a day in which it was up is a day in which somebody had time.
        """
        ripe = bisect_left(self.kept, now - LAG, key=lambda record: record.timestamp)
        young = next((offset for offset, then in self.landed if then > up - AWAKE), self.end)
        ripe = min(ripe, bisect_left(self.kept, young, key=lambda record: record.offset))
        if self.kept:
            opened = self.kept[-1].timestamp - HOUR  # segment.ms
            ripe = min(ripe, bisect_left(self.kept, opened, key=lambda record: record.timestamp))
        last = {record.key: record.offset for record in self.kept[:ripe]}
        gone = now - LAG - RETENTION
        self.kept[:ripe] = [
            r
            for r in self.kept[:ripe]
            if last[r.key] == r.offset and (r.value is not None or r.timestamp > gone or r.offset + 1 == self.end)
        ]


class Faults(Struct):
    """How likely each thing goes wrong, a request."""

    lost: float = 0.0  # it never lands
    unanswered: float = 0.0  # it lands, the answer is lost
    doubled: float = 0.0  # it lands twice, the second time late
    fatal: float = 0.0  # its process is killed when it lands, before or after
    stunned: float = 0.0  # its process falls asleep just before it is sent
    dropped: float = 0.0  # a batch that was fetched is never handed over
    repeated: float = 0.0  # it is handed over twice
    slowest: float = 0.02  # seconds on the way, at most


class Cluster:
    """All partitions, and the way to them. `wall` = the broker's clock, which may leap."""

    def __init__(self, loop: Machine, random: Random, topics: dict[str, int], began: int) -> None:
        self.loop, self.random, self.began = loop, random, began
        self.logs = {tp: Log(tp) for name, n in topics.items() for tp in (TopicPartition(name, p) for p in range(n))}
        self.topics = topics
        self.faults = Faults()
        self.idempotent = True
        self.leapt = 0
        self._bare = copy_context()  # of no process
        self._downtime = 0.0
        self._down_since: float | None = None
        self._written: dict[tuple[int, TopicPartition, int], int] = {}

    @property
    def wall(self) -> int:
        """Milliseconds."""
        return self.began + self.leapt + int(self.loop.time() * 1000)

    @property
    def down(self) -> bool:
        return self._down_since is not None

    def stop(self) -> None:
        self._down_since = self._down_since or self.loop.time()

    def start(self) -> None:
        if self._down_since is not None:
            self._downtime += self.loop.time() - self._down_since
        self._down_since = None

    @property
    def up(self) -> float:
        """Seconds for which it has been up."""
        return self.loop.time() - self._downtime

    def compact(self) -> None:
        for log in self.logs.values():
            if log.tp.topic.endswith("-changelog"):
                log.compact(self.wall, self.up)

    def of(self, topic: str) -> Iterator[Log]:
        return (log for tp, log in self.logs.items() if tp.topic == topic)

    def produce(self, writer: int, number: int, tp: TopicPartition, records: Sequence[tuple[Any, ...]]) -> int:
        """Where the batch landed; a `number` of a writer that was heard before is not written again."""
        about = (writer, tp, number)
        if about not in self._written or not self.idempotent:
            self._written[about] = self.logs[tp].append(self.wall, records, self.up)
        return self._written[about]

    async def call(self, do: Callable[[], Any], patience: float = 0.0) -> Any:
        """The answer to a request. Raises what `do` raises, and KafkaTimeoutError after about `patience` seconds."""
        answer: asyncio.Future[Any] = self.loop.create_future()
        self._send(Request(do, PROCESS.get(), answer, self.loop.time() + (patience or PATIENCE)))
        return await answer

    async def stun(self) -> None:
        """A process that is about to write falls asleep, now and then for so long that others take over."""
        process = PROCESS.get()
        if process is not None and self.random.random() < self.faults.stunned:
            process.sleep()
            self.later(self.random.choice((0.5, 6, 9, 14)), process.wake)
        await asyncio.sleep(0)

    def later(self, seconds: float, do: Callable[..., Any], *arguments: Any) -> None:
        """Whoever asked for it may sleep or die meanwhile."""
        self.loop.call_later(seconds, do, *arguments, context=self._bare)

    def delay(self) -> float:
        return self.random.uniform(0.0005, self.faults.slowest)

    def _send(self, request: Request) -> None:
        self.later(self.delay(), self._land, request)

    def _land(self, request: Request) -> None:
        chance, faults, process = self.random.random, self.faults, request.process
        if self.down or chance() < faults.lost:
            self.later(RETRY, self._again, request)
            return
        if process is not None and chance() < faults.fatal:
            process.kill()
            if chance() < 0.5:
                return
        try:
            found, error = request.do(), None
        except Exception as raised:  # noqa: BLE001 - it is the answer
            found, error = None, raised
        if chance() < faults.doubled:
            self.later(50 * self.delay(), request.do)
        if chance() < faults.unanswered:
            self.later(RETRY, self._again, request)
        else:
            self.later(self.delay(), request.end, found, error)

    def _again(self, request: Request) -> None:
        process = request.process
        if request.answer.done() or (process is not None and not process.alive):
            return
        if process is not None and process.asleep:
            self.later(RETRY, self._again, request)
        elif self.loop.time() > request.until:
            request.end(None, KafkaTimeoutError())
        else:
            self._send(request)


class Request(Struct):
    do: Callable[[], Any]
    process: Process | None
    answer: asyncio.Future[Any]
    until: float

    def end(self, found: Any, error: Exception | None) -> None:
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(found)
        else:
            self.answer.set_exception(error)
