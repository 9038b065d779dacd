"""The composition root: the Faust apps of a worker, one a role, none of them started."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from agents import delivery, intake, journeys, kpis
from agents.engine.app import EngineApp, build
from agents.engine.hop import Hop
from agents.setup import Setup

HOPS: dict[str, Callable[[Setup], Hop]] = {
    intake.ROLE: intake.hop,
    journeys.ROLE: journeys.hop,
    kpis.ROLE: kpis.hop,
    delivery.ROLE: delivery.hop,
}


class Role(Struct, frozen=True):
    """A role ready to start: first its hop, then its app; to stop: first its hop, then its app."""

    hop: Hop
    app: EngineApp

    async def start(self) -> None:
        await self.hop.start()
        await self.app.start()

    async def stop(self) -> None:
        await self.hop.stop()
        await self.app.stop()


def roles(setup: Setup, names: Sequence[str]) -> list[Role]:
    """The roles of these names. Call it inside the event loop that will run them."""
    hops = [HOPS[name](setup) for name in names]
    instance = setup.settings.kafka.instance or None
    return [Role(hop, build(hop, setup.connection, instance=instance)) for hop in hops]
