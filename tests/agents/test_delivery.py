"""Beside the delivery fold: a tick brings about what is due when nothing comes, and what was decided is counted."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from agents.delivery import Effects
from stream.definitions import Definitions
from stream.delivering import DeliveryPartition
from stream.infra.settings import load
from stream.infra.telemetry import Telemetry
from stream.policy import Policy
from stream.record import ALERTS, CLOCK, Out, Record
from tests.support.alerts import heard, page


class Owner:
    """Takes what it is given to publish."""

    def __init__(self) -> None:
        self.published: list[Out] = []

    async def publish(self, out: Iterable[Out]) -> None:
        self.published += out

    async def write_all(self, make: Any) -> None:
        list(make(None))


def effects(fold: DeliveryPartition) -> tuple[Effects, Telemetry]:
    telemetry = Telemetry()
    setup: Any = SimpleNamespace(
        telemetry=telemetry, plugins=SimpleNamespace(sinks={}), redis=None, redis_base="b", settings=load(None, {})
    )
    return Effects(fold, setup), telemetry


async def test_a_tick_brings_about_what_is_due() -> None:
    fold = DeliveryPartition(Definitions(), "r", 0, {}, None, Policy(budget=0))
    beside, telemetry = effects(fold)
    owner: Any = Owner()
    await beside.look(owner, caught_up=True)
    assert owner.published == []
    list(fold.feed(heard([page("a", 1_000)])))  # its hour was over long ago
    await beside.look(owner, caught_up=False)
    assert owner.published == []
    await beside.look(owner, caught_up=True)
    [tick] = owner.published
    assert (tick.topic, tick.key, telemetry.hop("delivery").ticks) == (ALERTS, CLOCK, 1)
    assert telemetry.pages == {"budget": 1}
    list(fold.feed([Record(ALERTS, 0, 1, 4_000_000, tick.key, tick.value)]))
    await beside.look(owner, caught_up=True)
    assert len(owner.published) == 1
    await beside.close()
