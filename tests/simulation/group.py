"""A consumer group, and its member as Faust drives the engine: late, early, doubled and dropped batches included.

The member stands for agents/engine/transport.py, which needs Faust's own loop: revoked -> `Hop.release`, then commit
what is done; assigned -> `Hop.recover`, then seek to `Hop.places`, then resume. Beside that it does whatever
reference runs have seen Faust do around a rebalance.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import TopicPartition
from msgspec import Struct

from agents.engine.hop import Hop
from agents.engine.transport import QUEUED, Batches, Scheduler
from tests.simulation.cluster import Cluster, Kept

SESSION, ROUND, BEAT, COMMIT = 3.0, 4.0, 0.3, 1.0  # seconds


class Seat(Struct):
    heard: float
    joined: asyncio.Future[Any] | None = None


class Share(Struct, frozen=True):
    """What a member is given."""

    generation: int
    owned: list[TopicPartition]
    standbys: list[int]


class Group:
    """The coordinator: eager rebalances, as aiokafka's are."""

    def __init__(self, cluster: Cluster, sources: dict[str, int]) -> None:
        self._cluster = cluster
        self._sources = [TopicPartition(topic, p) for topic, n in sources.items() for p in range(n)]
        self._seats: dict[str, Seat] = {}
        self._generation = 0
        self._open = False
        self.offsets: dict[TopicPartition, int] = {}
        cluster.later(0.5, self._expire)

    def join(self, name: str, joined: asyncio.Future[Any]) -> None:
        if joined.done():
            return  # asked again
        self._seats[name] = Seat(self._cluster.loop.time(), joined)
        self._rebalance()
        if all(seat.joined for seat in self._seats.values()):
            self._end(self._generation)

    def leave(self, name: str) -> None:
        if self._seats.pop(name, None) is not None:
            self._rebalance()

    def heartbeat(self, name: str, generation: int) -> bool:
        """Whether all is as it was; else the member has to join again."""
        if name not in self._seats:
            return False
        self._seats[name].heard = self._cluster.loop.time()
        return not self._open and generation == self._generation

    def commit(self, name: str, generation: int, offsets: dict[TopicPartition, int]) -> bool:
        if name not in self._seats or generation != self._generation:
            return False
        self.offsets |= offsets
        return True

    def _expire(self) -> None:
        now = self._cluster.loop.time()
        for name, seat in list(self._seats.items()):
            if now - seat.heard > SESSION and seat.joined is None:
                self.leave(name)
        self._cluster.later(0.5, self._expire)

    def _rebalance(self) -> None:
        if not self._open:
            self._open = True
            self._cluster.later(ROUND, self._end, self._generation)

    def _end(self, generation: int) -> None:
        """The round is over: who has not joined is out."""
        if not self._open or generation != self._generation:
            return
        self._seats = {name: seat for name, seat in self._seats.items() if seat.joined}
        self._generation += 1
        self._open = False
        shares: dict[str, Share] = {name: Share(self._generation, [], []) for name in self._seats}
        self._deal(list(shares.values()))
        for name, seat in self._seats.items():
            joined, seat.joined, seat.heard = seat.joined, None, self._cluster.loop.time()
            assert joined is not None
            self._cluster.later(self._cluster.delay(), _answer, joined, shares[name])

    def _deal(self, shares: list[Share]) -> None:
        random = self._cluster.random
        random.shuffle(shares)
        for tp, share in zip(self._sources, itertools.cycle(shares), strict=False):
            share.owned.append(tp)
            others = [other for other in shares if other is not share]
            if others and random.random() < 0.8:
                random.choice(others).standbys.append(tp.partition)


def _answer(joined: asyncio.Future[Share], share: Share) -> None:
    if not joined.done():
        joined.set_result(share)


