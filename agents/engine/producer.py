"""Writing to Kafka: whole record batches, in order, acknowledged by all replicas in step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.engine.connection import Connection
from agents.engine.exits import Code
from agents.engine.ledger import Header, Put, stamp
from agents.engine.outlet import Outlet
from agents.engine.pieces import Pieces
from stream.record import Out, Stop

_Record = tuple[bytes | None, bytes | None, int | None, list[Header]]  # key, value, timestamp (ms), headers

_LARGEST = 64 << 20  # bytes: the topic's own limit is what counts
_FEW, _PIECE = 100, 1_000  # records that go into a batch at first, and then in one piece: some ms
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class Producer:
    """One producer of its own to every hop: what one hop waits for never holds up another."""

    def __init__(self, connection: Connection, pieces: Pieces | None = None) -> None:
        self._connection = connection
        self._pieces = pieces or Pieces()
        self._producer: AIOKafkaProducer | None = None
        self._outlets: dict[tuple[str, int], Outlet] = {}

    async def start(self) -> None:
        # Idempotent: a request that was sent again can not land after, or beside, itself.
        self._producer = AIOKafkaProducer(
            **self._connection.client(), acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=_LARGEST
        )
        # What waits for a partition's leader waits as long as for a cluster; by itself it gives up after 40 s.
        self._producer._message_accumulator._batch_ttl = self._connection.lost
        await self._producer.start()

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def answers(self, seconds: float) -> bool:
        """Whether a broker answers within so many seconds."""
        assert self._producer is not None
        try:
            return bool(await asyncio.wait_for(self._producer.client.force_metadata_update(), seconds))
        except TimeoutError:
            return False

    async def append(self, topic: str, partition: int, base: int, puts: Sequence[Put]) -> int:
        """Writes `puts` as one atomic batch that expects to land at offset `base`; returns its size in bytes.

        Raises Stop: 71 if it landed elsewhere (it is void then), 76 if the topic does not take a batch so large.
        """
        batch = await self._filled((key, value, None, [stamp(base, i)]) for i, (key, value) in enumerate(puts))
        size: int = batch.size()
        landed = await self._landed(batch, topic, partition)
        if landed != base:
            raise Stop(
                Code.FOREIGN,
                f"another owner wrote to {topic}[{partition}] (expected offset {base}, landed at {landed}); "
                "what this one wrote does not count; start again",
            )
        return size

    async def publish(self, out: Iterable[Out]) -> None:
        """Writes the records to their topics, those of a partition in order, and waits for every acknowledgement."""
        grouped: dict[tuple[str, int], list[Out]] = {}
        for record in out:
            grouped.setdefault((record.topic, record.partition), []).append(record)
        if grouped:
            await asyncio.gather(*(self._outlet(*where).say(records) for where, records in grouped.items()))

    def _outlet(self, topic: str, partition: int) -> Outlet:
        outlet = self._outlets.get((topic, partition))
        if outlet is None:
            outlet = self._outlets[topic, partition] = Outlet(partial(self._say, topic, partition))
        return outlet

    async def _say(self, topic: str, partition: int, records: Sequence[Out]) -> None:
        batch = await self._filled((record.key, record.value, record.timestamp, []) for record in records)
        await self._landed(batch, topic, partition)

    def _batch(self) -> BatchBuilder:
        assert self._producer is not None, "the producer was not started"
        return self._producer.create_batch()

    async def _filled(self, records: Iterator[_Record]) -> BatchBuilder:
        """A batch of them. The first go in at once: where there are no more, it is not worth a pass of the loop."""
        batch = self._batch()
        _put(batch, islice(records, _FEW))
        while some := list(islice(records, _PIECE)):
            async with self._pieces:
                _put(batch, some)
        return batch

    async def _landed(self, batch: BatchBuilder, topic: str, partition: int) -> int:
        assert self._producer is not None
        try:
            acknowledged = await self._producer.send_batch(batch, topic, partition=partition)
            offset: int = (await acknowledged).offset
        except _TOO_LARGE as error:
            raise Stop(
                Code.TOPIC,
                f"{topic} refuses a batch of {batch.size()} bytes in {batch.record_count()} records; "
                f"raise its max.message.bytes (and replica.fetch.max.bytes of the brokers) and start again",
            ) from error
        except (AssertionError, ValueError) as error:
            raise Stop(Code.TOPIC, f"{topic} has no partition {partition} ({error}); `journeywatch topics`") from error
        except KafkaError as error:
            error.add_note(f"while writing to {topic}[{partition}]")
            raise
        return offset


def _put(batch: BatchBuilder, records: Iterable[_Record]) -> None:
    for key, value, timestamp, headers in records:
        batch.append(key=key, value=value, timestamp=timestamp, headers=headers)
