"""A sink that does as it is told, and a clock that goes on when it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stream.claims import Severity
from stream.infra.courier import Courier
from stream.infra.sinks import DELIVERED, Clock, Link, Outcome, Queue, nowhere
from stream.notices import Notice


class Now:
    """Wall clock, in seconds, for tests: `now.seconds += 5`."""

    def __init__(self, seconds: float = 1_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


async def announce(courier: Courier) -> None:
    """What the hop does for a courier all the time: writes down what sinks are about to be told."""
    while True:
        while (append := courier.announcements.append()) is not None:
            courier.heard(append)
        await asyncio.sleep(0)


class Scripted:
    """A sink, and its own channel. `script` holds what the next attempts come to; then all are delivered."""

    def __init__(
        self,
        name: str = "scripted",
        *,
        least: Severity | None = Severity.info,
        repeat: int = 0,
        hours: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self.least = least
        self.repeat = repeat
        self.hours = hours
        self.script: list[Outcome | Exception | list[Outcome]] = []
        self.told: list[Notice] = []  # delivered
        self.again: list[list[Notice]] = []
        self.digests: list[Queue] = []
        self.attempts = 0
        self.closed = False

    def ready(self) -> bool:
        return True

    def open(self, clock: Clock, link: Link = nowhere) -> Scripted:
        return self

    async def send(self, notices: Sequence[Notice]) -> list[Outcome]:
        outcomes = self._outcomes(len(notices))
        self.told += [told for told, outcome in zip(notices, outcomes, strict=True) if outcome is DELIVERED]
        return outcomes

    async def active(self, notices: Sequence[Notice]) -> Outcome:
        outcome = self._outcomes(1)[0]
        if outcome is DELIVERED:
            self.again.append(list(notices))
        return outcome

    async def digest(self, queue: Queue) -> Outcome:
        outcome = self._outcomes(1)[0]
        if outcome is DELIVERED:
            self.digests.append(queue)
        return outcome

    async def close(self) -> None:
        self.closed = True

    def _outcomes(self, count: int) -> list[Outcome]:
        self.attempts += 1
        outcome = self.script.pop(0) if self.script else DELIVERED
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, list) else [outcome] * count
