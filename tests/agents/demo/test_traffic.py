from __future__ import annotations

import asyncio
import json

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from agents.demo import traffic
from agents.demo.traffic import SLICE, Traffic
from agents.embedded.broker import EmbeddedBroker
from stream.definitions import DAY

Records = list[ConsumerRecord]


async def sent(bootstrap: str, topic: str, enough: int) -> Records:
    """The first `enough` records of the topic."""
    found: Records = []
    async with (
        AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer,
        asyncio.timeout(30),
    ):
        while len(found) < enough:
            for some in (await consumer.getmany(timeout_ms=200)).values():
                found += some
    return found


async def test_history_comes_in_slices_at_its_own_times_and_live_traffic_ticks(
    embedded_kafka: EmbeddedBroker, unique: str, monkeypatch
) -> None:
    monkeypatch.setattr(traffic, "CUSTOMERS", 200)
    embedded_kafka.create_topic(unique, 4)
    asked: list[int] = []

    async def room(count: int) -> None:
        asked.append(count)

    async with Traffic(embedded_kafka.bootstrap, unique) as it:
        await it.history(room)
        assert asked[:-1] == list(range(SLICE, it.total, SLICE))
        assert asked[-1] == it.sent == it.total > SLICE
        flowing = asyncio.create_task(it.flow())
        records = await sent(embedded_kafka.bootstrap, unique, it.total + 3)
        flowing.cancel()

    past = [record for record in records if record.timestamp <= it.live]
    assert len(past) == it.total
    assert min(record.timestamp for record in past) < it.live - 59 * DAY
    for record in past[:500]:
        event = json.loads(record.value)
        assert record.key.decode() == event["subject"]
        assert event.get("backfill") is None  # it is no backfill: the log hears of each event in its own time
    assert any(json.loads(record.value)["type"] == "clock.ticked" for record in records)
