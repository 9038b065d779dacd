"""A hop on the embedded broker: from records to rows and sayings, through stops, starts and foreign hands.

Covers agents/engine/app.py, agents/engine/lane.py, agents/engine/producer.py, agents/engine/reader.py,
agents/engine/tables.py.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from aiokafka import TopicPartition

from agents.embedded.broker import EmbeddedBroker
from agents.engine.connection import Connection
from agents.engine.exits import Code
from agents.engine.hop import Client, Hop, HopSpec
from agents.engine.lane import Lane
from agents.engine.ledger import records as append_records
from agents.engine.producer import Producer
from stream.infra.telemetry import HopTelemetry
from stream.record import Append, Meta, Out, Stop
from tests.support import recount
from tests.support.counting import Worker
from tests.support.holes import without
from tests.support.recount import check, ledgers, running, send, until


@pytest.fixture
def worker(embedded_kafka: EmbeddedBroker, unique: str) -> Worker:
    worker = Worker(embedded_kafka.bootstrap, unique, partitions=3, embedded=True)
    for topic, partitions in worker.topics().items():
        embedded_kafka.create_topic(topic, partitions)
    return worker


async def stop_of(worker: Worker) -> Stop:
    """The stop to which this worker comes by itself."""
    errors: list[BaseException] = []
    async with running(worker, errors):
        await until(lambda: errors, "the worker stops")
    assert isinstance(errors[0], Stop), errors[0]
    return errors[0]


async def test_every_record_is_counted_once_over_stops_and_starts(worker: Worker) -> None:
    for start in (0, 3_000, 6_000):
        errors: list[BaseException] = []
        await send(worker, range(start, start + 3_000), keys=40)
        async with running(worker, errors) as hop:
            await until(lambda: hop.telemetry.records == 3_000, "what is new is folded")
        assert errors == []
        twice = await check(worker)
        assert twice == 0 or start > 0  # a start says the last append again: nobody knows that it was said


async def test_what_is_done_is_committed(worker: Worker) -> None:
    await send(worker, range(300))
    async with running(worker, []) as hop:
        gauges = hop.telemetry.partitions
        await until(lambda: [g.committed for g in gauges.values()] == [100] * 3, "the group's offsets")
        assert [(g.read, g.done, g.highwater) for g in gauges.values()] == [(100, 100, 100)] * 3


async def test_what_was_written_but_perhaps_not_said_is_said_again(worker: Worker) -> None:
    await send(worker, range(30))
    said = Out(worker.said, 0, b"k", b"v")
    producer = Producer(recount.connection(worker))
    await producer.start()
    meta = Meta(next=10, seq=1, run=1, revision=worker.revision, partitions=3)
    await producer.append(worker.changelog, 1, 0, append_records(Append([], meta, [said])))
    await producer.stop()
    async with running(worker, []) as hop:
        await until(lambda: hop.telemetry.records == 20, "the other partitions are folded")
        assert hop.telemetry.outbox_republished == 1
    assert [(r.key, r.value) for r in (await recount.records(worker, worker.said, 1))[0]] == [(b"k", b"v")]


async def test_of_two_owners_the_one_that_was_overtaken_stops(worker: Worker) -> None:
    errors: list[BaseException] = []
    async with running(worker, errors) as hop:
        await until(lambda: len(hop.lanes) == 3, "the partitions are owned")
        other = Producer(recount.connection(worker))
        await other.start()
        end = (await ledgers(worker))[0].end
        meta = Meta(next=0, run=1, revision=worker.revision, partitions=3)
        await other.append(worker.changelog, 0, end, append_records(Append([], meta, [])))
        await other.stop()
        await send(worker, range(30))
        await until(lambda: errors, "the worker stops")
    assert isinstance(errors[0], Stop)
    assert errors[0].code == Code.FOREIGN

    errors.clear()
    async with running(worker, errors) as hop:  # it starts again, and mends what its own void append hit
        await until(lambda: recount.finished(worker), "everything is folded")
        assert (hop.telemetry.foreign_writes, hop.telemetry.void_records > 0) == (1, True)
    assert errors == []
    await check(worker)


async def test_other_definitions_are_refused_and_named(worker: Worker) -> None:
    async with running(worker, []) as hop:
        await until(lambda: len(hop.lanes) == 3, "the partitions are owned")
    stop = await stop_of(Worker(worker.bootstrap, worker.prefix, 3, embedded=True, revision="other"))
    assert stop.code == Code.DEFINITIONS
    assert "other" in str(stop)
    assert "run + 1" in str(stop)


async def test_another_number_of_partitions_is_refused(worker: Worker) -> None:
    stop = await stop_of(Worker(worker.bootstrap, worker.prefix, 4, embedded=True))
    assert stop.code == Code.PARTITIONS
    assert "3 partitions" in str(stop)


async def test_a_place_that_the_source_never_had_is_refused(worker: Worker) -> None:
    producer = Producer(recount.connection(worker))
    await producer.start()
    meta = Meta(next=17, seq=1, run=1, revision=worker.revision, partitions=3)
    await producer.append(worker.changelog, 0, 0, append_records(Append([], meta, [])))
    await producer.stop()
    stop = await stop_of(worker)
    assert stop.code == Code.TRUNCATED
    assert "17" in str(stop)


async def test_a_changelog_that_somebody_else_writes_to_is_refused(worker: Worker) -> None:
    producer = Producer(recount.connection(worker))
    await producer.start()
    await producer.publish([Out(worker.changelog, 2, b"k", b"v")])
    await producer.stop()
    assert (await stop_of(worker)).code == Code.CORRUPT


async def test_a_fault_of_the_fold_stops_the_worker(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[BaseException] = []

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tests.support.counting.Counting.feed", broken)
    async with running(worker, errors):
        await send(worker, range(30))
        await until(lambda: errors, "the worker stops")
    assert isinstance(errors[0], ZeroDivisionError)
    assert [ledger.rows for ledger in await ledgers(worker)] == [{}, {}, {}]


async def test_a_lane_gives_up_what_is_queued_and_finishes_what_is_in_work(worker: Worker) -> None:
    await send(worker, range(30_000), keys=100)
    errors: list[BaseException] = []
    async with running(worker, errors) as hop:
        await until(lambda: hop.telemetry.appends > 0, "the first append")
        await asyncio.wait_for(hop.release(), 20)
        done = {ledger.meta.next for ledger in await ledgers(worker) if ledger.meta}
        assert hop.lanes == {}
        assert max(done) <= 10_000
    async with running(worker, errors) as hop:
        await until(lambda: recount.finished(worker), "everything is folded")
    assert errors == []
    await check(worker)


class Empty(Hop):
    """A hop that owns nothing."""

    async def _prepare(self, owned: list[TopicPartition]) -> list[Lane]:
        return []


@pytest.mark.parametrize(("answers", "code"), [((None, None, 3), None), ((None, 2), Code.PARTITIONS)])
async def test_a_topic_that_a_broker_does_not_know_yet_is_waited_for(
    answers: tuple[int | None, ...], code: Code | None
) -> None:
    """A broker that has just started answers so for a moment; a worker that lives through its outage is to go on."""
    stops: list[BaseException] = []
    hop = Empty(
        HopSpec("empty", "empty", {"events": 3}), Connection(bootstrap="127.0.0.1:1"), HopTelemetry("e"), stops.append
    )
    said = iter(answers)
    hop.client = cast(Client, SimpleNamespace(owned=[], partitions=lambda topic: next(said, answers[-1])))
    await hop.recover()
    await hop.release()
    assert [cast(Stop, stop).code for stop in stops] == ([code] if code else [])


async def test_a_topic_that_never_comes_is_named() -> None:
    stops: list[BaseException] = []
    hop = Empty(HopSpec("e", "e", {"gone": 3}), Connection(bootstrap="b:1", lost=0.5), HopTelemetry("e"), stops.append)
    hop.client = cast(Client, SimpleNamespace(owned=[], partitions=lambda topic: None))
    await hop.recover()
    await hop.release()
    assert [str(stop) for stop in stops] == ["topic gone is not there; `journeywatch topics --create` makes it"]


class Slow(Hop):
    """A hop that never finds out what it owns."""

    began: asyncio.Event

    async def _prepare(self, owned: list[TopicPartition]) -> list[Lane]:
        self.began.set()
        return await asyncio.get_running_loop().create_future()


async def recover_as_the_opening(self: Slow) -> bool:
    await self.release()
    self._released = False
    self._opening = asyncio.create_task(self._open())
    await asyncio.shield(self._opening)
    return not self._released


@without(f"{__name__}.Slow.recover", recover_as_the_opening)
async def test_h22_a_recovery_that_is_broken_off_says_so_and_the_next_one_begins() -> None:
    """Faust has one task for all recoveries: a cancellation that got out of one would end all to come, unseen."""
    errors: list[BaseException] = []
    made = Slow(HopSpec("slow", "slow", {}), Connection(bootstrap="nowhere:1"), HopTelemetry("slow"), errors.append)
    made.client = cast(Client, SimpleNamespace(owned=[]))
    for _ in range(2):
        made.began = asyncio.Event()
        recovering = asyncio.create_task(made.recover())
        await made.began.wait()
        await made.release()
        await asyncio.wait([recovering])
        assert not recovering.cancelled()
        assert recovering.result() is False
    assert errors == []
