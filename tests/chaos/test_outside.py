"""What is beside the log fails: sinks that are slow, hang or answer 500; Redis that is emptied or gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_kills import EVERYTHING, SEED
from tests.kafka.test_alertmanager_pipe import OwnRedis

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


def test_a_sink_that_is_slow_hangs_and_fails(rig: Callable[..., Rig]) -> None:
    under = rig()
    under.crew.ready(EVERYTHING)
    sending = Load(under.kafka.bootstrap, events(200, SEED), 500).start()
    hook = under.hook
    hook.delay = 0.3
    under.crew.until(lambda: hook.told, "the slow one is told")
    hook.answer = "hang"
    under.crew.run(5)
    hook.answer = 500
    under.crew.until(lambda: hook.refused > 3, "it is tried again")
    hook.answer, hook.delay = 204, 0.0
    under.settle(sending)
    assert under.crew.codes == []


def test_a_redis_that_is_emptied_and_killed_is_filled_again(rig: Callable[..., Rig], redis: OwnRedis) -> None:
    under = rig(redis=redis.url)
    crew = under.crew
    crew.ready(EVERYTHING)
    under.settle(Load(under.kafka.bootstrap, events(100, SEED), 1_000).start())
    crew.until(lambda: under.redis_told() == [], "it is filled", 60, under.redis_told)
    with Redis.from_url(redis.url) as client:
        client.flushall()
    crew.until(lambda: under.redis_told() == [], "it is filled again", 60, under.redis_told)
    redis.kill()
    crew.run(2)
    redis.start()
    crew.until(lambda: under.redis_told() == [], "it is filled when it is back", 60, under.redis_told)
    assert crew.codes == []
