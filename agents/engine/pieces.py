"""Work that holds the event loop, in pieces: one in each pass of the loop, whoever it is of.

Each piece is short; but several hops live in one loop, and what is ready runs in one pass: the piece of a fold, of the
next hop's fold, an append being built, readings. One after another they held it for as long as all of them together.
"""

from __future__ import annotations

import asyncio


class Pieces:
    """`async with pieces:` around one piece, which must not wait for anything. First come, first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._lock.acquire()

    async def __aexit__(self, *_: object) -> None:
        try:
            await asyncio.sleep(0)  # the next piece, be it of the same task, comes a pass later
        finally:
            self._lock.release()
