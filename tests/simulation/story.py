"""One run: a small world is told to the pipe, all goes wrong that can, then the dust settles. All by one seed."""

from __future__ import annotations

import asyncio
from random import Random

from aiokafka import TopicPartition
from msgspec import Struct

from agents import topics
from agents.app import HOPS
from agents.engine.hop import Hop
from stream.definitions import HOUR
from stream.record import murmur2
from tests.simulation.cluster import Cluster, Faults
from tests.simulation.group import Group
from tests.simulation.machine import Machine, Process
from tests.simulation.outcome import differences
from tests.simulation.workers import KPI_PARTITIONS, PARTITIONS, Recorder, Worker, inside, made, wanted
from tests.support.builders import START
from tests.support.worlds import World

RAW = topics.raw("cloudevents")
SETTLED = 150.0  # virtual seconds that the dust may take to settle


class Result(Struct):
    """What a run came to. `differences` is empty when all is as the log says."""

    seed: int
    differences: list[str]
    ends: list[str]  # last lines of workers
    events: int
    alerts: int
    seconds: float  # virtual


def run(seed: int, *, idempotent: bool = True) -> Result:
    """One run, always the same for a seed."""
    random = Random(seed)
    with Machine() as loop:
        cluster = Cluster(loop, random, wanted(), START)
        cluster.idempotent = idempotent
        with inside(cluster):
            return loop.run_until_complete(Story(seed, loop, cluster, random).play())


class Story:
    def __init__(self, seed: int, loop: Machine, cluster: Cluster, random: Random) -> None:
        self._seed, self._loop, self._cluster, self._random = seed, loop, cluster, random
        self._sink = Recorder(cluster)
        hops: list[Hop] = [make(made()) for make in HOPS.values()]
        groups = {hop.spec.role: Group(cluster, hop.spec.sources) for hop in hops}
        self._workers = [Worker(f"w{i}", loop, cluster, groups, self._sink) for i in range(random.choice((2, 2, 3)))]
        self._told = 0

    async def play(self) -> Result:
        for worker in self._workers:
            worker.start()
        self._cluster.faults = self._faults()
        supervisor = asyncio.create_task(self._supervise())
        trouble = asyncio.create_task(self._trouble())
        await self._tell()
        trouble.cancel()
        try:
            await self._settle()
            found = [] if self._crashed() else differences(self._cluster, self._sink)
        except AssertionError as error:
            found = [str(error)]
        supervisor.cancel()
        ends = [end for worker in self._workers for end in worker.ends]
        said = self._cluster.logs
        alerts = sum(log.end for tp, log in said.items() if tp.topic == topics.ALERTS)
        return Result(self._seed, [*self._crashed(), *found], ends, self._told, alerts, self._loop.time())

    def _crashed(self) -> list[str]:
        """Faults of the program; every other end is part of the design."""
        return [end for worker in self._workers for end in worker.ends if end.startswith("70 ")]

    def _faults(self) -> Faults:
        """Some runs are calm in one way, some in another."""
        chance = self._random.choice
        return Faults(
            lost=chance((0, 0, 0.01, 0.05)),
            unanswered=chance((0, 0.01, 0.05)),
            doubled=chance((0, 0.02, 0.2)),
            fatal=chance((0, 0, 0.002, 0.01)),
            stunned=chance((0, 0, 0.01, 0.05)),
            dropped=chance((0, 0, 0.02, 0.1)),
            repeated=chance((0, 0.05, 0.2)),
            slowest=chance((0.01, 0.05, 0.5)),
        )

    # what is told

    async def _tell(self) -> None:
        """A month or some days in leaps; between them a few seconds in which things go wrong."""
        random = self._random
        span = random.choice((6, 48, 240)) * HOUR
        world = World(self._seed, span=span, stories=random.choice((6, 14)), subjects=5)
        told = sorted(world.delayed(repeats=True), key=lambda one: one.log)
        pauses = random.choice(((0, 1, 5), (0, 1, 5), (0, 1, 5), (5, 30, 60)))
        leaps = sorted(random.sample(range(len(told) + 1), min(random.randint(2, 8), len(told))))
        for first, last in zip([0, *leaps], [*leaps, len(told)], strict=True):
            group = told[first:last]
            if group:
                self._cluster.leapt = max(self._cluster.leapt, group[-1].log - int(self._loop.time() * 1000))
            for one in group:
                await asyncio.sleep(random.choice((0, 0, 0.01, 0.3)))
                self._put(one.subject.encode(), one.value)
                if random.random() < 0.03:
                    self._put(b"c1", random.choice((b"junk", b"", b'{"specversion":"1.0"}')))
            await asyncio.sleep(random.choice(pauses))

    def _put(self, key: bytes, value: bytes) -> None:
        log = self._cluster.logs[TopicPartition(RAW, murmur2(key) % PARTITIONS)]
        log.append(self._cluster.wall, [(key, value, ())])
        self._told += 1

    # what goes wrong

    async def _trouble(self) -> None:
        acts = (self._kill, self._kill, self._stun, self._stun, self._leave, self._outage, self._compact, self._leap)
        while True:
            await asyncio.sleep(self._random.expovariate(1 / self._random.choice((1, 3, 8))))
            await self._random.choice(acts)(self._random.choice(self._workers))

    async def _kill(self, worker: Worker) -> None:
        worker.process.kill()

    async def _stun(self, worker: Worker) -> None:
        process = worker.process
        process.sleep()
        self._cluster.later(self._random.choice((0.1, 2, 6, 12, 30)), self._wake, process)

    def _wake(self, process: Process) -> None:
        if process.asleep:
            process.wake()

    async def _leave(self, worker: Worker) -> None:
        if worker.process.alive:
            worker.leave()

    async def _outage(self, worker: Worker) -> None:
        self._cluster.stop()
        await asyncio.sleep(self._random.choice((0.1, 1, 5, 90)))
        self._cluster.start()

    async def _compact(self, worker: Worker) -> None:
        self._cluster.compact()

    async def _leap(self, worker: Worker) -> None:
        """The clocks go on while nobody looks, as after a night's sleep."""
        self._cluster.leapt += self._random.choice((1, 30, 60 * 26)) * HOUR // 60

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for worker in () if self._crashed() else self._workers:
                if not worker.process.alive and self._random.random() < 0.3:
                    worker.start()

    # when the dust settles

    async def _settle(self) -> None:
        """Everything works again; returns at a moment in which nothing is under way."""
        self._cluster.faults = Faults()
        self._cluster.start()
        for worker in self._workers:
            self._wake(worker.process)
        until = self._loop.time() + SETTLED
        while not self._quiet():
            if self._crashed():
                return
            assert self._loop.time() < until, f"not settled within {SETTLED:g} s"
            await asyncio.sleep(0.05)
        for worker in self._workers:
            worker.process.kill()

    def _quiet(self) -> bool:
        """All is read, and what the sinks were told is written down."""
        if not all(worker.quiet for worker in self._workers):
            return False
        owned = [tp for worker in self._workers for hop in worker.hops for tp in hop.lanes]
        whole = len(owned) == len(set(owned)) == 2 * PARTITIONS + KPI_PARTITIONS + 1
        return whole and all(worker.told for worker in self._workers)
