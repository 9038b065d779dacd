"""The worker's web server: metrics behind a token, health without."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from threading import get_ident

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from stream.infra import server as module
from stream.infra.metrics import WorkerCollector
from stream.infra.server import Server
from stream.infra.telemetry import Telemetry
from tests.support.sinks import Now


@asynccontextmanager
async def serving(
    why: list[str], token: str = "", collector: type[WorkerCollector] = WorkerCollector
) -> AsyncIterator[aiohttp.ClientSession]:
    registry = CollectorRegistry()
    registry.register(collector(Telemetry(), Now()))
    server = Server(registry, lambda: why, token=token)
    await server.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http:
            yield http
    finally:
        await server.close()


async def test_metrics_are_served_in_the_format_asked_for() -> None:
    async with serving([]) as http:
        async with http.get("/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert "journey_event_loop_lag_seconds 0.0" in await answer.text()
        async with http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}) as answer:
            assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
            assert (await answer.text()).endswith("# EOF\n")


async def test_the_loop_does_not_wait_until_metrics_are_put_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, int] = {}

    class Told(WorkerCollector):
        def collect(self) -> Iterator[Metric]:
            threads["collect"] = get_ident()
            return super().collect()

    def encode(registry: CollectorRegistry) -> bytes:
        threads["encode"] = get_ident()
        return b"%d" % len(list(registry.collect()))

    monkeypatch.setattr(module, "choose_encoder", lambda _: (encode, "text/plain"))
    async with serving([], collector=Told) as http, http.get("/metrics") as answer:
        assert int(await answer.text()) > 10
    assert threads["collect"] == get_ident() != threads["encode"]


async def test_a_scrape_is_collected_in_pieces() -> None:
    in_pieces = [0]  # families, by piece; at first, those that the registry asks for

    class Counted(WorkerCollector):
        def collect(self) -> Iterator[Metric]:
            for metric in super().collect():
                in_pieces[-1] += 1
                yield metric

    class Piece(AbstractAsyncContextManager[None]):
        async def __aenter__(self) -> None:
            in_pieces.append(0)

        async def __aexit__(self, *_: object) -> None:
            pass

    registry = CollectorRegistry()
    registry.register(Counted(Telemetry(), Now()))
    whole = len(list(WorkerCollector(Telemetry(), Now()).collect()))
    in_pieces.clear()
    found = await Server(registry, list, piece=Piece())._collected()
    assert len(found) == whole == sum(in_pieces)
    assert max(in_pieces) <= 5


async def test_health_tells_live_from_ready() -> None:
    why = ["journeys: restoring 3 of 8 partitions"]
    async with serving(why) as http:
        async with http.get("/health/live") as answer:
            assert answer.status == 200
        async with http.get("/health/ready") as answer:
            assert (answer.status, await answer.json()) == (503, {"ready": False, "why": why, "degraded": []})
        why.clear()
        async with http.get("/health/ready") as answer:
            assert (answer.status, await answer.json()) == (200, {"ready": True, "why": [], "degraded": []})
        async with http.get("/elsewhere") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [(None, 401), ("Bearer wrong", 401), ("Bearer ", 401), ("s3cret", 401), ("Bearer s3cret", 200), ("Bearer é", 401)],
)
async def test_metrics_want_the_token_and_health_does_not(sent: str | None, status: int) -> None:
    async with serving([], "s3cret") as http:
        headers = {"Authorization": sent} if sent else {}
        async with http.get("/metrics", headers=headers) as answer:
            assert answer.status == status
            assert (answer.headers.get("WWW-Authenticate") == "Bearer") == (status == 401)
        async with http.get("/health/ready") as answer:
            assert answer.status == 200


async def test_a_port_that_is_taken_is_an_error() -> None:
    first = Server(CollectorRegistry(), list)
    await first.start()
    second = Server(CollectorRegistry(), list, port=first.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.close()
    await first.close()
