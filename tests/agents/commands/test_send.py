"""`journeywatch send`: a file's records onto raw.<source>, whole, in order, with their times.

Covers agents/commands/common.py.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.cli import main
from agents.embedded.broker import EmbeddedBroker
from stream import event as events

ROOT = Path(__file__).parents[3]
Send = Callable[..., int]


def event(number: int, subject: str = "c") -> dict[str, Any]:
    time = f"1970-01-01T00:{number // 60:02}:{number % 60:02}Z"
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "s", "type": "ticket.resolved", "time": time,
        "subject": subject, "data": {"ticket": "T"},
    }  # fmt: skip


def decoded(record: Any) -> Any:
    return events.decode(record.value)


def written(path: Path, *lines: Any) -> Path:
    path.write_bytes(b"".join((v if isinstance(v, bytes) else msgspec.json.encode(v)) + b"\n" for v in lines))
    return path


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """One of its own: the names of raw topics are fixed."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def send(broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Send:
    monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", broker.bootstrap)
    return lambda *argv: main(["send", *map(str, argv)])


def heard(broker: EmbeddedBroker, topic: str, partitions: int = 1) -> list[Any]:
    """All that is on a topic, partition by partition."""

    async def read() -> list[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            places = [TopicPartition(topic, p) for p in range(partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            found: list[Any] = []
            async with asyncio.timeout(30):
                while len(found) < sum(ends.values()):
                    found += [r for batch in (await consumer.getmany(timeout_ms=200)).values() for r in batch]
            return sorted(found, key=lambda r: (r.partition, r.offset))
        finally:
            await consumer.stop()

    return asyncio.run(read())


def test_records_arrive_whole_in_order_and_timed(
    broker: EmbeddedBroker, send: Send, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Junk too: it is for intake to judge. The end is a tick at the largest append time."""
    broker.create_topic("raw.cloudevents", 1)
    path = written(tmp_path / "f", event(5), b"junk", {"at": "1970-01-01T00:00:09Z", "event": event(3, "d")}, event(4))
    assert send(path, "--end") == 0
    records = heard(broker, "raw.cloudevents")
    assert [(r.timestamp, r.key) for r in records] == [
        (5000, b"c"),
        (5000, None),
        (9000, b"d"),
        (5000, b"c"),
        (9000, b"clock"),
    ]
    assert [r.value for r in records][:4] == [
        msgspec.json.encode(event(5)),
        b"junk",
        *(msgspec.json.encode(e) for e in (event(3, "d"), event(4))),
    ]
    tick = decoded(records[-1])
    assert (tick.type, tick.time.timestamp(), tick.id) == ("clock.ticked", 9.0, "end-9000")
    assert capsys.readouterr().err == "4 records on raw.cloudevents\n"


def test_a_customers_order_is_kept_over_many_partitions(broker: EmbeddedBroker, send: Send, tmp_path: Path) -> None:
    """More records than may wait for an acknowledgement; nothing is lost or doubled."""
    broker.create_topic("raw.cloudevents", 4)
    assert send(written(tmp_path / "f", *(event(n % 3600, f"c{n % 50}") for n in range(12_000)))) == 0
    records = heard(broker, "raw.cloudevents", 4)
    assert len(records) == 12_000
    assert len({r.partition for r in records}) == 4
    for subject in range(50):
        mine = [(r.partition, int(decoded(r).id[1:])) for r in records if r.key == f"c{subject}".encode()]
        assert len({partition for partition, _ in mine}) == 1
        assert [n for _, n in mine] == [n % 3600 for n in range(12_000) if n % 50 == subject]


def test_a_process_log_goes_through_its_mapping(broker: EmbeddedBroker, send: Send, tmp_path: Path) -> None:
    """To the topic of its source, as events."""
    broker.create_topic("raw.xes", 1)
    row = '<event><string key="concept:name" value="{}"/><date key="time:timestamp" value="{}"/></event>'
    rows = row.format("New", "1970-01-01T00:00:01Z") + row.format("Resolve ticket", "1970-01-01T00:00:02Z")
    path = written(
        tmp_path / "f.xes", f'<log><trace><string key="concept:name" value="a"/>{rows}</trace></log>'.encode()
    )
    assert send(path, "--source", "xes", "--mapping", ROOT / "examples" / "helpdesk.toml") == 0
    records = heard(broker, "raw.xes")
    assert [(decoded(r).type, r.timestamp) for r in records] == [
        ("ticket.opened", 1000),
        ("ticket.resolved", 2000),
    ]


def test_a_rate_is_an_upper_bound(broker: EmbeddedBroker, send: Send, tmp_path: Path) -> None:
    """11 records at 20 a second take at least half a second."""
    broker.create_topic("raw.cloudevents", 1)
    clock = asyncio.new_event_loop()
    start = clock.time()
    assert send(written(tmp_path / "f", *(event(n) for n in range(11))), "--rate", 20) == 0
    assert clock.time() - start >= 0.5
    clock.close()
    assert len(heard(broker, "raw.cloudevents")) == 11


def test_a_topic_that_is_missing_is_not_made(
    broker: EmbeddedBroker, send: Send, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asking again gives the same answer: the first did not make it."""
    broker.create_topic("other", 1)
    for _ in range(2):
        assert send(written(tmp_path / "f", event(1))) == 76
        said = capsys.readouterr().err
        assert said.startswith("journeywatch: stopped (76): topic raw.cloudevents is missing: make it with `journeyw")
        assert said.count("\n") == 1


def test_wrong_input_is_said_before_anything_is_sent(
    broker: EmbeddedBroker, send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Also where no broker is there."""
    broker.create_topic("raw.cloudevents", 1)
    broker.create_topic("raw.xes", 1)
    mapping = written(tmp_path / "m.toml", b"source = 5")
    for argv, words in (
        ([tmp_path / "absent"], "absent: No such file"),
        ([tmp_path, "--source", "xe"], 'source xe is unknown; did you mean "xes"?'),
        ([tmp_path, "--source", "xes"], "source xes needs a mapping"),
        ([tmp_path, "--source", "xes", "--mapping", mapping], "m.toml:1: source = 5: expected str, got int"),
    ):
        assert send(*argv) == 2
        assert words in capsys.readouterr().err
        monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", "127.0.0.1:1")
        assert send(*argv) == 2
        assert words in capsys.readouterr().err
        monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", broker.bootstrap)
    assert send(written(tmp_path / "empty")) == 1
    assert "empty holds no events" in capsys.readouterr().err
    assert heard(broker, "raw.cloudevents") == heard(broker, "raw.xes") == []


def test_a_broker_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says where it was looked for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", address)
        assert main(["send", str(written(tmp_path / "f", event(1)))]) == 75
        said = capsys.readouterr().err
        assert said.startswith(
            f"journeywatch: stopped (75): no Kafka at {address}; see that it runs, or set kafka.bootstrap"
        )
        assert said.count("\n") == 1
        assert main(["topics"]) == 75
