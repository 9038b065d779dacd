"""When the dust has settled: what must be true of a pipe, whatever happened to it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from msgspec import Struct

from agents.logtopics import LogTopics
from agents.readside import redis
from agents.setup import Setup
from agents.verify import Live, verify
from stream.claims import Alert
from stream.record import ALERTS, DEADLETTERS, EVENTS
from stream.replay import Replay
from stream.summaries import OWN
from tests.chaos.crew import Crew
from tests.chaos.hook import Hook
from tests.chaos.load import RAW, Load
from tests.support.kafka import Kafka
from tests.support.live import Pipe, quiet

_alert = msgspec.json.Decoder(Alert).decode


class _Id(Struct):
    id: str = ""


class _Letter(Struct):
    topic: str
    partition: int
    offset: int


_id = msgspec.json.Decoder(_Id).decode
_letter = msgspec.json.Decoder(_Letter).decode


class Rig(Struct):
    """A pipe under fire: its settings and topics, its workers, and where its alerts go."""

    pipe: Pipe
    crew: Crew
    hook: Hook
    kafka: Kafka

    def settle(self, load: Load, seconds: float = 240.0) -> Live:
        """Waits until everything sent is worked off, then holds everything against the log."""
        self.work_off(load, seconds)
        live = asyncio.run(self._as_the_log_says(load))
        self.crew.until(lambda: self.redis_told() == [], "Redis is as the log says", 90)
        self.crew.until(lambda: not self.untold(), "the sink is told", seconds, lambda: self.untold()[:5])
        self.one_key_one_message()
        return live

    def redis_told(self) -> list[str]:
        """What Redis says otherwise than the log, or that it could not be compared."""
        return asyncio.run(_redis(self.pipe.made()))

    async def _worked_off(self, load: Load) -> bool:
        return await self._passed_on(load) and await quiet(self.pipe.made(), len(load.sent))

    async def _passed_on(self, load: Load) -> bool:
        made = self.pipe.made()
        ids = {_id(record.value).id for record in await _records(made, EVENTS)}
        return load.sent.keys() <= ids and len(await _junk(made)) >= load.junk

    async def _as_the_log_says(self, load: Load) -> Live:
        made = self.pipe.made()
        differences, live = await verify(made)
        assert differences == [], differences
        assert len(await _junk(made)) == load.junk, load.junk
        letters = {r.value for r in await _records(made, DEADLETTERS) if _letter(r.value).topic == EVENTS}
        assert letters == set((await replayed(made)).dead_letters), "dead letters"
        return live

    def work_off(self, load: Load, seconds: float = 240.0) -> None:
        """Waits until everything sent has gone through every hop."""
        load.join()
        self.crew.until(lambda: asyncio.run(self._worked_off(load)), "everything is worked off", seconds)

    def pass_on(self, load: Load) -> None:
        """Waits until intake has passed everything on."""
        load.join()
        self.crew.until(lambda: asyncio.run(self._passed_on(load)), "everything is passed on", 60)

    def untold(self) -> list[str]:
        """Keys of the newest versions that the sink should have heard of and has not: each at least once, it says."""
        newest: dict[str, Alert] = {}
        for alert in self._said().values():
            if alert.id not in newest or _place(newest[alert.id]) < _place(alert):
                newest[alert.id] = alert
        held = self.hook.held()
        wanted = [a for a in newest.values() if a.status == "open" or a.id in held]
        return [key for a in wanted if (key := _key(a)) not in self.hook.told]

    def one_key_one_message(self) -> None:
        """What came under a key, however often, is that version of that alert; of delivery's own, always the same."""
        said = self._said()
        for key, bodies in self.hook.told.items():
            if bodies[0]["alert"]["signal"] in OWN:
                assert all(body["alert"] == bodies[0]["alert"] for body in bodies), (key, bodies)
                continue
            alert = msgspec.to_builtins(said[key])
            for body in bodies:
                told = body["alert"]
                assert told == {name: alert[name] for name in told} | {"subject": told["subject"]}, key

    def _said(self) -> dict[str, Alert]:
        """journey.alerts, by idempotency key."""
        found = [_alert(record.value) for record in asyncio.run(_records(self.pipe.made(), ALERTS))]
        return {_key(alert): alert for alert in found}


async def _redis(made: Setup) -> list[str]:
    if made.redis is None:
        return []
    try:
        _, live = await verify(made)
        differences, notes = await redis(made, live)
    finally:
        await made.redis.close()
    return differences + notes


async def _records(made: Setup, topic: str) -> list[Any]:
    async with LogTopics(made.connection, [topic]) as log:
        return [record async for record in log.records()]


async def _junk(made: Setup) -> set[tuple[int, int]]:
    """Places of the raw records that have a dead letter."""
    letters = [_letter(record.value) for record in await _records(made, DEADLETTERS)]
    return {(letter.partition, letter.offset) for letter in letters if letter.topic == RAW}


async def replayed(made: Setup) -> Replay:
    """journey.events, folded anew."""
    found = made.plugins
    replay = Replay(made.definitions, found.kpis, found.signals.values(), tuple(found.watches.values()))
    for record in await _records(made, EVENTS):
        replay.hear(record.partition, record)
    replay.flush()
    return replay


def _key(alert: Alert) -> str:
    return f"{alert.id}/{alert.episode}/{alert.version}"


def _place(alert: Alert) -> tuple[int, int]:
    return alert.episode, alert.version
