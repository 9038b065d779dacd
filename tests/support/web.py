"""A web server that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer


class ScriptedServer:
    """`script` = answers to the next requests as (status, headers), `None` = never; then 200. Use `async with`."""

    def __init__(self, *script: tuple[int, Mapping[str, str]] | None) -> None:
        self.script = list(script)
        self.bodies: list[Any] = []
        self.headers: list[Mapping[str, str]] = []
        self._never = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.headers.append(request.headers)
        if not self.script:
            return self.answer(request, self.bodies[-1])
        answer = self.script.pop(0)
        if answer is None:
            await self._never.wait()
            return web.Response()
        status, headers = answer
        return web.Response(status=status, headers=headers, text="so it is")

    def answer(self, request: web.Request, body: Any) -> web.Response:
        """To a request that is not in the script."""
        return web.Response(text="so it is")

    @property
    def url(self) -> str:
        return str(self._server.make_url("/")).rstrip("/")

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._never.set()
        await self._server.close()
