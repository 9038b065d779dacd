"""The floor: fetch in batches and decode; nothing else. No alerts."""

from __future__ import annotations

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.r1.meter import PARTITIONS, Meter, Task
from stream.event import decode
from stream.record import EVENTS


def run(task: Task, meter: Meter) -> None:
    uvloop.run(_run(task, meter))


async def _run(task: Task, meter: Meter) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=task.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_bytes=50 << 20,
    )
    async with consumer:
        consumer.assign([TopicPartition(EVENTS, p) for p in range(PARTITIONS)])
        done = False
        while not done:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in records:
                    decode(record.value)
                done = meter.add(len(records))
