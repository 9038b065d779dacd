from __future__ import annotations

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from redis.asyncio import Redis

from agents.demo.look import Look, Numbers, numbers
from agents.embedded.child import free_port
from agents.embedded.redis import EmbeddedRedis
from stream.infra.metrics import WorkerCollector
from stream.infra.sections import Metrics, Sections
from stream.infra.sections import Redis as RedisSettings
from stream.infra.settings import of
from stream.infra.telemetry import Telemetry
from tests.agents.demo.scenes import alert, reading


def scraped(telemetry: Telemetry) -> Numbers:
    registry = CollectorRegistry()
    registry.register(WorkerCollector(telemetry, lambda: 0.0))
    return numbers(generate_latest(registry).decode())


def test_counts_are_what_the_worker_says() -> None:
    telemetry = Telemetry()
    intake, journeys, kpis = (telemetry.hop(role) for role in ("intake", "journeys", "kpis"))
    intake.records, journeys.records = 7, 5
    intake.dead_letters = {"malformed": 2}
    journeys.dead_letters = {"malformed": 1, "future": 1}
    journeys.events = {"ticket.opened": 3, "ticket.resolved": 1}
    journeys.alerts = {("reopened", "opened"): 2, ("reopened", "resolved"): 1}
    for hop, behind in ((journeys, 4), (kpis, 1)):
        partition = hop.partition(f"of.{hop.role}", 0)
        partition.done, partition.highwater = 10, 10 + behind

    found = scraped(telemetry)

    assert found.events == 4
    assert (found.folded["intake"], found.folded["journeys"]) == (7, 5)
    assert found.refused == {"malformed": 3, "future": 1}
    assert found.turned_away == 2
    assert found.opened == {"reopened": 2}
    assert (found.waiting["journeys"], found.lag) == (4, 5)


def test_a_worker_that_has_done_nothing_yet_has_nothing_to_say() -> None:
    assert scraped(Telemetry()) == Numbers()


async def test_the_queue_the_newest_and_the_readings_come_from_redis(redis_server: EmbeddedRedis, unique: str) -> None:
    opened = {"a": 30, "b": 10, "c": 20}  # a is the most urgent, though the newest
    found = [reading("fcr", "24h", 0.9, 19), reading("fcr", "30d", 0.8, 164), reading("fcr", "7d", 0.7, 50)]
    async with Redis.from_url(redis_server.url) as redis:
        for place, (id, at) in enumerate(opened.items()):
            body = msgspec.structs.replace(alert(1), id=id, opened=at, signal="reopened" if id == "a" else "low_score")
            await redis.hset(f"{unique}:1:alerts", id, msgspec.json.encode(body).decode())
            await redis.zadd(f"{unique}:1:queue", {id: place})
        for each in found:
            await redis.hset(f"{unique}:1:readings:fcr", f"{each.window}|", msgspec.json.encode(each).decode())

    settings = of(Sections(redis=RedisSettings(url=redis_server.url, prefix=unique), metrics=Metrics(port=free_port())))
    async with Look(settings, ["fcr", "nps"]) as look:
        seen = await look.again()

    assert [each.id for each in seen.shown.queue] == ["a", "b", "c"]
    assert [each.id for each in seen.shown.newest] == ["a", "c", "b"]
    assert seen.shown.open == 3
    assert seen.shown.signals == {"reopened": 1, "low_score": 2}
    assert seen.shown.severities == {"queue": 3}
    assert set(seen.shown.readings) == {("fcr", "24h"), ("fcr", "30d")}
    assert (seen.shown.count, seen.shown.kpis) == (3, 1)
    assert seen.fault == "/metrics does not answer (ClientConnectorError)"


async def test_what_does_not_answer_stays_as_it_was_and_says_so() -> None:
    nowhere = of(
        Sections(redis=RedisSettings(url=f"redis://127.0.0.1:{free_port()}/0"), metrics=Metrics(port=free_port()))
    )
    async with Look(nowhere, ["fcr"]) as look:
        look.seen.numbers.events = 5
        seen = await look.again()
    assert seen.numbers.events == 5
    assert seen.fault == "/metrics does not answer (ClientConnectorError); Redis does not answer (ConnectionError)"
