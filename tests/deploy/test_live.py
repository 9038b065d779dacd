"""The project's own Prometheus configuration on a running worker: what is scraped, what rules and dashboards ask.

Covers dashboards/expand.py, dashboards/draw.py.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml  # type: ignore[import-untyped]

from agents.embedded.child import free_port
from dashboards.draw import draw
from dashboards.expand import Refused, chosen, drawn, filled, label_values, one
from tests.support import tools
from tests.support.prometheus import CONFIG, Prometheus, labels
from tests.support.stack import TOKEN, Stack, stack

BOARDS = {file.stem: json.loads(file.read_text()) for file in sorted((tools.ROOT / "dashboards/json").glob("*.json"))}
PATIENCE = 90.0  # s

# Queries that may rightly be empty on a worker that is well, each with the reason.
EMPTY = {
    "journey_kpi_benchmark": "few KPIs declare any; those that do are asked for below",
    "ALERTS{": "no rule fires on a worker that is well",
    'closed_delay_seconds{role="kpis"}) > 60': "nobody holds up the watches of a pipe that is well",
    'severity="page"}[2m]': "no page opens on demand within the test",
    'change="opened"}[2m]': "likewise: history is through before the first look",
}

pytestmark = [pytest.mark.prometheus, pytest.mark.slow]


class Live:
    """A worker on the embedded broker, and a Prometheus that scrapes it (and a port on which nobody answers)."""

    def __init__(self, stack: Stack, prometheus: Prometheus, dead: str) -> None:
        self.stack, self.prometheus, self.dead = stack, prometheus, dead

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The answer, waited for while it is empty; a scrape may be late on a busy machine."""
        deadline = time.monotonic() + 15
        while not (found := self.prometheus.query(expression)) and time.monotonic() < deadline:
            time.sleep(0.2)
        return found


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    program, directory = tools.find("prometheus"), tmp_path_factory.mktemp("live")
    dead = f"127.0.0.1:{free_port()}"
    with stack(directory) as running, Prometheus(program, directory, [running.target, dead], running.token) as server:
        found = Live(running, server, dead)
        settled(found)
        yield found


def settled(live: Live) -> None:
    """Waits until the history is folded, KPIs are shown, alerts are open, and rules have been evaluated."""
    conditions = (
        'max(journey_watermark_delay_seconds{role="journeys"}) < 30',
        'sum(journey_consumer_lag_records) < 50 and sum(journey_processed_records_total{role="intake"}) > 1000',
        'count(journey_kpi_value{cut="segment"}) > 20',
        "count(journey_alerts_active > 0) > 3",
        'sum(journey_alert_notifications_total{outcome="delivered"}) > 10',
        "sum(increase(journey_dead_letter_total[1m])) > 0",
        'max(journey_closed_delay_seconds{role="kpis"}) < 60',
    )
    deadline = time.monotonic() + PATIENCE
    for condition in conditions:
        while not live.prometheus.query(condition):
            assert live.stack.worker.running, "the worker ended"
            assert time.monotonic() < deadline, f"never true: {condition}"
            time.sleep(0.5)


def test_kpis_are_scraped_with_what_they_rest_on(live: Live) -> None:
    """Values, n and parts, whole and by segment; the value is that of its parts."""
    assert len(labels(live.ask('journey_kpi_value{cut="all"}'), "kpi")) >= 25
    assert {"all", "segment"} <= labels(live.ask("journey_kpi_n"), "cut")
    which = 'kpi="fcr_strict", cut="all", window="24h"'
    num, den = (f'ignoring(part) journey_kpi_part{{{which}, part="{part}"}}' for part in ("num", "den"))
    assert live.ask(f"abs(journey_kpi_value{{{which}}} * {den} - {num}) < 0.000001")
    assert live.ask('journey_kpi_benchmark{kpi="fcr"}')


@pytest.mark.parametrize(
    "name",
    [
        "journey_alert_notifications_total",
        "journey_alerts_active",
        "journey_append_latency_seconds_bucket",
        "journey_build_info",
        "journey_closed_delay_seconds",
        "journey_consumer_lag_records",
        "journey_consumer_lag_seconds",
        "journey_dead_letter_total",
        "journey_event_loop_lag_seconds",
        "journey_rebalances_total",
        "journey_recovered_records_total",
        "journey_redis_up",
        "journey_sink_up",
        "journey_table_recovery_seconds",
        "journey_watermark_delay_seconds",
        "process_start_time_seconds",
    ],
)
def test_the_worker_watches_itself(live: Live, name: str) -> None:
    assert live.ask(name)


