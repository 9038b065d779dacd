"""The customers of the demonstration: 60 days of history at their true past times, then live traffic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import islice
from typing import Any, Self

import msgspec
from aiokafka import AIOKafkaProducer

from stream.definitions import SECOND
from stream.infra.world import World, journeys
from stream.record import Out
from stream.ticks import tick

CUSTOMERS, RATE, SEED = 400, 40.0, 20  # RATE: events a second, live
SLICE = 4_000  # records; what may be on its way. The embedded broker forgets the oldest beyond 5 MiB a partition
STEP = 0.2  # s between two looks at what customers do, live
GOODBYE = 5.0  # s that the last records may take

_encode = msgspec.json.Encoder().encode

Room = Callable[[int], Awaitable[None]]  # returns once of so many records sent, no more than a slice is on its way


def now() -> int:
    """Wall clock, ms."""
    return time.time_ns() // 1_000_000


class Traffic:
    """Sends to `topic`; `sent` = records so far, `total` = how many the history has (0 = not known yet).

    Each record's timestamp is the time at which the log hears of it. The embedded broker has no time of its own and
    so the pipe does not tick: the clock's ticks are sent from here, once the history is through.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.sent = self.total = 0
        self.live = now()
        self._topic = topic
        self._world: World = journeys(CUSTOMERS, self.live, SEED, RATE)
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(TimeoutError):  # a broker that is gone takes nothing more
            async with asyncio.timeout(GOODBYE):
                await self._producer.stop()

    async def history(self, room: Room) -> None:
        """All that happened before `live`, slice by slice."""
        told = await asyncio.to_thread(lambda: list(self._world.until(self.live)))
        self.total, events = len(told), iter(told)
        while part := list(islice(events, SLICE)):
            for at, event in part:
                await self._send(at, event)
            await self._producer.flush()
            await room(self.sent)

    async def flow(self) -> None:
        """What happens from `live` on, and a tick a second; until it is cancelled."""
        ticked = 0
        while True:
            at = now()
            for heard, event in self._world.until(at):
                await self._send(heard, event)
            if at - ticked >= SECOND:
                ticked = at
                await self._tick(at)
            await asyncio.sleep(STEP)

    async def _send(self, at: int, event: dict[str, Any]) -> None:
        await self._producer.send(self._topic, _encode(event), key=event["subject"].encode(), timestamp_ms=at)
        self.sent += 1

    async def _tick(self, at: int) -> None:
        """Intake makes one for every partition of it."""
        out: Out = tick(0, at)
        await self._producer.send(self._topic, out.value, key=out.key, timestamp_ms=at)
