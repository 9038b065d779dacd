"""The log as it stands on Kafka: every record that its topics held at the start, each partition in its order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from heapq import heappop, heappush
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.engine.connection import Connection
from agents.engine.exits import Code
from stream.record import Stop

STALLED = 60.0  # seconds without a record until the broker counts as lost


class LogTopics:
    """A client over all partitions of some topics, outside any consumer group. Use `async with`.

    `first` = where each partition's log begins, `end` = its high watermark at the start.
    """

    def __init__(self, connection: Connection, names: Sequence[str]) -> None:
        self.first: dict[TopicPartition, int] = {}
        self.end: dict[TopicPartition, int] = {}
        self._names = names
        self._consumer = AIOKafkaConsumer(
            **connection.client(), auto_offset_reset="none", enable_auto_commit=False, max_partition_fetch_bytes=4 << 20
        )

    async def __aenter__(self) -> Self:
        """Raises Stop (76) for a topic that is not there."""
        try:
            await self._consumer.start()
            await self._find()
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def _find(self) -> None:
        cluster: Any = await self._consumer._client.fetch_all_metadata()  # asking for one by name might make it
        if absent := [name for name in self._names if name not in cluster.topics()]:
            raise Stop(Code.TOPIC, f"there is no topic {absent[0]}; `journeywatch topics` says which are missing")
        places = [TopicPartition(name, p) for name in self._names for p in sorted(cluster.partitions_for_topic(name))]
        self._consumer.assign(places)
        self.first = await self._consumer.beginning_offsets(places)
        self.end = await self._consumer.end_offsets(places)
        for place, offset in self.first.items():
            self._consumer.seek(place, offset)

    def partitions(self, name: str) -> int:
        """How many partitions a topic has."""
        return sum(place.topic == name for place in self.end)

    def cut(self, place: TopicPartition, first: int, end: int) -> None:
        """Only the offsets [first, end) of a partition; call it before `records`."""
        self.first[place], self.end[place] = first, min(end, self.end[place])
        self._consumer.seek(place, first)

    async def records(self, until: int | None = None) -> AsyncIterator[Any]:
        """All records, partitions merged by append time; of each those before its first one later than `until` (ms).

        Raises Stop (75) when the broker gives nothing for a minute.
        """
        queues = {place: _Queue(end, until) for place, end in self.end.items() if self.first[place] < end}
        places = list(queues)
        heads: list[tuple[int, int]] = []  # (append time, place) of each queue's first record
        hungry = dict.fromkeys(range(len(places)))
        while hungry or heads:
            if hungry:
                await self._fill([places[i] for i in hungry], queues)
                for i in list(hungry):
                    if (queue := queues[places[i]]).records:
                        heappush(heads, (queue.records[0].timestamp, i))
                    if queue.records or queue.over:
                        del hungry[i]
                continue
            _, i = heappop(heads)
            queue = queues[places[i]]
            yield queue.records.popleft()
            if queue.records:
                heappush(heads, (queue.records[0].timestamp, i))
            elif not queue.over:
                hungry[i] = None

    async def _fill(self, places: list[TopicPartition], queues: dict[TopicPartition, _Queue]) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        while True:
            batches = await self._consumer.getmany(*places, timeout_ms=500)
            for place, records in batches.items():
                queues[place].take(records)
            for place in places:  # the last offsets may hold no record
                queue = queues[place]
                queue.over = queue.over or await self._consumer.position(place) >= queue.end
            if batches or any(queues[place].over for place in places):
                return
            if loop.time() - since > STALLED:
                raise Stop(Code.BROKER, f"nothing came from {places[0].topic} for {STALLED:g} s; look at its brokers")


class _Queue:
    """Records of one partition that are not yet merged. `over`: no more will come."""

    def __init__(self, end: int, until: int | None) -> None:
        self.records: deque[Any] = deque()
        self.over = False
        self.end, self._until = end, until

    def take(self, records: Sequence[Any]) -> None:
        for record in records:
            late = self._until is not None and record.timestamp > self._until
            if self.over or late or record.offset >= self.end:
                self.over = True
                return
            self.records.append(record)
