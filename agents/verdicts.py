"""Verdicts between Redis, which knows the alerts, and the raw topic, from which intake takes them to the log."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from agents import topics
from agents.engine.connection import Connection
from agents.engine.exits import Code
from agents.setup import Setup
from stream.faults import Faults
from stream.infra.ballot import Away, Ballot, PagerDuty
from stream.infra.links import Links
from stream.infra.redis_side import ReadSide
from stream.infra.reviews import REVIEWABLE, Review, Reviewable, Verdict
from stream.infra.sections import Verdicts
from stream.infra.settings import Settings
from stream.infra.sinks import Link, nowhere
from stream.record import Stop

PATIENCE = 10.0  # s that a person waits for Kafka

reviewable = msgspec.json.Decoder(Reviewable).decode


def topic(settings: Settings) -> str:
    """The raw topic for verdicts: their own where intake reads it, else that of canonical events. Raises Faults."""
    sources = settings.intake.sources
    for source in ("verdicts", "cloudevents"):
        if source in sources:
            return topics.raw(source)
    raise Faults([settings.fault(("intake", "sources"), ", ".join(sources), 'verdicts need "verdicts" among them')])


def links(settings: Settings) -> Link:
    """Makes the links of messages; none where nobody listens."""
    verdicts = settings.sections.verdicts
    return Links(verdicts.url, verdicts.link_key, verdicts.valid) if verdicts.url else nowhere


async def find(redis: ReadSide, alert: str) -> Reviewable | None:
    """What is known of an alert, open or remembered. Raises Away."""
    try:
        found = await redis.one(REVIEWABLE, alert)
    except (RedisError, OSError, TimeoutError) as error:
        raise Away(f"Redis: {error}") from error
    return reviewable(found) if found is not None else None


class Speaker:
    """Puts verdicts on a raw topic, from `start` to `stop`."""

    def __init__(self, connection: Connection, topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(**self._connection.client(), acks="all", enable_idempotence=True)
        await self._producer.start()

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def there(self) -> None:
        """Raises Stop (76) if there is no such topic: to send there would wait for it, or make it."""
        assert self._producer is not None
        cluster: Any = await self._producer.client.fetch_all_metadata()
        if self._topic not in cluster.topics():
            raise Stop(Code.TOPIC, f"topic {self._topic} is missing: make it with `journeywatch topics --create`")

    async def say(self, review: Review) -> None:
        """Returns when the brokers have it. Raises Away."""
        assert self._producer is not None
        try:
            async with asyncio.timeout(PATIENCE):
                await self._producer.send_and_wait(self._topic, review.event(), key=review.key)
        except (KafkaError, TimeoutError) as error:
            raise Away(f"Kafka: {type(error).__name__} {error}") from error


class Desk:
    """A worker's: listens for verdicts from `start` to `stop`. Raises Faults."""

    def __init__(self, setup: Setup) -> None:
        settings = setup.settings.sections.verdicts
        if setup.redis is None:
            mend = "verdicts need Redis, which knows the alerts: set redis.url"
            raise Faults([setup.settings.fault(("verdicts", "url"), settings.url, mend)])
        self._redis = setup.redis
        self._speaker = Speaker(setup.connection, topic(setup.settings))
        self.ballot = Ballot(
            Links(settings.url, settings.link_key, settings.valid),
            self._find,
            self._speaker.say,
            bind=settings.bind,
            port=settings.port,
            pagerduty=_pagerduty(settings),
        )

    async def start(self) -> None:
        """Raises OSError if the port is taken, Stop (76) if there is no topic for verdicts."""
        await self._speaker.start()
        await self._speaker.there()
        await self.ballot.start()

    async def stop(self) -> None:
        await self.ballot.close()
        await self._speaker.stop()

    async def _find(self, alert: str) -> Reviewable | None:
        return await find(self._redis, alert)


def _pagerduty(settings: Verdicts) -> PagerDuty | None:
    said = {"acknowledged": settings.pagerduty_acknowledged, "resolved": settings.pagerduty_resolved}
    verdicts: dict[str, Verdict] = {f"incident.{what}": verdict for what, verdict in said.items() if verdict}
    return PagerDuty(settings.pagerduty_secret, verdicts) if settings.pagerduty_secret else None
