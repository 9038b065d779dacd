"""The worker's own small web server: /metrics, /health/live, /health/ready."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import islice

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

_FAMILIES = 4  # of metrics that are collected in one piece: some have hundreds of series

Why = Callable[[], list[str]]
"""Reasons why the worker is not ready, in words; none = it is."""


class Server:
    """Listens on `bind`:`port` (0 = any free one; `port` then tells which) from `start` to `close`.

    With a `token`, /metrics wants `Authorization: Bearer <token>`; health never does, and gives away nothing but
    reasons. `degraded` = what is away that the worker does without (Redis, a sink): it is ready all the same.
    `piece` = what to wait for before some of the metrics are collected, which holds the loop for a moment.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        ready: Why,
        *,
        bind: str = "127.0.0.1",
        port: int = 0,
        token: str = "",
        degraded: Why = list,
        piece: AbstractAsyncContextManager[None] | None = None,
    ) -> None:
        self.port = port
        self._registry = registry
        self._ready = ready
        self._degraded = degraded
        self._bind, self._piece = bind, piece or nullcontext()
        self._authorization = f"Bearer {token}".encode() if token else None
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._readiness)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> None:
        """Raises OSError if the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._bind, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        if not self._allowed(request.headers.get(hdrs.AUTHORIZATION, "")):
            raise web.HTTPUnauthorized(headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
        encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
        # Collected here, since what it is made of changes in the loop; which need not wait till it is put into words.
        body = await asyncio.to_thread(encode, _Collected(await self._collected()))
        response = web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
        response.enable_compression()
        return response

    async def _collected(self) -> list[Metric]:
        """All metrics, some families at a time; each is of one moment."""
        found: list[Metric] = []
        families, before = iter(self._registry.collect()), -1
        while len(found) > before:
            before = len(found)
            async with self._piece:
                found += islice(families, _FAMILIES)
        return found

    async def _live(self, _: web.Request) -> web.Response:
        """An answer is the proof: a blocked loop gives none."""
        return web.json_response({"live": True})

    async def _readiness(self, _: web.Request) -> web.Response:
        why = self._ready()
        said = {"ready": not why, "why": why, "degraded": self._degraded()}
        return web.json_response(said, status=503 if why else 200)

    def _allowed(self, authorization: str) -> bool:
        return self._authorization is None or hmac.compare_digest(authorization.encode(), self._authorization)


class _Collected(CollectorRegistry):
    """The metrics as they were."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        super().__init__()
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)
