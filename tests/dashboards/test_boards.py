"""The dashboards' own lint: what Grafana would swallow in silence, and a person would find later.

Covers dashboards/experience.py, dashboards/pipe.py, dashboards/parts.py, dashboards/__main__.py.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards import __main__ as command
from dashboards.experience import GROUPS
from stream.infra import plugins
from stream.infra.settings import load
from tests.support.tools import ROOT

FILES = sorted((ROOT / "dashboards" / "json").glob("*.json"))
BOARDS = {file.stem: json.loads(file.read_text()) for file in FILES}
PROVISIONING = ROOT / "dashboards" / "provisioning"
every_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def graphs(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions(board: dict[str, Any]) -> list[str]:
    asked = [target["expr"] for panel in graphs(board) for target in panel["targets"]]
    asked += [each["expr"] for each in board["annotations"]["list"]]
    return asked + [each["query"] for each in board["templating"]["list"] if each["type"] == "query"]


def test_the_files_are_as_the_code_makes_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(command.BOARDS) == [file.name for file in FILES]
    assert command.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_file_is_found_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "JSON", tmp_path)
    assert command.main(["--check"]) == 1
    assert "the-pipe.json: differs; run python -m dashboards" in capsys.readouterr().out
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    (tmp_path / "the-pipe.json").write_text("{}")
    assert command.main(["--check"]) == 1


@every_board
def test_grafanas_own_model_takes_it_whole(board: dict[str, Any]) -> None:
    """Read into the SDK's types and written again nothing is lost but what its annotations do not know."""
    register_default_plugins()
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert again["panels"] == board["panels"]
    assert again["templating"] == board["templating"]


@every_board
def test_everything_has_a_title_a_description_and_a_unit(board: dict[str, Any]) -> None:
    assert board["uid"].startswith("journeywatch-")
    assert board["description"]
    for panel in graphs(board):
        assert panel["title"], panel["id"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
    for variable in board["templating"]["list"]:
        assert variable["label"], variable["name"]
        assert variable["description"], variable["name"]


@every_board
def test_ids_and_titles_are_unique_and_nothing_overlaps(board: dict[str, Any]) -> None:
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    titles = Counter((panel["type"], panel["title"]) for panel in panels)
    assert max(titles.values()) == 1, titles.most_common(1)
    for panel in panels:
        at = panel["gridPos"]
        assert 0 <= at["x"] < at["x"] + at["w"] <= 24, panel["title"]
    for one, other in combinations(panels, 2):
        assert not overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[x] < other[x] + other[size] and other[x] < one[x] + one[size] for x, size in (("x", "w"), ("y", "h"))
    )


@every_board
def test_one_data_source_by_variable(board: dict[str, Any]) -> None:
    """Nothing is bound to one installation: all goes through $datasource, whose default is the provisioned one."""
    [source] = [each for each in board["templating"]["list"] if each["type"] == "datasource"]
    [provisioned] = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["current"]["value"] == provisioned["uid"]
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    users = [*graphs(board), *board["annotations"]["list"], *(t for p in graphs(board) for t in p["targets"])]
    users += [each for each in board["templating"]["list"] if each["type"] == "query"]
    assert all(user["datasource"] == wanted for user in users)


@every_board
def test_queries_are_written_as_they_should_be(board: dict[str, Any]) -> None:
    """Counters only under rate or increase, rates over $__rate_interval or a whole quarter or more, no customer."""
    for expr in expressions(board):
        counters = re.findall(r"journey_\w+_total", expr)
        under = re.findall(r"(?:rate|increase)\((?:journey|process)_\w+_total", expr)
        named = "label_values" in expr or "journey_label_overflow_total" in expr  # shown as it is
        assert named or len(counters) <= len(under), expr
        for span in re.findall(r"rate\([^)]*\[(.+?)\]", expr):
            assert span in ("$__rate_interval", "15m"), expr
        assert not re.search(r"\b(?:subject|customer|ticket|alert_id|journey)\b", expr), expr


@every_board
def test_letters_are_unique_and_variables_are_declared(board: dict[str, Any]) -> None:
    declared = {variable["name"] for variable in board["templating"]["list"]}
    for panel in graphs(board):
        letters = [target["refId"] for target in panel["targets"]]
        assert letters == list("ABCDEFGH"[: len(letters)]), panel["title"]
    for text in [*expressions(board), *(panel["title"] for panel in board["panels"])]:
        used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval"}
        assert used <= declared, text
    assert {panel["repeat"] for panel in graphs(board) if panel.get("repeat")} <= declared
    for variable in board["templating"]["list"]:
        assert variable["type"] != "query" or variable["refresh"] == 2, "it follows the time range"


def test_every_kpi_has_its_panel_by_its_unit() -> None:
    """The groups divide all units that there are: none is left out, none is drawn twice."""
    found = plugins.load(load(None, {})).kpis.values()
    for kpi in found:
        took = [group.name for group in GROUPS if matches(group.which, kpi.unit)]
        assert len(took) == 1, (kpi.name, kpi.unit, took)
    assert [sum(matches(group.which, unit) for group in GROUPS) for unit in ("hours", "x")] == [1, 1], "a new unit too"


def matches(matcher: str, unit: str) -> bool:
    operator, value = re.fullmatch(r'unit(=|=~|!~)"(.+)"', matcher).groups()  # type: ignore[union-attr]
    return bool(re.fullmatch(value, unit)) != (operator == "!~")


def test_what_is_provisioned_is_there() -> None:
    [provider] = yaml.safe_load((PROVISIONING / "dashboards" / "journeywatch.yml").read_text())["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
