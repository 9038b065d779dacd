"""The systemd unit: systemd takes it, restarts what can mend itself, and its settings are ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from agents import cli
from agents.cli import ROLES, WRONG_USE
from agents.engine.exits import Code
from stream.infra.settings import load
from tests.support import tools

HOME = tools.ROOT / "deploy/systemd"
UNIT = (HOME / "journeywatch@.service").read_text()
NEWER = ("RestartSteps", "RestartMaxDelaySec")  # since systemd 254


def said(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def verified(text: str, directory: Path) -> list[str]:
    """What `systemd-analyze verify` says, but for programs that are not installed here, and newer keys."""
    program = tools.find("systemd-analyze")
    file = directory / "journeywatch@intake.service"
    file.write_text(text.replace("/opt/journeywatch/bin/journeywatch", "/bin/true"))
    command = [str(program), "verify", "--man=no", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (told.stdout + told.stderr).splitlines()
    return [line for line in lines if file.name in line and not any(f"'{key}'" in line for key in NEWER)]


def test_systemd_takes_it(tmp_path: Path) -> None:
    assert verified(UNIT, tmp_path) == []


def test_a_fault_would_be_told(tmp_path: Path) -> None:
    assert verified(UNIT.replace("DynamicUser=", "DynamcUser="), tmp_path)


def test_it_runs_a_worker_of_the_role() -> None:
    [command] = said("ExecStart")
    for role in ROLES:
        _, *argv = command.replace("%i", role).split()
        assert cli.parser().parse_args(argv).roles == (role,)


def test_what_needs_a_person_is_not_tried_again() -> None:
    """Everything else is: the engine's stops mend themselves, or wait for somebody without harm."""
    [codes] = said("RestartPreventExitStatus")
    assert {int(code) for code in codes.split()} == {WRONG_USE, Code.DEFINITIONS}
    assert said("Restart") == ["on-failure"]
    assert said("StartLimitIntervalSec") == ["0"], "systemd would give up after five"


@pytest.mark.parametrize("role", ROLES)
def test_its_variables_are_settings(role: str, tmp_path: Path) -> None:
    """Each role has a port of its own; secrets come from files."""
    environ = dict(line.split("=", 1) for line in (HOME / f"{role}.env").read_text().splitlines())
    for name, value in (line.split("=", 1) for line in said("Environment")):
        if name != "JOURNEYWATCH_SETTINGS":
            environ[name] = value.replace("%d", str(tmp_path))
            credential = value.removeprefix("%d/")
            assert any(one.startswith(f"{credential}:") for one in said("LoadCredential"))
            (tmp_path / credential).write_text(credential)
    settings = load(None, environ)
    assert settings.metrics.port == 9461 + ROLES.index(role)
    assert settings.metrics.token == "metrics_token"
    assert (settings.kafka.password, settings.redis.password) == ("kafka_password", "redis_password")
