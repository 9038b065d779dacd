"""A worker: some roles in one process and one event loop, until a signal, or until something is wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import uvloop
from prometheus_client import CollectorRegistry, ProcessCollector

from agents import collector, topics
from agents.app import Role, roles
from agents.engine.calm import calm
from agents.engine.connection import reach
from agents.engine.exits import Code, die
from agents.setup import Setup, setup
from agents.verdicts import Desk
from stream.infra import logs
from stream.infra.kpimetrics import KpiCollector
from stream.infra.metrics import WorkerCollector, behind
from stream.infra.sections import HERE, Metrics
from stream.infra.server import Server
from stream.infra.settings import Settings, is_secret
from stream.readings import Reading
from stream.record import Stop

GOODBYE = 30.0  # seconds that a tidy stop may take; nothing is lost without it
SWITCH = 0.001  # seconds that a thread computes while another waits: clients fetch in theirs, in many short steps

_log = logging.getLogger("journeywatch.worker")


def run(settings: Settings, names: Sequence[str], *, embedded: bool = False) -> int:
    """Runs the roles until SIGTERM or SIGINT; returns 0. A stop of the engine ends the process with its code.

    `embedded`: the cluster is librdkafka's in-process one, which has no settings of topics.
    Raises Faults or PluginFault for what is wrong with the settings.
    """
    style = settings.logging.format
    logs.setup(settings.logging.level, style="words" if style == "text" else style, secrets=secrets(settings))
    if settings.logging.level != "debug":
        for name in ("faust", "mode", "aiokafka"):  # they tell much, little of it for people
            logging.getLogger(name).setLevel(logging.WARNING)
    collector.relax()
    sys.setswitchinterval(SWITCH)
    calm()
    return uvloop.run(_run(settings, names, embedded=embedded))


def secrets(settings: Settings) -> Iterator[str]:
    """Values that no log may show."""
    tree = msgspec.to_builtins(settings.sections)
    for path, value in _leaves(tree, ()):
        if is_secret(path) and isinstance(value, str) and value:
            yield value


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _leaves(value, (*path, str(name)))
    else:
        yield path, tree


async def _run(settings: Settings, names: Sequence[str], *, embedded: bool) -> int:
    made = setup(settings, embedded=embedded)
    try:
        await ready(made, names)
    except Exception as error:  # noqa: BLE001 - crash-only
        die(error)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    worker = Worker(made, names)
    try:
        await worker.start()
        await stopped.wait()
        async with asyncio.timeout(GOODBYE):
            await worker.stop()
    except TimeoutError:
        _log.warning("not everything stopped within %g s; nothing is lost by that", GOODBYE)
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - crash-only
        die(error)
    return 0


async def ready(made: Setup, names: Sequence[str]) -> None:
    """Raises Stop: 75 if no broker answers, 76 if the topics are not as these roles need them."""
    settings, connection = made.settings, made.connection
    await reach(connection)
    definitions = settings.definitions
    wanted = topics.wanted(
        settings.intake.sources if "intake" in names else (),
        run=definitions.run,
        partitions=definitions.partitions,
        kpi_partitions=definitions.kpi_partitions,
        log_time=definitions.time,
        replication=settings.kafka.replication,
        min_insync=settings.kafka.min_insync,
    )
    options = connection.client()
    faults = await topics.check(options.pop("bootstrap_servers"), wanted, embedded=connection.embedded, **options)
    if faults:
        for fault in faults:
            _log.error("%s", fault)
        raise Stop(Code.TOPIC, f"{faults[0]} ({len(faults)} to mend: `journeywatch topics` prints all)")


class Worker:
    """The roles, what they share, and what they show."""

    def __init__(self, made: Setup, names: Sequence[str]) -> None:
        self.setup = made
        self.roles: list[Role] = roles(made, names)
        settings = made.settings.metrics
        registry = CollectorRegistry()
        registry.register(WorkerCollector(made.telemetry, time.time))
        registry.register(KpiCollector(self._readings, made.telemetry, kpis=made.plugins.kpis))
        ProcessCollector(registry=registry)  # when it started, its memory, its share of the CPU
        self.server = Server(
            registry, self.why, bind=settings.bind, port=settings.port, token=settings.token, degraded=self.degraded,
            piece=made.pieces,
        )  # fmt: skip
        wanted = "delivery" in names and made.settings.sections.verdicts.url
        self.desk = Desk(made) if wanted else None
        self._lag = LoopLag(made)
        hops = made.telemetry.hops
        self._sweeper = collector.Sweeper(lambda: sum(max(hop.rebalances - 1, 0) for hop in hops.values()))

    def why(self) -> list[str]:
        """Why the worker is not ready; nothing = it is."""
        found = [f"{role.hop.spec.role}: {role.hop.state}" for role in self.roles if role.hop.state != "running"]
        return found or lagging(self.setup, time.time())

    def degraded(self) -> list[str]:
        """What is away; detection goes on, and it is told everything when it is back."""
        telemetry = self.setup.telemetry
        away = ["redis"] if telemetry.redis is not None and not telemetry.redis.up else []
        return away + [f"sink {name}" for name, sink in telemetry.sinks.items() if not sink.up]

    async def start(self) -> None:
        """Raises OSError if the port of /metrics, or of verdicts, is taken."""
        if warning := exposed(self.setup.settings.metrics):
            _log.warning("%s", warning)
        await self.server.start()
        if self.setup.redis is not None:
            await self.setup.redis.start()
        if self.desk is not None:
            await self.desk.start()
        self._lag.start()
        self._sweeper.start()
        await asyncio.gather(*(role.start() for role in self.roles))
        _log.info("running %s; metrics on port %d", ", ".join(r.hop.spec.role for r in self.roles), self.server.port)

    async def stop(self) -> None:
        await asyncio.gather(*(role.stop() for role in self.roles))
        await self._lag.stop()
        await self._sweeper.stop()
        if self.desk is not None:
            await self.desk.stop()
        if self.setup.redis is not None:
            await self.setup.redis.close()
        await self.server.close()

    def _readings(self) -> list[Reading]:
        return [reading for readings in self.setup.readings.values() for reading in readings]


def lagging(made: Setup, now: float) -> list[str]:
    """The roles that are further behind than a ready worker may be; none where log time is the records' own."""
    most = made.settings.metrics.ready_lag / 1000
    if made.definitions.time == "record":
        return []
    ages = {
        role: [behind(part, now) or 0.0 for part in hop.partitions.values()]
        for role, hop in made.telemetry.hops.items()
    }
    return [f"{role}: {max(found):.0f} s behind" for role, found in ages.items() if max(found, default=0.0) > most]


def exposed(metrics: Metrics) -> str:
    """What to say where others than this machine may read /metrics; nothing if they may not."""
    if metrics.bind in HERE:
        return ""
    where = f"/metrics listens on {metrics.bind}"
    if not metrics.token:
        return (
            f"{where} without a token: whoever reaches it reads every KPI; set [metrics] token_file, or bind 127.0.0.1"
        )
    return f"{where} without TLS: its token travels in the clear; see that the network is your own"


class LoopLag:
    """Measures how late the event loop is: what a fold holds up, everything else waits for.

    It looks often, so that nothing that holds the loop falls between two looks, and shows the worst of the last 15 s.
    """

    EVERY, SHOWN = 0.02, 15.0  # seconds

    def __init__(self, made: Setup) -> None:
        self._telemetry = made.telemetry
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="loop lag")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        before = worst = 0.0  # of the window before this one, and of this one
        ends = loop.time() + self.SHOWN
        while True:
            due = loop.time() + self.EVERY
            await asyncio.sleep(self.EVERY)
            now = loop.time()
            worst = max(worst, now - due)
            self._telemetry.loop_lag = max(before, worst)
            if now >= ends:
                before, worst, ends = worst, 0.0, now + self.SHOWN
