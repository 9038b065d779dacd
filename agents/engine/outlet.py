"""Publishing to one partition that many lanes write to: what waits at the same time goes in one batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from stream.record import Out

LIMIT = 900_000  # bytes of a batch: below the broker's default limit of 1 MiB
_OVERHEAD = 32  # bytes of a record beside key and value, at most, as estimated

Land = Callable[[Sequence[Out]], Awaitable[None]]


class Outlet:
    """`land` writes a batch and returns when it is acknowledged; it is never called twice at a time.

    aiokafka takes one batch a partition at a time, and gives up on those that wait for it all too soon.
    """

    def __init__(self, land: Land) -> None:
        self._land = land
        self._waiting: deque[tuple[Out, asyncio.Future[None] | None]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def say(self, records: Sequence[Out]) -> None:
        """Returns when all of them are acknowledged. Raises what `land` raises."""
        said: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.extend((record, None) for record in records[:-1])
        self._waiting.append((records[-1], said))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        await said

    async def _drain(self) -> None:
        while self._waiting:
            batch, said = self._next()
            try:
                await self._land(batch)
            except Exception as error:  # noqa: BLE001 - it is raised where somebody waits
                said += [waiting for _, waiting in self._waiting if waiting]
                self._waiting.clear()
                for waiting in said:
                    waiting.set_exception(error)
                return
            for waiting in said:
                waiting.set_result(None)

    def _next(self) -> tuple[list[Out], list[asyncio.Future[None]]]:
        batch: list[Out] = []
        said: list[asyncio.Future[None]] = []
        size = 0
        while self._waiting:
            record, waiting = self._waiting[0]
            size += _OVERHEAD + len(record.key or b"") + len(record.value)
            if size > LIMIT and batch:
                break
            self._waiting.popleft()
            batch.append(record)
            if waiting is not None:
                said.append(waiting)
        return batch, said
