"""A lane with state: fold, one append to the changelog, then say it aloud, then done."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from aiokafka import TopicPartition
from msgspec import Struct

from agents.engine.exits import Code
from agents.engine.lane import BATCH, Control, Lane, Records, offset_of
from agents.engine.ledger import META, OUT, Ledger, records
from agents.engine.producer import Producer
from stream.record import Append, Heard, Meta, Out, Stop

HELD = 0.004  # seconds of CPU that a piece of a fold may hold the loop, about
FIRST, LEAST = 20, 4  # pieces of work between two breaths of a fold: at first, and whatever they cost
FASTER = 1.5  # by how much they may grow at once: not all pieces cost the same
SIGN = 3_600.0  # seconds without an append until one is made for its own sake
_END = Append([], Meta(), [])  # after the last step of a feed


class Fold(Protocol):
    """The whole logic of one partition, pure. It changes the rows it was given; see `feed`.

    `stride`: after so many pieces of work (records, say) at most, `feed` yields; set by who feeds it, at any time.
    """

    meta: Meta
    stride: int

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        """Folds records in order of their offsets. Yields an append, or None: a breath, nothing is to be written yet.

        When it yields, be it for a breath, the rows stand exactly after its last append: so it may be given up, with
        the fold. The last append's `meta.next` is the offset after the last record.
        """


class Beside(Protocol):
    """What goes on beside a fold while its partition is ours: its effects outside of Kafka, and its ticks."""

    def heard(self, append: Append) -> None:
        """An append of the fold was published. Must not block."""

    async def look(self, owner: Owner, caught_up: bool) -> None:
        """Called four times a second; `caught_up` = nothing in work, and at the end of the source."""

    async def close(self) -> None:
        """The partition is no longer ours."""


Factory = Callable[[int, dict[bytes, bytes], Meta | None], Fold]


class TableSpec(Struct, frozen=True):
    """A stateful hop's table. `run`, `revision`, `partitions` must be those under which the state was made."""

    changelog: str
    factory: Factory
    run: int
    revision: str
    partitions: int  # of the source, and of the changelog
    beside: Callable[[Any], Beside] | None = None  # made with the fold


def fits(spec: TableSpec, meta: Meta | None, source: TopicPartition, first: int, end: int) -> Meta:
    """The state to go on from, for a source that holds the offsets [first, end).

    Raises Stop where state and source do not fit: 72, 73, 78. Without state, it begins at the log's start.
    """
    where = f"{source.topic}[{source.partition}]"
    anew = "or take `run + 1`, which builds everything anew from what the log holds"
    if meta is None:
        return Meta(next=first, run=spec.run, revision=spec.revision, partitions=spec.partitions)
    if meta.partitions != spec.partitions:
        raise Stop(
            Code.PARTITIONS,
            f"{source.topic} has {spec.partitions} partitions, the state was made with {meta.partitions}: "
            f"put the number back, {anew}",
        )
    if (meta.run, meta.revision) != (spec.run, spec.revision):
        raise Stop(
            Code.DEFINITIONS,
            f"{spec.changelog} was made under definitions {meta.revision} (run {meta.run}), these are "
            f"{spec.revision} (run {spec.run}): put the old definitions and plug-ins back, {anew}",
        )
    if not first <= meta.next <= end:
        raise Stop(
            Code.TRUNCATED,
            f"{where} holds offsets {first} to {end}, the state goes on at {meta.next}: the topic was made anew, or "
            f"lost its end; restore it, {anew}",
        )
    return meta


