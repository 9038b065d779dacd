from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.cli import main
from agents.embedded.broker import EmbeddedBroker
from agents.engine.exits import Code
from tests.support.tools import ROOT


def test_without_its_topics_it_stops_and_says_what_to_do() -> None:
    with EmbeddedBroker() as broker:
        done = subprocess.run(
            [sys.executable, "-m", "agents.cli", "worker", "--roles", "delivery,kpis"],
            cwd=ROOT,
            env=os.environ | {"JOURNEYWATCH_KAFKA__BOOTSTRAP": broker.bootstrap, "JOURNEYWATCH_METRICS__PORT": "0"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == Code.TOPIC
    last = done.stderr.splitlines()[-1]
    assert last.startswith("journeywatch: stopped (76): topic ")
    assert "journeywatch topics" in last


def test_wrong_settings_and_strange_roles_are_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text("[kafka]\nsecurity = 'SASL_SSL'\n")
    assert main(["worker", "--settings", str(file)]) == 2
    assert "needs username and password" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["worker", "--roles", "intake,sales"])
    assert stop.value.code == 2
    assert "no role 'sales'" in capsys.readouterr().err
