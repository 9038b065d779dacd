"""On a real Kafka: a worker with a name restarts without a rebalance; a source that was cut off, and who accepts it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from agents.engine.exits import Code
from stream.record import Stop
from tests.kafka.test_crashes import Process
from tests.kafka.test_outages import make
from tests.support import recount
from tests.support.counting import ROW, Worker
from tests.support.kafka import Kafka
from tests.support.recount import check, finished, running, send, until


async def ready(process: Process) -> None:
    await until(lambda: "Worker ready" in process.log.read_text(), "the worker is ready")


def assigned(process: Process) -> int:
    """How often it was given partitions."""
    return process.log.read_text().count("Executing _on_partitions_assigned")


async def test_a_worker_with_a_name_finds_its_partitions_again_and_the_other_goes_on(
    kafka: Kafka, unique: str, tmp_path: Path
) -> None:
    workers = [Worker(kafka.bootstrap, unique, 4, instance=f"{unique}-{i}") for i in range(2)]
    await make(workers[0])
    first, second = processes = [Process(worker, tmp_path / str(i)) for i, worker in enumerate(workers)]
    try:
        await ready(first)
        await ready(second)
        await send(workers[0], range(10_000))
        await until(lambda: finished(workers[0]), "everything is folded")
        before = assigned(first)
        second.kill()
        processes.append(again := Process(workers[1], tmp_path / "again"))
        await ready(again)
        await send(workers[0], range(10_000, 20_000))
        await until(lambda: finished(workers[0]), "everything is folded")
        assert (assigned(first), assigned(again)) == (before, 1)
    finally:
        for process in processes:
            process.kill()
    await check(workers[0])


async def test_what_a_source_lost_stops_the_worker_unless_that_is_allowed(kafka: Kafka, unique: str) -> None:
    worker = await make(Worker(kafka.bootstrap, unique, 1))
    errors: list[BaseException] = []
    await send(worker, range(100))
    async with running(worker, errors) as hop:
        await until(lambda: hop.telemetry.records == 100, "everything is folded")
    await send(worker, range(100, 200))
    admin = AIOKafkaAdminClient(bootstrap_servers=worker.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(worker.source, 0): RecordsToDelete(before_offset=150)})
    await admin.close()

    async with running(worker, errors):
        await until(lambda: errors, "it stops")
    (stop,) = errors
    assert isinstance(stop, Stop)
    assert stop.code == Code.TRUNCATED
    assert "begins at offset 150, the next record to read was 100: 50 are lost; " in str(stop)
    assert "`[kafka] allow_loss = true`" in str(stop)

    errors.clear()
    allowed = msgspec.structs.replace(worker, loss=True)
    async with running(allowed, errors) as hop:
        await until(lambda: hop.telemetry.records == 50, "what is left is folded")
        assert hop.telemetry.dropped == {"lost": 50}
    assert errors == []
    (ledger,) = await recount.ledgers(worker)
    assert ledger.meta is not None
    assert ledger.meta.next == 200
    assert sum(ROW.unpack(row)[0] for row in ledger.rows.values()) == 150
