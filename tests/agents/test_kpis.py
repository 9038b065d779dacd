"""What the kpis role says of itself beside its readings."""

from __future__ import annotations

from math import inf
from pathlib import Path

import msgspec
import pytest

from agents.kpis import Display, held
from stream.aggregates import KpiPartition
from stream.claims import Alert
from stream.record import ALERTS, KPIS, Append, Meta, Out
from tests.support.live import Pipe


@pytest.mark.parametrize(
    ("clocks", "seconds"),
    [
        ({}, {}),  # nothing is heard of anyone: nobody holds up the others
        ({0: 5_000, 1: 5_000, 2: 5_000}, {0: 0.0, 1: 0.0, 2: 0.0}),
        ({0: 5_000, 1: 9_500, 2: 9_000}, {0: 4.5, 1: 0.0, 2: 0.5}),
        ({1: 9_500}, {0: inf, 1: 0.0, 2: inf}),
    ],
)
def test_who_holds_up_the_watches(clocks: dict[int, int], seconds: dict[int, float]) -> None:
    assert held(clocks, 3) == seconds


async def test_alerts_of_watches_are_counted_once_they_are_said(tmp_path: Path) -> None:
    made = Pipe(tmp_path, "127.0.0.1:1").made()
    display = Display(KpiPartition(made.definitions, made.revision, {}, (), 0, {}, None), made)
    alert = Alert(
        id="a", signal="kpi_fell", version=1, definition="kpi_fell@1", subject="segment:", cause="", episode=1,
        severity="page", max_severity="page", status="open", change="opened", opened=1, changed=1,
    )  # fmt: skip
    ended = msgspec.structs.replace(alert, version=2, status="resolved", change="resolved")
    for said in (alert, ended, alert):
        display.heard(Append([], Meta(), [Out(KPIS, 0, b"", b"{"), Out(ALERTS, 0, b"", msgspec.json.encode(said))]))
    assert made.telemetry.hop("kpis").alerts == {("kpi_fell", "opened"): 2, ("kpi_fell", "resolved"): 1}
