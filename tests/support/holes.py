"""A hole of the engine's design: its test passes with the guard, and fails as soon as the guard is taken out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka import TopicPartition

from agents.engine.connection import Connection
from agents.engine.hop import HopSpec
from agents.engine.ledger import Ledger, stamp
from agents.engine.owner import TableSpec
from agents.engine.producer import Producer
from agents.engine.tables import TableHop
from stream.infra.telemetry import HopTelemetry
from tests.simulation.clients import Batch

RED = (AssertionError, pytest.fail.Exception)


def without(target: str, replacement: Any) -> Callable[[Callable[[], Awaitable[None]]], Any]:
    """The test runs as it is, and must fail once `replacement` stands in place of its guard `target`."""

    def both(test: Callable[[], Awaitable[None]]) -> Any:
        @pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "red without its guard"])
        async def run(guarded: bool) -> None:
            if guarded:
                await test()
                return
            with ExitStack() as stack:
                stack.enter_context(patch(target, replacement))
                with pytest.raises(RED):
                    await test()

        run.__doc__ = test.__doc__
        return run

    return both


class Broker:
    """In place of aiokafka's producer: what lands is kept, batch by batch. `fails` = batches until it refuses all."""

    def __init__(self, fails: int = -1) -> None:
        self.batches: list[tuple[TopicPartition, list[Any]]] = []
        self._fails = fails

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if len(self.batches) == self._fails:
            raise ConnectionError
        tp = TopicPartition(topic, partition)
        answer.set_result(_Landed(sum(len(records) for where, records in self.batches if where == tp)))
        self.batches.append((tp, batch.records))
        return answer

    def records(self, topic: str, partition: int = 0) -> list[Any]:
        """(key, value, headers) of a partition, in order."""
        tp = TopicPartition(topic, partition)
        return [record for where, records in self.batches if where == tp for record in records]

    def read(self, topic: str, partition: int = 0) -> Ledger:
        """The changelog as its next owner reads it."""
        ledger = Ledger()
        for offset, (key, value, headers) in enumerate(self.records(topic, partition)):
            ledger.hear(offset, headers, key, value)
        return ledger


class _Landed:
    def __init__(self, offset: int) -> None:
        self.offset = offset


def producer(broker: Broker) -> Producer:
    made = Producer(Connection(bootstrap="nowhere:1"))
    made._producer = broker
    return made


def hop(table: TableSpec, broker: Broker, errors: list[BaseException]) -> TableHop:
    """A hop that is not started, over the partitions 0 .. of "source"; its ledgers are to be set."""
    spec = HopSpec(role="holes", app_id="holes", sources={"source": table.partitions})
    made = TableHop(spec, table, Connection(bootstrap="nowhere:1"), HopTelemetry("holes"), errors.append)
    made.producer = producer(broker)
    return made


async def append_unchecked(self: Producer, topic: str, partition: int, base: int, puts: Sequence[Any]) -> int:
    """`Producer.append` that does not look where it landed."""
    batch = self._batch()
    for index, (key, value) in enumerate(puts):
        batch.append(key=key, value=value, timestamp=None, headers=[stamp(base, index)])
    await self._landed(batch, topic, partition)
    return batch.size()


async def append_piecemeal(self: Producer, topic: str, partition: int, base: int, puts: Sequence[Any]) -> int:
    """`Producer.append` that sends every record by itself."""
    for index, (key, value) in enumerate(puts):
        batch = self._batch()
        batch.append(key=key, value=value, timestamp=None, headers=[stamp(base, index)])
        await self._landed(batch, topic, partition)
    return 1
