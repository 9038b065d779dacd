"""The whole pipe on the embedded broker: what it comes to is what `replay` makes of the file. Seconds, no Java.

Covers agents/commands/verify.py, agents/verify.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from agents import topics
from agents.commands.topics import of
from agents.embedded.broker import EmbeddedBroker
from agents.embedded.redis import EmbeddedRedis
from agents.engine.ledger import records
from agents.engine.producer import Producer
from agents.verify import Live, verify
from stream.infra import settings, world
from stream.record import ALERTS, Append, Out
from tests.support.live import Pipe, agree, metrics, quiet, story
from tests.support.replaying import rows

START = 1_766_000_000_000
DAY = 86_400_000
CUSTOMERS, DAYS, PARTITIONS = 40, 60, 3


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    with EmbeddedBroker() as broker, EmbeddedRedis() as redis:
        log = f'time = "record"\npartitions = {PARTITIONS}\nkpi_partitions = 2'
        pipe = Pipe(tmp_path, broker.bootstrap, redis=redis.url, log=log, embedded=True)
        for topic in of(settings.load(pipe.file, {})):
            broker.create_topic(topic.name, topic.partitions)
        try:
            yield pipe
        finally:
            pipe.kill()


async def test_readings_and_alerts_are_those_of_a_replay_and_verify_finds_what_is_not(
    pipe: Pipe, tmp_path: Path
) -> None:
    file, end = tmp_path / "log.ndjson", tmp_path / "end.ndjson"
    events = list(world.world(CUSTOMERS, START, START + DAYS * DAY, 7, currencies=("USD",)))
    count = world.write(file, events)
    pipe.start()
    port = pipe.workers[0].port  # type: ignore[attr-defined]
    made = pipe.made()
    pipe.well("send", file)
    scraped: set[float] = set()

    async def folded() -> bool:
        scraped.add(folded_so_far(port))
        return await quiet(made, count)

    await pipe.until(folded, "everything is folded", seconds=120)
    assert len(scraped) > 2, "it did not answer while it worked"
    # The clock's end goes to all partitions: it may not overtake what is still on its way to one.
    world.write(end, events[-1:])  # a repeat changes nothing
    pipe.well("send", end, "--end")
    await pipe.until(lambda: quiet(made, count + 1 + PARTITIONS), "the end is heard", seconds=120)
    differences, live = await verify(made)
    assert differences == []
    pipe.well("replay", file, "--out", tmp_path / "file")
    agree(rows(tmp_path / "file", "readings.json"), live)
    assert rows(tmp_path / "file", "alerts.ndjson") == story(live)
    assert len(live.said) > 100
    assert pipe.well("verify").splitlines()[-1].endswith("changes of alerts: as the log says")
    pipe.stop()
    await tampered(pipe, live)


def folded_so_far(port: int) -> float:
    """The records of journey.events that the worker says it has folded; it must answer within 5 s."""
    families = text_string_to_metric_families(metrics(port))
    samples = (sample for family in families for sample in family.samples)
    return next(s.value for s in samples if s.name.startswith("journey_processed") and s.labels["role"] == "journeys")


async def tampered(pipe: Pipe, live: Live) -> None:
    """A row that is changed, an alert that nobody derived, a reading and an alert in Redis: each is said, by name."""
    made, producer = pipe.made(), Producer(pipe.made().connection)
    (p, ledger) = max(enumerate(live.journeys), key=lambda each: len(each[1].rows))
    ((key, row), *_) = ledger.rows.items()
    alert = next(a for a in map(msgspec.json.decode, live.said.values()) if a["id"] not in live.open and a["resolved"])
    forged = Out(ALERTS, 0, b"x", msgspec.json.encode(alert | {"version": 99}))
    assert ledger.meta is not None
    await producer.start()
    try:
        puts = records(Append([(key, row + b"x")], ledger.meta, []))
        changelog = topics.changelog("journeys", "journeys", made.definitions.run)
        await producer.append(changelog, p, ledger.end, puts)
        await producer.publish([forged])
    finally:
        await producer.stop()
    kpi, field = next(place for place in live.readings if place[1] == "30d|")
    gone = next(iter(live.open))
    async with Redis.from_url(made.settings.redis.url) as redis:
        where = f"{made.redis_base}:readings:{kpi}"
        reading = msgspec.json.decode(await redis.hget(where, field) or b"")
        await redis.hset(where, field, msgspec.json.encode(reading | {"n": 77_777}))
        await redis.hdel(f"{made.redis_base}:alerts", gone)
    done = pipe.run("verify")
    assert done.returncode == 1
    assert f"journeys[{p}]: the row of {key.decode()} is another" in done.stdout
    assert f"alert {alert['id']} " in done.stdout
    assert "was said, and the log does not say it" in done.stdout
    assert f"{kpi} {field}: Redis says {reading['value']!r} (n 77777, " in done.stdout
    assert f"alert {gone}: Redis says nothing, the log says open (" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("4 differences in ")
