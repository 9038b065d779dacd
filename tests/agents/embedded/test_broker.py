"""The embedded broker: topics, records, groups, and its end."""

import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from agents.embedded import broker as module
from agents.embedded.broker import EmbeddedBroker, EmbeddedBrokerError, separate_broker, soothe_aiokafka


async def partitions_of(bootstrap: str) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    finally:
        await admin.close()


async def test_records_come_back_as_they_were_sent(embedded_kafka: EmbeddedBroker, unique: str) -> None:
    """Key, value, tombstone, headers, time, partition and contiguous offsets survive."""
    embedded_kafka.create_topic(unique, 3)
    sent = [(b"k", b"v", 1_700_000_000_123, [("a", b"1")]), (b"k", None, 5, []), (None, b"", 7, [])]
    async with AIOKafkaProducer(bootstrap_servers=embedded_kafka.bootstrap) as producer:
        for key, value, at, headers in sent:
            await producer.send_and_wait(unique, value, key, 2, at, headers)
    async with AIOKafkaConsumer(bootstrap_servers=embedded_kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(unique, 2)])
        records = [await consumer.getone() for _ in sent]
    assert [(r.key, r.value, r.timestamp, list(r.headers)) for r in records] == sent
    assert [r.offset for r in records] == [0, 1, 2]


async def test_topics_have_the_partitions_asked_for(embedded_kafka: EmbeddedBroker, unique: str) -> None:
    embedded_kafka.create_topic(f"{unique}.a", 24)
    embedded_kafka.create_topic(f"{unique}.b")
    found = await partitions_of(embedded_kafka.bootstrap)
    assert (found[f"{unique}.a"], found[f"{unique}.b"]) == (24, 1)


def test_a_topic_is_made_once(embedded_kafka: EmbeddedBroker, unique: str) -> None:
    embedded_kafka.create_topic(unique)
    with pytest.raises(EmbeddedBrokerError, match=f"{unique} is there already"):
        embedded_kafka.create_topic(unique)


async def test_two_members_of_a_group_share_one_loop(embedded_kafka: EmbeddedBroker, unique: str) -> None:
    """With soothe_aiokafka two members of one loop divide a topic between them."""
    soothe_aiokafka()
    soothe_aiokafka()
    embedded_kafka.create_topic(unique, 4)
    settings = {
        "bootstrap_servers": embedded_kafka.bootstrap,
        "group_id": unique,
        "session_timeout_ms": 6000,
        "heartbeat_interval_ms": 500,
    }
    async with AIOKafkaConsumer(unique, **settings) as first, AIOKafkaConsumer(unique, **settings) as second:
        while not (len(first.assignment()) == len(second.assignment()) == 2):
            await first.getmany(timeout_ms=50)
            await second.getmany(timeout_ms=50)
        assert first.assignment().isdisjoint(second.assignment())


def test_close_may_be_repeated() -> None:
    broker = EmbeddedBroker()
    broker.close()
    broker.close()


async def test_it_runs_in_a_process_of_its_own() -> None:
    with separate_broker({"one": 1, "many": 5}) as bootstrap:
        assert await partitions_of(bootstrap) == {"one": 1, "many": 5}


def test_the_process_ends_with_its_standard_input(tmp_path: Path) -> None:
    """It writes its address into the file asked for, and ends well when standard input closes."""
    file = tmp_path / "bootstrap"
    command = [sys.executable, "-m", "agents.embedded.broker", "--topics", "a:2,b", "--bootstrap-file", str(file)]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert ended.returncode == 0
    assert file.read_text().startswith("127.0.0.1:")


def test_without_the_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATTERNS", ())
    with pytest.raises(EmbeddedBrokerError, match="use a wheel from PyPI, or a real Kafka"):
        EmbeddedBroker()
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(EmbeddedBrokerError, match=r"pip install 'journeywatch\[demo\]'"):
        EmbeddedBroker()
