"""`journeywatch topics`: what the pipe needs of the broker, what is there instead, and how to make it."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from agents import topics
from agents.commands.common import reached
from agents.engine.exits import Code
from agents.setup import connection
from stream.infra import plugins, settings
from stream.infra.settings import Settings
from stream.record import Stop


def run(args: argparse.Namespace) -> int:
    effective = settings.load(args.settings)
    plugins.load(effective)
    wanted = of(effective)
    for topic in wanted:
        config = " ".join(f"{name}={value}" for name, value in sorted(topic.config.items()))
        print(f"{topic.name} partitions={topic.partitions} replication={topic.replication} {config}")
    return asyncio.run(_checked(effective, wanted, create=args.create))


def of(effective: Settings) -> list[topics.Topic]:
    """The topics that these settings need."""
    definitions, kafka = effective.definitions, effective.kafka
    return topics.wanted(
        effective.intake.sources,
        run=definitions.run,
        partitions=definitions.partitions,
        kpi_partitions=definitions.kpi_partitions,
        log_time=definitions.time,
        replication=kafka.replication,
        min_insync=kafka.min_insync,
    )


async def _checked(effective: Settings, wanted: list[topics.Topic], *, create: bool) -> int:
    options = connection(effective.kafka).client()
    bootstrap = options.pop("bootstrap_servers")
    async with reached(effective.kafka):
        if create:
            await _create(bootstrap, wanted, options)
        faults = await topics.check(bootstrap, wanted, **options)
    for fault in faults:
        print(fault)
    print("the topics are as they should be" if not faults else f"{len(faults)} to mend")
    return 1 if faults else 0


async def _create(bootstrap: str, wanted: list[topics.Topic], options: dict[str, Any]) -> None:
    try:
        for name in await topics.create(bootstrap, wanted, **options):
            print(f"made {name}")
    except RuntimeError as error:
        mend = "on a single broker kafka.replication and kafka.min_insync are 1"
        raise Stop(Code.TOPIC, f"{error}; mend what the broker says ({mend})") from error
    except TimeoutError as error:
        raise Stop(Code.BROKER, "the brokers took the topics but do not show them; try again") from error
