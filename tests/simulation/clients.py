"""aiokafka's two clients, as far as the engine uses them, on the simulated cluster."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from tests.simulation.cluster import Cluster, Kept

_numbers = itertools.count()


class Batch:
    """aiokafka's BatchBuilder."""

    def __init__(self) -> None:
        self.records: list[tuple[Any, ...]] = []

    def append(
        self, *, key: bytes | None, value: bytes | None, timestamp: int | None, headers: Sequence[Any] = ()
    ) -> None:
        self.records.append((key, value, tuple(headers)))

    def size(self) -> int:
        return sum(len(key or b"") + len(value or b"") for key, value, _ in self.records)

    def record_count(self) -> int:
        return len(self.records)


class Producer:
    """AIOKafkaProducer: idempotent, one batch of a partition at a time."""

    def __init__(self, cluster: Cluster, **options: Any) -> None:
        assert options["acks"] == "all" and options["enable_idempotence"]
        self._cluster = cluster
        self._id = next(_numbers)
        self._next = itertools.count()
        self.client = SimpleNamespace(force_metadata_update=self._knock)
        self._message_accumulator = SimpleNamespace(_batch_ttl=0.0)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def _knock(self) -> bool:
        return not self._cluster.down

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Between this and the request there is time to fall asleep in."""
        tp, number = TopicPartition(topic, partition), next(self._next)
        return asyncio.ensure_future(self._landed(batch, tp, number))

    async def _landed(self, batch: Batch, tp: TopicPartition, number: int) -> Any:
        cluster = self._cluster
        await asyncio.sleep(cluster.delay())
        await cluster.stun()
        offset = await cluster.call(
            lambda: cluster.produce(self._id, number, tp, batch.records), self._message_accumulator._batch_ttl
        )
        return SimpleNamespace(offset=offset)


class Consumer:
    """AIOKafkaConsumer, outside any group."""

    def __init__(self, cluster: Cluster, **options: Any) -> None:
        self._cluster = cluster
        self._places: dict[TopicPartition, int] = {}
        self._client = SimpleNamespace(fetch_all_metadata=self._metadata)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def _metadata(self) -> Any:
        topics = self._cluster.topics
        return SimpleNamespace(topics=lambda: set(topics), partitions_for_topic=lambda name: set(range(topics[name])))

    def assign(self, tps: Sequence[TopicPartition]) -> None:
        self._places = dict.fromkeys(tps, 0)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._places[tp] = offset

    async def position(self, tp: TopicPartition) -> int:
        return self._places[tp]

    async def beginning_offsets(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return await self._cluster.call(lambda: {tp: self._cluster.logs[tp].first for tp in tps})

    async def end_offsets(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return await self._cluster.call(lambda: {tp: self._cluster.logs[tp].end for tp in tps})

    async def getmany(
        self, *tps: TopicPartition, timeout_ms: int, max_records: int | None = None
    ) -> dict[TopicPartition, list[Kept]]:
        """What there is of each; else it waits as long as it may."""
        wanted = tps or tuple(self._places)
        found = await self._cluster.call(lambda: self._fetch(wanted))
        if not found:
            await asyncio.sleep(timeout_ms / 1000)
            found = await self._cluster.call(lambda: self._fetch(wanted))
        for tp, (_, next) in found.items():
            self._places[tp] = next
        return {tp: records for tp, (records, _) in found.items() if records}

    def _fetch(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[list[Kept], int]]:
        found = {}
        for tp in tps:
            log, place = self._cluster.logs[tp], self._places[tp]
            if place < log.end:
                records = log.read(place, self._cluster.random.randint(1, 500))
                found[tp] = records, records[-1].offset + 1 if records else log.end
        return found
