"""`journeywatch tune`: from a file to a piece of settings that the signals then go by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.cli import main
from stream.definitions import HOUR, MINUTE
from stream.infra import plugins, settings
from tests.agents.commands.test_backtest import log
from tests.support import builders as B
from tests.support.builders import Told
from tests.support.replaying import replay, rows

TEAM = 'second "line"'  # what a TOML key must quote


def handed(number: int, minutes: int, team: str = TEAM) -> list[Told]:
    who = {"subject": f"c{number}"}
    at = HOUR + number * 1_000
    acted = B.replied("T", at + minutes * MINUTE, "agent", **who)
    return [B.opened("T", 0, team="first", **who), B.transferred("T", at, team, **who), acted]


@pytest.fixture
def hand_overs(tmp_path: Path) -> Path:
    """40 to one team, which took 1 to 40 minutes, and 5 to another."""
    events = [one for i in range(40) for one in handed(i, i + 1)]
    return log(tmp_path / "log.ndjson", *events, *(one for i in range(40, 45) for one in handed(i, 9, "third")))


def tune(*argv: Any, code: int = 0) -> None:
    assert main(["tune", *map(str, argv)]) == code


def test_what_is_written_is_settings_that_signals_go_by(
    hand_overs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` takes it, and a replay under it marks the two of forty that took longer than p95."""
    path = tmp_path / "definitions.toml"
    tune(hand_overs, "--write", path)
    said = capsys.readouterr().out
    assert f"stalled_handoff  {TEAM}  p95  39 min     40         0" in said
    assert "left as they are, with fewer than 30 cases: 1" in said
    assert f"1 limits are in {path}" in said
    signal: Any = plugins.load(settings.load(path, {})).signals["stalled_handoff"]
    assert signal.limit_by_team_ms == {TEAM: 39 * MINUTE}
    assert '"39m"    # p95 of 40 hand-overs: 39 min' in path.read_text()
    assert main(["check", str(path)]) == 0
    alerts = rows(replay(tmp_path / "out", hand_overs, "--settings", path), "alerts.json")
    assert sorted(a["subject"] for a in alerts if a["signal"] == "stalled_handoff") == ["c38", "c39"]


def test_fewer_cases_when_asked(hand_overs: Path, tmp_path: Path) -> None:
    tune(hand_overs, "--write", tmp_path / "d.toml", "--least", 5)
    signal: Any = plugins.load(settings.load(tmp_path / "d.toml", {})).signals["stalled_handoff"]
    assert signal.limit_by_team_ms == {TEAM: 39 * MINUTE, "third": 10 * MINUTE}


def test_too_few_write_nothing(hand_overs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and what was there stays."""
    path = tmp_path / "d.toml"
    path.write_text("# mine\n")
    tune(hand_overs, "--write", path, "--least", 41, code=1)
    assert "no limit has 41 cases; nothing is written" in capsys.readouterr().err
    assert path.read_text() == "# mine\n"


def test_what_is_wrong_is_said(hand_overs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tune(hand_overs, "--write", tmp_path / "no/such/place.toml", code=2)
    assert "name a file to write" in capsys.readouterr().err
    tune(hand_overs, "--write", tmp_path, "--least", 41, code=2)
    assert f"--write {tmp_path}: Is a directory; name a file to write" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["tune", str(hand_overs), "--write", "x", "--least", "0"])
