"""How a worker ends: with its code, and a last line that says what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest
from aiokafka.errors import (
    CorruptRecordException,
    KafkaConnectionError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
)

from agents.engine.exits import Code, as_stop
from stream.record import Stop


def ended(statement: str) -> subprocess.CompletedProcess[str]:
    program = f"from agents.engine.exits import die, Stop\n{statement}\nprint('never')"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_a_stop_says_its_line_and_nothing_else() -> None:
    process = ended("die(Stop(72, 'the log is cut off; restore it'))")
    assert (process.returncode, process.stdout) == (72, "")
    assert process.stderr == "journeywatch: stopped (72): the log is cut off; restore it\n"


def test_a_fault_of_the_program_shows_its_trace_above_the_last_line() -> None:
    process = ended("try:\n  {}['absent']\nexcept KeyError as e:\n  die(e)")
    lines = process.stderr.splitlines()
    assert process.returncode == Code.UNEXPECTED
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1].startswith("journeywatch: stopped (70): KeyError: 'absent'; ")


def test_nothing_runs_afterwards_not_even_another_thread() -> None:
    process = ended(
        "import atexit, threading, time\n"
        "atexit.register(print, 'never')\n"
        "threading.Thread(target=lambda: (time.sleep(60), print('never'))).start()\n"
        "die(Stop(71, 'x'))"
    )
    assert (process.returncode, process.stdout) == (71, "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop(74, "a gap"), Code.GAP),
        (KafkaConnectionError("no route"), Code.BROKER),
        (NotLeaderForPartitionError("nobody leads it"), Code.BROKER),
        (UnknownTopicOrPartitionError("gone"), Code.TOPIC),
        (CorruptRecordException("Invalid CRC"), Code.CORRUPT),
        (ValueError("two\nlines"), Code.UNEXPECTED),
    ],
)
def test_every_error_has_its_code_and_one_line(error: Exception, code: Code) -> None:
    stop = as_stop(error)
    assert stop.code == code
    assert "\n" not in str(stop)


def test_codes_are_exit_codes_from_70_on_without_a_gap() -> None:
    assert [int(code) for code in Code] == list(range(70, 79))
