"""Python's garbage collector, set for a process that makes and drops many small objects and hardly a cycle."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable

YOUNG, MIDDLE, OLD = 5_000, 5_000, 10  # objects, collections, collections


def relax() -> None:
    """Look for cycles among the newest objects, a few at a time, and never among what is loaded now.

    What has been there for longer is hardly ever looked at: 200,000 objects take 0.4 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


class Sweeper:
    """Looks for cycles when there may be some, and at no other time, from `start` to `stop`.

    By itself Python looks when so many more objects were made than dropped. A worker drops about as many as it makes:
    so that is hardly ever reached, the new ones add up, and a look at them held the loop for 120 ms. Looks that are
    often and short took a twentieth of its time. And it makes no cycles while nothing goes wrong. So there is a look
    at everything, which takes from 0.3 s, when the worker was rebalanced (`happened` counts that), and when `count` has
    doubled since the last one: cycles that add up all the same are found by that.
    """

    EVERY, GROWN, LEAST = 10.0, 2.0, 2_000_000  # seconds; the growth of objects that calls for a look, and at least

    def __init__(self, happened: Callable[[], int], count: Callable[[], int] = sys.getallocatedblocks) -> None:
        self._happened, self._count = happened, count
        self._seen = self._held = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        gc.disable()
        self._held = self._count()
        self._task = asyncio.create_task(self._run(), name="garbage collector")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        gc.enable()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.EVERY)
            self.sweep()

    def sweep(self) -> None:
        """Look, if it is time to."""
        happened = self._happened()
        if happened == self._seen and self._count() < max(self._held * self.GROWN, self._held + self.LEAST):
            return
        self._seen = happened
        gc.collect()
        self._held = self._count()
