"""The demonstration as a user runs it. Covers agents/commands/demo.py, agents/demo/play.py, agents/demo/stage.py,
agents/demo/worker.py.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agents.cli import main
from tests.support.tools import ROOT
from tests.support.waiting import until as until_true

THIN = {"repeat_contact", "falling_ces", "low_score", "reopened", "ping_pong", "renewal_at_risk"}
COMMAND = [sys.executable, "-m", "agents.cli", "demo"]

pytestmark = pytest.mark.slow


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demonstration without a terminal, in a session of its own; whatever happens, it does not outlive the test."""
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid` (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue  # it has just ended
        if int(rest.split()[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(child: subprocess.Popen[str], start: str) -> str:
    """Reads what it says up to the line that begins so."""
    assert child.stdout is not None
    line = next((line for line in child.stdout if line.startswith(start)), None)
    assert line is not None, f"no line {start!r}: {child.stderr.read() if child.stderr else ''}"
    return line


def test_it_ends_by_itself_with_a_summary() -> None:
    with demo("--for", "20") as child:
        out, err = child.communicate(timeout=240)
    assert child.returncode == 0, err
    summary = out[out.index("journeywatch demo: 0:2") :]
    [events, live] = re.findall(r"events +([\d,]+) \(.* ([\d,]+) live\)", summary)[0]
    assert int(events.replace(",", "")) > int(live.replace(",", "")) > 0
    assert int(re.findall(r"readings +([\d,]+) of", summary)[0].replace(",", "")) > 0
    assert {name for name in THIN if re.search(rf"^ +{name} +[1-9]", summary, re.MULTILINE)} == THIN
    assert re.search(r"dead letters +0$", summary, re.MULTILINE)
    assert re.search(r"Redis +(redis|fakeredis) \(", summary)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("begin", "number"), [("live", signal.SIGINT), ("starting", signal.SIGTERM)])
def test_a_signal_ends_it_and_leaves_no_process_behind(begin: str, number: signal.Signals) -> None:
    with demo() as child:
        until(child, begin)
        family = children(child.pid)
        assert family
        child.send_signal(number)
        child.communicate(timeout=60)
        assert child.returncode == 0
        asyncio.run(until_true(lambda: not any(map(running, family)), 20))  # one that was just starting takes a moment


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_worker_that_dies_is_told_and_is_a_failure() -> None:
    with demo() as child:
        until(child, "metrics at")
        [worker] = [
            pid for pid in children(child.pid) if "agents.demo.worker" in Path(f"/proc/{pid}/cmdline").read_text()
        ]
        os.kill(worker, signal.SIGKILL)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert err.splitlines()[-1].startswith("journeywatch: the worker ended with code -9")


def test_wrong_settings_are_said_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text("[log]\nrun = 'two'\n")
    assert main(["demo", "--settings", str(file)]) == 2
    assert f"{file}:2: log.run" in capsys.readouterr().err