def test_what_it_exposes_is_well_formed_and_asks_for_the_token(live: Live, promtool: Path) -> None:
    url = f"http://{live.stack.target}/metrics"
    with pytest.raises(HTTPError, match="401"), urlopen(url, timeout=10):
        pass
    with urlopen(Request(url, headers={"Authorization": f"Bearer {TOKEN}"}), timeout=10) as answer:
        text = answer.read()
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_every_rule_is_evaluated_and_only_the_dead_target_is_down(live: Live) -> None:
    wanted = {rule["alert"] for file in CONFIG.glob("rules/*.yml") for rule in every_rule(file)}
    deadline = time.monotonic() + PATIENCE
    while True:
        found = {rule["name"]: rule for group in live.prometheus.get("rules")["groups"] for rule in group["rules"]}
        active = {
            name: {alert["labels"].get("instance") for alert in rule["alerts"]}
            for name, rule in found.items()
            if rule["alerts"] and name != "JourneyDeadLetters"  # it is fed junk on purpose
        }
        if all(rule["health"] == "ok" for rule in found.values()) and active == {"JourneyWorkerDown": {live.dead}}:
            break
        assert time.monotonic() < deadline, (active, {name: rule.get("lastError") for name, rule in found.items()})
        time.sleep(0.5)
    assert set(found) == wanted


def every_rule(file: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def test_every_metric_that_rules_and_dashboards_name_exists(live: Live) -> None:
    texts = [rule["expr"] for file in CONFIG.glob("rules/*.yml") for rule in every_rule(file)]
    texts += [json.dumps(board) for board in BOARDS.values()]
    named = {name for text in texts for name in re.findall(r"\b(?:journey|process)_[a-z_]+", text)}
    known = set(live.prometheus.get("label/__name__/values")) | set(live.prometheus.get("labels"))
    assert named - {"process_start"} <= known


@pytest.mark.parametrize("name", BOARDS)
def test_every_query_of_a_dashboard_is_answered(live: Live, name: str) -> None:
    """No error, and something to see: in each panel, and for each query in at least one of a panel's repeats."""
    deadline = time.monotonic() + 30
    while (left := unanswered(live, BOARDS[name])) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == []


def unanswered(live: Live, board: dict[str, Any]) -> list[str]:
    """Panels without any answer, and queries without one in any repeat."""
    queries: dict[tuple[int, str], str] = {}
    answered, silent = set(), []
    for panel in drawn(board, chosen(board, live.prometheus.get), "20s"):
        seen = {(panel.panel["id"], letter): live.prometheus.query(expr) for letter, expr, _ in panel.queries}
        queries.update({(panel.panel["id"], letter): expr for letter, expr, _ in panel.queries})
        answered |= {key for key, rows in seen.items() if rows}
        if seen and not any(seen.values()):
            silent.append(panel.title)
    return silent + [expr for key, expr in queries.items() if key not in answered and not allowed(expr)]


def allowed(expr: str) -> bool:
    return any(part in expr for part in EMPTY)


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_and_annotation_is_answered(live: Live, name: str) -> None:
    board = BOARDS[name]
    values = chosen(board, live.prometheus.get)
    assert [variable for variable, found in values.items() if not found] == []
    for variable in board["templating"]["list"]:
        if variable["type"] == "query" and not variable.get("multi"):
            assert variable["current"]["value"] in values[variable["name"]], "what it starts with is there"
    for mark in board["annotations"]["list"]:
        assert live.prometheus.query(filled(mark["expr"], one(values))) or allowed(mark["expr"])


def test_the_list_of_what_may_be_empty_is_true() -> None:
    texts = [p["expr"] for board in BOARDS.values() for panel in board["panels"] for p in panel.get("targets", ())]
    texts += [mark["expr"] for board in BOARDS.values() for mark in board["annotations"]["list"]]
    assert [part for part in EMPTY if not any(part in text for text in texts)] == []


def test_a_wrong_query_is_an_error(live: Live) -> None:
    """Else the tests above could not fail."""
    with pytest.raises(Refused, match="parse error"):
        live.prometheus.query("sum by (")
    assert live.prometheus.query("journey_no_such_metric") == []
    assert label_values("label_values(journey_no_such_metric, kpi)", live.prometheus.get) == []
    with pytest.raises(ValueError, match="no query of label values"):
        label_values("journey_kpi_n", live.prometheus.get)


def test_the_dashboards_are_drawn_from_what_it_answers(live: Live, tmp_path: Path) -> None:
    files = draw(live.prometheus.url, tmp_path, 60.0)
    assert [file.name for file in files] == [f"dashboard-{name}.png" for name in BOARDS]
    for file in files:
        assert file.read_bytes().startswith(b"\x89PNG")
        assert file.stat().st_size > 50_000
