"""delivery: journey.alerts -> sinks and the read side. The agent around the fold: its effects come after the write."""

from __future__ import annotations

import time

from agents.engine.owner import Owner
from agents.engine.tables import TableHop
from agents.setup import Setup
from agents.tally import drain
from agents.verdicts import links
from stream.delivering import DeliveryPartition
from stream.infra.courier import Courier
from stream.infra.views import AlertsView
from stream.record import ALERTS, Append, Meta
from stream.ticks import LogTime

ROLE, TABLE = "delivery", "alerts"


def hop(setup: Setup) -> TableHop:
    def fold(partition: int, rows: dict[bytes, bytes], meta: Meta | None) -> DeliveryPartition:
        policy = setup.settings.sections.delivery
        return DeliveryPartition(setup.definitions, setup.revision, partition, rows, meta, policy)

    return setup.table_hop(ROLE, TABLE, (ALERTS, 1), fold, lambda fold: Effects(fold, setup))


class Effects:
    """Tells the sinks and the read side what the fold holds, and the fold what the sinks took."""

    def __init__(self, fold: DeliveryPartition, setup: Setup) -> None:
        self._fold = fold
        self._setup = setup
        self._telemetry = setup.telemetry.hop(ROLE)
        self._courier = Courier(fold, setup.plugins.sinks.values(), setup.telemetry, link=links(setup.settings))
        self._redis = setup.redis
        self._time = LogTime()
        self._view = AlertsView(fold, setup.redis_base)
        if self._redis is not None:
            self._redis.show(self._view)

    def heard(self, append: Append) -> None:
        self._courier.heard(append)
        self._view.heard(append)

    async def look(self, owner: Owner, caught_up: bool) -> None:
        drain(self._fold.dropped, self._telemetry.dropped)
        drain(self._fold.pages, self._setup.telemetry.pages)
        self._setup.telemetry.demoted = self._fold.demoted
        if caught_up:  # what is old may be overtaken further on: nothing is sent before the end
            self._courier.caught_up()
        if self._courier.started:
            await owner.write_all(lambda _: iter(self._courier.announcements.append, None))
            await owner.write_all(lambda _: iter(self._courier.marks, None))
            await owner.publish(self._courier.undelivered())
        wall, uptime = time.time_ns() // 1_000_000, int(time.monotonic() * 1_000)
        out = self._fold.tick(self._time.now(wall, uptime, self._fold.meta.clock), caught_up=caught_up)
        if out is not None:
            await owner.publish([out])
            self._telemetry.ticks += 1

    async def close(self) -> None:
        self._setup.telemetry.demoted = []
        await self._courier.close()
        if self._redis is not None:
            self._redis.hide(self._view)
