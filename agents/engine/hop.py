"""A hop: the source partitions that this worker owns now; how they are gained, worked off and given up."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from aiokafka import TopicPartition
from msgspec import Struct

from agents.engine.connection import Connection
from agents.engine.exits import Code, OnStop
from agents.engine.lane import Control, Lane, Records
from agents.engine.pieces import Pieces
from agents.engine.producer import Producer
from stream.infra.telemetry import HopTelemetry
from stream.record import Stop

LOOK = 0.25  # seconds between looks at the lanes
ANEW = 10.0  # seconds that a source may end before its lane's place: a new leader may know less for a moment
STUCK = 300.0  # seconds that a lane may have records before it and not move

_log = logging.getLogger("journeywatch.engine")


class Client(Protocol):
    """What a hop needs of the consumer that feeds it."""

    @property
    def owned(self) -> list[TopicPartition]:
        """Source partitions assigned to this worker, in order."""

    @property
    def standbys(self) -> list[int]:
        """Table partitions of which this worker keeps a copy."""

    def partitions(self, topic: str) -> int | None:
        """How many the topic has; None while that is not known."""

    async def committed(self, tp: TopicPartition) -> int | None:
        """The group's committed offset."""

    async def starts(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """First offsets that the log still holds."""

    async def seek_to(self, places: Mapping[TopicPartition, int]) -> None:
        """Reads on from these offsets, 0 too."""

    def end(self, tp: TopicPartition) -> int | None:
        """The next offset to be written there, as of the last fetch; None before the first."""

    def may_commit(self, tp: TopicPartition, next: int) -> None:
        """Everything before `next` is done."""

    def last_committed(self, tp: TopicPartition) -> int | None: ...


class HopSpec(Struct, frozen=True):
    """What every hop has. `sources`: partitions by topic. `gaps`: offsets may be missing from them.

    `loss`: the operator accepts that records are missing which the log no longer holds.
    """

    role: str
    app_id: str
    sources: dict[str, int]
    gaps: bool = False
    loss: bool = False


class Hop(Control):
    """Owns the lanes of one role, all in one event loop. What it cannot mend goes to `on_stop`.

    `pieces` = those of all hops in this loop; its own if it is alone.
    """

    client: Client  # the transport sets it

    def __init__(
        self, spec: HopSpec, connection: Connection, telemetry: HopTelemetry, on_stop: OnStop,
        pieces: Pieces | None = None,
    ) -> None:  # fmt: skip
        self.spec = spec
        self.connection = connection
        self.telemetry = telemetry
        self.on_stop = on_stop
        self.turn = asyncio.Lock()
        self.pieces = pieces or Pieces()
        self.lanes: dict[TopicPartition, Lane] = {}
        self.producer = Producer(connection, self.pieces)
        self._opening: asyncio.Task[None] | None = None
        self._claiming = False  # while opening: it may no longer be broken off
        self._released = True
        self._watches: list[asyncio.Task[None]] = []

    @abstractmethod
    async def _prepare(self, owned: list[TopicPartition]) -> list[Lane]:
        """Makes the lanes of these partitions. Sets `_claiming` before it writes anything."""

    @property
    def state(self) -> str:
        """In a word or two: starting, recovering, running, stopped."""
        if self._opening is None:
            return "starting"
        if not self._opening.done():
            return "recovering"
        return "stopped" if self._released else "running"

    async def start(self) -> None:
        """Before the consumer starts."""
        await self.producer.start()
        self._watches = [asyncio.create_task(self._look_on()), asyncio.create_task(self._knock())]

    async def stop(self) -> None:
        """Before the consumer stops, so that it can commit what is done. Nothing is taken on any more."""
        await self.release()
        for watch in self._watches:
            watch.cancel()
        if self._watches:
            await asyncio.wait(self._watches)
        await self.producer.stop()

    async def recover(self) -> bool:
        """Takes over what is assigned now. False if it was taken away again meanwhile."""
        await self.release()
        self._released = False
        self.telemetry.rebalances += 1
        self._opening = asyncio.create_task(self._open())
        # Not awaited itself: were it broken off, its cancellation would end Faust's one recovery task, unseen.
        await asyncio.wait([self._opening])
        return not self._released

    async def release(self) -> None:
        """Gives up every lane; returns when nothing of ours is under way to Kafka any more."""
        self._released = True
        if self._opening is not None:
            if not self._claiming:
                self._opening.cancel()
            await asyncio.wait([self._opening])
        lanes, self.lanes = self.lanes, {}
        await asyncio.gather(*(lane.close() for lane in lanes.values()))
        self.telemetry.partitions.clear()

    async def _open(self) -> None:
        began = time.monotonic()
        try:
            for topic, count in self.spec.sources.items():
                await self._known(topic)
                self._check_partitions(topic, count)
            lanes = await self._prepare(self.client.owned)
            self.lanes = {lane.tp: lane for lane in lanes}
            self.telemetry.recovery_seconds += time.monotonic() - began
        except Exception as error:  # noqa: BLE001 - crash-only
            self.on_stop(error)
        finally:
            self._claiming = False

    async def _known(self, topic: str) -> None:
        """Waits until the client knows the topic, as long as for a cluster: a broker just started may not yet."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.connection.lost
        while self.client.partitions(topic) is None and loop.time() < until:  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(LOOK)

    def _check_partitions(self, topic: str, count: int) -> None:
        there = self.client.partitions(topic)
        if there is None:
            raise Stop(Code.TOPIC, f"topic {topic} is not there; `journeywatch topics --create` makes it")
        if there != count:
            raise Stop(
                Code.PARTITIONS,
                f"topic {topic} has {there} partitions, the settings say {count}: "
                "put the topic or the setting back, or take `run + 1` with new topics",
            )

    async def take(self, tp: TopicPartition, records: Records) -> None:
        """Hands a fetched batch to its lane. Without one the seek is still to come: it will be read again."""
        lane = self.lanes.get(tp)
        if lane is None:
            self.telemetry.guard_drops += len(records)
        else:
            await lane.put(records)

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        await self.client.seek_to({tp: offset})

    async def gap(self, tp: TopicPartition, next: int, first: int) -> None:
        start = (await self.client.starts([tp]))[tp]
        where = f"{tp.topic}[{tp.partition}]"
        if start > next:
            self.lose(where, next, start)
            next = start
        if first > next and not self.spec.gaps:
            raise Stop(
                Code.GAP,
                f"{where} has no records from offset {next} to {first - 1}: something else than journeywatch writes "
                "to it, or compacts it; stop that, and take `run + 1`",
            )
        self._drop("source_gap", first - next)

    def lose(self, where: str, next: int, start: int) -> None:
        """The log begins at `start`, beyond the place. Raises Stop (72) unless the loss is allowed."""
        if not self.spec.loss:
            raise Stop(
                Code.TRUNCATED,
                f"{where} begins at offset {start}, the next record to read was {next}: {start - next} are lost; "
                "restore the topic; or take `run + 1`, which builds everything anew from what the log holds; or accept "
                "the loss with `[kafka] allow_loss = true`",
            )
        _log.error("%s: %d records from offset %d on are lost, which the settings allow", where, start - next, next)
        self._drop("lost", start - next)

    def _drop(self, what: str, n: int) -> None:
        if n:
            self.telemetry.dropped[what] = self.telemetry.dropped.get(what, 0) + n

    def done(self, tp: TopicPartition, next: int) -> None:
        self.client.may_commit(tp, next)

    def places(self) -> dict[TopicPartition, int]:
        """Where each lane goes on."""
        return {tp: lane.position.next for tp, lane in self.lanes.items()}

    async def _look_on(self) -> None:
        try:
            while True:
                await asyncio.sleep(LOOK)
                for lane in list(self.lanes.values()):
                    behind = self._gauge(lane)
                    await lane.read_again(behind)
                    await lane.look(not behind and lane.gauges.highwater >= 0 and lane.idle)
        except Exception as error:  # noqa: BLE001 - crash-only
            self.on_stop(error)

    async def _knock(self) -> None:
        """Producer and consumer wait for ever for a cluster that is gone, and go on with one that returns."""
        loop, lost = asyncio.get_running_loop(), self.connection.lost
        heard = loop.time()
        try:
            while True:
                # A moment for the answer, however late we are: it may be we who slept.
                if await self.producer.answers(max(heard + lost - loop.time(), lost / 10)):
                    heard = loop.time()
                elif loop.time() >= heard + lost:
                    break
                await asyncio.sleep(lost / 10)
        except Exception as error:  # noqa: BLE001 - crash-only
            self.on_stop(error)
        else:
            words = f"Kafka at {self.connection.bootstrap} has not answered for {lost:g} s"
            self.on_stop(Stop(Code.BROKER, f"{words}; nothing is lost, see that it runs and start again"))

    def _gauge(self, lane: Lane) -> bool:
        """Sets the gauges of a lane that the client knows; returns whether the log is known to go on after its place.

        Where offsets may be missing, the log may end in ones that hold no record: that is not to be stuck.
        """
        end, committed = self.client.end(lane.tp), self.client.last_committed(lane.tp)
        lane.gauges.highwater = -1 if end is None else end
        lane.gauges.committed = -1 if committed is None else committed
        behind = end is not None and lane.position.next < end
        if lane.outruns(end) > ANEW:
            raise Stop(
                Code.TRUNCATED,
                f"{lane.tp.topic}[{lane.tp.partition}] ends at offset {end}, the next record to read was "
                f"{lane.position.next}: the topic was made anew, or lost its end; start again: intake then reads "
                "it from its start, what has a state says what can be done",
            )
        if lane.stands(behind) > STUCK and not self.spec.gaps:
            raise Stop(
                Code.UNEXPECTED,
                f"{lane.tp} has not moved from offset {lane.position.next} for {STUCK:g} s, though the log goes on to "
                f"{end}; start again",
            )
        return behind
