"""Two real logs through `journeywatch replay`, against what the oracle's own parser and SQL make of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import bpi
from tests.oracle.logs import event, write
from tests.oracle.oracle import compare, compute
from tests.support.replaying import replay, rows
from tests.support.tools import ROOT

Readings = list[dict[str, Any]]


def replayed(log: Path, mapping: str, out: Path) -> Readings:
    """Readings of a process log, with all its teams."""
    settings = out.with_suffix(".toml")
    settings.write_text("[limits]\nshown = 1000\n")
    argv = (log, "--source", "xes", "--mapping", ROOT / "examples" / mapping, "--settings", settings)
    return rows(replay(out, *argv), "readings.json")


def one(readings: Readings, kpi: str, window: str = "all") -> dict[str, Any]:
    (found,) = (row for row in readings if (row["kpi"], row["window"], row["cut"]) == (kpi, window, {}))
    return found


def months(readings: Readings, kpi: str) -> dict[str, int]:
    """n by calendar month, where there is any."""
    cuts = [row for row in readings if row["kpi"] == kpi and not row["cut"]]
    return {row["window"]: row["n"] for row in cuts if row["window"] not in ("all", "now") and row["n"]}


def said(number: int, steps: list[bpi.Step]) -> Iterator[tuple[int, dict[str, Any]]]:
    """A trace in the words of the wire: what `bpi.fold` counts."""
    name, team, done = f"c{number}", steps[0].team, False
    words: list[tuple[int, str, dict[str, Any]]] = [(steps[0].at, "opened", {"team": team} if team else {})]
    for step in steps:
        if step.team != team:
            words.append((step.at, "transferred", {"to_team": step.team}))
        if step.activity == "Completed":
            words += [] if done else [(step.at, "resolved", {})]
        elif done:
            words.append((step.at, "reopened", {}))
        team, done = step.team, step.activity == "Completed"
    for i, (at, word, data) in enumerate(words):
        yield at, event(f"{name}-{i:04}", at, f"ticket.{word}", {"ticket": name, **data}, name)


def agrees(readings: Readings, traces: list[list[bpi.Step]], log: Path) -> None:
    """With the fold of each trace by itself, and with SQL over the same in the words of the wire."""
    tickets = [bpi.fold(steps) for steps in traces]
    assert months(readings, "ticket_volume") == bpi.by_month([t.opened for t in tickets])
    for kpi, times in (
        ("resolution_time_first", [t.first_resolved for t in tickets]),
        ("resolution_time", [t.last_resolved for t in tickets]),
    ):
        assert months(readings, kpi) == bpi.by_month(times)
    events = [row for i, steps in enumerate(traces) for row in said(i, steps)]
    write(log, sorted(events, key=lambda row: row[0]))
    assert compare(readings, {key: row for key, row in compute([log], pairs=()).items() if key.kpi in KPIS}) == []


KPIS = (
    "backlog", "fcr", "fcr_strict", "one_contact", "open_age", "reopen_rate", "resolution_time",
    "resolution_time_first", "ticket_share", "ticket_volume", "transfers",
)  # fmt: skip


@pytest.mark.slow
def test_bpi_challenge_2013(shared_data: Path, tmp_path: Path) -> None:
    """The counts known beforehand, then every reading."""
    path = shared_data / "bpi_challenge_2013_incidents.xes.gz"
    readings = replayed(path, "bpi_challenge_2013.toml", tmp_path / "out")
    assert one(readings, "ticket_volume")["n"] == 7_554
    assert one(readings, "backlog", "now")["n"] == 8
    assert one(readings, "reopen_rate")["parts"] == {"num": 514, "den": 7_546}
    assert one(readings, "transfers")["parts"] == {"sum": 8_616, "n": 7_546, "two": 1_905, "ping_pong": 1_132}
    assert one(readings, "resolution_time_first")["parts"]["sum"] == 4_793_161_371
    agrees(readings, list(bpi.read(path)), tmp_path / "log.ndjson")


def test_helpdesk(shared_data: Path, tmp_path: Path) -> None:
    """`Resolve ticket` resolves, `Closed` says nothing, and there are no teams."""
    path = shared_data / "helpdesk.xes.gz"
    readings = replayed(path, "helpdesk.toml", tmp_path / "out")
    renamed = {"Resolve ticket": "Completed"}
    kept = [
        [bpi.Step(s.at, renamed.get(s.activity, s.activity), "") for s in steps if s.activity != "Closed"]
        for steps in bpi.read(path)
    ]
    agrees(readings, [steps for steps in kept if steps], tmp_path / "log.ndjson")
