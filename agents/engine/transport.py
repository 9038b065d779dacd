"""Faust's half: fetches, keeps the group, commits what is done. Everything private of it is used here.

What comes in one answer is one message to Faust: it takes some passes of the loop over each, and four tasks, and in a
pass a piece of heavy work may be done. With a message for each partition most of an event's delay was there.

What is overridden, and why (each has its contract test in tests/contract/test_private_faust.py):
- Faust's own bookkeeping of acknowledgements loses and stalls commits when one message is a whole batch: only
  `next_commit` is ever committed, and gaps are not tracked.
- `_read_offset` would drop a batch that is read again after a seek back.
- a full buffer would put the fetcher to sleep for a second: it waits at the queue instead.
- recovery is the hop's (see `reader`); Faust only says when, and where this worker stands in the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import faust
from aiokafka import TopicPartition
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from agents.engine.lane import BATCH

if TYPE_CHECKING:
    from agents.engine.app import EngineApp

QUEUED = 1  # fetches in Faust's queue
Batches = Sequence[tuple[TP, Sequence[Any]]]  # consecutive records of a partition each


class Fetch:
    """What one answer brought, in the shape of one record. `value` = its batches; there is at least one."""

    __slots__ = ("offset", "partition", "timestamp", "topic", "value")
    key = None
    headers = ()
    checksum = None
    timestamp_type = 0
    serialized_key_size = 0
    serialized_value_size = 0

    def __init__(self, batches: Batches) -> None:
        last = batches[0][1][-1]
        self.topic: str = last.topic
        self.partition: int = last.partition
        self.offset: int = last.offset
        self.timestamp: int = last.timestamp
        self.value = batches


class Scheduler:
    """Faust's ConsumerScheduler: a fetch is one message, its partitions in turn."""

    most = BATCH

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Fetch]]:
        if batches := list(self._turns(records)):
            yield batches[0][0], Fetch(batches)

    def _turns(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, list[Any]]]:
        start = 0
        while waiting := [(tp, found) for tp, found in records.items() if len(found) > start]:
            for tp, found in waiting:
                yield tp, found[start : start + self.most]
            start += self.most


class Passthrough(faust.Schema[Any, Any]):
    """Keys and values stay as they are; the fold decodes."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        return message.value


class _NeverRead(dict[TP, int | None]):
    """No batch counts as read already: that is the lane's to judge."""

    def __missing__(self, tp: TP) -> None:
        return None

    def __getitem__(self, tp: TP) -> None:
        return None


class EngineConsumer(Consumer):
    """The hop's client."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._read_offset = _NeverRead()
        self.next_commit: dict[TopicPartition, int] = {}
        self.hop = cast("EngineApp", self.app).hop
        self.hop.client = self

    # what the hop asks

    @property
    def owned(self) -> list[TopicPartition]:
        return sorted(TopicPartition(*tp) for tp in self.assignment() if tp.topic in self.hop.spec.sources)

    @property
    def standbys(self) -> list[int]:
        return sorted(tp.partition for tp in self.app.assignor.assigned_standbys())

    def partitions(self, topic: str) -> int | None:
        found = self._thread._ensure_consumer()._client.cluster.partitions_for_topic(topic)
        return len(found) if found else None

    async def committed(self, tp: TopicPartition) -> int | None:
        offset: int | None = await self._thread.call_thread(self._thread._ensure_consumer().committed, tp)
        return offset

    async def starts(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return cast(Mapping[TopicPartition, int], await self.earliest_offsets(*cast(Sequence[TP], tps)) if tps else {})

    async def seek_to(self, places: Mapping[TopicPartition, int]) -> None:
        assigned = self.assignment()
        if there := {tp: offset for tp, offset in places.items() if tp in assigned}:
            await self.seek_wait(cast(Mapping[TP, int], there))

    def end(self, tp: TopicPartition) -> int | None:
        # Asked for each lane four times a second: Faust's `assignment` makes all its members anew each time.
        return self.highwater(cast(TP, tp)) if tp in self._thread._ensure_consumer().assignment() else None

    def may_commit(self, tp: TopicPartition, next: int) -> None:
        self.next_commit[tp] = next

    def last_committed(self, tp: TopicPartition) -> int | None:
        return self._committed_offset.get(cast(TP, tp))

    # what Faust does

    async def perform_seek(self) -> None:
        await self.seek_to(self.hop.places())

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        try:
            await self.hop.release()
            await super().on_partitions_revoked(revoked)  # commits `next_commit`
        except Exception as error:  # noqa: BLE001 - crash-only: aiokafka would only log it
            self.hop.on_stop(error)
        self.next_commit.clear()

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        pass

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        tps = cast(list[TP], list(self.next_commit))
        return (tp for tp in tps if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self.next_commit.get(cast(TopicPartition, tp))

    def on_buffer_full(self, tp: TP) -> None:
        pass

    def on_buffer_drop(self, tp: TP) -> None:
        pass

    async def verify_all_partitions_active(self) -> None:
        pass  # Faust's guesses at slow streams; the hop looks for itself


class EngineTransport(Transport):
    Consumer = EngineConsumer


class EngineRecovery(Recovery):
    """Faust's recovery without the reading: no table partition is ever Faust's to recover."""

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        if generation_id == self.app.consumer_generation_id:
            self._generation_id = generation_id
            self.signal_recovery_start.set()

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """With a table: comes before the seek and before the partitions are resumed."""
        if await cast("EngineApp", self.app).hop.recover():
            await super().on_recovery_completed(generation_id)

    async def _resume_streams(self, generation_id: int = 0) -> None:
        """The same without a table."""
        if await cast("EngineApp", self.app).hop.recover():
            await super()._resume_streams(generation_id)


class EngineTables(TableManager):
    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = EngineRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
