"""deploy/alertmanager: who is told what, first by amtool, then by a real Alertmanager that calls a real receiver."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml  # type: ignore[import-untyped]
from aiohttp import web
from aiohttp.test_utils import TestServer

from stream.claims import Severity
from stream.infra import plugins
from stream.infra.pseudonym import pseudonym
from stream.infra.settings import load
from stream.infra.sinks.alertmanager import Alertmanager, Client
from stream.notices import Notice
from tests.support import tools
from tests.support.alertmanager import Alertmanager as Server
from tests.support.alerts import alert
from tests.support.tools import ROOT
from tests.support.waiting import until

CONFIG = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
RULES = ROOT / "deploy" / "prometheus" / "rules" / "pipe.yml"
SECONDS = 60.0  # that something may take to be told

pytestmark = pytest.mark.alertmanager


@pytest.fixture(scope="module")
def amtool() -> Path:
    return tools.find("amtool")


def test_the_configuration_is_well_formed(amtool: Path) -> None:
    checked = subprocess.run([amtool, "check-config", CONFIG], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "4 receivers" in checked.stdout


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("signal=repeat_contact severity=queue team=cx", "cx-queue"),
        ("signal=missed_promise severity=page team=cx", "cx-page"),
        ("signal=kpi_fell severity=page", "cx-page"),
        ("signal=low_score severity=queue", "cx-queue"),
        ("alertname=JourneyPipeStalled severity=page team=platform role=kpis", "platform-page"),
        ("alertname=JourneySinkRejects severity=queue team=platform", "platform-queue"),
        ("alertname=Something", "cx-queue"),
    ],
)
def test_routes_go_by_team_and_severity(amtool: Path, labels: str, receiver: str) -> None:
    asked: list[str | Path] = [amtool, "config", "routes", "test", f"--config.file={CONFIG}", *labels.split()]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout.strip()) == (0, receiver)


def test_every_watch_is_hushed_and_no_signal_of_customers() -> None:
    """A new watch of KPIs has to be named there too."""
    found = plugins.load(load(None, {}))
    [matcher] = yaml.safe_load(CONFIG.read_text())["inhibit_rules"][0]["target_matchers"]
    named = matcher.removeprefix('signal=~"').removesuffix('"').split("|")
    assert named == sorted(found.watches)


def test_what_hushes_is_said_by_rules() -> None:
    """The labels that the inhibition looks for are those that the rules give."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    by_name = {rule["alert"]: rule["labels"] for group in groups for rule in group["rules"]}
    hushing = {name for name, labels in by_name.items() if labels.get("inhibits") == "kpis"}
    assert {"JourneyPipeStalled", "JourneyLagGrowing", "JourneyWatermarkStuck", "JourneySourceSilent"} <= hushing
    assert "JourneySinkFailing" not in hushing, "the numbers are right then"
    assert {by_name[name]["team"] for name in hushing} == {"platform"}


