"""Faust as its manual teaches: an agent over a topic of models, one event at a time, state in tables, defaults."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from datetime import datetime
from typing import Any

import faust

from bench.r1 import job
from bench.r1.meter import PARTITIONS, Meter, Task
from stream.definitions import HOUR
from stream.record import EVENTS

TABLES = ("customers", "hours")


class Event(faust.Record, serializer="json"):
    id: str
    type: str
    time: str
    subject: str
    segment: str
    data: dict[str, Any]


class Alert(faust.Record, serializer="json"):
    rule: str
    customer: str
    at: int


class Customer(faust.Record, serializer="json"):
    contacts: list[int] = []  # noqa: RUF012 - as models are written
    scores: list[int] = []  # noqa: RUF012 - as models are written
    tickets: list[str] = []  # noqa: RUF012


def run(task: Task, meter: Meter) -> None:
    app = faust.App(
        task.alerts,
        broker=f"kafka://{task.bootstrap}",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        datadir=tempfile.mkdtemp(prefix="r1-faust-"),
        web_enabled=False,
    )
    _agent(app, task, meter)
    faust.Worker(app, loglevel=logging.INFO).execute_from_commandline()


def _agent(app: faust.App, task: Task, meter: Meter) -> None:
    events = app.topic(EVENTS, value_type=Event)
    alerts = app.topic(task.alerts, value_type=Alert)
    customers = app.Table(TABLES[0], default=Customer, partitions=PARTITIONS)
    hours = app.Table(TABLES[1], default=dict, partitions=PARTITIONS)
    sent: list[Any] = []

    @app.agent(events)
    async def take(stream: faust.StreamT[Event]) -> None:
        async for event in stream:
            at = round(datetime.fromisoformat(event.time).timestamp() * 1000)
            ticket, score = event.data.get("ticket", ""), event.data.get("score", 0)
            who = customers[event.subject]
            rule = job.take(who, event.type, at, ticket, score)
            customers[event.subject] = who
            hour = f"{at // HOUR}/{event.segment}"
            hours[hour] = counted(hours[hour], event.type, score)
            if rule:
                sent.append(await alerts.send(key=event.subject, value=Alert(rule=rule, customer=event.subject, at=at)))
            message = faust.current_event().message  # type: ignore[union-attr]
            meter.read[message.partition] = message.offset + 1
            if meter.add(1):
                await asyncio.gather(*sent)
                meter.report()
                os._exit(0)


def counted(sums: dict[str, int], type_: str, score: int) -> dict[str, int]:
    """The sums of an hour with one event more."""
    sums[type_] = sums.get(type_, 0) + 1
    if type_ == "survey.answered":
        sums["ces_n"] = sums.get("ces_n", 0) + 1
        sums["ces_sum"] = sums.get("ces_sum", 0) + score
    return sums
