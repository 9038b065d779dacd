"""`journeywatch replay`: a log in, four files and a summary out.

Covers stream/replay.py, agents/results.py, agents/summary.py.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import threading
from pathlib import Path

import pytest

from agents import feeding
from agents.results import FILES
from agents.summary import plain, value
from stream.definitions import DAY, Definitions
from stream.infra.world import disturb, world, write
from tests.support.readings import reading
from tests.support.replaying import START, STORY, contents, lines, replay, rows

ALERT = (
    "id", "signal", "version", "subject", "cause", "episode", "severity", "max_severity", "status", "opened",
    "changed", "resolved", "text", "numbers", "evidence", "clears",
)  # fmt: skip
READING = (
    "kpi", "version", "window", "end", "cut", "value", "n", "parts", "quantiles", "as_of", "status", "unit", "small_n",
)  # fmt: skip


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Money of the generated world; the file may be written anew."""
    path = tmp_path / "settings.toml"
    path.write_text('[currencies.USD]\nrate = "1"\n[currencies.EUR]\nrate = "1.10"\n')
    monkeypatch.setenv("JOURNEYWATCH_SETTINGS", str(path))
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of 30 customers, as a bad network brings them."""
    path = tmp_path_factory.mktemp("log") / "log.ndjson"
    assert write(path, disturb(world(30, START, START + 60 * DAY, 3), 1)) > 500
    return path


def test_the_files_have_the_catalogues_fields_in_its_order(log: Path, tmp_path: Path) -> None:
    """All times are whole ms; each change of alerts.ndjson in order, the last of an episode is its row."""
    out = replay(tmp_path / "new" / "out", log)
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    readings, alerts, changes = rows(out, "readings.json"), rows(out, "alerts.json"), rows(out, "alerts.ndjson")
    assert {tuple(row) for row in readings} == {READING, (*READING, "benchmarks")}
    assert {row["kpi"] for row in readings if "benchmarks" in row} == {"fcr", "one_contact"}
    assert {tuple(row) for row in alerts} == {ALERT}
    assert all(type(row[name]) is int for row in readings for name in ("end", "as_of", "n"))
    assert all(type(row[name]) is int for row in alerts for name in ("opened", "changed", "version"))
    assert all(type(e["at"]) is int for row in alerts for e in row["evidence"] if "at" in e)
    assert [row["changed"] for row in changes] == sorted(row["changed"] for row in changes)
    last = {(row["id"], row["episode"]): row for row in changes}
    assert {key: [row[name] for name in ALERT] for key, row in last.items()} == {
        (row["id"], row["episode"]): list(row.values()) for row in alerts
    }
    assert {row["status"] for row in alerts} >= {"open", "resolved"}
    assert all((row["resolved"] is None) == (row["status"] == "open") for row in alerts)


def test_two_replays_are_equal_to_the_byte_and_gzip_is_read_as_it_is(log: Path, tmp_path: Path) -> None:
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert contents(replay(tmp_path / "a", log)) == contents(replay(tmp_path / "b", packed))


@pytest.mark.parametrize("partitions", [1, 3])
def test_the_number_of_partitions_changes_nothing(log: Path, settings: Path, tmp_path: Path, partitions: int) -> None:
    """Readings and the whole history of alerts, against the 24 of the default."""
    many = contents(replay(tmp_path / "many", log))
    settings.write_text(f"{settings.read_text()}[log]\npartitions = {partitions}\nkpi_partitions = {partitions}\n")
    assert contents(replay(tmp_path / "few", log)) == many


def test_a_stop_equals_the_replay_of_the_log_cut_there(log: Path, tmp_path: Path) -> None:
    """--at is a time of the log, in any zone; what the log heard later is not known."""
    whole = log.read_text().splitlines()
    at = json.loads(whole[400])["at"]
    cut = lines(tmp_path / "cut", *(line for line in whole if json.loads(line)["at"] <= at))
    stopped = contents(replay(tmp_path / "a", log, "--at", at.replace("Z", "+00:00")))
    assert stopped == contents(replay(tmp_path / "b", cut))
    assert stopped != contents(replay(tmp_path / "c", log))


def test_a_stop_after_the_end_lets_what_is_due_happen(tmp_path: Path) -> None:
    """The clock goes to that time; with nothing before it there is nothing to tell."""
    path = lines(tmp_path / "f", *STORY)
    (alert,) = rows(replay(tmp_path / "a", path, "--at", "2026-03-01T00:00:00Z"), "alerts.json")
    assert (alert["signal"], alert["status"], alert["opened"]) == ("reopened", "open", START + 200_000)
    out = replay(tmp_path / "b", path, "--at", "2026-03-01T00:00:00Z")
    assert {row["as_of"] for row in rows(out, "readings.json")} == {START + 59 * DAY}
    early = replay(tmp_path / "c", path, "--at", "2020-01-01T00:00:00Z")
    assert [row for row in rows(early, "readings.json") if row["n"]] == rows(early, "alerts.json") == []


def test_without_append_times_the_largest_event_time_so_far_holds(tmp_path: Path) -> None:
    """An event of the past does not turn the clock back."""
    late = [STORY[2], STORY[0], STORY[1]]
    timed = [{"at": STORY[2]["time"], "event": event} for event in late]
    plain_, told = (
        replay(tmp_path / f"out{i}", lines(tmp_path / f"f{i}", *said)) for i, said in enumerate((late, timed))
    )
    assert contents(plain_) == contents(told)
    assert {row["as_of"] for row in rows(told, "readings.json")} == {START + 200_000}


def test_several_files_are_one_log(log: Path, tmp_path: Path) -> None:
    """Merged by append time; of equal times the file named first is first."""
    whole = log.read_text().splitlines()
    parts = [lines(tmp_path / f"part{i}", *whole[i::3]) for i in range(3)]
    assert contents(replay(tmp_path / "a", *parts)) == contents(replay(tmp_path / "b", log))
    one, other = STORY[1] | {"id": "x"}, STORY[1] | {"type": "ticket.reopened", "id": "y"}
    paths = [lines(tmp_path / "1", STORY[0], one), lines(tmp_path / "2", other)]
    both = lines(tmp_path / "3", STORY[0], one, other)
    assert contents(replay(tmp_path / "c", *paths)) == contents(replay(tmp_path / "d", both))


def test_a_pipe_is_a_file(log: Path, tmp_path: Path) -> None:
    """Read once, from its beginning to its end."""
    os.mkfifo(tmp_path / "fifo")
    threading.Thread(target=lambda: (tmp_path / "fifo").write_bytes(log.read_bytes()), daemon=True).start()
    assert contents(replay(tmp_path / "a", tmp_path / "fifo")) == contents(replay(tmp_path / "b", log))


def test_bad_lines_are_dead_letters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They stop nothing; their bytes are kept, their reasons counted."""
    future = STORY[1] | {"id": "f", "time": "2030-01-01T00:00:00Z"}
    naive = STORY[1] | {"id": "n", "time": "2026-01-01T00:00:00"}
    path = lines(tmp_path / "f", *STORY, "junk", naive, {"at": "2026-01-01T00:10:00Z", "event": future})
    out = replay(tmp_path / "out", path)
    letters = rows(out, "deadletters.ndjson")
    assert [(row["reason"], row["topic"], row["offset"]) for row in letters] == [
        ("malformed", "raw.cloudevents", 3), ("naive_time", "raw.cloudevents", 4), ("future", "journey.events", 3),
    ]  # fmt: skip
    assert letters[0]["value"] == "anVuaw=="
    said = capsys.readouterr().out
    assert "6 records read: 3 events (0 repeated), 3 dead letters (future 1, malformed 1, naive_time 1)" in said


