"""One POST: what each answer means."""

from __future__ import annotations

import pytest
from aiohttp import web

from agents.embedded.child import free_port
from stream.claims import Severity
from stream.infra.posting import Poster, tell_each
from stream.infra.sinks import DELIVERED, Outcome
from stream.notices import Notice
from tests.support.alerts import alert
from tests.support.sinks import Now
from tests.support.web import ScriptedServer

NOW = Now(2_000.0)


@pytest.mark.parametrize(
    ("answer", "status", "after"),
    [
        ((200, {}), "delivered", None),
        ((202, {}), "delivered", None),
        ((400, {}), "rejected", None),
        ((404, {}), "rejected", None),
        ((302, {"Location": "/elsewhere"}), "rejected", None),
        ((408, {}), "retry", None),
        ((429, {"Retry-After": "17"}), "retry", 17.0),
        ((429, {"Retry-After": "Thu, 01 Jan 1970 00:33:50 GMT"}), "retry", 30.0),
        ((429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}), "retry", 0.0),
        ((503, {"Retry-After": "soon"}), "retry", None),
        ((500, {}), "retry", None),
    ],
)
async def test_answers(answer: tuple[int, dict[str, str]], status: str, after: float | None) -> None:
    async with ScriptedServer(answer) as server, Poster(5.0, NOW) as poster:
        outcome = await poster.post(server.url, b"{}", {"X-Mine": "1"})
    assert (outcome.status, outcome.after) == (status, after)
    assert status == "delivered" or outcome.detail.startswith(str(answer[0]))
    assert status == "delivered" or outcome.detail.endswith(": so it is"), "what it answered is told"
    [given] = server.headers
    assert (given["X-Mine"], given["Content-Type"]) == ("1", "application/json")


async def test_no_answer_is_tried_again() -> None:
    async with Poster(5.0, NOW) as poster:
        outcome = await poster.post(f"http://127.0.0.1:{free_port()}", b"{}")
        assert outcome.status == "retry"
    async with ScriptedServer(None) as server, Poster(0.05, NOW) as poster:
        assert (await poster.post(server.url, b"{}")).status == "retry"


@pytest.mark.parametrize("url", ["", "s3cr3t", "http://127.0.0.1:1/s3cr3t", "ftp://host/s3cr3t"])
async def test_an_address_is_not_shown(url: str) -> None:
    async with Poster(5.0, NOW) as poster:
        outcome = await poster.post(url, b"{}")
    assert outcome.status == "retry"
    assert outcome.detail.isprintable()
    assert "s3cr3t" not in outcome.detail


async def test_an_answer_that_repeats_the_address_does_not_show_it() -> None:
    async with Echo() as server, Poster(5.0, NOW) as poster:
        outcome = await poster.post(f"{server.url}/s3cr3t", b"{}")
    assert outcome.detail == "404 Not Found: no hook at (its address)"


class Echo(ScriptedServer):
    def answer(self, request: web.Request, body: object) -> web.Response:
        return web.Response(status=404, text=f"no hook at {request.url}")


async def test_what_one_message_raises_takes_none_back_that_was_told() -> None:
    """A key that vanished in between; what comes after it is not tried."""
    tried: list[str] = []

    async def tell(notice: Notice) -> Outcome:
        tried.append(notice.alert.id)
        if notice.alert.id == "b":
            raise FileNotFoundError("key")
        return DELIVERED

    outcomes = await tell_each([Notice(alert(id), "open", Severity.queue) for id in "abc"], tell, at_once=1)
    assert [outcome.status for outcome in outcomes] == ["delivered", "retry", "retry"]
    assert outcomes[1].detail == "FileNotFoundError: key"
    assert tried == ["a", "b"]
