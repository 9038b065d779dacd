"""A worker that is stopped for longer than its session and then goes on: what it had in hand must not count twice,
and what others wrote meanwhile must not be lost, even while the broker compacts the changelogs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.engine.exits import Code
from agents.topics import changelog
from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_kills import SEED, STATEFUL
from tests.chaos.worker import compacting

LAG = 30_000  # ms: what a sleeper wrote is mended sooner
TABLES = {"journeys": "journeys", "kpis": "panes", "delivery": "alerts"}


async def compact(rig: Rig) -> None:
    """Has the broker compact the changelogs as fast as it can."""
    config = compacting(str(LAG)) | {"min.cleanable.dirty.ratio": "0.01"}
    names = [changelog(role, table, 1) for role, table in TABLES.items()]
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.kafka.bootstrap)
    await admin.start()
    try:
        now = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
        kept = {
            name: {entry[0]: entry[1] for entry in entries if entry[3] == 1}
            for a in now
            for _, _, _, name, entries in a.resources
        }
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, configs=kept[name] | config) for name in names]
        )
    finally:
        await admin.close()
    rig.crew.environment["CHAOS_LAG"] = str(LAG)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_a_sleeper_of_every_role_while_changelogs_are_compacted(rig: Callable[..., Rig]) -> None:
    under = rig()
    asyncio.run(compact(under))
    crew = under.crew
    crew.ready(["intake"], *([role] for role in STATEFUL))
    sending = Load(under.kafka.bootstrap, events(1_500, SEED), 100).start()
    crew.run(3)
    for _ in range(3):
        for role in STATEFUL:
            asleep = next(worker for worker in crew.workers if worker.roles == (role,))
            asleep.freeze()
            (awake,) = crew.ready([role])  # has everything that was the sleeper's
            crew.run(2)
            asleep.thaw()
            crew.run(3)
            crew.workers.remove(awake)
            awake.child.kill()
    sending.stop()
    under.settle(sending)
    assert set(crew.codes) <= {int(Code.FOREIGN)}
