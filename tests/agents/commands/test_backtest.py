"""`journeywatch backtest` from a file to the words: numbers, verdict, files, exit codes.

Covers agents/scorecard.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.cli import main
from stream.definitions import DAY, HOUR
from tests.support import builders as B
from tests.support.builders import Told

END = 40 * DAY


def story(number: int, *hours: int, end: int = 20 * DAY) -> list[Told]:
    """A ticket handed on at these hours, each time to another team."""
    who: dict[str, Any] = {"subject": f"c{number}"}
    moves = [B.transferred("T", h * HOUR, f"t{i}", from_team="t", **who) for i, h in enumerate(hours)]
    return [B.opened("T", 0, team="t", **who), *moves, B.resolved("T", end, **who)]


def log(path: Path, *events: Told) -> Path:
    """NDJSON in log order, ended by an event of nobody."""
    told = sorted([*events, B.opened("Z", END, subject="nobody")], key=lambda one: one.log)
    rows = [{"at": B.rfc3339(B.START + one.log), "event": json.loads(one.value)} for one in told]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """60 warned of whom 45 are handed on, 140 quiet of whom 14 are."""
    plans = [((1, 2, 30, 40), 45), ((1, 2), 15), ((30, 40), 14), ((1,), 126)]
    many = [hours for hours, count in plans for _ in range(count)]
    return log(tmp_path / "log.ndjson", *(one for i, hours in enumerate(many) for one in story(i, *hours)))


def backtest(*argv: Any, code: int = 0) -> None:
    assert main(["backtest", *map(str, argv)]) == code


RULE = ("--signal", "ping_pong", "--outcome", "further transfers")


def test_one_setting(tickets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table, and every number of it in words; by settings, since no rule has three teams by default."""
    settings = tmp_path / "s.toml"
    settings.write_text("[signals.ping_pong]\nteams = 3\n")
    backtest(tickets, *RULE, "--settings", settings, "--out", tmp_path / "out")
    said = capsys.readouterr().out
    assert "whom       200 tickets not resolved 1 d after they were opened\n" in said
    table = [line.split() for line in said.splitlines()]
    assert ["warned", "60", "45", "75.0", "%", "62.8", "..", "84.2", "precision"] in table
    assert ["not", "warned", "140", "14", "10.0", "%", "6.1", "..", "16.1"] in table
    assert ["all", "200", "59", "29.5", "%", "23.6", "..", "36.2", "base", "rate"] in table
    assert "recall     76.3 % (64.0 .. 85.3): 45 of 59 were warned in time" in said
    assert "lift       2.54 (2.11 .. 3.06) against the base rate; 7.50 (4.47 .. 12.59) against those not warned" in said
    assert "lead time  1 d 14 h (median)" in said
    assert "74 in 40.0 d: 1.9 a day, 60 on the worst day (2026-06-01)" in said
    assert "ping_pong warns of further_transfers: 75.0 % of those warned against 29.5 % of all" in said
    (row,) = json.loads((tmp_path / "out/backtest.json").read_text())["settings"]
    assert (row["n"], row["warned"], row["happened"], row["both"], row["worth"]) == (200, 60, 59, 45, "warns")
    assert not (tmp_path / "out/backtest.svg").exists()


