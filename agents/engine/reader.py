"""Reading changelogs, without a consumer group: to their end for the owner, and on and on for a standby.

Faust's own recovery is not used: it shares the source's consumer, which hands over and drops batches around a seek
(see `position`), and a compacted log does not show a hole. Here one client, started for the purpose, reads each
partition in order from where its ledger ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from agents.engine.connection import Connection
from agents.engine.exits import Code, OnStop
from agents.engine.ledger import Ledger
from stream.record import Stop

_SLICE = 2_000  # records decoded and taken in before other tasks have a turn


class Reader:
    """A client over some partitions; ledgers are keyed by changelog partition. Use `async with`."""

    def __init__(self, connection: Connection, ledgers: Mapping[TopicPartition, Ledger]) -> None:
        self._ledgers = ledgers
        self._patience = connection.lost
        self._consumer = AIOKafkaConsumer(
            **connection.client(),
            auto_offset_reset="none",  # a changelog is compacted, never cut off: out of range is an error
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 << 20,
            fetch_max_bytes=8 << 20,  # an answer is taken apart in one go: 50 MB would hold the loop for 60 ms
            fetch_max_wait_ms=200,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise
        await asyncio.sleep(0)  # a task of the client that has had no turn makes its stop look like our cancellation
        if self._ledgers:
            self._consumer.assign(list(self._ledgers))
            first = await self._consumer.beginning_offsets(list(self._ledgers))
            for tp, ledger in self._ledgers.items():
                self._consumer.seek(tp, max(ledger.end, first[tp]))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def bounds(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """First offset and next offset to be written of any partitions."""
        if not tps:
            return {}
        first = await self._consumer.beginning_offsets(list(tps))
        end = await self._consumer.end_offsets(list(tps))
        return {tp: (first[tp], end[tp]) for tp in tps}

    async def read_to_end(self) -> int:
        """Reads every partition to where it ended at the call; returns the number of records.

        Raises Stop: 75 when the broker gives nothing for so long that it counts as lost, 77 for a record that is none
        of ours.
        """
        if not self._ledgers:
            return 0
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(list(self._ledgers))
        behind = [tp for tp in ends if await self._consumer.position(tp) < ends[tp]]
        count, loop = 0, asyncio.get_running_loop()
        heard = loop.time()
        while behind:
            batches = await self._consumer.getmany(*behind, timeout_ms=500, max_records=_SLICE)
            count += sum(map(len, batches.values()))
            if batches:
                heard = loop.time()
                await self._take(batches)
            elif loop.time() - heard > self._patience:
                words = f"nothing came from {behind[0].topic} for {self._patience:g} s"
                raise Stop(Code.BROKER, f"{words}; nothing is lost, look at its brokers and start again")
            behind = [tp for tp in behind if await self._consumer.position(tp) < ends[tp]]
        for tp, end in ends.items():
            self._ledgers[tp].end = max(self._ledgers[tp].end, end)  # the last offsets may be compacted away
        return count

    async def follow(self) -> None:
        """Reads on for ever."""
        while True:
            await self._take(await self._consumer.getmany(timeout_ms=1_000, max_records=_SLICE))

    async def _take(self, batches: Mapping[TopicPartition, Sequence[Any]]) -> None:
        for tp, records in batches.items():
            hear = self._ledgers[tp].hear
            for r in records:
                hear(r.offset, r.headers, r.key, r.value)
        await asyncio.sleep(0)


class Standby:
    """Keeps the ledgers of standby partitions up to date while the hop lives, so that a promotion reads little."""

    def __init__(self, connection: Connection, on_stop: OnStop) -> None:
        self._connection = connection
        self._on_stop = on_stop
        self._task: asyncio.Task[None] | None = None

    def start(self, ledgers: Mapping[TopicPartition, Ledger]) -> None:
        if ledgers:
            self._task = asyncio.create_task(self._run(dict(ledgers)))

    async def stop(self) -> None:
        """Returns when no ledger is touched any more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self, ledgers: Mapping[TopicPartition, Ledger]) -> None:
        try:
            async with Reader(self._connection, ledgers) as reader:
                await reader.follow()
        except OffsetOutOfRangeError as error:
            self._on_stop(Stop(Code.CORRUPT, f"a changelog was cut off or made anew under its reader ({error})"))
        except Exception as error:  # noqa: BLE001 - crash-only
            self._on_stop(error)
