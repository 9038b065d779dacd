"""Workers killed under load, workers that come and go, and workers that die at a named step of the hop."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from agents.engine.exits import Code
from tests.chaos import points
from tests.chaos.load import Load, events
from tests.chaos.settled import Rig

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

SEED = 20
MENDS = {int(Code.FOREIGN)}  # a worker may only have learnt that it was overtaken
STATEFUL = ("journeys", "kpis", "delivery")
EVERYTHING = ("intake", *STATEFUL)


def fire(rig: Rig, customers: int, rate: float) -> Load:
    return Load(rig.kafka.bootstrap, events(customers, SEED), rate).start()


def test_kill_9_thirty_times(rig: Callable[..., Rig]) -> None:
    under = rig()
    random, crew = Random(SEED), under.crew
    crew.ready(EVERYTHING, EVERYTHING)
    sending = fire(under, 1_500, 120)
    for _ in range(30):
        crew.run(random.uniform(0.5, 12.0))
        crew.kill(random.choice(crew.workers))
    sending.stop()
    under.settle(sending)
    assert crew.kills == 30
    assert set(crew.codes) <= MENDS


def test_workers_that_join_and_leave(rig: Callable[..., Rig]) -> None:
    under = rig()
    random, crew = Random(SEED), under.crew
    crew.ready(EVERYTHING)
    sending = fire(under, 1_500, 120)
    for _ in range(8):
        crew.ready(EVERYTHING)
        crew.run(random.uniform(0.0, 3.0))
        crew.leave(random.choice(crew.workers))
    sending.stop()
    under.settle(sending)
    assert crew.codes == []


def test_a_storm_of_rebalances(rig: Callable[..., Rig]) -> None:
    """Workers come and are killed before they have settled, over and over: hardly a generation is whole."""
    under = rig()
    random, crew = Random(SEED), under.crew
    crew.ready(EVERYTHING)
    sending = fire(under, 1_500, 120)
    for _ in range(8):
        storm = [crew.start(EVERYTHING) for _ in range(2)]
        crew.run(random.uniform(2.0, 9.0))
        for worker in storm:
            crew.workers.remove(worker)
            worker.child.kill()
    sending.stop()
    under.settle(sending)
    assert set(crew.codes) <= MENDS


def lives(random: Random, role: str) -> list[str]:
    """A point for each life of a worker of this role: every step, before and after it, in any order."""
    seldom = ("recover", "claim", "release", "mark")
    steps = [*points.TABLE, "recover", "claim", "release", *(["mark"] if role == "delivery" else [])]
    if role == "intake":
        steps = ["send", "publish", "done", "commit", "recover", "release"]
    found = [f"{when}.{step}" for step in steps for when in ("before", "after")]
    found += [points.LIE] * (role != "intake")
    random.shuffle(found)
    return [f"{point}:{1 if point.partition('.')[2] in seldom else random.randint(2, 6)}" for point in found]


def test_every_step_of_every_hop(rig: Callable[..., Rig]) -> None:
    """One worker a role, so that all four die side by side, each once before and once after every step; and once an
    append is there although its writer was told that nobody answered."""
    under = rig()
    random, crew = Random(SEED), under.crew
    wanted = {role: lives(random, role) for role in EVERYTHING}
    for role, each in wanted.items():
        crew.start([role], points=each)
    sending = fire(under, 1_500, 60)
    crew.until(lambda: all(worker.point == "" for worker in crew.workers), "everyone has died everywhere", 900)
    sending.stop()
    under.settle(sending)
    died = [point for each in wanted.values() for point in each if not point.startswith(points.LIE)]
    assert sorted(crew.deaths) == sorted(died)
    assert sorted(crew.codes) == [int(Code.BROKER)] * len(STATEFUL)
