"""deploy/prometheus by Prometheus' own checker: the configuration, the rules, and a unit test of each rule."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.support.prometheus import CONFIG, configured
from tests.support.tools import ROOT

RULES = [
    rule
    for file in sorted((CONFIG / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
UNIT_TESTS = ("rules_test.yml", "rules_week_test.yml")
CASES = [
    case
    for name in UNIT_TESTS
    for test in yaml.safe_load((CONFIG / name).read_text())["tests"]
    for case in test["alert_rule_test"]
]
# What the issue of running it for real names, and more.
WANTED = {
    "pipe stalled": "JourneyPipeStalled",
    "lag growing": "JourneyLagGrowing",
    "watermark stuck": "JourneyWatermarkStuck",
    "a partition that holds up the watches": "JourneyWatchesHeldUp",
    "dead letters beyond a rate": "JourneyDeadLetters",
    "a sink failing": "JourneySinkFailing",
    "no events from a source": "JourneySourceSilent",
    "worker crash-looping": "JourneyWorkerCrashLooping",
    "worker down": "JourneyWorkerDown",
}
every_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])


def run(promtool: Path, *arguments: str, home: Path = CONFIG) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *arguments], cwd=home, capture_output=True, text=True, check=False)


def test_the_configuration_and_the_rules_are_well_formed(promtool: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x")
    checked = run(promtool, "check", "config", str(configured(tmp_path, ["worker:9464"], token, "http://am:9093")))
    assert checked.returncode == 0, checked.stderr
    assert f"{len(RULES)} rules found" in checked.stdout


def test_each_rule_fires_when_it_should_and_only_then(promtool: Path) -> None:
    tested = run(promtool, "test", "rules", *UNIT_TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@every_rule
def test_each_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(rule: dict[str, Any]) -> None:
    fires = [bool(case["exp_alerts"]) for case in CASES if case["alertname"] == rule["alert"]]
    assert set(fires) == {True, False}


def test_the_unit_tests_can_fail(promtool: Path, tmp_path: Path) -> None:
    """Each limit in the rules is held by some case: doubled, that case fails."""
    home = tmp_path / "prometheus"
    shutil.copytree(CONFIG, home)
    file = home / "rules" / "pipe.yml"
    text = file.read_text()
    for limit in ("> 300", "> 120", "> 0.5", "> 20", "> 240", "> 10", ">= 3", "== 0\n        for: 2m"):
        assert limit in text
        changed = re.sub(r"(\d[\d.]*)", lambda found: str(float(found[1]) * 50 + 1), limit, count=1)
        file.write_text(text.replace(limit, changed))
        assert run(promtool, "test", "rules", "rules_test.yml", home=home).returncode != 0, limit


@every_rule
def test_a_rule_says_who_is_woken_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "queue")
    assert rule["labels"]["team"] == "platform"
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    file, _, section = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), re.MULTILINE)
    assert section in [heading.lower() for heading in headings], "its section in the runbook"


def test_what_must_page_pages() -> None:
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in RULES}
    assert {what: severities.get(name) for what, name in WANTED.items()} == dict.fromkeys(WANTED, "page")