class Owner(Lane):
    """The one writer of a table partition. `ledger` stands where the changelog ends."""

    def __init__(
        self, tp: TopicPartition, fold: Fold, ledger: Ledger, spec: TableSpec, producer: Producer, control: Control
    ) -> None:
        super().__init__(tp, fold.meta.next, control)
        self.fold = fold
        self._ledger = ledger
        self._spec = spec
        self._producer = producer
        self._beside = None if spec.beside is None else spec.beside(fold)
        self._wrote = time.time()
        fold.stride = FIRST
        self._note(fold.meta)

    async def close(self) -> None:
        await super().close()
        if self._beside is not None:
            await self._beside.close()

    async def look(self, caught_up: bool) -> None:
        # A foreign writer shows at our next append, and has to long before what it hit is compacted (see `ledger`).
        if abs(time.time() - self._wrote) > SIGN:
            self._wrote = time.time()
            await self.write_all(lambda fold: [Append([], fold.meta, [])])
        if self._beside is not None:
            await self._beside.look(self, caught_up)

    async def publish(self, out: Iterable[Out]) -> None:
        """Says something that is no part of the state, such as a tick."""
        await self._producer.publish(out)

    async def work(self, records: Records) -> None:
        steps, heard = self._paced(records), 0
        while (append := await self._fold(steps)) is not None:
            await self.write(append)
            first, heard = heard, bisect_left(records, append.meta.next, key=offset_of)
            if heard > first:
                self.count(records[first:heard])
        if not self.closing and self.position.next != records[-1].offset + 1:
            raise Stop(
                Code.UNEXPECTED,
                f"the fold of {self.tp} ended at {self.position.next}, not after offset {records[-1].offset}",
            )

    async def _fold(self, steps: Iterator[Append | None]) -> Append | None:
        """The next append; None at the end, or when the lane closes: a fold may be given up at a breath.

        The other lanes wait for their turn until the append is made, not just for a breath: made side by side, all of
        them would be held in memory, and the first would be there no sooner than the last.
        """
        async with self.control.turn:
            while not self.closing:
                async with self.control.pieces:
                    step = next(steps, _END)
                if step is not None:
                    return None if step is _END else step
        return None

    def _paced(self, records: Records) -> Iterator[Append | None]:
        """The steps of a feed. Their CPU time counts, not the clock's: on a busy machine strides would shrink."""
        fold, telemetry = self.fold, self.control.telemetry
        self.begin(records)  # it is our turn
        began, used, first = time.perf_counter(), time.thread_time(), fold.meta.next
        for step in fold.feed(records):
            fold.stride = stride_after(fold.stride, step, first, time.thread_time() - used)
            telemetry.fold_seconds += time.perf_counter() - began
            yield step
            began, used, first = time.perf_counter(), time.thread_time(), fold.meta.next

    async def write(self, append: Append) -> None:
        """One step of the protocol: written, then published, then done. Raises Stop (71) if another owner wrote."""
        size = await commit(append, self._ledger, self._spec.changelog, self.tp.partition, self._producer)
        await self._producer.publish(append.out)
        self._ledger.published()
        self._wrote = time.time()
        self.position.next = append.meta.next
        self.control.done(self.tp, append.meta.next)
        self.control.telemetry.appends += 1
        self.control.telemetry.bytes += size
        self._note(append.meta)
        if self._beside is not None:
            self._beside.heard(append)

    async def write_all(self, make: Callable[[Any], Iterable[Append]]) -> None:
        """Writes appends that come from no source record; `make` is called with the fold when their turn has come."""

        async def job() -> None:
            for append in make(self.fold):
                await self.write(append)

        await self.put(job)

    def _note(self, meta: Meta) -> None:
        gauges = self.gauges
        gauges.done, gauges.clock, gauges.seq, gauges.keys = meta.next, meta.clock, meta.seq, len(self._ledger.rows)


def stride_after(stride: int, step: Append | None, first: int, seconds: float) -> int:
    """The stride after a step of so many seconds that began at offset `first`: longer only if that was a whole one."""
    whole = step is None or step.meta.next - first >= stride
    return round(min(max(stride * min(HELD / max(seconds, 1e-6), FASTER if whole else 1), LEAST), BATCH))


async def commit(append: Append, ledger: Ledger, changelog: str, partition: int, producer: Producer) -> int:
    """Writes one append at the ledger's end; returns its size in bytes. Raises Stop (70, 71, 76)."""
    for key, _ in append.puts:
        if key in (META, OUT):
            raise Stop(Code.UNEXPECTED, f"a fold may not write the row {key!r}")
    written = records(append)
    size = await producer.append(changelog, partition, ledger.end, written)
    ledger.wrote(written)
    return size
