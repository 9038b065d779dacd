"""The private parts of Faust and aiokafka that the engine leans on: an upgrade that moves one fails here, by name.

Where only the shape matters it is asserted; where the engine was built on how a body works, the body's hash is kept:
when it differs, read it again beside agents/engine/transport.py, run tests/kafka, then keep the new hash.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, cast

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator
from aiokafka.producer.sender import SendProduceReqHandler
from faust.app.base import App
from faust.assignor.partition_assignor import PartitionAssignor
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from agents.embedded.broker import EmbeddedBroker
from agents.engine.app import EngineApp, build
from agents.engine.connection import Connection
from agents.engine.producer import Producer
from agents.engine.transport import QUEUED, EngineConsumer, EngineRecovery
from stream.infra.telemetry import HopTelemetry
from stream.record import Out
from tests.support import recount
from tests.support.counting import Worker, hop

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}

BODIES: dict[Any, str] = {
    Consumer.getmany: "5c87d5d37428",
    Consumer._drain_messages: "b62bd6539aeb",
    Consumer.force_commit: "9f74f6bd7475",
    Consumer._filter_committable_offsets: "8697d17213c6",
    Consumer._should_commit: "c4a45ac66a56",
    Consumer.on_partitions_revoked: "bff85c032527",
    Consumer.wait_empty: "75adf6c03e52",
    App._on_partitions_revoked: "289e06db160c",
    App._on_partitions_assigned: "87d6dabfbdaf",
    Recovery._restart_recovery.fun: "8cff0a470388",
    Recovery._resume_streams: "65a824f3789d",
    Recovery.on_recovery_completed: "8952e57ca77c",
    TableManager.on_rebalance: "6c39f409fe7a",
    AIOKafkaConsumerThread._seek_wait: "906df6f0e086",
    AIOKafkaConsumerThread._commit: "d26ce85fdec4",
    AIOKafkaProducer.send_batch: "94a05520ee3c",
    MessageAccumulator.add_batch: "d833a80f6fa3",
    MessageAccumulator.drain_by_nodes: "5ac00199c7ff",
    SendProduceReqHandler._can_retry: "c8465de68d68",
}


@pytest.mark.parametrize("name", PINNED)
def test_the_installed_version_is_the_one_that_was_read(name: str) -> None:
    assert version(name) == PINNED[name]


@pytest.mark.parametrize("function", BODIES, ids=lambda f: f.__qualname__)
def test_a_body_that_the_engine_was_built_on_is_unchanged(function: Any) -> None:
    source = inspect.getsource(inspect.unwrap(function))
    assert blake2b(source.encode(), digest_size=6).hexdigest() == BODIES[function]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (getattr(owner, name), getattr(mine, name))
        for owner, mine, names in (
            (
                Consumer,
                EngineConsumer,
                "perform_seek on_partitions_revoked _add_gap _filter_tps_with_pending_acks _new_offset",
            ),
            (Consumer, EngineConsumer, "on_buffer_full on_buffer_drop verify_all_partitions_active"),
            (
                Recovery,
                EngineRecovery,
                "on_rebalance on_recovery_completed _resume_streams",
            ),
            (App, EngineApp, "_new_transport _crash"),
        )
        for name in names.split()
    ],
    ids=lambda f: f.__qualname__,
)
def test_what_is_overridden_is_there_and_takes_the_same(theirs: Any, ours: Any) -> None:
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    assert inspect.iscoroutinefunction(inspect.unwrap(ours)) == inspect.iscoroutinefunction(inspect.unwrap(theirs))


def test_faust_and_aiokafka_name_partitions_alike() -> None:
    assert TP("t", 1) == TopicPartition("t", 1)
    assert hash(TP("t", 1)) == hash(TopicPartition("t", 1))


@pytest.fixture
async def app() -> AsyncIterator[EngineApp]:
    """An app that is not started."""
    counting = hop(Worker("127.0.0.1:1", "contract", 2), HopTelemetry("count"), lambda error: None)
    app = build(counting, counting.connection)
    yield app
    cast("EngineConsumer", app.consumer)._thread.thread_loop.close()  # Faust closes it only in a thread that ran


async def test_only_what_is_done_is_committed(app: EngineApp, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = app.consumer
    assert isinstance(consumer, EngineConsumer)
    committed: list[dict[TP, int]] = []

    async def commit(offsets: dict[TP, int]) -> bool:
        committed.append(dict(offsets))
        return True

    async def flush(*_: object) -> None:
        pass

    one, two = TP("contract.source", 0), TP("contract.source", 1)
    monkeypatch.setattr(consumer, "_commit", commit)
    monkeypatch.setattr(consumer, "assignment", lambda: {one, two})
    monkeypatch.setattr(app.producer, "flush", flush)
    for offset in (1, 2, 9):  # Faust's own bookkeeping has no say
        consumer._acked[two].append(offset)
    consumer.may_commit(TopicPartition(*one), 5)
    await consumer.force_commit()
    await consumer.force_commit()  # nothing new
    consumer.may_commit(TopicPartition(*one), 7)
    consumer.may_commit(TopicPartition(*two), 1)
    await consumer.force_commit()
    assert committed == [{one: 5}, {one: 7, two: 1}]
    assert consumer.last_committed(TopicPartition(*one)) == 7


async def test_no_batch_counts_as_read_already(app: EngineApp) -> None:
    read, tp = cast("EngineConsumer", app.consumer)._read_offset, TP("contract.source", 0)
    read[tp] = 17
    assert read[tp] is None
    assert tp in read
    del read[tp]  # as _seek_wait does


async def test_the_argument_maxsize_still_goes_nowhere_and_the_attribute_works(app: EngineApp) -> None:
    assert app.topic("other", maxsize=3).maxsize != 3
    (agent,) = app.agents.values()
    assert agent.channel.maxsize == QUEUED
    assert agent.channel.clone(is_iterator=True).maxsize == QUEUED
    assert agent.channel.acks is False


async def test_the_table_names_its_changelog_as_the_topics_say(app: EngineApp) -> None:
    assert app.tables.changelog_topics == {"contract-counts-changelog"}
    assert isinstance(cast("TableManager", app.tables).recovery, EngineRecovery)
    assert isinstance(app.assignor, PartitionAssignor)
    assert app.conf.topic_allow_declare is False


def test_a_consumer_thread_gives_what_the_client_asks() -> None:
    for name in ("call_thread", "_ensure_consumer", "seek_wait", "earliest_offsets", "highwater", "assignment"):
        assert hasattr(AIOKafkaConsumerThread, name), name
    for name in (
        "assignment",
        "committed",
        "assign",
        "seek",
        "position",
        "beginning_offsets",
        "end_offsets",
        "getmany",
    ):
        assert hasattr(AIOKafkaConsumer, name), name
    assert issubclass(faust.App, App)


async def test_one_batch_lands_in_one_piece_at_the_offset_that_is_acknowledged(
    embedded_kafka: EmbeddedBroker, unique: str
) -> None:
    embedded_kafka.create_topic(unique, 1)
    worker = Worker(embedded_kafka.bootstrap, unique, 1, embedded=True)
    producer = Producer(Connection(bootstrap=worker.bootstrap, embedded=True))
    await producer.start()
    await producer.publish([Out(unique, 0, b"k", b"v", 1_700_000_000_123)])
    await producer.append(unique, 0, 1, [(b"a", b"1"), (b"b", None), (b"c", bytes(1_500_000))])
    await producer.stop()
    (found,) = await recount.records(worker, unique, 1)
    assert [(r.offset, r.key, r.value and len(r.value)) for r in found] == [
        (0, b"k", 1), (1, b"a", 1), (2, b"b", None), (3, b"c", 1_500_000),
    ]  # fmt: skip
    assert found[0].timestamp == 1_700_000_000_123
    assert [r.headers[0][0] for r in found[1:]] == ["at", "at", "at"]


async def test_what_waits_for_a_leader_waits_as_long_as_for_a_cluster(embedded_kafka: EmbeddedBroker) -> None:
    producer = Producer(Connection(bootstrap=embedded_kafka.bootstrap, embedded=True, lost=7.0))
    await producer.start()
    assert producer._producer is not None
    batch = producer._producer._message_accumulator._append_batch(producer._batch(), TopicPartition("t", 0))
    assert batch._ttl == 7.0
    await producer.stop()


def test_a_batch_has_no_limit_but_its_own() -> None:
    batch = BatchBuilder(64 << 20, 0)
    for _ in range(3):
        assert batch.append(key=b"k", value=bytes(1 << 20), timestamp=None) is not None
    assert batch.record_count() == 3
