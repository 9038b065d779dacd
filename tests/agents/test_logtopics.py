"""The log on Kafka, replayed: equal to the replay of its file; what does not fit is said."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from agents.cli import main
from agents.embedded.broker import EmbeddedBroker
from stream.definitions import DAY, Definitions
from stream.event import millis
from stream.infra.world import disturb, world, write
from stream.intake import intake
from stream.record import Out, Record
from stream.sources.cloudevents import CloudEvents
from tests.support.replaying import START, STORY, contents, replay, rows


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A month of 30 customers, as a bad network brings them; their money is known."""
    monkeypatch.setenv("JOURNEYWATCH_CURRENCIES__USD__RATE", "1")
    monkeypatch.setenv("JOURNEYWATCH_CURRENCIES__EUR__RATE", "1.10")
    path = tmp_path / "log.ndjson"
    assert write(path, disturb(world(30, START, START + 30 * DAY, 3), 1)) > 400
    return path


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedBroker]:
    """One of its own: the names of the topics are fixed."""
    with EmbeddedBroker() as broker:
        monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", broker.bootstrap)
        yield broker


def intaken(path: Path, partitions: int) -> list[Out]:
    """What intake makes of a file, with its append times."""
    source = CloudEvents()
    definitions = Definitions(partitions=partitions, time="record")
    return [
        out
        for number, (at, data) in enumerate(source.read(path))
        for out in intake(
            Record("raw.cloudevents", 0, number, at, None, data), "raw.cloudevents", 0, source, definitions
        )
    ]


def produce(broker: EmbeddedBroker, outs: list[Out]) -> None:
    """Publishes on one topic, made with 24 partitions."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        await producer.start()
        try:
            for out in outs:
                await producer.send(out.topic, out.value, out.key, out.partition, out.timestamp)
            await producer.flush()
        finally:
            await producer.stop()

    asyncio.run(send())


def test_the_log_on_kafka_gives_what_its_file_gives(log: Path, broker: EmbeddedBroker, tmp_path: Path) -> None:
    """From journey.events, and from the raw topic that was filled by `send`; also stopped on the way."""
    broker.create_topic("journey.events", 24)
    broker.create_topic("raw.cloudevents", 1)
    produce(broker, intaken(log, 24))
    assert main(["send", str(log), "--end"]) == 0
    for stop in ([], ["--at", json.loads(log.read_text().splitlines()[300])["at"]]):
        expected = contents(replay(tmp_path / "file", log, *stop))
        assert contents(replay(tmp_path / "events", "topic:journey.events", *stop)) == expected
        assert contents(replay(tmp_path / "raw", "topic:raw.cloudevents", *stop)) == expected


def test_raw_partitions_are_merged_by_time_and_junk_names_its_place(broker: EmbeddedBroker, tmp_path: Path) -> None:
    """The reopening stands on an earlier partition than what it reopens."""
    broker.create_topic("raw.cloudevents", 3)
    places = [2, 1, 0]
    records = [
        (p, millis(datetime.fromisoformat(e["time"])), json.dumps(e).encode())
        for p, e in zip(places, STORY, strict=True)
    ]
    records.append((1, START + 300_000, b"junk"))
    produce(broker, [Out("raw.cloudevents", p, b"c", data, at) for p, at, data in records])
    out = replay(tmp_path / "out", "topic:raw.cloudevents")
    assert [row["cause"] for row in rows(out, "alerts.json")] == ["T"]
    (letter,) = rows(out, "deadletters.ndjson")
    assert (letter["partition"], letter["offset"], letter["at"]) == (1, 1, START + 300_000)


def test_topics_that_do_not_fit(broker: EmbeddedBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not there, not made by asking; with another number of partitions."""
    for _ in range(2):
        replay(tmp_path / "out", "topic:journey.events", code=76)
        assert "(76): there is no topic journey.events" in capsys.readouterr().err
    broker.create_topic("journey.events", 5)
    replay(tmp_path / "out", "topic:journey.events", code=73)
    said = capsys.readouterr().err
    assert "journey.events has 5 partitions, the settings say 24: set [log] partitions = 5" in said
    assert said.count("\n") == 1


def test_a_broker_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", address)
        replay(tmp_path / "out", "topic:journey.events", code=75)
        assert f"stopped (75): no Kafka at {address}" in capsys.readouterr().err
