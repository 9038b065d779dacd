"""From an alert to people and back, live: told by sinks, judged by link, by PagerDuty and by command. No Java.

Covers agents/verdicts.py, agents/commands/verdict.py.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from agents.cli import main
from agents.commands.topics import of
from agents.embedded.broker import EmbeddedBroker
from agents.embedded.child import free_port
from agents.embedded.redis import EmbeddedRedis
from agents.engine.connection import Connection
from agents.engine.producer import Producer
from agents.logtopics import LogTopics
from agents.setup import setup
from agents.verdicts import Desk, links, topic
from stream.claims import Alert
from stream.faults import Faults
from stream.infra import settings
from stream.infra.sinks import nowhere
from stream.infra.undelivered import UNDELIVERED
from stream.record import ALERTS, Out
from tests.support import desks
from tests.support.alerts import alert
from tests.support.live import Pipe
from tests.support.web import ScriptedServer

KEY, SECRET = "R0UT1NGKEY", "hook-s3cret"


def stories(*customers: str) -> bytes:
    """Each customer's ticket was resolved and reopened, a minute ago."""
    now = time.time() - 60

    def event(customer: str, second: int, what: str, **data: str) -> bytes:
        when = datetime.fromtimestamp(now + second, UTC).isoformat()
        head = {"specversion": "1.0", "id": f"{customer}-{second}", "source": "desk", "type": what, "time": when}
        return json.dumps({**head, "subject": customer, "data": {"ticket": f"T-{customer}", **data}}).encode()

    steps: tuple[tuple[str, dict[str, str]], ...]
    steps = (("ticket.opened", {"channel": "chat"}), ("ticket.resolved", {}), ("ticket.reopened", {}))
    return b"\n".join(event(c, n, what, **data) for c in customers for n, (what, data) in enumerate(steps))


class World:
    """A pipe whose sinks are Slack, PagerDuty and a webhook that refuses everything."""

    def __init__(self, home: Path, broker: EmbeddedBroker, redis: str, slack: str, pagerduty: str, hook: str) -> None:
        self.port = free_port()
        for name, text in {"key": KEY, "url": slack, "hook": "key of the hook", "link": "0123456789abcdef"}.items():
            (home / name).write_text(text)
        more = f"""
        [intake]
        sources = ["cloudevents", "verdicts"]
        [verdicts]
        url = "http://127.0.0.1:{self.port}"
        port = {self.port}
        link_key_file = "{home / "link"}"
        pagerduty_secret = "{SECRET}"
        [sinks.slack]
        url_file = "{home / "url"}"
        severity = "queue"
        [sinks.pagerduty]
        routing_key_file = "{home / "key"}"
        url = "{pagerduty}"
        severity = "queue"
        [sinks.webhook]
        url = "{hook}"
        secret_file = "{home / "hook"}"
        """
        log = 'time = "record"\npartitions = 2\nkpi_partitions = 1'
        self.pipe = Pipe(home, broker.bootstrap, redis=redis, log=log, more=more, embedded=True)
        for made in of(settings.load(self.pipe.file, {})):
            broker.create_topic(made.name, made.partitions)

    async def undelivered(self) -> list[dict[str, Any]]:
        async with LogTopics(self.pipe.made().connection, [UNDELIVERED]) as log:
            return [json.loads(record.value) async for record in log.records()]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[tuple[World, desks.Slack, desks.PagerDuty]]:
    with EmbeddedBroker() as broker, EmbeddedRedis() as redis:
        async with desks.Slack() as slack, desks.PagerDuty(KEY) as pagerduty, Refusing() as hook:
            made = World(tmp_path, broker, redis.url, slack.url, pagerduty.url, hook.url)
            try:
                yield made, slack, pagerduty
            finally:
                made.pipe.kill()


class Refusing(ScriptedServer):
    def answer(self, request: Any, body: Any) -> Any:
        return web.Response(status=422, text="not of my kind")


def texts(slack: desks.Slack) -> list[str]:
    return [body["text"] for body in slack.bodies]


