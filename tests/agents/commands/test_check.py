"""`journeywatch check`: every fault with file, line and field; exit 1 if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.cli import main

EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "a", "source": "s", "type": "survey.answered", "time": "2026-01-01T00:00:00Z",
    "subject": "c", "data": {"survey": "V", "kind": "ces", "score": 7},
}  # fmt: skip


def checked(capsys: pytest.CaptureFixture[str], *paths: Path, code: int) -> list[str]:
    assert main(["check", *map(str, paths)]) == code
    return capsys.readouterr().out.replace(f"{paths[0].parent}/", "").splitlines()


def write(path: Path, *lines: Any) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else msgspec.json.encode(line) for line in lines))
    return path


def test_events_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Blank lines count in the numbers; the survey's scale is known too."""
    mend = "write it with Z or an offset, as 2026-11-22T09:30:00Z"
    naive = {**EVENT, "time": "2026-01-01T00:00:00"}
    path = write(
        tmp_path / "e.ndjson",
        EVENT,
        b"",
        {"at": "2026-01-01T00:00:00Z", "event": EVENT},
        {"at": "2026-01-01T00:00:00", "event": EVENT},
        {"at": "2026-01-01T00:00:00Z", "events": EVENT},
        {"at": "2026-01-01T00:00:00Z", "event": naive},
        b"junk",
        {**EVENT, "data": {**EVENT["data"], "score": 8}},
        {**EVENT, "type": "survey.lost"},
    )
    assert checked(capsys, path, code=1) == [
        "e.ndjson:4: malformed: Expected `datetime` with a timezone component - at `$.at`",
        "e.ndjson:5: malformed: Object missing required field `event`",
        f"e.ndjson:6: naive_time: Expected `datetime` with a timezone component - at `$.time`: {mend}",
        "e.ndjson:7: malformed: not JSON: JSON is malformed: invalid character (byte 0)",
        "e.ndjson:8: invalid: score 8 is outside 1..7 of ces - at `$.data.score`",
        "e.ndjson:9: unknown_type: type 'survey.lost': see `journeywatch events` - at `$.type`",
    ]


def test_settings_and_mappings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Told apart by what is in them; plug-ins' fields are known."""
    settings = write(tmp_path / "s.toml", b'[kpis.fcr]\nmin_m = 3\n[signals.reopend]\n[metrics]\nport = "x"')
    assert checked(capsys, settings, code=1) == [
        's.toml:2: kpis.fcr.min_m: is unknown; did you mean "min_n"?',
        's.toml:3: signals.reopend: is unknown; did you mean "reopened"?',
        's.toml:5: metrics.port = "x": expected int, got str',
    ]
    settings = write(tmp_path / "s.toml", b'[kpis.two]\nof = "ces"\nsurveys = ["mine"]\n[surveys.mine]\nfamily = 1')
    assert [line.partition(":")[2] for line in checked(capsys, settings, code=1)] == [
        "4: surveys.mine.high: is missing", "4: surveys.mine.low: is missing",
        "5: surveys.mine.family = 1: expected str, got int",
    ]  # fmt: skip
    settings = write(tmp_path / "s.toml", b"[kpis.fcr]\nmin_m = 3\n")
    assert checked(capsys, settings, code=1) == ['s.toml:2: kpis.fcr.min_m: is unknown; did you mean "min_n"?']
    mapping = write(tmp_path / "m.toml", b'source = "s"\n[case]\nticket = 5')
    assert checked(capsys, mapping, code=1) == [
        "m.toml:2: case.channel: is missing",
        "m.toml:2: case.customer: is missing",
        "m.toml:2: case.resolved: is missing",
        "m.toml:3: case.ticket = 5: expected str, got int",
    ]


def test_what_ships_is_well_formed(capsys: pytest.CaptureFixture[str]) -> None:
    examples = sorted((Path(__file__).parents[3] / "examples").glob("*.toml"))
    assert len(examples) >= 3
    assert checked(capsys, *examples, code=0) == []


def test_files_that_can_not_be_read_are_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are checked all the same."""
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
    xes = write(tmp_path / "log.xes.gz", b"<log/>\n" * 3)
    said = checked(capsys, tmp_path / "absent.toml", tmp_path / "cut.gz", write(tmp_path / "e", b"{"), xes, code=1)
    assert said == [
        "absent.toml: No such file or directory",
        "cut.gz: the gzip file is cut off; fetch it again",
        "e:1: malformed: not JSON: Input data was truncated",
        "log.xes.gz: a process log is no file of events; `journeywatch replay` reads it",
    ]