def test_what_the_terminal_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, what has no data, the queue with text and why, counts."""
    replay(tmp_path / "out", lines(tmp_path / "f", *STORY))
    said = capsys.readouterr().out
    table = [line.split() for line in said.splitlines()]
    assert ["KPI", "window", "value", "n", "status"] in table
    assert ["backlog", "now", "1", "tickets", "1", "(few)", "final"] in table
    assert ["resolution_time_first", "2026-01", "1", "min", "40", "s", "1", "(few)", "provisional"] in table
    assert "without data: " in said
    assert "open alerts: 1\n   1  reopened  c  0 s open\n      Ticket T was reopened" in said
    assert "      why: queue; clears: the ticket is resolved" in said
    assert "1 alert opened (reopened 1)\nas of 2026-01-01 00:03:20 UTC, in " in said


def test_names_from_the_log_command_no_terminal() -> None:
    assert plain("a\x1b[31mb\nç") == "a�[31mb�ç"


@pytest.mark.parametrize(
    ("unit", "number", "words"),
    [
        ("ratio", 0.12345, "12.3 %"), ("s", 3_700.0, "1 h 1 min"), ("s", 0.5, "0.50 s"), ("score", None, "-"),
        ("tickets", 12_345, "12,345 tickets"), ("score", 4.5, "4.5 score"), ("money", 123_456, "1,234.56 USD"),
    ],
)  # fmt: skip
def test_a_value_has_its_unit(unit: str, number: float | None, words: str) -> None:
    assert value(reading(unit=unit, value=number), Definitions()) == words


def test_a_log_without_a_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is replayed like any other: readings without data, no alerts."""
    out = replay(tmp_path / "out", lines(tmp_path / "f"))
    assert {row["n"] for row in rows(out, "readings.json")} == {0}
    assert contents(out)["alerts.json"] == b"[]\n"
    assert "no open alerts\n\n0 records read: 0 events" in capsys.readouterr().out


