"""journeywatch itself: a worker of role journeys, as `journeywatch worker` runs it, with R1 as its only plug-ins."""

from __future__ import annotations

import logging
from typing import Any

import uvloop

from agents import collector
from agents.journeys import ROLE
from agents.setup import setup
from agents.worker import Worker
from bench.r1 import plugins
from bench.r1.hop import follow
from bench.r1.meter import Meter, Task
from stream.infra.plugins import Plugins
from stream.infra.sections import Kafka, Log, Metrics, Redis, Sections
from stream.infra.settings import Settings, of

OURS: dict[str, Any] = {
    "kpis": {kpi.name: kpi for kpi in plugins.KPIS},
    "signals": {rule.name: rule for rule in plugins.SIGNALS},
}
PLUGINS = Plugins(**{kind: OURS.get(kind, {}) for kind in Plugins.__struct_fields__})


def run(task: Task, meter: Meter) -> None:
    logging.basicConfig(level=logging.WARNING)
    collector.relax()
    uvloop.run(_run(task, meter))


async def _run(task: Task, meter: Meter) -> None:
    made = setup(_settings(task), found=PLUGINS)
    worker = Worker(made, [ROLE])
    await worker.start()
    await follow(made.telemetry.hop(ROLE), meter)
    await worker.stop()


def _settings(task: Task) -> Settings:
    kafka = Kafka(bootstrap=task.bootstrap, replication=1, min_insync=1)
    log = Log(time="record", run=task.round)
    return of(Sections(kafka=kafka, redis=Redis(url=""), metrics=Metrics(port=0), log=log))
