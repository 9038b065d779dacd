"""Work that holds the event loop, in pieces: about one in each pass of the loop, whoever it is of.

Each piece is short; but several hops live in one loop, and what is ready runs in one pass: the piece of a fold, of the
next hop's fold, an append being built, readings. One after another they held it for as long as all of them together.
"""

from __future__ import annotations

import asyncio
import time

ROOM = 0.003  # seconds of CPU that pieces may have taken in a pass when the next one begins


class Pieces:
    """`async with pieces:` around one piece, which must not wait for anything. First come, first served.

    `room`: seconds of CPU; 0 = every piece is in a pass of its own.
    """

    def __init__(self, room: float = ROOM) -> None:
        self._room = room
        self._turn = asyncio.Lock()
        self._spent = self._began = 0.0  # CPU seconds: of pieces in this pass; when the piece that runs began

    async def __aenter__(self) -> None:
        await self._turn.acquire()
        try:
            while self._spent > self._room:  # noqa: ASYNC110 - a pass is what is waited for
                await asyncio.sleep(0)
        except BaseException:
            self._turn.release()
            raise
        self._began = time.thread_time()

    async def __aexit__(self, *_: object) -> None:
        if not self._spent:
            asyncio.get_running_loop().call_soon(self._pass)
        self._spent += time.thread_time() - self._began
        self._turn.release()

    def _pass(self) -> None:
        """The loop begins another pass."""
        self._spent = 0.0
