"""The Alertmanager sink: against a server that fails in every way, and against the real one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from stream.claims import Alert, Severity
from stream.definitions import Definitions
from stream.delivering import DeliveryPartition
from stream.infra.courier import Courier
from stream.infra.mailbox import Pace
from stream.infra.pseudonym import pseudonym
from stream.infra.sinks.alertmanager import SINK, Alertmanager, Client, changes
from stream.infra.telemetry import Telemetry
from stream.notices import Notice
from tests.support import tools
from tests.support.alertmanager import Alertmanager as Server
from tests.support.alerts import alert, heard
from tests.support.sinks import Now, announce
from tests.support.waiting import until
from tests.support.web import ScriptedServer

NOW = Now(2_000.0)


def opened(id: str = "a1", severity: Severity = Severity.queue, **given: Any) -> Notice:
    return Notice(alert(id, severity=severity.name, **given), "open", severity)


def test_it_is_ready_once_it_has_an_address() -> None:
    assert not SINK.ready()
    assert Alertmanager(url="http://x").ready()
    assert (SINK.least, SINK.repeat) == (Severity.queue, 60)


def test_an_open_alert_lasts_three_minutes() -> None:
    [posted] = changes(opened(text="what happened", numbers={"contacts": 3}, segment="smb"), Alertmanager(), 2_000_000)
    assert (posted["startsAt"], posted["endsAt"]) == ("1970-01-01T00:16:40.000Z", "1970-01-01T00:36:20.000Z")
    assert posted["labels"] == {
        "alertname": "repeat_contact",
        "alert_id": "a1",
        "journey": pseudonym("customer-1"),
        "signal": "repeat_contact",
        "severity": "queue",
    }
    said = posted["annotations"]
    assert (said["summary"], said["numbers"], said["segment"]) == ("what happened", "contacts 3", "smb")
    assert "customer-1" not in json.dumps(posted), "a customer's name stays inside"


def test_labels_are_the_same_all_its_life() -> None:
    """Whatever an update changes but the severity, it is the same alert to Alertmanager, and so is its end."""
    settings = Alertmanager(labels={"env": "prod"})
    first, second, last = (
        opened(),
        Notice(alert(version=2, text="more", segment="x", vip=True), "update", Severity.queue, Severity.queue),
        Notice(alert(version=3, status="resolved"), "resolve", Severity.queue, Severity.queue),
    )
    posted = [changes(told, settings, 2_000_000) for told in (first, second, last)]
    assert [len(each) for each in posted] == [1, 1, 1]
    assert posted[0][0]["labels"] == posted[1][0]["labels"] == posted[2][0]["labels"]
    assert posted[0][0]["labels"]["env"] == "prod"


def test_a_change_of_severity_ends_the_old_label_set() -> None:
    told = Notice(alert(version=2, severity="page"), "update", Severity.page, Severity.queue)
    over, firing = changes(told, Alertmanager(), 2_000_000)
    assert (over["labels"]["severity"], firing["labels"]["severity"]) == ("queue", "page")
    assert over["endsAt"] < "1970-01-01T00:33:20" < firing["endsAt"]


def test_it_never_starts_after_its_end() -> None:
    """Also where the log's clock is ahead of ours."""
    ahead = alert(opened=9_000_000)
    for told in (Notice(ahead, "open", Severity.queue), Notice(ahead, "resolve", Severity.queue, Severity.queue)):
        [posted] = changes(told, Alertmanager(), 2_000_000)
        assert posted["startsAt"] <= posted["endsAt"]


async def test_one_bad_alert_does_not_take_the_batch_with_it() -> None:
    """400 for 4, for the second two, and for the last of them."""
    async with ScriptedServer((400, {}), (200, {}), (400, {}), (200, {}), (400, {})) as server:
        client = Client(Alertmanager(url=server.url), NOW)
        outcomes = await client.send([opened(id) for id in "abcd"])
        await client.close()
    assert [outcome.status for outcome in outcomes] == ["delivered", "delivered", "delivered", "rejected"]
    assert [len(body) for body in server.bodies] == [4, 2, 2, 1, 1]


