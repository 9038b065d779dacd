"""Waiting on a condition, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable


async def until(true: Callable[[], bool | Awaitable[bool]], seconds: float = 90.0) -> None:
    """Returns once `true()` is; fails if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if await found if isawaitable(found) else found:
            return
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)
