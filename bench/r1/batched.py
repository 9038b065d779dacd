"""The loop by hand at its best: whole fetches, typed events, uvloop, state in a dict. No guarantees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.r1 import job
from bench.r1.meter import Meter, Task
from stream.event import millis
from stream.record import EVENTS


def run(task: Task, meter: Meter) -> None:
    uvloop.run(_run(task, meter))


async def _run(task: Task, meter: Meter) -> None:
    customers: dict[str, job.Customer] = {}
    hours: job.Hours = {}
    consumer = AIOKafkaConsumer(
        EVENTS, bootstrap_servers=task.bootstrap, group_id=task.alerts, auto_offset_reset="earliest"
    )
    async with AIOKafkaProducer(bootstrap_servers=task.bootstrap, linger_ms=5) as producer, consumer:
        done = False
        while not done:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for rule, subject, at in fold(records, customers, hours):
                    alert = b'{"rule":"%b","customer":"%b","at":%d}' % (rule.encode(), subject.encode(), at)
                    await producer.send(task.alerts, alert, subject.encode())
                done = meter.add(len(records))


def fold(records: Sequence[Any], customers: dict[str, job.Customer], hours: job.Hours) -> list[job.Cause]:
    """Takes in records; the alerts that open."""
    causes: list[job.Cause] = []
    for record in records:
        event = job.decode(record.value)
        at, subject, type_, data = millis(event.time), event.subject, event.type, event.data
        who = customers.get(subject)
        if who is None:
            who = customers[subject] = job.Customer()
        score = data.score if type_ == "survey.answered" else 0
        if rule := job.take(who, type_, at, getattr(data, "ticket", ""), score):
            causes.append((rule, subject, at))
        job.count(hours, type_, at, event.segment, score)
    return causes
