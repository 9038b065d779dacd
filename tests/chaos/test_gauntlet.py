"""Every fault that mends itself, each once and small, one after another under one load; then all is as the log says."""

from __future__ import annotations

import signal
from collections.abc import Callable
from random import Random

import pytest
from redis import Redis

from agents.engine.exits import Code
from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_kills import EVERYTHING, SEED
from tests.kafka.test_alertmanager_pipe import OwnRedis

MENDS = {int(Code.FOREIGN), int(Code.BROKER)}


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_kills_crash_points_a_sleeper_an_outage_a_bad_sink_and_an_empty_redis(
    rig: Callable[..., Rig], redis: OwnRedis
) -> None:
    under = rig(redis=redis.url)
    crew = under.crew
    first, _ = crew.ready(EVERYTHING, EVERYTHING)
    sending = Load(under.kafka.bootstrap, events(400, SEED), 250).start()
    killed(under)
    crew.kill(first, points=["after.ack:2", "after.publish:2"])
    crew.until(lambda: len(crew.deaths) == 2, "it has died at both points")
    slept(under)
    broke(under)
    failed(under)
    with Redis.from_url(redis.url) as client:
        client.flushall()
    sending.stop()
    under.settle(sending)
    assert crew.kills == 4
    assert set(crew.codes) <= MENDS
    done = under.pipe.run("verify")
    assert done.returncode == 0, done.stdout


def killed(under: Rig) -> None:
    random = Random(SEED)
    for _ in range(3):
        under.crew.run(random.uniform(0.5, 3.0))
        under.crew.kill(random.choice(under.crew.workers))


def slept(under: Rig) -> None:
    """For longer than the session: the other one has everything when it wakes."""
    sleeper = under.crew.workers[0]
    sleeper.freeze()
    under.crew.run(14)
    sleeper.thaw()
    under.crew.run(1)


def broke(under: Rig) -> None:
    node = under.kafka.nodes[0]
    node.process.signal(signal.SIGSTOP)
    under.crew.run(3)
    node.process.signal(signal.SIGCONT)
    under.crew.run(1)
    node.kill()
    node.start()
    node.wait()


def failed(under: Rig) -> None:
    hook = under.hook
    hook.answer = "hang"
    under.crew.run(3)
    hook.answer = 500
    under.crew.run(2)
    hook.answer = 204
