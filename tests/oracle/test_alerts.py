"""What speaks of alerts, in SQL, by hand: health measure by measure, and verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.logs import DAY, HOUR, NOON, Said, at, log
from tests.oracle.oracle import Oracle, Readings

TODAY = NOON + 100 * DAY


def asked(tmp_path: Path, *said: Any, alerts: tuple[dict[str, Any], ...] = ()) -> Readings:
    """Readings of events at (days before TODAY, type, data)."""
    path = tmp_path / "alerts.json"
    path.write_text(json.dumps(alerts))
    rows = sorted((TODAY - int(days * DAY), *rest) for days, *rest in said)
    return Oracle([log(tmp_path / "log.ndjson", *rows, end=TODAY)], alerts=path).readings()


def alert(name: str, opened: float, **given: Any) -> dict[str, Any]:
    row = {"id": name, "signal": "low_score", "subject": "c", "status": "open", "severity": "queue"}
    return row | {"opened": TODAY - int(opened * DAY)} | given


def answer(days: float, kind: str, score: int, survey: str) -> Said:
    return days, "survey.answered", {"survey": survey, "kind": kind, "score": score}  # type: ignore[return-value]


PAYS = {"subscription": "P", "product": "core", "amount": "10", "currency": "USD", "interval": "month"}
START: Any = (95, "subscription.started", PAYS)
DUE: Any = (94, "renewal.due", {"subscription": "P", "due_at": "2026-05-20T12:00:00Z"})  # 30 d after TODAY


@pytest.mark.parametrize(
    ("said", "points"),
    [
        ([START], 63),  # usage 0 x 3, friction 100 x 3, tickets 100, renewal 100
        ([(0.1, "feature.used", {"feature": "a"})], 61),  # usage 8 x 3, friction, tickets
        ([(day, "feature.used", {"feature": "a"}) for day in range(12)], 100),
        ([(day, "feature.used", {"feature": "a"}) for day in (28, 29, 30)], 57),  # known, and not in use
        ([(60, "feature.used", {"feature": "a"}), (60, "ticket.opened", {"ticket": "T", "channel": "chat"})], 95),
        ([START, DUE], 53),  # renewal 25
        ([START, DUE, (1, "subscription.renewed", PAYS)], 63),
        ([answer(95, "ces", 1, "a")], None),
        (
            [START, answer(9, "ces", 1, "a"), *(answer(8 - i, "ces", 7, str(i)) for i in range(3))],
            80,
        ),  # ces 100, 4 days in use
        ([START, answer(9, "csat", 2, "a")], 61),  # csat 25, a day in use
    ],
)
def test_health_is_the_mean_over_what_is_known(tmp_path: Path, said: list[Any], points: int | None) -> None:
    row = at(asked(tmp_path, *said), "health", "now")
    assert row.value == points
    if points is not None:
        colours = {"green": points >= 70, "yellow": 40 <= points < 70, "red": points < 40}
        assert row.parts == {"sum": points, "n": 1, **{name: int(holds) for name, holds in colours.items()}}


def test_open_alerts_that_ask_for_somebody_are_friction(tmp_path: Path) -> None:
    alerts = (alert("a", 1), alert("b", 1, severity="page"), alert("c", 1, severity="info"),
              alert("d", 1, status="resolved"), alert("e", 1, subject="other"))  # fmt: skip
    assert at(asked(tmp_path, START, alerts=alerts), "health", "now").value == 44  # (150 + 100 + 100) / 8
    assert at(asked(tmp_path, START), "health", "all").value is None


def review(days: float, name: str, verdict: str, signal: str = "low_score") -> Any:
    return days, "alert.reviewed", {"alert": name, "signal": signal, "verdict": verdict}


def test_a_verdict_counts_when_its_alert_opened_and_the_latest_holds(tmp_path: Path) -> None:
    """An alert of a watch, and one that nobody knows, by the time of the verdict."""
    alerts = (alert("a", 80), alert("b", 40), alert("w", 80, signal="kpi_fell"))
    said = [(99, "page.viewed", {"url": "/"}), review(30, "a", "useful"), review(29, "b", "useful"),
            review(28, "b", "noise"), review(27, "w", "useful", "kpi_fell"), review(26, "x", "known")]  # fmt: skip
    found = asked(tmp_path, *said, alerts=alerts)
    assert (at(found, "signal_precision").parts, at(found, "signal_precision", signal="low_score").parts) == (
        {"num": 2, "den": 4},
        {"num": 1, "den": 3},
    )
    months = {month: at(found, "signal_precision", month).n for month in ("2026-01", "2026-02", "2026-03")}
    assert months == {"2026-01": 1, "2026-02": 0, "2026-03": 3}


def test_without_alerts_given_neither_is_there(tmp_path: Path) -> None:
    found = Oracle([log(tmp_path / "log.ndjson", (NOON - HOUR, START[1], PAYS), end=NOON)]).readings()
    assert not {"health", "signal_precision"} & {key.kpi for key in found}
