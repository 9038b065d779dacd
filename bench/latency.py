"""From append to alert: how long after an event is in the log its alert stands in journey.alerts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.workload import Workload
from stream.claims import Alert
from stream.record import ALERTS

_alert = msgspec.json.Decoder(Alert).decode


async def measure(bootstrap: str, rate: int, seconds: int, workload: Workload) -> list[int]:
    """Sends `rate` events/s to raw.cloudevents; returns ms from append time to alert, of alerts opened by events."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
    await consumer.start()
    await producer.start()
    found: list[int] = []
    try:
        tp = TopicPartition(ALERTS, 0)
        consumer.assign([tp])
        await consumer.seek_to_end(tp)
        began = time.time()
        sending = asyncio.create_task(_send(producer, rate, seconds, workload))
        while time.time() < began + seconds + 5:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [r.timestamp - _alert(r.value).changed for r in records if began + 2 <= r.timestamp / 1000]
        await sending
    finally:
        await producer.stop()
        await consumer.stop()
    return sorted(found)


async def _send(producer: AIOKafkaProducer, rate: int, seconds: int, workload: Workload) -> None:
    begun, sent = time.time(), 0
    while (now := time.time()) < begun + seconds:
        for key, value in _due(workload, int((now - begun) * rate) - sent):
            await producer.send("raw.cloudevents", value, key)
            sent += 1
        await asyncio.sleep(0.01)
    await producer.flush()


def _due(workload: Workload, count: int) -> Iterator[tuple[bytes, bytes]]:
    for _ in range(count):
        yield workload.event(int(time.time() * 1000))
