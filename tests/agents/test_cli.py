"""The command line: exactly the catalogue's commands and options, and the way from errors to exit codes."""

from __future__ import annotations

import argparse
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import cli
from stream.faults import Fault, Faults
from stream.infra.plugins import PluginFault
from stream.record import Stop
from stream.sources import SourceFault

Run = Callable[[argparse.Namespace], int]


def parsed(*argv: str) -> dict[str, object]:
    return {name: value for name, value in vars(cli.parser().parse_args(argv)).items() if name != "settings"}


def test_what_each_command_takes() -> None:
    """The catalogue, section 3; what is not built yet is not there."""
    assert list(cli.COMMANDS) == [
        "demo",
        "worker",
        "topics",
        "plugins",
        "settings",
        "events",
        "check",
        "send",
        "replay",
        "backtest",
        "tune",
        "verify",
        "verdict",
    ]
    assert parsed("verdict", "a1", "noise", "--by", "ann") == {
        "command": "verdict", "alert": "a1", "verdict": "noise", "by": "ann",
    }  # fmt: skip
    assert parsed("demo", "--for", "60") == {"command": "demo", "seconds": 60.0}
    assert parsed("worker")["roles"] == ("intake", "journeys", "kpis", "delivery")
    assert parsed("worker", "--roles", "kpis, intake")["roles"] == ("intake", "kpis")
    assert parsed("topics", "--create") == {"command": "topics", "create": True}
    assert parsed("check", "a", "b") == {"command": "check", "files": [Path("a"), Path("b")]}
    assert parsed("send", "f", "--source", "xes", "--mapping", "m", "--rate", "5", "--end") == {
        "command": "send", "file": Path("f"), "source": "xes", "mapping": Path("m"), "rate": 5.0, "end": True,
    }  # fmt: skip
    assert parsed("replay", "f", "topic:journey.events", "--out", "d", "--at", "1970-01-01T01:00:01+01:00") == {
        "command": "replay", "inputs": ["f", "topic:journey.events"], "out": Path("d"),
        "source": "cloudevents", "mapping": None, "at": 1000,
    }  # fmt: skip
    for command in ("demo", "worker", "topics", "plugins", "settings", "replay"):
        more = ["f", "--out", "d"] if command == "replay" else []
        assert cli.parser().parse_args([command, *more, "--settings", "s"]).settings == Path("s")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "required: COMMAND"),
        (["forecast"], "invalid choice: 'forecast'"),
        (["verdict", "a1", "maybe"], "invalid choice: 'maybe'"),
        (["worker", "--roles", "intake,kpi"], "no role 'kpi'; there is intake, journeys, kpis, delivery"),
        (["demo", "--for", "0"], "0 is not above 0"),
        (["send", "f", "--rate", "inf"], "inf is not above 0"),
        (["send", "f", "--rat", "5"], "unrecognized arguments"),
        (["replay", "f"], "required: --out"),
        (["replay", "f", "--out", "d", "--at", "noon"], "noon is no time; write it as 2026-11-22T09:30:00Z"),
        (["replay", "f", "--out", "d", "--at", "2026-11-22T09:30:00"], "has no offset"),
    ],
)
def test_wrong_use_is_said_and_ends_with_2(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def raising(error: BaseException) -> Run:
    def run(args: argparse.Namespace) -> int:
        raise error

    return run


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], int]:
    """Runs `journeywatch events` with another body."""

    def call(run: Run) -> int:
        monkeypatch.setitem(sys.modules, "agents.commands.events", types.SimpleNamespace(run=run))
        return cli.main(["events"])

    return call


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Stop(78, "the old ones, or run + 1"), 78, "journeywatch: stopped (78): the old ones, or run + 1\n"),
        (Faults([Fault("f", 3, "a.b", "5", "too big")]), 2, "f:3: a.b = 5: too big\njourneywatch: 1 to mend\n"),
        (PluginFault("stream.kpis.x offers none"), 2, "journeywatch: stream.kpis.x offers none\n"),
        (SourceFault("f.gz: cut off"), 2, "journeywatch: f.gz: cut off\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_become_exit_codes(
    error: BaseException, code: int, words: str, command: Callable[[Run], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(raising(error)) == code
    assert capsys.readouterr().err == words


def test_a_fault_of_the_program_keeps_its_trace(command: Callable[[Run], int]) -> None:
    with pytest.raises(ZeroDivisionError):
        command(lambda args: 1 // 0)


def test_the_commands_own_code_is_the_exit_code(command: Callable[[Run], int]) -> None:
    assert command(lambda args: 1) == 1


def test_help_needs_none_of_the_heavy_parts() -> None:
    """Neither Faust nor the Kafka client is imported to print it."""
    code = (
        "import sys\nfrom agents.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print({'faust', 'aiokafka', 'msgspec', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.splitlines()[-1] == "set()"
    assert all(name in done.stdout for name in cli.COMMANDS)
