"""Synthetic customers on a real Kafka, as the profile `demo` of docker-compose.yml sends them."""

from __future__ import annotations

import asyncio
from typing import Any

from agents import topics
from agents.demo.feed import feed
from agents.logtopics import LogTopics
from agents.setup import connection
from stream.event import decode
from stream.infra.sections import Kafka as Section
from stream.record import Reject
from tests.support.kafka import Kafka
from tests.support.waiting import until

RAW = topics.raw("cloudevents")


async def test_a_week_and_then_live_until_it_is_stopped(kafka_cluster) -> None:
    """All are events, keyed by subject; started again it has other customers, and the same pseudo-subjects."""
    broker: Kafka = kafka_cluster(size=1)
    wanted = topics.wanted(["cloudevents"], run=1, replication=1, min_insync=1)
    await topics.create(broker.bootstrap, [topic for topic in wanted if topic.name == RAW])
    section = Section(bootstrap=broker.bootstrap)

    async def heard() -> list:
        async with LogTopics(connection(section), [RAW]) as log:
            return [record async for record in log.records()]

    async def life(before: int) -> list:
        stop = asyncio.Event()
        running = asyncio.create_task(feed(section, stop))

        async def much() -> bool:
            return len(await heard()) > before + 1500

        await until(much, 60)
        stop.set()
        sent = await running
        records = (await heard())[before:]
        assert len(records) == sent
        return records

    first = await life(0)
    second = await life(len(first))
    events: list[Any] = [decode(record.value) for record in (*first, *second)]
    assert not [event for event in events if isinstance(event, Reject)]
    assert [event.subject.encode() for event in events] == [record.key for record in (*first, *second)]
    shared = {record.key for record in first} & {record.key for record in second}
    assert all(b":" in key for key in shared)
