"""What the counting worker must have come to, counted anew from its source; and what it did come to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.engine.app import build
from agents.engine.connection import Connection
from agents.engine.ledger import Ledger
from agents.engine.producer import Producer
from agents.engine.reader import Reader
from agents.engine.tables import TableHop
from stream.infra.telemetry import HopTelemetry
from stream.record import Out
from tests.support.counting import ROW, Worker, hop

Counts = list[dict[bytes, bytes]]  # by partition


async def send(worker: Worker, numbers: range, *, keys: int = 1_000) -> None:
    """Puts records on the source, partition after partition in turn."""
    producer = Producer(connection(worker))
    await producer.start()
    try:
        for start in range(numbers.start, numbers.stop, 10_000):
            part = range(start, min(start + 10_000, numbers.stop))
            key = [b"k%d" % (i // worker.partitions % keys) for i in part]
            await producer.publish(
                Out(worker.source, i % worker.partitions, k, b"%d" % i) for i, k in zip(part, key, strict=True)
            )
    finally:
        await producer.stop()


def connection(worker: Worker) -> Connection:
    return Connection(bootstrap=worker.bootstrap, embedded=worker.embedded)


async def records(worker: Worker, topic: str, partitions: int) -> list[list[Any]]:
    """Everything that a topic holds, by partition."""
    tps = [TopicPartition(topic, p) for p in range(partitions)]
    found: list[list[Any]] = [[] for _ in tps]
    consumer = AIOKafkaConsumer(**connection(worker).client(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for tp, batch in (await consumer.getmany(timeout_ms=500)).items():
                found[tp.partition] += batch
    finally:
        await consumer.stop()
    return found


async def expected(worker: Worker) -> tuple[Counts, set[tuple[bytes, bytes]]]:
    """Rows by partition, and what must have been said, from the source alone."""
    counts: Counts = []
    said: set[tuple[bytes, bytes]] = set()
    for partition, found in enumerate(await records(worker, worker.source, worker.partitions)):
        rows: dict[bytes, tuple[int, int]] = {}
        for record in found:
            n, mix = rows.get(record.key, (0, 0))
            rows[record.key] = n + 1, crc32(str(record.offset).encode(), mix)
            if (n + 1) % 10 == 0:
                said.add((b"%d/" % partition + record.key, b"%d" % (n + 1)))
        counts.append({key: ROW.pack(*row) for key, row in rows.items()})
    return counts, said


async def ledgers(worker: Worker) -> list[Ledger]:
    """The table as its next owner would read it."""
    found = {TopicPartition(worker.changelog, p): Ledger() for p in range(worker.partitions)}
    async with Reader(connection(worker), found) as reader:
        await reader.read_to_end()
    return list(found.values())


async def check(worker: Worker) -> int:
    """Asserts that table and sayings are exactly what they must be; returns how often something was said twice."""
    counts, said = await expected(worker)
    assert [ledger.rows for ledger in await ledgers(worker)] == counts
    heard = [(r.key, r.value) for r in (await records(worker, worker.said, 1))[0]]
    assert set(heard) == said
    return len(heard) - len(said)


async def finished(worker: Worker) -> bool:
    """Whether the table has taken in everything that the source holds now."""
    ends = [len(found) for found in await records(worker, worker.source, worker.partitions)]
    return [ledger.meta.next if ledger.meta else 0 for ledger in await ledgers(worker)] == ends


async def until(true: Callable[[], Any], what: str, seconds: float = 150.0) -> None:
    """Waits until `true()` (awaited if need be) holds; fails naming `what` after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = true()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert loop.time() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(worker: Worker, errors: list[BaseException]) -> AsyncIterator[TableHop]:
    """A worker in this loop; what would have ended its process is in `errors`."""
    counting = hop(worker, HopTelemetry("count"), errors.append)
    app = build(counting, counting.connection)
    await counting.start()
    await app.start()
    try:
        yield counting
    finally:
        await counting.stop()
        await app.stop()
