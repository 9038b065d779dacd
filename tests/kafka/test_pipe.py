"""The whole pipe on a real Kafka, two workers, one killed under load: tables, readings and alerts are what the log
alone says.

Covers agents/app.py, agents/delivery.py, agents/intake.py, agents/journeys.py, agents/kpis.py, agents/setup.py,
agents/tally.py, agents/worker.py.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from agents import topics
from agents.engine.connection import Connection
from agents.engine.ledger import Ledger
from agents.engine.producer import Producer
from agents.engine.reader import Reader
from agents.setup import Setup, setup
from agents.verify import verify
from stream.claims import Alert
from stream.infra import settings
from stream.partition import Partition
from stream.record import ALERTS, DEADLETTERS, EVENTS, Out, appends
from stream.sources import SourceFault
from tests.support.counting import Worker
from tests.support.kafka import Kafka
from tests.support.recount import records, until

CUSTOMERS = 300
RAW = topics.raw("cloudevents")
STORY: tuple[tuple[str, dict[str, str]], ...] = (
    ("ticket.opened", {"channel": "chat", "topic": "billing", "team": "a"}),
    ("ticket.transferred", {"to_team": "b"}),
    ("ticket.transferred", {"to_team": "a"}),
    ("ticket.resolved", {}),
    ("ticket.reopened", {}),
    ("ticket.resolved", {}),
)


@pytest.fixture
def kafka(kafka_cluster) -> Kafka:
    """A broker of its own: the names of the topics are fixed."""
    return kafka_cluster(size=1)


@pytest.fixture
def file(kafka: Kafka, tmp_path: Path) -> Path:
    file = tmp_path / "journeywatch.toml"
    file.write_text(
        f'[kafka]\nbootstrap = "{kafka.bootstrap}"\nreplication = 1\nmin_insync = 1\n'
        '[redis]\nurl = ""\n[log]\npartitions = 6\n[metrics]\nport = 0\n[logging]\nlevel = "info"\n'
    )
    return file


def story(customers: range) -> Iterator[Out]:
    start = datetime.now(UTC) - timedelta(hours=3)
    for step, (kind, data) in enumerate(STORY):
        for customer in customers:
            event = {
                "specversion": "1.0", "id": f"{customer}-{step}", "source": "test", "type": kind,
                "time": (start + timedelta(minutes=10 * step)).isoformat(), "subject": f"customer-{customer}",
                "data": {"ticket": f"T{customer}", **data},
            }  # fmt: skip
            yield Out(RAW, customer % 6, b"%d" % customer, json.dumps(event).encode())
    yield Out(RAW, 0, None, b"junk")


def start(file: Path, log: Path) -> subprocess.Popen[bytes]:
    program = (
        "import sys; from pathlib import Path; from agents.worker import run; from stream.infra.settings import load\n"
        f"sys.exit(run(load(Path({str(file)!r})), ('intake', 'journeys', 'kpis', 'delivery')))"
    )
    with log.open("wb") as out:
        return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=out)


async def tables(made: Setup, role: str, table: str, partitions: int) -> list[Ledger]:
    name = topics.changelog(role, table, 1)
    found = {TopicPartition(name, p): Ledger() for p in range(partitions)}
    async with Reader(made.connection, found) as reader:
        await reader.read_to_end()
    return list(found.values())


async def test_of_two_workers_one_is_killed_and_the_pipe_comes_to_what_the_log_says(
    kafka: Kafka, file: Path, tmp_path: Path
) -> None:
    effective = settings.load(file)
    made = setup(effective)
    await topics.create(
        kafka.bootstrap,
        topics.wanted(effective.intake.sources, run=1, partitions=6, replication=1, min_insync=1),
    )
    worker = Worker(kafka.bootstrap, "", 6)
    producer = Producer(Connection(bootstrap=kafka.bootstrap))
    await producer.start()

    async def folded(least: int) -> bool:
        found = await tables(made, "journeys", "journeys", 6)
        return sum(t.meta.next for t in found if t.meta) >= least

    def ready(number: int) -> bool:
        return "running intake" in (tmp_path / f"{number}.log").read_text()

    crew = [start(file, tmp_path / f"{number}.log") for number in range(2)]
    try:
        await until(lambda: ready(0) and ready(1), "both workers run", seconds=150)
        sending = asyncio.create_task(producer.publish(story(range(CUSTOMERS))))
        await until(lambda: folded(CUSTOMERS), "events are folded")
        crew[0].kill()
        crew[0].wait()
        crew.append(start(file, tmp_path / "2.log"))
        await sending
        await producer.publish(story(range(CUSTOMERS, 2 * CUSTOMERS)))
        await until(lambda: folded(2 * len(STORY) * CUSTOMERS), "everything is folded", seconds=120)
        await until(lambda: quiet(made, worker), "delivery has heard everything", seconds=120)
        for number in (1, 2):
            crew[number].terminate()
        for number in (1, 2):
            assert await asyncio.to_thread(crew[number].wait, 40) == 0, (tmp_path / f"{number}.log").read_text()
    finally:
        for process in crew:
            process.kill()
            process.wait()
        await producer.stop()
    await compare(made, worker)
    differences, live = await verify(made)
    assert differences == []
    assert live.readings["ticket_volume", "all|"].n == 2 * CUSTOMERS
    await forget_the_beginning(kafka.bootstrap)
    with pytest.raises(SourceFault, match="no longer holds its beginning"):  # exit code 2
        await verify(made)


async def forget_the_beginning(bootstrap: str) -> None:
    """As retention would."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(EVENTS, 0): RecordsToDelete(before_offset=1)})
    finally:
        await admin.close()


async def quiet(made: Setup, worker: Worker) -> bool:
    """Everything written to journey.events is folded, and every alert is in delivery's table."""
    events = [len(found) for found in await records(worker, EVENTS, 6)]
    journeys = await tables(made, "journeys", "journeys", 6)
    (alerts,) = await records(worker, ALERTS, 1)
    (delivery,) = await tables(made, "delivery", "alerts", 1)
    return (
        [t.meta.next for t in journeys if t.meta] == events
        and delivery.meta is not None
        and delivery.meta.next == len(alerts)
    )


async def compare(made: Setup, worker: Worker) -> None:
    """Folds journey.events anew, in one go, and holds it against the live table and what was said of alerts."""
    live = await tables(made, "journeys", "journeys", 6)
    said: dict[tuple[str, int, int], bytes] = {}
    for partition, found in enumerate(await records(worker, EVENTS, 6)):
        fold = Partition(made.definitions, made.plan, partition, {}, None)
        for append in appends(fold.feed(found)):
            for out in append.out:
                if out.topic == ALERTS:
                    alert = decode(out.value)
                    said[alert.id, alert.episode, alert.version] = out.value
        assert live[partition].rows == fold.rows
    (alerts,) = await records(worker, ALERTS, 1)
    heard = {(a.id, a.episode, a.version): r.value for r in alerts for a in [decode(r.value)] if is_customers(a)}
    assert heard == said
    assert len(said) >= 2 * CUSTOMERS * 3
    letters = [r for found in await records(worker, DEADLETTERS, 6) for r in found]
    assert {json.loads(r.value)["reason"] for r in letters} == {"malformed"}


def decode(value: bytes) -> Alert:
    from msgspec import json as wire

    return wire.decode(value, type=Alert)


def is_customers(alert: Alert) -> bool:
    return not alert.subject.startswith("segment:") and alert.subject != "all"