async def test_what_people_say_of_an_alert_ends_it(
    world: tuple[World, desks.Slack, desks.PagerDuty], tmp_path: Path
) -> None:
    made, slack, pagerduty = world
    pipe = made.pipe
    (tmp_path / "log.ndjson").write_bytes(stories("ann", "ben", "cem"))
    pipe.start()
    pipe.well("send", tmp_path / "log.ndjson")
    await pipe.until(lambda: len(slack.bodies) == len(pagerduty.open) == 3, "every sink was told of every alert")
    about = {body["text"].rpartition("T-")[2][:3]: json.dumps(body) for body in slack.bodies}

    [link] = re.findall(r"<(http[^|]+)\|", about["ann"])
    async with aiohttp.ClientSession() as http:

        async def shown() -> bool:
            async with http.get(link) as answer:  # Redis is written twice a second
                return answer.status == 200 and "T-ann was reopened" in await answer.text()

        await pipe.until(shown, "the page shows the alert")
        async with http.post(link, data={"verdict": "noise"}) as answer:
            assert answer.status == 200
        await pipe.until(lambda: len(pagerduty.open) == 2, "the verdict ended the alert, and so the incident")

        [incident] = [key for key, body in pagerduty.open.items() if "T-ben" in body["payload"]["summary"]]
        body = desks.resolved(incident).replace(b"2020-10-02T18:45:22.169Z", datetime.now(UTC).isoformat().encode())
        headers = {"X-PagerDuty-Signature": desks.signature(body, SECRET)}
        async with http.post(f"http://127.0.0.1:{made.port}/pagerduty", data=body, headers=headers) as answer:
            assert (answer.status, await answer.text()) == (202, "useful")
        await pipe.until(lambda: len(pagerduty.open) == 1, "so did what somebody did there")

    [last] = pagerduty.open
    id = last.partition(":")[2]
    said = pipe.well("verdict", id, "known", "--by", "dee")
    assert said == "known: reopened, Ticket T-cem was reopened (open); on raw.verdicts\n"
    await pipe.until(lambda: not pagerduty.open, "and the command")
    await pipe.until(lambda: len(slack.bodies) == 6, "chat is told of each end")
    assert sum(text.startswith("closed by a verdict") for text in texts(slack)) == 3
    assert len(pagerduty.pages) == 3, "nobody was paged twice"

    refused = await made.undelivered()
    assert {(one["sink"], one["kind"], one["answer"]) for one in refused} == {
        ("webhook", "open", "422 Unprocessable Entity: not of my kind")
    }
    assert len(refused) == 3
    pipe.stop()


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


def produce(broker: EmbeddedBroker, *alerts: Alert) -> None:
    """On journey.alerts."""

    async def send() -> None:
        producer = Producer(Connection(bootstrap=broker.bootstrap))
        await producer.start()
        try:
            await producer.publish(Out(ALERTS, 0, one.id.encode(), msgspec.json.encode(one)) for one in alerts)
        finally:
            await producer.stop()

    asyncio.run(send())


def read(broker: EmbeddedBroker, topic: str) -> list[Any]:
    async def records() -> list[Any]:
        async with LogTopics(Connection(bootstrap=broker.bootstrap), [topic]) as log:
            return [record async for record in log.records()]

    return asyncio.run(records())


Verdict = Callable[..., int]


@pytest.fixture
def verdict(broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """The command, where there is no Redis."""
    monkeypatch.setenv("JOURNEYWATCH_KAFKA__BOOTSTRAP", broker.bootstrap)
    monkeypatch.setenv("JOURNEYWATCH_REDIS__URL", "")
    return lambda *argv: main(["verdict", *argv])


def test_without_redis_the_command_looks_in_the_log(
    broker: EmbeddedBroker, verdict: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    broker.create_topic("journey.alerts", 1)
    broker.create_topic("raw.cloudevents", 1)
    versions = [alert(), alert("b"), alert(version=2, status="resolved", signal="low_score", text="newest")]
    produce(broker, *versions)
    assert verdict("a1", "useful") == 0
    assert capsys.readouterr().out == "useful: low_score, newest (resolved); on raw.cloudevents\n"
    [record] = read(broker, "raw.cloudevents")
    said = json.loads(record.value)
    assert (record.key, said["type"], said["subject"]) == (b"customer-1", "alert.reviewed", "customer-1")
    assert said["data"] == {"alert": "a1", "signal": "low_score", "verdict": "useful"}
    assert verdict("gone", "useful") == 1
    assert "there is no alert gone, neither in Redis nor in journey.alerts" in capsys.readouterr().err


def test_a_topic_that_is_missing_is_not_made(
    broker: EmbeddedBroker, verdict: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    broker.create_topic("journey.alerts", 1)
    produce(broker, alert())
    assert verdict("a1", "noise") == 76
    assert "topic raw.cloudevents is missing" in capsys.readouterr().err


def test_where_verdicts_go() -> None:
    def of(sources: str) -> str:
        return topic(settings.load(None, {"JOURNEYWATCH_INTAKE__SOURCES": sources}))

    assert of("cloudevents,verdicts") == of("verdicts") == "raw.verdicts"
    assert of("cloudevents,xes") == "raw.cloudevents"
    with pytest.raises(Faults, match=r'intake\.sources = "xes": verdicts need "verdicts" among them'):
        of("xes")


def test_links_are_made_where_somebody_listens() -> None:
    assert links(settings.load(None, {})) is nowhere
    given = {"JOURNEYWATCH_VERDICTS__URL": "https://x", "JOURNEYWATCH_VERDICTS__LINK_KEY": "0123456789abcdef"}
    assert links(settings.load(None, given))(alert()).startswith("https://x/verdict/a1/")


async def test_a_desk_needs_redis() -> None:
    given = {"JOURNEYWATCH_VERDICTS__URL": "https://x", "JOURNEYWATCH_VERDICTS__LINK_KEY": "0123456789abcdef"}
    with pytest.raises(Faults, match="verdicts need Redis"):
        Desk(setup(settings.load(None, given | {"JOURNEYWATCH_REDIS__URL": ""})))
