"""A lacking tool is a skip by name, and a failure where CI=true."""

import pytest
from _pytest.outcomes import Failed, Skipped

from tests.support import tools


@pytest.fixture(autouse=True)
def noted(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(tools, "MISSING", set())
    return tools.MISSING


def test_it_is_skipped_by_name(monkeypatch: pytest.MonkeyPatch, noted: set[str]) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(Skipped, match="no-such-tool is not installed"):
        tools.find("no-such-tool")
    assert noted == {"no-such-tool"}


def test_it_fails_in_ci(monkeypatch: pytest.MonkeyPatch, noted: set[str]) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Failed, match="no-such-tool is missing"):
        tools.find("no-such-tool")
    assert noted == {"no-such-tool"}


def test_what_is_there_is_found() -> None:
    assert tools.find("sh").name == "sh"