class Told:
    """The project's Alertmanager with its receivers led to one web server, and hasty."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {}
        app = web.Application()
        app.router.add_post("/{receiver}", self._hear)
        self.receivers = TestServer(app)

    async def _hear(self, request: web.Request) -> web.Response:
        self.messages.setdefault(request.match_info["receiver"], []).append(await request.json())
        return web.Response()

    def config(self) -> str:
        config = yaml.safe_load(CONFIG.read_text())
        hasty = {"group_wait": "1s", "group_interval": "1s"}
        config["route"] |= hasty
        for route in [r for top in config["route"]["routes"] for r in (top, *top.get("routes", []))]:
            route.update({name: value for name, value in hasty.items() if name in route})
        for receiver in config["receivers"]:
            receiver["webhook_configs"] = [{"url": str(self.receivers.make_url(f"/{receiver['name']}"))}]
        text: str = yaml.safe_dump(config)
        return text

    def heard(self, receiver: str, status: str) -> list[dict[str, Any]]:
        """Alerts that a receiver was told of with this status, the newest message of each group."""
        newest = {message["groupKey"]: message for message in self.messages.get(receiver, [])}
        return [one for message in newest.values() for one in message["alerts"] if one["status"] == status]

    def names(self, receiver: str, status: str) -> list[str]:
        return sorted(one["labels"]["alertname"] for one in self.heard(receiver, status))


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    found = Told()
    await found.receivers.start_server()
    yield found
    await found.receivers.close()


def notice(id: str, signal: str, severity: Severity, subject: str, kind: Any = "open") -> Notice:
    now = int(time.time() * 1000)
    status = "resolved" if kind == "resolve" else "open"
    said = alert(id, signal=signal, severity=severity.name, subject=subject, status=status, opened=now, changed=now)
    return Notice(said, kind, severity, severity if kind == "resolve" else None)


async def as_prometheus(url: str, *alerts: dict[str, str], over: bool = False) -> None:
    """Alerts of rules, as Prometheus posts them."""
    ends = datetime.now(UTC) + timedelta(seconds=-1 if over else 600)
    posted = [{"labels": labels, "endsAt": ends.isoformat()} for labels in alerts]
    async with aiohttp.ClientSession() as http, http.post(f"{url}/api/v2/alerts", json=posted) as answer:
        assert answer.status == 200, await answer.text()


async def test_alerts_reach_the_right_receiver_grouped_by_journey_and_signal_and_end(
    told: Told, tmp_path: Path
) -> None:
    """From the sink through the project's Alertmanager to a receiver: firing, and later resolved."""
    queue, page = Severity.queue, Severity.page
    opened = [
        notice("a", "reopened", queue, "customer-1"),
        notice("b", "reopened", queue, "customer-1"),
        notice("c", "reopened", queue, "customer-2"),
        notice("d", "missed_promise", page, "customer-1"),
    ]
    with Server(tools.find("prometheus-alertmanager"), tmp_path, told.config()) as server:
        client = Client(Alertmanager(url=server.url, labels={"team": "cx"}), time.time)
        await client.send(opened)
        await until(
            lambda: len(told.heard("cx-queue", "firing")) == 3 and bool(told.heard("cx-page", "firing")), SECONDS
        )
        groups = {message["groupKey"]: message for message in told.messages["cx-queue"]}.values()
        wanted = [{"journey": pseudonym(name), "signal": "reopened"} for name in ("customer-1", "customer-2")]
        assert sorted((m["groupLabels"] for m in groups), key=str) == sorted(wanted, key=str)
        [paged] = told.heard("cx-page", "firing")
        assert (paged["labels"]["alert_id"], paged["annotations"]["key"]) == ("d", "d/1/1")
        assert "customer-1" not in str(told.messages)
        await client.send([notice(n.alert.id, n.alert.signal, n.severity, n.alert.subject, "resolve") for n in opened])
        await until(lambda: told.names("cx-page", "resolved") == ["missed_promise"], SECONDS)
        await until(lambda: told.names("cx-queue", "resolved") == ["reopened"] * 3, SECONDS)
        await client.close()


async def test_the_pipes_own_alerts_hush_kpis_and_not_customers(told: Told, tmp_path: Path) -> None:
    """While the pipe stands still no KPI pages; when it runs again, what still holds is told."""
    stalled = {
        "alertname": "JourneyPipeStalled",
        "severity": "page",
        "team": "platform",
        "inhibits": "kpis",
        "role": "kpis",
    }
    with Server(tools.find("prometheus-alertmanager"), tmp_path, told.config()) as server:
        client = Client(Alertmanager(url=server.url, labels={"team": "cx"}), time.time)
        await as_prometheus(server.url, stalled)
        await until(lambda: told.names("platform-page", "firing") == ["JourneyPipeStalled"], SECONDS)
        fell = notice("k", "kpi_fell", Severity.page, "segment:smb")
        await client.send([fell, notice("v", "missed_promise", Severity.page, "customer-1")])
        await until(lambda: told.names("cx-page", "firing") == ["missed_promise"], SECONDS)
        assert await state(server.url, "kpi_fell") == "suppressed"
        await as_prometheus(server.url, stalled, over=True)
        await until(lambda: told.names("platform-page", "resolved") == ["JourneyPipeStalled"], SECONDS)
        await until(lambda: told.names("cx-page", "firing") == ["kpi_fell", "missed_promise"], SECONDS)
        await client.close()


async def state(url: str, name: str) -> str:
    asked = {"filter": f'alertname="{name}"'}
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v2/alerts", params=asked) as answer:
        [found] = await answer.json()
    return str(found["status"]["state"])
