"""A fold and a courier that tell one sink, under a clock of their own."""

from __future__ import annotations

import asyncio
from typing import Any

from stream.claims import Alert
from stream.definitions import Definitions
from stream.delivering import DeliveryPartition
from stream.infra.courier import Courier
from stream.infra.mailbox import Pace
from stream.infra.sinks import Sink
from stream.infra.telemetry import Telemetry
from tests.support.alerts import heard
from tests.support.sinks import Now, announce
from tests.support.waiting import until


class Told:
    """`hear` versions of alerts; `counts` waits until the sink's outcomes are so many. Then `close`."""

    def __init__(self, sink: Sink, now: Now, rows: dict[bytes, bytes] | None = None) -> None:
        self.now = now
        self.sink = sink
        self.fold = DeliveryPartition(Definitions(), "r", 0, {} if rows is None else rows)
        self.telemetry = Telemetry()
        pace = Pace(first=0.05, longest=0.05)
        self.courier = Courier(self.fold, [sink], self.telemetry, clock=now, chance=lambda: 0.5, pace=pace)
        self.courier.caught_up()
        self._hop = asyncio.create_task(announce(self.courier))

    def hear(self, *versions: Alert) -> None:
        for append in self.fold.feed(heard(versions, offset=self.fold.meta.next)):
            self.courier.heard(append)

    @property
    def outcomes(self) -> dict[str, int]:
        return self.telemetry.sink(self.sink.name).outcomes

    async def counts(self, **wanted: int) -> None:
        """Time goes on meanwhile."""
        await until(lambda: self._tick() and self.outcomes == wanted)

    async def delivered(self, count: int) -> None:
        await until(lambda: self._tick() and self.outcomes.get("delivered") == count)

    def letters(self) -> list[Any]:
        """What was refused since this was last asked."""
        return self.courier.undelivered()

    async def close(self) -> None:
        await self.courier.close()

    def _tick(self) -> bool:
        self.now.seconds += 0.05
        return True
