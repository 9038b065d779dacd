"""Tools that a machine may lack: a test that needs one is skipped by name, and fails where CI=true."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
MISSING: set[str] = set()


def find(name: str) -> Path:
    """The program's path, else the test ends here (see `missing`)."""
    path = shutil.which(name)
    return Path(path) if path else missing(name)


def missing(tool: str) -> NoReturn:
    """Skips the test, or fails it where CI=true; the terminal summary lists the tool."""
    MISSING.add(tool)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is missing, and with CI=true nothing may be skipped for that", pytrace=False)
    pytest.skip(f"{tool} is not installed")