async def test_the_token_is_read_from_its_file_each_time(tmp_path: Path) -> None:
    token = tmp_path / "token"
    async with ScriptedServer() as server:
        client = Client(Alertmanager(url=server.url, token_file=str(token)), NOW)
        for word in ("first", "second"):
            token.write_text(word + "\n")
            await client.active([opened()])
        await client.close()
    assert [headers["Authorization"] for headers in server.headers] == ["Bearer first", "Bearer second"]


class Live:
    """A fold and a courier that send to a real Alertmanager."""

    def __init__(self, url: str, unique: str, now: Now) -> None:
        self.unique, self.url = unique, url
        self.fold = DeliveryPartition(Definitions(), "r", 0, {})
        self.telemetry = Telemetry()
        sink = Alertmanager(url=url, labels={"test": unique}, link="http://console/{id}")
        pace = Pace(first=0.05, longest=0.05)
        self.courier = Courier(self.fold, [sink], self.telemetry, clock=now, pace=pace)
        self.courier.caught_up()
        self._hop = asyncio.create_task(announce(self.courier))

    def hear(self, *alerts: Alert) -> None:
        for append in self.fold.feed(heard(alerts, offset=self.fold.meta.next)):
            self.courier.heard(append)

    async def active(self) -> dict[str, dict[str, Any]]:
        """What Alertmanager has open of this test, by alert id and severity."""
        asked = {"filter": f'test="{self.unique}"', "active": "true"}
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/api/v2/alerts", params=asked) as answer:
            found: Sequence[dict[str, Any]] = await answer.json()
        return {f"{one['labels']['alert_id']} {one['labels']['severity']}": one for one in found}


async def test_a_real_alertmanager_follows_the_life_of_alerts(alertmanager: Server, unique: str) -> None:
    """Opened, updated, raised in severity, resolved: each label set is open exactly while it holds."""
    now = Now(time.time())
    ms = int(now() * 1000)
    live = Live(alertmanager.url, unique, now)
    times: dict[str, Any] = {"opened": ms - 60_000, "changed": ms - 60_000}

    async def shows(*names: str) -> None:
        async def same() -> bool:
            return sorted(await live.active()) == sorted(names)

        await until(same)

    live.hear(alert("a", **times), alert("b", severity="page", **times), alert("c", severity="info", **times))
    await shows("a queue", "b page")
    one = (await live.active())["a queue"]
    assert one["generatorURL"] == "http://console/a"
    starts, ends = (datetime.fromisoformat(one[name]).timestamp() * 1000 for name in ("startsAt", "endsAt"))
    assert (round(starts), round(ends)) == (ms - 60_000, ms + 180_000)
    live.hear(alert("a", version=2, text="it goes on", **times))

    async def updated() -> bool:
        return (await live.active())["a queue"]["annotations"]["summary"] == "it goes on"

    await until(updated)
    live.hear(alert("a", version=3, severity="page", opened=ms - 60_000, changed=ms))
    await shows("a page", "b page")
    live.hear(alert("a", version=4, severity="page", status="resolved", **times))
    await shows("b page")
    live.hear(alert("a", episode=2, version=5, opened=ms, changed=ms))
    await shows("a queue", "b page")
    await live.courier.close()


async def test_a_real_alertmanager_that_returns_is_filled_again(tmp_path: Path, unique: str) -> None:
    """It is killed and comes back empty: at first contact it is told everything that is open, old and new."""
    program = tools.find("prometheus-alertmanager")
    now = Now(time.time())
    ms = int(now() * 1000)
    times: dict[str, Any] = {"opened": ms, "changed": ms}
    (tmp_path / "first").mkdir()
    with Server(program, tmp_path / "first") as first:
        live = Live(first.url, unique, now)
        port = int(first.url.rsplit(":", 1)[1])
        live.hear(alert("a", **times), alert("gone", **times))
        await until(lambda: len(live.courier.mailboxes[0].marks) == 2)
        first.process.kill()
        live.hear(alert("b", severity="page", **times), alert("gone", version=2, status="resolved", **times))
        await until(lambda: _moved(now) and not live.telemetry.sinks["alertmanager"].up)
    (tmp_path / "second").mkdir()
    with Server(program, tmp_path / "second", port=port):

        async def filled() -> bool:
            now.seconds += 0.1
            return sorted(await live.active()) == ["a queue", "b page"]

        await until(filled)
        assert live.telemetry.sinks["alertmanager"].up
        await live.courier.close()


def _moved(now: Now) -> bool:
    now.seconds += 0.1
    return True
