"""What the journeys role says of its ticks."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.engine.owner import Owner
from agents.journeys import Ticker
from stream.infra.telemetry import HopTelemetry
from stream.partition import Partition
from stream.record import EVENTS, Out
from stream.tallies import Tallies

NOW = 1_766_000_000_000


class Said:
    """In place of an owner: what was published."""

    def __init__(self) -> None:
        self.out: list[Out] = []

    async def publish(self, out: list[Out]) -> None:
        self.out += out


@pytest.mark.parametrize(
    ("due", "wanted", "counted"),
    [
        (NOW - 1_500, True, (1, 1, 1_500)),  # something is due
        (NOW + 1, True, (1, 0, 0)),  # it only says that time goes on
        (NOW - 1_500, False, (0, 0, 0)),
    ],
)
async def test_how_late_a_tick_is(
    due: int, wanted: bool, counted: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: NOW * 1_000_000)
    out = Out(EVENTS, 0, None, b"tick")
    fold: Any = SimpleNamespace(
        due=due, clock=0, tallies=Tallies(), tick=lambda now, *, caught_up: out if wanted else None
    )
    telemetry, owner = HopTelemetry("journeys"), Said()
    await Ticker(cast("Partition", fold), telemetry).look(cast("Owner", owner), True)
    assert (telemetry.ticks, sum(telemetry.lateness.counts), telemetry.lateness.sum) == counted
    assert len(owner.out) == telemetry.ticks
