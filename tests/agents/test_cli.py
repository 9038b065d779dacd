"""The command line: exactly the catalogue's commands and options, and the way from errors to exit codes."""

from __future__ import annotations

import argparse
import os
import shlex
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
        (["demo", "--for", "0"], "0 is no number above 0"),
        (["send", "f", "--rate", "inf"], "inf is no number above 0"),
        (["send", "f", "--rate", "fast"], "fast is no number above 0"),
        (["send", "f", "--rate", "nan"], "nan is no number above 0"),
        (["send", "f", "--rat", "5"], "unrecognized arguments"),
        (["check", ""], "the name is empty"),
        (["replay", "", "--out", "d"], "the name is empty"),
        (["replay", "f", "--out", ""], "argument --out: the name is empty"),
        (["replay", "f"], "required: --out"),
        (["replay", "f", "--out", "d", "--at", "noon"], "noon is no time; write it as 2026-11-22T09:30:00Z"),
        (["replay", "f", "--out", "d", "--at", "2026-11-22T09:30:00"], "has no offset"),
        (["replay", "f", "--out", "d", "--at", "0001-01-01T00:00:00+01:00"], "not within the years 1970 to 2199"),
        (["replay", "f", "--out", "d", "--at", "9999-12-31T23:59:59Z"], "not within the years 1970 to 2199"),
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


def test_a_stop_that_nobody_expected_has_its_trace(
    command: Callable[[Run], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Above the last line, which speaks of it."""

    def run(args: argparse.Namespace) -> int:
        try:
            return 1 // 0
        except ZeroDivisionError as error:
            raise Stop(70, "report the trace above") from error

    assert command(run) == 70
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.endswith("journeywatch: stopped (70): report the trace above\n")


def test_the_commands_own_code_is_the_exit_code(command: Callable[[Run], int]) -> None:
    assert command(lambda args: 1) == 1


def test_a_time_in_small_letters() -> None:
    """RFC 3339, 5.6."""
    assert cli.instant("1970-01-01t00:00:01z") == 1000


SHELL = """
import sys, types
from agents import cli
def run(args):
    print("caf\u00e9", "x" * {size})
    print("said", file=sys.stderr)
    return 1
sys.modules["agents.commands.events"] = types.SimpleNamespace(run=run)
sys.exit(cli.main(["events"]))
"""


def shell(redirect: str, size: int = 1, **environ: str) -> subprocess.CompletedProcess[str]:
    """`journeywatch events` with another body, as a shell runs it; its body ends with 1."""
    words = shlex.join([sys.executable, "-c", SHELL.format(size=size)])
    line = f"exec 3>&1; {{ {words}; echo code $? >&3; }} {redirect}"
    return subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, cwd=Path(__file__).parents[2],
        env={**os.environ, **environ}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("redirect", "size", "code"),
    [("", 1, 1), (">&-", 1, 1), ("2>&-", 1, 1), (">/dev/full", 1, 2), (">/dev/full", 99_999, 2)],
)
def test_whatever_stands_behind_the_output(redirect: str, size: int, code: int) -> None:
    """Closed, or full: no trace, and no code of the interpreter's own."""
    done = shell(redirect, size)
    assert done.stdout.splitlines()[-1] == f"code {code}"
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    full = "journeywatch: the output can not be written: No space left on device; make room for it"
    assert (full in done.stderr) == (code == 2)


def test_a_reader_that_has_seen_enough() -> None:
    """More than a pipe holds, and nobody who takes it."""
    done = shell("| true", 999_999)
    assert done.stdout == "code 0\n"
    assert done.stderr == ""


def test_a_terminal_without_the_letters() -> None:
    done = shell("", PYTHONIOENCODING="ascii")
    assert done.stdout == "caf\\xe9 x\ncode 1\n"


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
