"""On a real Kafka: a broker that goes away and returns, standbys, the broker's own time, and sources with gaps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from agents import topics
from agents.engine.app import build
from agents.engine.exits import Code
from agents.engine.hop import HopSpec
from agents.engine.producer import Producer
from agents.engine.tables import RelayHop
from stream.infra.telemetry import HopTelemetry
from stream.record import Out, Stop
from tests.kafka.test_crashes import Crew, Process
from tests.support import recount
from tests.support.counting import Worker, hop
from tests.support.kafka import Kafka
from tests.support.recount import check, finished, send, until


async def make(worker: Worker, **config: str) -> Worker:
    wanted = [topics.Topic(name, count, dict(config), 1) for name, count in worker.topics().items()]
    await topics.create(worker.bootstrap, wanted)
    return worker


async def test_a_broker_that_restarts_is_waited_for(kafka_cluster: Callable[..., Kafka], tmp_path: Path) -> None:
    kafka = kafka_cluster(size=1)
    worker = await make(Worker(kafka.bootstrap, "outage", 4))
    crew = Crew(worker, tmp_path)
    process = crew.start()
    try:
        await send(worker, range(20_000))
        await until(lambda: finished(worker), "everything is folded")
        kafka.nodes[0].stop()
        kafka.nodes[0].start()
        kafka.nodes[0].wait()
        await send(worker, range(20_000, 40_000))
        await until(lambda: finished(worker), "everything is folded", seconds=120)
        assert process.code is None
        await check(worker)
    finally:
        process.kill()


async def test_a_standby_takes_over_and_reads_only_the_rest(kafka: Kafka, unique: str, tmp_path: Path) -> None:
    worker = await make(Worker(kafka.bootstrap, unique, 4))
    first = Process(worker, tmp_path / "first.log")
    errors: list[BaseException] = []
    second = hop(worker, HopTelemetry("count"), errors.append)
    app = build(second, second.connection)
    try:
        await until(lambda: "Worker ready" in first.log.read_text(), "the first worker owns all")
        await send(worker, range(40_000), keys=5_000)
        await until(lambda: finished(worker), "everything is folded", seconds=120)
        await second.start()
        await app.start()
        rows = sum(len(ledger.rows) for ledger in await recount.ledgers(worker))
        await until(
            lambda: sum(len(ledger.rows) for ledger in second._ledgers.values()) == rows,
            "the second has a copy of everything",
        )
        read = second.telemetry.recovery_records
        first.kill()
        await until(lambda: len(second.lanes) == 4, "the second has taken over", seconds=150)
        await send(worker, range(40_000, 44_000))
        await until(lambda: finished(worker), "everything is folded")
        assert errors == []
        assert second.telemetry.recovery_records - read < 100
        await check(worker)
    finally:
        first.kill()
        await second.stop()
        await app.stop()


async def test_the_brokers_time_is_what_the_fold_hears(kafka: Kafka, unique: str) -> None:
    worker = Worker(kafka.bootstrap, unique, 1)
    await make(worker, **{"message.timestamp.type": "LogAppendTime"})
    producer = Producer(recount.connection(worker))
    await producer.start()
    await producer.publish([Out(worker.source, 0, b"k", b"v", 1_000)])
    await producer.stop()
    ((record,),) = await recount.records(worker, worker.source, 1)
    assert record.timestamp > 1_700_000_000_000


async def test_an_append_that_its_topic_does_not_take_says_what_to_raise(kafka: Kafka, unique: str) -> None:
    worker = await make(Worker(kafka.bootstrap, unique, 1), **{"max.message.bytes": "20000"})
    producer = Producer(recount.connection(worker))
    await producer.start()
    try:
        with pytest.raises(
            Stop, match=f"{worker.source} refuses a batch of 5.... bytes .* raise its max.message.bytes"
        ) as stop:
            await producer.append(worker.source, 0, 0, [(b"k", bytes(50_000))])
        assert stop.value.code == Code.TOPIC
        assert await producer.append(worker.source, 0, 0, [(b"k", bytes(10_000))]) > 10_000
    finally:
        await producer.stop()


async def test_a_source_written_in_transactions_is_passed_on_whole(kafka: Kafka, unique: str) -> None:
    """Their markers leave gaps in the offsets, which a relay believes and counts."""
    worker = await make(Worker(kafka.bootstrap, unique, 1))
    producer = AIOKafkaProducer(bootstrap_servers=worker.bootstrap, transactional_id=unique)
    await producer.start()
    telemetry, errors = HopTelemetry("relay"), list[BaseException]()
    spec = HopSpec(role="relay", app_id=unique + "-relay", sources={worker.source: 1}, gaps=True)
    relay = RelayHop(
        spec,
        lambda topic, records: [Out(worker.said, 0, r.key, r.value or b"") for r in records],
        recount.connection(worker),
        telemetry,
        errors.append,
    )
    app = build(relay, relay.connection)
    await relay.start()
    await app.start()
    try:
        for number in range(3):
            async with producer.transaction():
                await producer.send_and_wait(worker.source, b"%d" % number, partition=0)
            await until(lambda: telemetry.records == number + 1 or errors, "the record is passed on")  # noqa: B023
        gauges = telemetry.partition(worker.source, 0)
        await until(lambda: gauges.committed == 5, "the place is committed")
    finally:
        await relay.stop()
        await app.stop()
        await producer.stop()
    assert errors == []
    (said,) = await recount.records(worker, worker.said, 1)
    assert [r.value for r in said] == [b"0", b"1", b"2"]
    assert telemetry.dropped["source_gap"] == 2


async def test_a_broker_that_stays_away_ends_the_worker_with_a_clear_line(
    kafka_cluster: Callable[..., Kafka], tmp_path: Path
) -> None:
    """While it has records to fold and to write, and while it has nothing to do."""
    kafka = kafka_cluster(size=1)
    idle = await make(Worker(kafka.bootstrap, "idle", 1, lost=3.0))
    busy = await make(Worker(kafka.bootstrap, "busy", 4, lost=3.0))
    processes = [Process(worker, tmp_path / worker.prefix) for worker in (idle, busy)]
    try:
        for process in processes:
            await until(lambda: "Worker ready" in process.log.read_text(), "the worker is ready")  # noqa: B023
        await send(busy, range(200_000))
        kafka.nodes[0].kill()
        for process in processes:
            await until(lambda: process.code is not None, "the worker stops")  # noqa: B023
            assert process.code == Code.BROKER
            last = process.log.read_text().splitlines()[-1]
            assert last.startswith(f"journeywatch: stopped (75): Kafka at {kafka.bootstrap} has not answered for 3 s; ")
    finally:
        for process in processes:
            process.kill()
