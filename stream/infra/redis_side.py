"""The read side in Redis: what is true now, for other programs. Nothing in it decides anything.

Views say what is to be there; this writes their differences in batches, and everything anew when Redis was away or
lost what it held (a marker in the `meta` hash is gone then). The keys are described in docs/redis.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol
from uuid import uuid4

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from stream.infra.sinks import Clock
from stream.infra.telemetry import RedisTelemetry

EVERY = 0.5  # s between writes
DOWN = 1.0  # s between attempts while Redis is away
CHUNK = 500  # rows a round trip
ASIDE = 600  # s after which what was never put in its place is gone
KEEP = 86_400  # s after which keys that nobody writes any more are gone, as those of an old run
BEAT = 5.0  # s between signs of life where nothing changes

_log = logging.getLogger("journeywatch.redis")


class Row(Struct, frozen=True):
    """One field of a hash (`value` bytes), or one member of a sorted set (`value` int); None = it is gone."""

    key: str
    name: str
    value: bytes | int | None
    ranked: bool = False  # a member of a sorted set


class View(Protocol):
    """What one partition shows. It owns `keys` whole, and the field `name` of the meta hash."""

    name: str

    @property
    def keys(self) -> tuple[str, ...]: ...

    def everything(self) -> Iterator[Row]:
        """All rows as they are now. State may change while it is read: what changes comes with `changes` too."""

    def changes(self) -> list[Row]:
        """The rows that changed since the last call, each once."""

    def about(self) -> dict[str, int]:
        """How far it is: numbers for the meta hash."""


class ReadSide:
    """Writes views to Redis from `start` to `close`. `base` = what all keys begin with, see `base`."""

    def __init__(self, url: str, base: str, telemetry: RedisTelemetry, clock: Clock = time.time) -> None:
        # One attempt each: trying again is the loop's business, so that being away is seen at once.
        self._redis = Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 0))
        self._base = base
        self._meta = f"{base}:meta"
        self._telemetry = telemetry
        self._clock = clock
        self._views: dict[str, View] = {}
        self._filled: dict[str, float] = {}  # views that stand whole in Redis, and when they last gave a sign of life
        self._task: asyncio.Task[None] | None = None

    def show(self, view: View) -> None:
        """The view's partition is ours: it is written whole, then kept up."""
        self._views[view.name] = view
        self._filled.pop(view.name, None)

    def hide(self, view: View) -> None:
        """The partition is another's now; so is what stands in Redis."""
        if self._views.get(view.name) is view:
            del self._views[view.name]

    async def hash(self, name: str) -> dict[Any, Any]:
        """What stands in the hash `<base>:<name>`, whoever wrote it. Raises RedisError."""
        return dict(await self._redis.hgetall(f"{self._base}:{name}"))

    async def one(self, name: str, field: str) -> bytes | None:
        """One field of such a hash. Raises RedisError."""
        found = await self._redis.hget(f"{self._base}:{name}", field)
        return found.encode() if isinstance(found, str) else found

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="redis")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._redis.aclose()

    async def step(self) -> bool:
        """Writes what changed; False if Redis did not take it."""
        try:
            for view in list(self._views.values()):
                await self._write(view)
        except (RedisError, OSError, TimeoutError) as error:
            self._down(error)
            return False
        if not self._telemetry.up:
            _log.info("redis is back")
        self._telemetry.up, self._telemetry.error = True, ""
        return True

    async def _run(self) -> None:
        while True:
            pause = EVERY if await self.step() else DOWN
            await asyncio.sleep(pause)

    def _down(self, error: Exception) -> None:
        if self._telemetry.up:
            _log.warning("redis is away, detection and alerting go on: %s", error)
        self._telemetry.up, self._telemetry.error = False, f"{type(error).__name__}: {error}"
        self._telemetry.errors += 1
        self._filled.clear()  # what was under way may be lost

    async def _write(self, view: View) -> None:
        beat = self._filled.get(view.name)
        if beat is None:
            return await self._fill(view)
        changes = view.changes()
        if not changes and self._clock() < beat + BEAT:
            return None
        for rows in _chunks(changes) if changes else [[]]:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hget(self._meta, view.name)
                _queue(pipe, rows)
                there = (await self._commit(pipe, view))[0]
            if there is None:  # flushed, or started anew
                return await self._fill(view)
        return None

    async def _fill(self, view: View) -> None:
        """Writes the view whole beside what stands there, then puts it in its place at once."""
        view.changes()  # whatever changed is in what follows; what changes from here on comes again
        aside = {key: f"{key}:filling:{uuid4().hex}" for key in view.keys}
        begun: dict[str, None] = {}
        for rows in _chunks(view.everything()):
            async with self._redis.pipeline(transaction=False) as pipe:
                _queue(pipe, [msgspec.structs.replace(row, key=aside[row.key]) for row in rows])
                begun.update((row.key, None) for row in rows)
                for key in begun:
                    pipe.expire(aside[key], ASIDE)
                await pipe.execute()
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in view.keys:
                pipe.rename(aside[key], key) if key in begun else pipe.delete(key)
            await self._commit(pipe, view)
        self._telemetry.refills += 1

    async def _commit(self, pipe: Pipeline, view: View) -> list[Any]:
        """Adds the sign of life, and executes."""
        about = {"at": int(self._clock() * 1000), **view.about()}
        pipe.hset(self._meta, view.name, msgspec.json.encode(about))
        for key in (self._meta, *view.keys):
            pipe.expire(key, KEEP)
        self._telemetry.writes += len(pipe)
        answers = await pipe.execute()
        self._filled[view.name] = self._clock()
        return answers


def base(prefix: str, run: int) -> str:
    """What all keys of a run begin with."""
    return f"{prefix}:{run}"


def _queue(pipe: Pipeline, rows: Iterable[Row]) -> None:
    """One command a key, not a row: most of the cost is in the client. No row is among `rows` twice."""
    put: dict[tuple[str, bool], dict[Any, Any]] = {}
    gone: dict[tuple[str, bool], list[str]] = {}
    for row in rows:
        where = (row.key, row.ranked)
        if row.value is None:
            gone.setdefault(where, []).append(row.name)
        else:
            put.setdefault(where, {})[row.name] = row.value
    for (key, ranked), values in put.items():
        pipe.zadd(key, values) if ranked else pipe.hset(key, mapping=values)
    for (key, ranked), names in gone.items():
        pipe.zrem(key, *names) if ranked else pipe.hdel(key, *names)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        yield chunk