def test_a_sweep(tickets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each value, and the picture; what none warned of is what they are held against."""
    backtest(tickets, *RULE, "--sweep", "teams=2..4", "--out", tmp_path)
    said = capsys.readouterr().out
    table = [line.split() for line in said.splitlines()]
    assert [row[:4] for row in table if row and row[0] in "234"] == [
        ["2", "5.0", "186", "186"], ["3", "1.9", "60", "60"], ["4", "1.1", "45", "0"],
    ]  # fmt: skip
    assert "quiet = no setting warned of them: 14 cases, to 14 it happened" in said
    assert "Nothing to judge by: 200 cases, 0 of them warned, 59 happened." in said
    assert "<svg" in (tmp_path / "backtest.svg").read_text()
    assert len(json.loads((tmp_path / "backtest.json").read_text())["settings"]) == 3


def test_a_rule_that_is_useless_is_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tickets that are handed on take as long as those that are not."""
    many = [((1, 2), end * DAY) for end in (5, 20)] + [((1,), end * DAY) for end in (5, 20)]
    events = [one for i, (hours, end) in enumerate(many * 100) for one in story(i, *hours, end=end)]
    path = log(tmp_path / "log.ndjson", *events)
    backtest(path, "--signal", "ping_pong", "--outcome", "long_resolution", "--sweep", "teams=3..3", "--out", tmp_path)
    said = capsys.readouterr().out
    assert (
        "For long_resolution, ping_pong with teams = 3 is useless: 50.0 % of those warned against 50.0 % of all" in said
    )
    assert "do not let it page for that" in said


def test_durations_are_said_as_they_are_written(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = ("--signal", "stalled_handoff", "--outcome", "long_resolution", "--sweep", "limit_ms=4h..5h")
    backtest(tickets, *rule, "--out", tickets.parent)
    said = capsys.readouterr().out
    assert "stalled_handoff with limit_ms = 4h" in said
    assert [line.split()[0] for line in said.splitlines() if line.strip().startswith(("4h", "5h"))] == ["4h", "5h"]


def test_as_of_an_earlier_time(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first resolve nothing is known of further transfers; exit 1: there is nothing to judge by."""
    backtest(tickets, *RULE, "--at", B.rfc3339(B.START + 19 * DAY), code=1)
    said = capsys.readouterr().out
    assert (
        "whom       0 tickets not resolved 1 d after they were opened (200 left out: the log does not tell yet)" in said
    )
    assert "Nothing to judge by: 0 cases" in said


def test_from_a_time_on(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backtest(tickets, *RULE, "--from", B.rfc3339(B.START + 2 * DAY), code=1)
    assert "whom       0 tickets" in capsys.readouterr().out


def test_the_horizon(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An hour earlier than the second hand-over nobody is warned."""
    backtest(tickets, *RULE, "--sweep", "teams=3..3", "--horizon", "1h", "--out", tickets.parent, code=1)
    assert "200 tickets not resolved 1 h after they were opened" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--signal", "ping_pon", "--outcome", "churn"), '--signal: ping_pon: is unknown; did you mean "ping_pong"?'),
        (("--signal", "kpi_fell", "--outcome", "churn"), "--signal: kpi_fell: is a watch"),
        (("--signal", "ping_pong", "--outcome", "chun"), '--outcome: chun: is unknown; did you mean "churn"?'),
        ((*RULE, "--sweep", "teams=4"), "--sweep: teams=4: write PARAMETER=A..B"),
        (
            ("--signal", "usage_drop", "--outcome", "churn", "--horizon", "1d"),
            "--horizon: churn is not looked at after",
        ),
        ((*RULE, "--source", "xe"), 'source xe is unknown; did you mean "xes"?'),
    ],
)
def test_what_is_wrong_is_said(
    tickets: Path, argv: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2."""
    backtest(tickets, *argv, code=2)
    assert words in capsys.readouterr().err


def test_a_place_that_can_not_be_written(tickets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backtest(tickets, *RULE, "--out", tickets, code=2)
    assert "name a directory to write to" in capsys.readouterr().err


def test_outcomes_are_tuned_by_settings(tickets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "s.toml"
    settings.write_text('[outcomes.further_transfers]\nmore = 1\n[outcomes.churn]\nperiod = "9d"\n')
    backtest(tickets, *RULE, "--settings", settings, code=2)
    assert 's.toml:4: outcomes.churn.period: is unknown; did you mean "period_ms"?' in capsys.readouterr().err
    settings.write_text("[outcomes.further_transfers]\nmore = 1\n")
    backtest(tickets, *RULE, "--settings", settings, code=1)
    assert "is handed to another team 1 more times or oftener" in capsys.readouterr().out
