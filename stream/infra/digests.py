"""Tells one sink the whole queue at its hours of the day.

A digest is what is true at its hour: one that could not be told before the next is due is overtaken by it, and one
whose hour passed while no worker had the partition is left out. So none is told twice after a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from stream.infra.backoff import Backoff
from stream.infra.sinks import Channel, Clock, Outcome, Queue, Sink
from stream.infra.telemetry import SinkTelemetry
from stream.infra.undelivered import Undelivered

LONGEST = 30.0  # s between looks at the clock: it may be set

_log = logging.getLogger("journeywatch.delivery")


class Digests:
    """One sink's. `letters` = the digests that it refused."""

    def __init__(
        self,
        sink: Sink,
        channel: Channel,
        zone: str,
        queue: Callable[[int], Queue],
        telemetry: SinkTelemetry,
        clock: Clock,
        backoff: Backoff,
    ) -> None:
        self.name = sink.name
        self.channel = channel
        self.letters: list[Undelivered] = []
        self._hours = sink.hours
        self._zone = ZoneInfo(zone)
        self._queue = queue
        self._telemetry = telemetry
        self._clock = clock
        self._backoff = backoff
        self._next = next_hour(clock(), self._hours, self._zone)
        self._due: float | None = None  # the hour that is to be told

    def forget(self) -> None:
        """Another owner goes on from here."""
        self._telemetry.up, self._telemetry.error = True, ""

    async def run(self) -> None:
        """For as long as it is not cancelled."""
        while True:  # noqa: ASYNC110  it waits for the clock
            await asyncio.sleep(min(await self.step(), LONGEST))

    async def step(self) -> float:
        """Makes at most one attempt; returns the seconds until the next may be due."""
        if (now := self._clock()) >= self._next:
            self._due, self._next = self._next, next_hour(now, self._hours, self._zone)
            self._backoff.well()
        if self._due is not None and not self._backoff.wait:
            self._settle(self._due, await self._attempt())
        pause = self._next - self._clock()
        return max(min(pause, self._backoff.wait) if self._due is not None else pause, 0.0)

    async def _attempt(self) -> Outcome:
        try:
            return await self.channel.digest(self._queue(int(self._clock() * 1000)))
        except Exception as error:  # noqa: BLE001  whatever a sink does, the pipe goes on
            return Outcome("retry", f"{type(error).__name__}: {error}")

    def _settle(self, due: float, outcome: Outcome) -> None:
        telemetry, status = self._telemetry, outcome.status
        telemetry.outcomes[status] = telemetry.outcomes.get(status, 0) + 1
        telemetry.up, telemetry.error = status != "retry", outcome.detail if status == "retry" else ""
        if outcome.status == "retry":
            _log.warning("sink %s did not take its digest: %s", self.name, outcome.detail)
            self._backoff.failed(outcome.after)
            return
        if outcome.status == "rejected":
            _log.error("sink %s rejected its digest: %s", self.name, outcome.detail)
            at, key = int(self._clock() * 1000), f"digest/{int(due)}"
            self.letters.append(Undelivered(at, self.name, key, "", "digest", "", outcome.detail))
        self._due = None


def next_hour(now: float, hours: Iterable[int], zone: ZoneInfo) -> float:
    """The first of the full `hours` (0-23) of a day in `zone` after `now`; both in seconds since the epoch."""
    today = datetime.fromtimestamp(now, zone).date()
    days = (today + timedelta(days=n) for n in range(3))
    times = (datetime(day.year, day.month, day.day, hour, tzinfo=zone) for day in days for hour in hours)
    return min(at for time in times if (at := time.astimezone(UTC).timestamp()) > now)
