"""The read side against a real Redis: written in batches, and filled again after whatever happens to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError

from agents.embedded.child import Child, free_port, listening
from agents.embedded.redis import EmbeddedRedis
from stream.infra import redis_side
from stream.infra.redis_side import BEAT, CHUNK, ReadSide, Row, base
from stream.infra.telemetry import RedisTelemetry
from tests.support import tools
from tests.support.sinks import Now
from tests.support.waiting import until


class Table:
    """A view of a hash and a sorted set with the same names in it."""

    def __init__(self, base: str, name: str = "table") -> None:
        self.name = name
        self.keys = (f"{base}:{name}:hash", f"{base}:{name}:set")
        self.rows: dict[str, int] = {}
        self._touched: dict[str, None] = {}

    def put(self, **values: int | None) -> None:
        for name, value in values.items():
            self._touched[name] = None
            if value is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = value

    def everything(self) -> Iterator[Row]:
        for name in list(self.rows):
            yield from self._rows(name)

    def changes(self) -> list[Row]:
        touched, self._touched = self._touched, {}
        return [row for name in touched for row in self._rows(name)]

    def about(self) -> dict[str, int]:
        return {"n": len(self.rows)}

    def _rows(self, name: str) -> Iterator[Row]:
        value = self.rows.get(name)
        yield Row(self.keys[0], name, None if value is None else str(value).encode())
        yield Row(self.keys[1], name, value, ranked=True)


class Fixture:
    """A read side on a server, a table shown on it, and a second client that looks."""

    def __init__(self, url: str, unique: str) -> None:
        self.base = base(unique, 1)
        self.now = Now()
        self.telemetry = RedisTelemetry()
        self.side = ReadSide(url, self.base, self.telemetry, self.now)
        self.table = Table(self.base)
        self.look = Redis.from_url(url, decode_responses=True)

    async def stands(self, table: Table | None = None) -> bool:
        """Does exactly the table stand in Redis, both halves?"""
        wanted = table or self.table
        try:
            found: Any = await self.look.hgetall(wanted.keys[0])
            ranked: Any = await self.look.zrange(wanted.keys[1], 0, -1, withscores=True)
        except ConnectionError:
            return False
        halves = {name: int(value) for name, value in found.items()}, {name: int(score) for name, score in ranked}
        return bool(halves == (wanted.rows, wanted.rows))


@pytest.fixture
async def fixture(redis_server: EmbeddedRedis, unique: str) -> AsyncIterator[Fixture]:
    made = Fixture(redis_server.url, unique)
    made.side.show(made.table)
    yield made
    await made.side.close()
    await made.look.aclose()


async def test_what_changes_is_written(fixture: Fixture) -> None:
    fixture.table.put(a=1, b=2)
    assert await fixture.side.step()
    assert await fixture.stands()
    fixture.table.put(a=3, b=None, c=4)
    assert await fixture.side.step()
    assert await fixture.stands()
    assert fixture.telemetry.refills == 1
    fixture.table.put(a=None, c=None)
    assert await fixture.side.step()
    assert await fixture.stands()


async def test_only_what_changed_is_written_and_signs_of_life_are_rare(fixture: Fixture) -> None:
    fixture.table.put(**{f"n{i}": i for i in range(3 * CHUNK)})
    await fixture.side.step()
    assert await fixture.stands()
    await fixture.side.step()
    before = fixture.telemetry.writes
    await fixture.side.step()
    assert fixture.telemetry.writes == before, "nothing changed, nothing is due"
    fixture.table.put(n7=70)
    await fixture.side.step()
    assert fixture.telemetry.writes - before < 10
    meta: Any = await fixture.look.hget(f"{fixture.base}:meta", "table")
    assert msgspec.json.decode(meta) == {"at": 1_000_000, "n": 3 * CHUNK}
    fixture.now.seconds += BEAT
    await fixture.side.step()
    meta = await fixture.look.hget(f"{fixture.base}:meta", "table")
    assert msgspec.json.decode(meta)["at"] == 1_005_000


async def test_every_key_ends_by_itself_one_day(fixture: Fixture) -> None:
    fixture.table.put(a=1)
    await fixture.side.step()
    keys: Any = await fixture.look.keys(f"{fixture.base}:*")
    assert sorted(keys) == sorted([f"{fixture.base}:meta", *fixture.table.keys])
    for key in keys:
        assert 0 < await fixture.look.ttl(key) <= redis_side.KEEP


async def test_a_new_owner_replaces_what_stands(fixture: Fixture, redis_server: EmbeddedRedis, unique: str) -> None:
    fixture.table.put(a=1, b=2)
    await fixture.side.step()
    fixture.side.hide(fixture.table)
    other = Fixture(redis_server.url, unique)
    other.side.show(other.table)
    other.table.put(b=5)
    fixture.table.put(a=9)
    await fixture.side.step()
    await other.side.step()
    assert await other.stands()
    await other.side.close()
    await other.look.aclose()


async def test_a_new_owner_with_nothing_leaves_nothing(fixture: Fixture) -> None:
    fixture.table.put(a=1)
    await fixture.side.step()
    fixture.table.rows.clear()
    fixture.side.show(fixture.table)
    await fixture.side.step()
    assert await fixture.stands()


async def test_two_views_do_not_touch_one_another(fixture: Fixture) -> None:
    second = Table(fixture.base, "second")
    fixture.side.show(second)
    fixture.table.put(a=1)
    second.put(a=2)
    await fixture.side.step()
    fixture.table.put(a=None)
    await fixture.side.step()
    assert await fixture.stands()
    assert await fixture.stands(second)


async def test_after_a_flush_everything_stands_again(fixture: Fixture) -> None:
    fixture.table.put(a=1, b=2)
    await fixture.side.step()
    await fixture.look.delete(f"{fixture.base}:meta", *fixture.table.keys)
    fixture.table.put(c=3)
    await fixture.side.step()
    assert await fixture.stands()
    await fixture.look.delete(f"{fixture.base}:meta", *fixture.table.keys)
    fixture.now.seconds += BEAT
    await fixture.side.step()
    assert await fixture.stands(), "also where nothing changes any more"
    assert fixture.telemetry.refills == 3


async def test_it_comes_back_after_kill_restart_and_flushall(tmp_path: Path, unique: str) -> None:
    """A server that is killed and starts empty; meanwhile the worker counts errors and goes on."""
    found = tools.find("redis-server")
    port = free_port()
    command = [str(found), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]

    def start() -> Child:
        return Child(command, ready=lambda: listening(port), log=tmp_path / "log")

    with start() as server:
        made = Fixture(f"redis://127.0.0.1:{port}/0", unique)
        made.side.show(made.table)
        made.table.put(a=1, b=2)
        await made.side.start()
        await until(made.stands)
        server.kill()
        made.table.put(a=7, b=None)
        await until(lambda: not made.telemetry.up)
        assert made.telemetry.errors > 0
        assert made.telemetry.error
    with start():
        await until(made.stands)
        await until(lambda: made.telemetry.up)
        made.table.put(c=3)
        await made.look.flushall()
        await until(made.stands)
        await made.side.close()
        await made.look.aclose()


async def test_without_redis_the_worker_goes_on(unique: str) -> None:
    side = ReadSide(f"redis://127.0.0.1:{free_port()}/0", base(unique, 1), telemetry := RedisTelemetry(), Now())
    side.show(Table(base(unique, 1)))
    assert not await side.step()
    assert not await side.step()
    assert (telemetry.up, telemetry.errors) == (False, 2)
    await side.close()
