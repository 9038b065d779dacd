"""asyncapi.yaml is AsyncAPI 3.0 for the specification's own parser, which comes from npm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import tools

SUPPORT = tools.ROOT / "tests/support/asyncapi"
HOME = tools.ROOT / ".cache/asyncapi"


@pytest.fixture(scope="module")
def parser() -> Path:
    """Where npm put the parser: the versions of the lock."""
    tools.find("node")
    npm, lock = tools.find("npm"), (SUPPORT / "package-lock.json").read_text()
    stamp = HOME / ".fetched"
    if not stamp.exists() or stamp.read_text() != lock:
        HOME.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SUPPORT / name, HOME)
        command = [str(npm), "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        if subprocess.run(command, cwd=HOME, check=False, timeout=240).returncode:
            tools.missing("@asyncapi/parser from npm")
        stamp.write_text(lock)
    return HOME / "node_modules"


def checked(parser: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", str(SUPPORT / "check.mjs"), str(parser), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.npm
def test_the_file_is_valid(parser: Path) -> None:
    said = checked(parser, tools.ROOT / "asyncapi.yaml")
    assert (said.returncode, said.stdout) == (0, ""), said.stdout + said.stderr


@pytest.mark.npm
def test_a_fault_would_be_told(parser: Path, tmp_path: Path) -> None:
    """A message that nothing defines, and an action that there is not."""
    text = (tools.ROOT / "asyncapi.yaml").read_text()
    for old, new in (("#/components/schemas/Alert", "#/components/schemas/Alarm"), ("action: receive", "action: hear")):
        (tmp_path / "bad.yaml").write_text(text.replace(old, new))
        said = checked(parser, tmp_path / "bad.yaml")
        assert said.returncode == 1 and said.stdout, said.stderr
