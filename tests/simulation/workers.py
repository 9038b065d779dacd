"""Workers as processes of the machine, each with every role; one that ends is started again, as a supervisor would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import Any
from unittest.mock import patch

import msgspec

from agents import topics
from agents.app import HOPS
from agents.engine.connection import Connection
from agents.engine.exits import as_stop
from agents.engine.hop import Hop
from agents.setup import Setup
from agents.worker import GOODBYE
from stream.claims import Severity
from stream.infra import plugins, settings
from stream.infra.courier import Courier
from stream.infra.sections import Sections
from stream.infra.sinks import DELIVERED, Outcome
from stream.infra.telemetry import Telemetry
from stream.notices import Notice
from stream.plan import Plan
from tests.simulation.clients import Consumer, Producer
from tests.simulation.cluster import Cluster
from tests.simulation.group import Group, Member
from tests.simulation.machine import PROCESS, Died, Machine, Process

PARTITIONS, KPI_PARTITIONS = 3, 2
TICKING = ("agents.engine.lane", "agents.engine.owner", "agents.engine.tables", "agents.journeys", "agents.kpis")


@cache
def _parts() -> tuple[Any, Any, Any]:
    """What all runs share: reading settings and finding plug-ins takes longer than a run."""
    log = {"partitions": PARTITIONS, "kpi_partitions": KPI_PARTITIONS}
    # Watches that speak up in a small world too.
    loud = {"kpi_fell": {"min_n": 1, "thresholds": {"ces_easy": 0.99, "csat_top2": 0.99, "search_failure": 0.01}}}
    sections = {"log": log, "intake": {"sources": ["cloudevents"]}, "signals": loud}
    read = settings.of(msgspec.convert(sections, Sections))
    found = plugins.load(read)
    return read, found, Plan(found.kpis.values(), found.signals.values(), found.watches.values())


def made(sinks: Sequence[Any] = (), on_stop: Any = None) -> Setup:
    """What a worker is made of."""
    read, found, plan = _parts()
    return Setup(
        settings=read,
        plugins=msgspec.structs.replace(found, sinks={sink.name: sink for sink in sinks}),
        plan=plan,
        revision=read.definitions.revision(plan.plugins),
        connection=Connection(bootstrap="simulated"),
        telemetry=Telemetry(),
        redis=None,
        readings={},
        on_stop=on_stop,
    )


def wanted() -> dict[str, int]:
    """Partitions by topic."""
    shapes = topics.wanted(["cloudevents"], run=1, partitions=PARTITIONS, kpi_partitions=KPI_PARTITIONS)
    return {topic.name: topic.partitions for topic in shapes}


class Recorder:
    """A sink, outside of every worker: it remembers what it was told, and has its moods."""

    name, least, repeat, hours = "recorder", Severity.info, 0, ()

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.told: set[tuple[str, int, int]] = set()  # alert, episode, version

    def ready(self) -> bool:
        return True

    def open(self, *_: Any) -> Recorder:
        return self

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        await self._cluster.call(lambda: self._hear(notices))
        failing = self._cluster.random.random() < self._cluster.faults.unanswered
        return [Outcome("retry", "simulated") if failing else DELIVERED for _ in notices]

    def _hear(self, notices: Sequence[Notice]) -> None:
        self.told |= {(n.alert.id, n.alert.episode, n.alert.version) for n in notices}

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        return DELIVERED

    async def close(self) -> None: ...


class Worker:
    """Lives one life after another."""

    def __init__(self, name: str, loop: Machine, cluster: Cluster, groups: dict[str, Group], sink: Recorder) -> None:
        self.name = name
        self.ends: list[str] = []  # last lines
        self.hops: list[Hop] = []
        self._loop, self._cluster, self._groups, self._sink = loop, cluster, groups, sink
        self._members: list[Member] = []
        self._count = 0
        self.process = Process(name)
        self.process.kill()

    def start(self) -> None:
        self._count += 1
        self.process = Process(f"{self.name}.{self._count}")
        self.process.skew = self._cluster.random.choice((0, 0, -400, 400))
        self.process.run(self._loop, self._main())

    async def _main(self) -> None:
        try:
            await self._begin()
        except Exception as error:  # noqa: BLE001 - crash-only
            self._stop(error)

    async def _begin(self) -> None:
        setup = made([self._sink], self._stop)
        self.hops = [make(setup) for make in HOPS.values()]
        self._members = [Member(self._cluster, self._groups[h.spec.role], h, self.process.name) for h in self.hops]
        for hop, member in zip(self.hops, self._members, strict=True):
            await hop.start()
            member.start()

    async def _leave(self) -> None:
        """SIGTERM, as agents/worker.py takes it."""
        try:
            async with asyncio.timeout(GOODBYE):
                for hop, member in zip(self.hops, self._members, strict=True):
                    await hop.stop()
                    await member.stop()
        except TimeoutError:
            pass
        except Exception as error:  # noqa: BLE001 - crash-only
            self._stop(error)
        self.process.kill()

    def leave(self) -> None:
        self.process.run(self._loop, self._leave())

    def _stop(self, error: BaseException) -> None:
        stop = as_stop(error)
        self.ends.append(f"{int(stop.code)} {self.process.name} at {self._loop.time():.3f}: {stop}")
        process = PROCESS.get()
        assert process is not None
        process.kill()
        raise Died from error

    @property
    def told(self) -> bool:
        """The sinks were told everything, and it is written down that they were."""
        for lane in self.hops[-1].lanes.values():
            courier = lane._beside._courier  # type: ignore[attr-defined]
            boxes = courier.mailboxes
            if courier.announcements.waiting or not courier.started:
                return False
            if any(box._waiting or box._unseen is not None or box.marks for box in boxes):
                return False
        return True

    @property
    def quiet(self) -> bool:
        """Everything that was read is worked off, and every source is read to its end."""
        logs = self._cluster.logs
        lanes = [(tp, lane) for hop in self.hops for tp, lane in hop.lanes.items()]
        return (
            self.process.alive
            and all(hop.state == "running" for hop in self.hops)
            and all(lane.idle and lane.position.next == logs[tp].end for tp, lane in lanes)
        )


class Time:
    """The module `time`, as a process sees it; what is measured takes a little, by chance."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._spent = cluster, 0.0

    def time(self) -> float:
        process = PROCESS.get()
        return self._cluster.wall / 1000 + (process.skew if process else 0.0)

    def time_ns(self) -> int:
        return int(self.time() * 1000) * 1_000_000

    def monotonic(self) -> float:
        return self._cluster.loop.time()

    def perf_counter(self) -> float:
        self._spent += self._cluster.random.expovariate(100)
        return self._spent

    thread_time = process_time = perf_counter


@contextmanager
def inside(cluster: Cluster) -> Iterator[None]:
    """The engine's clients and clocks are those of the cluster."""
    time = Time(cluster)
    with ExitStack() as stack:
        replace = partial(_replace, stack)
        replace("agents.engine.producer.AIOKafkaProducer", partial(Producer, cluster))
        for module in ("agents.engine.reader", "agents.logtopics"):
            replace(f"{module}.AIOKafkaConsumer", partial(Consumer, cluster))
        for module in TICKING:
            replace(f"{module}.time", time)
        replace("agents.delivery.Courier", partial(Courier, clock=time.time, chance=cluster.random.random))
        replace("agents.kpis.LiveReadings", Unread)
        yield


def _replace(stack: ExitStack, name: str, value: Any) -> None:
    stack.enter_context(patch(name, value))


class Unread:
    """Readings for people are made beside the fold, and take most of its time: here they are read once, at the end."""

    def __init__(self, fold: Any) -> None: ...

    def refresh(self) -> Iterator[None]:
        return iter(())
