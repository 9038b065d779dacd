"""The loop that people write by hand: one event at a time, state in a dict, JSON as dicts. No guarantees."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.r1 import job
from bench.r1.meter import Meter, Task
from stream.record import EVENTS


def run(task: Task, meter: Meter) -> None:
    asyncio.run(_run(task, meter))


async def _run(task: Task, meter: Meter) -> None:
    customers: dict[str, job.Customer] = {}
    hours: job.Hours = {}
    consumer = AIOKafkaConsumer(
        EVENTS, bootstrap_servers=task.bootstrap, group_id=task.alerts, auto_offset_reset="earliest"
    )
    async with AIOKafkaProducer(bootstrap_servers=task.bootstrap) as producer, consumer:
        async for record in consumer:
            event = json.loads(record.value)
            subject, type_, data = event["subject"], event["type"], event["data"]
            at = round(datetime.fromisoformat(event["time"]).timestamp() * 1000)
            who = customers.setdefault(subject, job.Customer())
            rule = job.take(who, type_, at, data.get("ticket", ""), data.get("score", 0))
            job.count(hours, type_, at, event["segment"], data.get("score", 0))
            if rule:
                alert = json.dumps({"rule": rule, "customer": subject, "at": at}).encode()
                await producer.send(task.alerts, alert, subject.encode())
            if meter.add(1):
                break
