"""docs/events.md and asyncapi.yaml: what the types say today; bad input is refused as the page says.

Covers docgen/bad_input.py, docgen/written.py.
"""

from __future__ import annotations

import pytest

from docgen import events
from docgen.bad_input import CASES, JUDGED, judged
from stream.record import Reason


def test_the_generated_files_are_fresh() -> None:
    assert events.main(["--check"]) == 0, "run `make docs`"


def test_a_stale_file_is_told(tmp_path, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And is mended without --check."""
    (tmp_path / "page.md").write_text("old")
    monkeypatch.setattr(events, "ROOT", tmp_path)
    monkeypatch.setattr(events, "files", lambda: {tmp_path / "page.md": "new"})
    assert events.main(["--check"]) == 1
    assert "page.md" in capsys.readouterr().err
    assert events.main([]) == 0
    assert (tmp_path / "page.md").read_text() == "new"
    assert events.main(["--check"]) == 0


@pytest.mark.parametrize(("words", "reason", "value"), CASES, ids=[words for words, _, _ in CASES])
def test_bad_input_is_refused_for_that_reason(words: str, reason: Reason, value: bytes | None) -> None:
    assert judged(value).reason == reason


def test_every_reason_is_on_the_page() -> None:
    page = "".join(events.page())
    assert all(f"| `{reason}` |" in page for reason in Reason)
    assert not {reason for _, reason, _ in CASES} & JUDGED.keys()