def test_what_is_wrong_is_said_and_older_results_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2; nothing half written."""
    good = lines(tmp_path / "f", *STORY)
    out = replay(tmp_path / "out", good)
    before = contents(out)
    torn = tmp_path / "torn"
    torn.write_bytes(gzip.compress(good.read_bytes())[:-12])
    for argv, words in (
        ([tmp_path / "absent"], "absent: No such file"),
        ([tmp_path], f"{tmp_path}: Is a directory; name a file"),
        ([good, torn], "torn: the gzip file is cut off; fetch it again"),
        ([good, "--source", "xe"], 'source xe is unknown; did you mean "xes"?'),
        ([good, "--source", "xes"], "source xes needs a mapping"),
        ([good, "topic:journey.events"], "files and topics can not be one log"),
        (["topic:journey.events", "topic:raw.cloudevents"], "holds what came on the raw topics already"),
        (["topic:journey.alerts"], "topic journey.alerts is no log of events"),
        (["topic:raw.cloudevent"], 'source cloudevent is unknown; did you mean "cloudevents"?'),
    ):
        capsys.readouterr()
        replay(out, *argv, code=2)
        assert words in capsys.readouterr().err
        assert contents(out) == before
        assert len(list(out.iterdir())) == len(FILES)
    replay(tmp_path / "never", tmp_path / "absent", code=2)
    assert not (tmp_path / "never").exists()
    capsys.readouterr()
    replay(good, good, code=2)
    assert "--out" in (said := capsys.readouterr().err)
    assert "File exists; name a directory to write to" in said


def test_progress_on_long_files(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal, in one line that is written over; silence elsewhere, and for what is short."""
    monkeypatch.setattr(feeding, "_STEP", 100)
    monkeypatch.setattr(feeding, "_EVERY", 0.0)
    replay(tmp_path / "out", log)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    replay(tmp_path / "out", log)
    said = capsys.readouterr().err
    assert said.startswith("\r100 records read, ")
    assert re.search(r"(?s)0 worked through.*\r([\d,]+) records read, \1 worked through, [\d,]+/s\033\[K\n$", said)
    assert said.count("\n") == 1
    monkeypatch.setattr(feeding, "_EVERY", 60.0)
    replay(tmp_path / "out", lines(tmp_path / "f", *STORY))
    assert capsys.readouterr().err == ""
