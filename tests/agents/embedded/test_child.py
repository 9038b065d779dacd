"""A server process: ready, late, dead, closed."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.demo.stage import tidy_end
from agents.embedded.child import Child, ChildError, free_port, listening

LOOP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_it_waits_for_the_condition_and_ends_on_close(log: Path) -> None:
    with Child(LOOP, ready=lambda: log.read_text() == "up\n", log=log) as child:
        assert child.running
        assert child.pid > 0
    assert not child.running
    child.close()


def test_a_process_that_ignores_sigterm_is_killed(log: Path) -> None:
    child = Child(STUBBORN, ready=lambda: log.read_text() == "up\n", log=log)
    child.close(seconds=0.2)
    assert not child.running


def test_one_that_is_stopped_is_still_ended(log: Path) -> None:
    child = Child(LOOP, ready=lambda: True, log=log)
    child.signal(signal.SIGSTOP)
    child.kill()
    assert not child.running


def test_one_that_is_never_ready_is_ended_and_said(log: Path) -> None:
    with pytest.raises(ChildError, match="not ready in time"):
        Child(LOOP, ready=lambda: False, log=log, seconds=0.1)


def test_a_free_port_is_free() -> None:
    assert not listening(free_port())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_is_being_started_leaves_it_not_behind(
    log: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes when there is a process, and nobody knows of it yet."""
    known: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            known.append(self)
            signal.raise_signal(number)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with tidy_end():
        with pytest.raises(KeyboardInterrupt):
            Child(LOOP, ready=lambda: False, log=log)
        assert [process.returncode for process in known] == [-signal.SIGKILL]
        with pytest.raises(KeyboardInterrupt):  # who ends things in order is asked again
            signal.raise_signal(number)