class Member:
    """One hop's client: `agents.engine.hop.Client`."""

    def __init__(self, cluster: Cluster, group: Group, hop: Hop, name: str) -> None:
        self._cluster, self._group, self._hop, self._name = cluster, group, hop, name
        self._lives = itertools.count()
        self._member = ""  # its name in the group; another one each time it joins
        self._share = Share(0, [], [])
        self._places: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._flowing = False
        self._recovery_due = asyncio.Event()
        self._seen: set[tuple[TopicPartition, int]] = set()
        self._scheduler = Scheduler()
        self._queue: asyncio.Queue[Batches] = asyncio.Queue(QUEUED)
        self._tasks: list[asyncio.Task[None]] = []
        hop.client = self

    # what the hop asks

    @property
    def owned(self) -> list[TopicPartition]:
        return sorted(self._share.owned)

    @property
    def standbys(self) -> list[int]:
        return sorted(self._share.standbys)

    def partitions(self, topic: str) -> int | None:
        return self._cluster.topics.get(topic)

    async def committed(self, tp: TopicPartition) -> int | None:
        return await self._cluster.call(lambda: self._group.offsets.get(tp))

    async def starts(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {tp: self._cluster.logs[tp].first for tp in tps}

    async def seek_to(self, places: Mapping[TopicPartition, int]) -> None:
        await asyncio.sleep(self._cluster.delay())
        self._places |= {tp: offset for tp, offset in places.items() if tp in self._places}

    def end(self, tp: TopicPartition) -> int | None:
        return self._ends.get(tp)

    def may_commit(self, tp: TopicPartition, next: int) -> None:
        self._next[tp] = next

    def last_committed(self, tp: TopicPartition) -> int | None:
        return self._committed.get(tp)

    # what Faust does

    async def _crash_only(self, run: Callable[..., Awaitable[None]], *about: Any) -> None:
        try:
            await run(*about)
        except Exception as error:  # noqa: BLE001
            self._hop.on_stop(error)

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._crash_only(run))
            for run in (self._live, self._recoveries, self._fetch, self._agent, self._commits)
        ]

    async def stop(self) -> None:
        """After the hop has stopped: commits what is done, and leaves."""
        for task in self._tasks:
            task.cancel()
        await self._commit()
        await self._cluster.call(lambda: self._group.leave(self._member))

    async def _live(self) -> None:
        while True:
            self._member = f"{self._name}.{next(self._lives)}"
            joined: asyncio.Future[Share] = self._cluster.loop.create_future()
            await self._cluster.call(partial(self._group.join, self._member, joined))
            self._assigned(await joined)
            self._recovery_due.set()
            await self._while_all_is_well()
            await self._revoked()

    async def _while_all_is_well(self) -> None:
        well = True
        while well:
            await asyncio.sleep(BEAT)
            well = await self._cluster.call(lambda: self._group.heartbeat(self._member, self._share.generation))

    def _assigned(self, share: Share) -> None:
        random = self._cluster.random
        self._share = share
        # The client's own idea of where it is, until the seek: anything from the committed offset on.
        self._places = {}
        for tp in share.owned:
            low = self._group.offsets.get(tp, 0)
            self._places[tp] = random.randint(low, max(low, self._cluster.logs[tp].end))
        self._ends.clear()
        self._flowing = random.random() < 0.5  # Faust resumes before it seeks

    async def _recoveries(self) -> None:
        """One task for all of them, as Faust has it: what ends it ends every recovery to come."""
        while True:
            await self._recovery_due.wait()
            self._recovery_due.clear()
            share = self._share
            if await self._hop.recover() and share is self._share:
                await asyncio.sleep(self._cluster.delay())
                await self.seek_to(self._hop.places())
                self._flowing = True

    async def _revoked(self) -> None:
        self._flowing = False
        while not self._queue.empty():
            self._queue.get_nowait()
        await self._hop.release()
        await self._commit()
        self._next.clear()

    async def _commits(self) -> None:
        while True:
            await asyncio.sleep(COMMIT)
            await self._commit()

    async def _commit(self) -> None:
        generation, offsets = self._share.generation, dict(self._next)
        if offsets and await self._cluster.call(lambda: self._group.commit(self._member, generation, offsets)):
            self._committed |= offsets

    async def _agent(self) -> None:
        while True:
            for tp, records in await self._queue.get():
                await self._hop.take(TopicPartition(*tp), records)

    async def _fetch(self) -> None:
        random = self._cluster.random
        while True:
            found = await self._cluster.call(self._read) if self._flowing else {}
            for _, fetch in self._scheduler.iterate(found):
                there = [batch for batch in fetch.value if self._arrives(*batch)]
                for _ in range(1 + (random.random() < self._cluster.faults.repeated)):
                    await self._queue.put(there)
            if not found:
                await asyncio.sleep(random.uniform(0.02, 0.3))

    def _arrives(self, tp: TopicPartition, records: Sequence[Any]) -> bool:
        """Whether a batch is handed over; the client's own place goes on all the same."""
        stale = self._places.get(tp) != records[0].offset
        if not stale:
            self._places[tp] = records[-1].offset + 1
        return self._cluster.random.random() >= (0.7 if stale else self._drops(tp, records[0].offset))

    def _drops(self, tp: TopicPartition, first: int) -> float:
        """How likely a batch is never handed over: once. Dropped whenever it is read it would look like no batch."""
        if (tp, first) in self._seen:
            return 0.0
        self._seen.add((tp, first))
        return self._cluster.faults.dropped

    def _read(self) -> dict[TopicPartition, list[Kept]]:
        most = self._cluster.random.choice((1, 7, 40, 500))
        found = {tp: self._cluster.logs[tp].read(place, most) for tp, place in self._places.items()}
        self._ends |= {tp: self._cluster.logs[tp].end for tp in self._places}
        return {tp: records for tp, records in found.items() if records}
