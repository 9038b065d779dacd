"""The demonstration itself: the history, then live traffic, looked at twice a second until it ends."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from agents.demo.look import Look, Numbers, Seen
from agents.demo.scene import Scene, Show
from agents.demo.stage import SOURCE, Stage
from agents.demo.traffic import SLICE, Traffic, now
from agents.embedded.child import SIGNALS, ChildError
from agents.topics import raw

EVERY = 0.5  # s between looks
STALL = 120.0  # s in which nothing of the history goes on: something is wrong
OVER = 10.0  # s of which a rate is the mean


class Play:
    """One performance on a stage. `scene` = what was seen last; `before` = what was seen when live traffic began."""

    def __init__(self, stage: Stage, look: Look, show: Show) -> None:
        self.scene = Scene()
        self.before = Numbers()
        self._stage, self._look, self._show = stage, look, show
        self._money = next(iter(stage.settings.definitions.currencies))
        self._news = asyncio.Condition()
        self._began: float | None = None
        self._past: deque[tuple[float, int]] = deque()

    async def run(self, seconds: float | None) -> None:
        """Until `seconds` of live traffic are over, or a signal. Raises ChildError if the worker ends before."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, stop.set)
        async with Traffic(self._stage.settings.kafka.bootstrap, raw(SOURCE)) as traffic:
            driving = asyncio.create_task(self._drive(traffic), name="traffic")
            try:
                while not (stop.is_set() or self._over(seconds)):
                    await self._watch(traffic)
                    if driving.done():
                        driving.result()
                    await _wait(stop, EVERY)
                await self._watch(traffic)
            finally:
                driving.cancel()
                await asyncio.gather(driving, return_exceptions=True)

    async def _drive(self, traffic: Traffic) -> None:
        async def room(sent: int) -> None:
            await self._until(lambda seen: through(seen) >= sent - SLICE)

        await traffic.history(room)
        await self._until(lambda seen: through(seen) >= traffic.sent and not seen.numbers.lag)
        self.before = self.scene.seen.numbers
        self._began = time.monotonic()
        self._past.clear()
        await traffic.flow()

    async def _watch(self, traffic: Traffic) -> None:
        if not self._stage.broker_answers():
            raise ChildError("the embedded broker ended")
        if not self._stage.worker.running:
            raise ChildError(f"the worker ended with code {self._stage.worker.code}; what it said last stands above")
        seen = await self._look.again()
        live = None if self._began is None else time.monotonic() - self._began
        self.scene = Scene(seen, now(), live, traffic.sent, traffic.total, self._rate(seen.numbers.events), self._money)
        self._show.update(self.scene)
        async with self._news:
            self._news.notify_all()

    async def _until(self, true: Callable[[Seen], bool]) -> None:
        """Waits for a look of which it is true. Raises ChildError when nothing moves any more."""
        moved, before = time.monotonic(), -1
        async with self._news:
            while not true(seen := self.scene.seen):
                if (have := through(seen)) != before:
                    moved, before = time.monotonic(), have
                elif time.monotonic() - moved > STALL:
                    raise ChildError(f"the history does not go on: {have:,} events, {seen.numbers.lag:,} waiting")
                await self._news.wait()

    def _over(self, seconds: float | None) -> bool:
        return seconds is not None and self._began is not None and time.monotonic() - self._began >= seconds

    def _rate(self, events: int) -> float:
        at = time.monotonic()
        self._past.append((at, events))
        while len(self._past) > 2 and self._past[0][0] < at - OVER:
            self._past.popleft()
        first, was = self._past[0]
        return (events - was) / (at - first) if at > first else 0.0


def through(seen: Seen) -> int:
    """Records of the source that the journeys have heard, or that did not get so far."""
    return seen.numbers.folded.get("journeys", 0) + seen.numbers.turned_away


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
