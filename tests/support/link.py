"""A link between clients and a server on this machine, that can be cut one way only."""

from __future__ import annotations

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

Way = Literal["up", "down"]  # up: from the client to the server
_T = TypeVar("_T")


class Link:
    """Takes connections on `port`, and passes on what comes from them and from 127.0.0.1:`to`.

    What goes the way that is cut waits, and its sender is told nothing, as on a network that TCP has not given up: when
    the cut is mended it arrives, late. `held` = how often something had to wait.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self.held = 0
        self._open: dict[Way, asyncio.Event] = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._thread.start()
        self.mend()
        self._server = self._done(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def cut(self, way: Way) -> None:
        self._loop.call_soon_threadsafe(self._open[way].clear)

    def mend(self) -> None:
        for way in self._open.values():
            self._loop.call_soon_threadsafe(way.set)

    def close(self) -> None:
        self._done(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _done(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:  # the server is away: the client sees its connection end
            writer.close()
            return
        try:
            await asyncio.gather(self._pass("up", reader, back), self._pass("down", there, writer))
        finally:
            writer.close()
            back.close()

    async def _pass(self, way: Way, source: StreamReader, sink: StreamWriter) -> None:
        """Until the sender closes; that, too, is told only when the way is open."""
        try:
            while True:
                data = await source.read(1 << 16)
                self.held += not self._open[way].is_set()
                await self._open[way].wait()
                if not data:
                    break
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass  # one of both is gone: so is the other
        sink.close()
