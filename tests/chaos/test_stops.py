"""What no worker can mend: it stops with its own exit code and a last line that says what happened and the way on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete

from agents.engine.exits import Code
from agents.topics import changelog, wanted
from stream.record import EVENTS
from tests.chaos.load import RAW, Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_kills import EVERYTHING, SEED
from tests.support.recount import until


@pytest.fixture
def under(rig: Callable[..., Rig]) -> Rig:
    """A pipe that has folded something, at rest: nobody works."""
    under = rig()
    (worker,) = under.crew.ready(EVERYTHING)
    under.work_off(Load(under.kafka.bootstrap, events(60, SEED), 2_000).start())
    under.crew.leave(worker)
    return under


def test_each_stop_has_its_code_and_its_last_line(under: Rig) -> None:
    """One role after the other is harmed, in an order in which none hides the next."""
    rot(under, changelog("delivery", "alerts", 1))
    stops(under, "delivery", Code.CORRUPT, "Invalid CRC", "`run + 1` does without")
    put(under, changelog("kpis", "panes", 1), b"junk")
    stops(under, "kpis", Code.CORRUPT, "it does not name its append", "take `run + 1`")
    cut_off(under)
    stops(under, "journeys", Code.TRUNCATED, "are lost", "take `run + 1`", "allow_loss = true")
    make_anew(under, EVENTS)
    stops(under, "journeys", Code.TRUNCATED, "the topic was made anew", "`run + 1`")
    admin(under, lambda client: client.create_partitions({EVENTS: NewPartitions(4)}))
    stops(under, "journeys", Code.TOPIC, "has 4 partitions, wants 3")


def stops(rig: Rig, role: str, code: Code, *words: str) -> None:
    """A worker of this role must stop with this code, and its last line must say this."""
    worker = rig.crew.start([role])
    rig.crew.until(lambda: worker.child.code is not None, "the worker stops", 120, supervised=False)
    rig.crew.workers.remove(worker)
    assert worker.child.code == code, worker.last
    assert worker.last.startswith(f"journeywatch: stopped ({code}): "), worker.last
    for word in words:
        assert word in worker.last, worker.last


def rot(rig: Rig, topic: str) -> None:
    """Turns a byte of a record on the broker's disk."""
    (log,) = Path(rig.pipe.home).glob(f"cluster-*/broker-1/data/{topic}-0/*.log")
    with log.open("r+b") as file:
        file.seek(log.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 0xFF]))


def put(rig: Rig, topic: str, value: bytes) -> None:
    async def run() -> None:
        async with AIOKafkaProducer(bootstrap_servers=rig.kafka.bootstrap) as producer:
            await producer.send_and_wait(topic, value, b"key", partition=0)

    asyncio.run(run())


def admin(rig: Rig, act: Callable[[AIOKafkaAdminClient], Awaitable[Any]]) -> None:
    async def run() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=rig.kafka.bootstrap)
        await client.start()
        try:
            await act(client)
        finally:
            await client.close()

    asyncio.run(run())


def cut_off(rig: Rig) -> None:
    """Takes away, as retention would, what was never folded."""
    (worker,) = rig.crew.ready(["intake"])
    rig.pass_on(Load(rig.kafka.bootstrap, events(60, SEED + 1), 2_000).start())
    rig.crew.leave(worker)
    everything = {TopicPartition(EVENTS, p): RecordsToDelete(-1) for p in range(3)}
    admin(rig, lambda client: client.delete_records(everything))


def make_anew(rig: Rig, name: str) -> None:
    every = wanted(["cloudevents"], run=1, partitions=3, replication=1, min_insync=1)
    topic = next(topic for topic in every if topic.name == name)

    async def gone(client: AIOKafkaAdminClient) -> bool:
        return name not in await client.list_topics()

    async def anew(client: AIOKafkaAdminClient) -> None:
        await client.delete_topics([name])
        await until(lambda: gone(client), "the topic is gone")
        await client.create_topics([NewTopic(name, 3, 1, topic_configs=topic.config)])

    admin(rig, anew)


def test_a_source_made_anew_under_intake_is_read_from_its_start(rig: Callable[..., Rig]) -> None:
    under = rig()
    crew = under.crew
    crew.ready(["intake"])
    under.pass_on(Load(under.kafka.bootstrap, events(60, SEED), 2_000).start())
    make_anew(under, RAW)
    under.pass_on(Load(under.kafka.bootstrap, events(20, SEED + 1), 2_000).start())
    assert set(crew.codes) <= {Code.TRUNCATED, Code.TOPIC}
