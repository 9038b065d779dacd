"""Digests: at their hours, once each, and what could not be told is overtaken by the next."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stream.infra.backoff import Backoff
from stream.infra.digests import Digests, next_hour
from stream.infra.sinks import Outcome, Queue
from stream.infra.telemetry import SinkTelemetry
from tests.support.sinks import Now, Scripted

HOUR = 3_600.0
RETRY = Outcome("retry", "451 later")


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "hours", "zone", "then"),
    [
        ("2026-11-22 07:59:59", (8,), "UTC", "2026-11-22 08:00:00"),
        ("2026-11-22 08:00:00", (8,), "UTC", "2026-11-23 08:00:00"),
        ("2026-11-22 08:00:00", (8, 13), "UTC", "2026-11-22 13:00:00"),
        ("2026-11-22 08:00:00", (13, 8), "UTC", "2026-11-22 13:00:00"),
        ("2026-12-31 23:30:00", (0,), "UTC", "2027-01-01 00:00:00"),
        ("2026-11-22 06:59:59", (8,), "Europe/Berlin", "2026-11-22 07:00:00"),
        ("2026-07-22 06:00:00", (8,), "Europe/Berlin", "2026-07-23 06:00:00"),
        (
            "2026-03-28 12:00:00",
            (2,),
            "Europe/Berlin",
            "2026-03-29 01:00:00",
        ),  # no 2:00 that night: it is 3:00
        ("2026-10-24 12:00:00", (2,), "Europe/Berlin", "2026-10-25 00:00:00"),  # the first of the two
        ("2026-11-22 21:00:00", (8,), "Pacific/Auckland", "2026-11-23 19:00:00"),
    ],
)
def test_the_next_hour(now: str, hours: tuple[int, ...], zone: str, then: str) -> None:
    assert next_hour(seconds(now), hours, ZoneInfo(zone)) == seconds(then)


class World:
    """One sink with digests at 1 and 2 o'clock; it is now 0:30."""

    def __init__(self) -> None:
        self.now = Now(HOUR / 2)
        self.sink = Scripted("mail", hours=(1, 2))
        self.telemetry = SinkTelemetry()
        backoff = Backoff(self.now, lambda: 0.5, first=60.0, longest=900.0, patience=HOUR)
        self.digests = Digests(self.sink, self.sink, "UTC", self._queue, self.telemetry, self.now, backoff)

    def _queue(self, at: int) -> Queue:
        return Queue(at, {}, [])

    async def at(self, hour: float) -> float:
        self.now.seconds = hour * HOUR
        return await self.digests.step()

    @property
    def told(self) -> list[float]:
        return [queue.at / 1000 / HOUR for queue in self.sink.digests]


async def test_one_at_each_hour() -> None:
    world = World()
    assert await world.at(0.75) == HOUR / 4
    assert await world.at(1) == HOUR
    assert await world.at(1.5) == HOUR / 2
    assert await world.at(2.001) == pytest.approx(22.999 * HOUR)
    assert world.told == [1, pytest.approx(2.001)]


async def test_what_fails_is_tried_again_and_then_overtaken() -> None:
    world = World()
    world.sink.script = [RETRY, OSError("no route"), RETRY]
    assert await world.at(1) == 60.0
    assert await world.at(1 + 0.5 / 60) == pytest.approx(30.0)
    assert world.sink.attempts == 1, "not before its time"
    assert await world.at(1.1) == pytest.approx(120.0)
    await world.at(1.2)
    assert world.told == []
    assert (world.telemetry.up, world.telemetry.error) == (False, "451 later")
    assert await world.at(2) == 23 * HOUR, "a new hour, a new chance"
    assert (world.telemetry.up, world.telemetry.error) == (True, "")
    assert world.telemetry.outcomes == {"retry": 3, "delivered": 1}
    assert world.told == [2]
    await world.at(3)
    assert world.told == [2], "the one before it is not told any more"


async def test_an_hour_that_passed_before_it_began_is_left_out() -> None:
    """So a restart repeats none."""
    world = World()
    await world.at(0.9)
    assert world.told == []


async def test_what_is_rejected_is_kept() -> None:
    world = World()
    world.sink.script = [Outcome("rejected", "554 no")]
    await world.at(1)
    await world.at(1.5)
    assert world.sink.attempts == 1
    [letter] = world.digests.letters
    assert (letter.sink, letter.key, letter.kind, letter.answer) == ("mail", "digest/3600", "digest", "554 no")
