"""The oracle on a generated world: order and repeats do not matter to it, and it says where readings differ."""

from pathlib import Path
from typing import Any

import pytest

from stream.infra.world import RATES, disturb, world, write
from tests.oracle.__main__ import main
from tests.oracle.kpis import KPIS
from tests.oracle.logs import DAY, FEBRUARY, JANUARY
from tests.oracle.oracle import Key, Readings, Row, compare, compute

MONEY = {"USD": "1", **RATES}
START, END = JANUARY - 92 * DAY, FEBRUARY + 12_345_678


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    """All readings of four months of 150 customers, as of a time when every late event has come."""
    path = tmp_path_factory.mktemp("world") / "log.ndjson"
    write(path, world(150, START, END, 11))
    return compute([path], rates=MONEY, end=END + 8 * DAY)


def test_late_and_repeated_events_give_the_same_readings(readings: Readings, tmp_path: Path) -> None:
    """A bad network changes nothing once all is there."""
    write(tmp_path / "log.ndjson", disturb(world(150, START, END, 11), 5))
    assert compute([tmp_path / "log.ndjson"], rates=MONEY, end=END + 8 * DAY) == readings


def test_the_world_feeds_every_kpi(readings: Readings) -> None:
    """Nothing that the oracle knows stays without data but themes, which need settings, and what speaks of alerts."""
    apart = {"feedback_themes", "health", "signal_precision"}
    fed = {key.kpi for key, row in readings.items() if row.value is not None or row.parts_only}
    assert fed == {name for name in KPIS if " " not in name} - apart | {"clv_predicted", "mrr"}


def test_cuts_add_up_to_the_whole(readings: Readings) -> None:
    """Every customer of the world has a segment, every ticket a channel; a pair splits both."""
    for kpi in ("ticket_volume", "fcr", "backlog"):
        for dimensions in ({"segment"}, {"channel"}, {"segment", "channel"}):
            window = "now" if kpi == "backlog" else "all"
            rows = {k.cut: row.n for k, row in readings.items() if k[:2] == (kpi, window)}
            assert sum(n for cut, n in rows.items() if {name for name, _ in cut} == dimensions) == rows[frozenset()]


def test_months_add_up_to_the_whole(readings: Readings) -> None:
    """Flows are sums; the month after the last event is empty."""
    for kpi in ("resolution_time", "transfers", "bounce_rate", "effort", "mrr"):
        rows = {k.window: row.parts for k, row in readings.items() if k.kpi == kpi and not k.cut and k.window != "now"}
        whole = rows.pop("all")
        assert {name: sum(parts[name] for parts in rows.values()) for name in whole} == whole


def _rows(readings: Readings) -> list[dict[str, Any]]:
    """The readings as a `readings.json` has them."""
    return [
        {
            "kpi": key.kpi,
            "window": key.window,
            "cut": dict(key.cut),
            "value": row.value,
            "n": row.n,
            "parts": dict(row.parts),
            "quantiles": {f"p{q}": seconds * 1.04 for q, seconds in row.quantiles.items()},
        }
        for key, row in readings.items()
    ]


def test_equal_readings_do_not_differ(readings: Readings) -> None:
    """A reading without data stands for none, an unknown KPI is not looked at."""
    more = {"kpi": "health", "window": "now", "cut": {}, "value": 50.0, "n": 2, "parts": {}}
    none: dict[str, Any] = {"kpi": "fcr", "window": "2031-01", "cut": {}, "value": None, "n": 0, "parts": {}}
    assert compare([*_rows(readings), more, none], readings) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"n": 6}, "fcr all: n 6, oracle 4"),
        ({"value": 0.5 + 1e-8}, "fcr all: value 0.50000001, oracle 0.5"),
        ({"value": None}, "fcr all: value None, oracle 0.5"),
        ({"parts": {"num": 3}}, "fcr all: part num 3, oracle 2"),
        ({"quantiles": {"p50": 106.0}}, "fcr all: quantile p50 106.0, oracle 100"),
        ({"quantiles": {"0.5": 94.0}}, "fcr all: quantile 0.5 94.0, oracle 100"),
        ({"cut": {"team": "x"}}, "fcr all: no reading, oracle n 4"),
    ],
)
def test_each_difference_is_said(change: dict[str, Any], fault: str) -> None:
    """n, value, a part, a quantile, a missing reading."""
    truth = {Key("fcr", "all", frozenset()): Row(0.5, 4, {"num": 2, "den": 4}, {50: 100})}
    row = {"kpi": "fcr", "window": "all", "cut": {}, "value": 0.5, "n": 4, "parts": {}, **change}
    assert compare([row], truth) == [fault]


def test_a_reading_of_nothing_is_a_difference() -> None:
    """A label that the oracle never met."""
    truth = {Key("fcr", "all", frozenset({("team", "a")})): Row(0.5, 4)}
    known = {"kpi": "fcr", "window": "all", "cut": {"team": "a"}, "value": 0.5, "n": 4, "parts": {}}
    assert compare([known, {**known, "cut": {"team": "b"}}], truth) == [
        "fcr all {team=b}: n 4, oracle 0",
        "fcr all {team=b}: value 0.5, oracle None",
    ]


def test_the_command_prints_differences_and_fails(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    """Nothing differs from an empty list but what the log holds."""
    write(tmp_path / "log.ndjson", world(3, START, START + DAY, 1))
    (tmp_path / "readings.json").write_text("[]")
    paths = [str(tmp_path / "readings.json"), str(tmp_path / "log.ndjson")]
    monkeypatch.setattr("sys.argv", ["oracle", *paths, "--rate", "EUR=1.10"])
    assert main() == 1
    assert "active_customers now: no reading, oracle n" in capsys.readouterr().out
