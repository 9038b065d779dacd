"""Brokers that stop, freeze and die under load, and too few of them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from agents.engine.exits import Code
from tests.chaos.load import Load, events
from tests.chaos.settled import Rig
from tests.chaos.test_kills import EVERYTHING, SEED

MENDS = {int(Code.FOREIGN), int(Code.BROKER)}  # a worker may have lost its partitions, or have given the broker up


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_a_broker_that_freezes_and_one_that_restarts(rig: Callable[..., Rig]) -> None:
    under = rig()
    crew, node = under.crew, under.kafka.nodes[0]
    crew.ready(EVERYTHING)
    sending = Load(under.kafka.bootstrap, events(1_500, SEED), 100).start()
    for _ in range(5):
        crew.run(3)
        node.process.signal(signal.SIGSTOP)
        crew.run(20)
        node.process.signal(signal.SIGCONT)
        crew.run(3)
        node.kill()
        node.start()
        node.wait()
    sending.stop()
    under.settle(sending)
    assert set(crew.codes) <= MENDS


@pytest.mark.chaos
@pytest.mark.parametrize(("kills", "away"), [(1, 6.0), pytest.param(4, 60.0, marks=[pytest.mark.timeout(1800)])])
def test_of_three_brokers_one_dies_and_too_few_are_left(
    rig: Callable[..., Rig], kafka_cluster: Any, kills: int, away: float
) -> None:
    """Every record must be on all three: with one broker dead nothing can be written until it is back. Each of them
    leads a third of the partitions."""
    under = rig(kafka=kafka_cluster(size=3), copies=3)
    random, crew = Random(SEED), under.crew
    crew.ready(EVERYTHING)
    sending = Load(under.kafka.bootstrap, events(400 * kills, SEED), 100).start()
    for _ in range(kills):
        crew.run(3)
        node = random.choice(under.kafka.nodes)
        node.kill()
        crew.run(away)
        node.start()
        under.kafka.wait()
    sending.stop()
    under.settle(sending, 400)
    assert set(crew.codes) <= MENDS
