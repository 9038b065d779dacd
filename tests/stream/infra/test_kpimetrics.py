"""KPI gauges: two windows a KPI, single cuts, and never more series than agreed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from stream.infra.kpimetrics import KpiCollector
from stream.infra.telemetry import Telemetry
from stream.readings import Reading
from tests.support.readings import reading


def scraped(readings: Iterable[Reading], telemetry: Telemetry | None = None, **options: Any) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(KpiCollector(lambda: readings, telemetry or Telemetry(), **options))
    return registry


def names(registry: CollectorRegistry, metric: str) -> list[tuple[str, ...]]:
    """(kpi, window, cut, label) of each series."""
    found = [sample.labels for family in registry.collect() for sample in family.samples if sample.name == metric]
    return [tuple(labels[name] for name in ("kpi", "window", "cut", "label")) for labels in found]


def test_value_n_and_parts_of_all_and_of_single_cuts() -> None:
    pair = reading(cut={"segment": "smb", "team": "a"})
    registry = scraped([reading(), reading(cut={"segment": "smb"}, value=0.5, n=2, parts={"num": 1, "den": 2}), pair])
    whole = {"kpi": "fcr", "window": "24h", "cut": "all", "label": "all"}
    smb = {"kpi": "fcr", "window": "24h", "cut": "segment", "label": "smb"}
    assert registry.get_sample_value("journey_kpi_value", whole) == 0.75
    assert registry.get_sample_value("journey_kpi_n", smb) == 2
    assert registry.get_sample_value("journey_kpi_part", smb | {"part": "num"}) == 1
    assert len(names(registry, "journey_kpi_n")) == 2, "pairs are not shown"


def test_what_a_kpi_declares_is_shown_with_its_numbers() -> None:
    """Unit and direction, and benchmarks of those that have any; nothing of a KPI without readings."""

    class Fcr:
        better = "higher"
        benchmarks = (("industry", 0.7, "a study", 2024), ("best in class", 0.8, "a study", 2024))

    registry = scraped([reading(), reading("ces", unit="score", version=2)], kpis={"fcr": Fcr, "nps": Fcr})
    info = {"kpi": "fcr", "version": "1", "unit": "ratio", "better": "higher"}
    assert registry.get_sample_value("journey_kpi_info", info) == 1
    other = {"kpi": "ces", "version": "2", "unit": "score", "better": ""}
    assert registry.get_sample_value("journey_kpi_info", other) == 1
    assert registry.get_sample_value("journey_kpi_benchmark", {"kpi": "fcr", "benchmark": "industry"}) == 0.7
    assert registry.get_sample_value("journey_kpi_benchmark", {"kpi": "nps", "benchmark": "industry"}) is None


def test_histograms_show_as_quantiles_and_no_data_as_no_value() -> None:
    spread = reading("resolution_time", parts={"sum": 90, "n": 3, "h": {"7": 3}}, quantiles={"p50": 30.0, "p90": None})
    registry = scraped([spread, reading("ces", value=None, n=0)])
    key = {"kpi": "resolution_time", "window": "24h", "cut": "all", "label": "all"}
    assert registry.get_sample_value("journey_kpi_quantile", key | {"q": "0.5"}) == 30
    assert len(names(registry, "journey_kpi_quantile")) == 1
    assert registry.get_sample_value("journey_kpi_part", key | {"part": "h"}) is None
    assert names(registry, "journey_kpi_value") == [("resolution_time", "24h", "all", "all")]
    assert registry.get_sample_value("journey_kpi_n", key | {"kpi": "ces"}) == 0


def test_two_windows_a_kpi_unless_named() -> None:
    every = [reading(window=window) for window in ("1h", "24h", "7d", "30d")]
    level = [reading("mrr", window, end=end) for window, end in [("now", 3), ("2026-11", 2), ("2026-10", 1)]]
    level[1] = reading("mrr", "2026-11", end=2, value=11.0)
    registry = scraped([*every, *level])
    assert [name[:2] for name in names(registry, "journey_kpi_n")] == [
        ("fcr", "24h"),
        ("fcr", "7d"),
        ("mrr", "month"),
        ("mrr", "now"),
    ]
    month = {"kpi": "mrr", "window": "month", "cut": "all", "label": "all"}
    assert registry.get_sample_value("journey_kpi_value", month) == 11, "of months the last"
    named = scraped(every, windows={"fcr": ("1h", "30d", "7d")})
    assert [name[1] for name in names(named, "journey_kpi_n")] == ["1h", "30d", "7d"]


@pytest.mark.parametrize("limit", [0, 1, 4, 5, 40, 47, 48, 400])
def test_never_more_series_than_agreed_and_the_rest_is_counted(limit: int) -> None:
    readings = [reading(cut={"team": f"t{i}"}, n=i) for i in range(10)] + [reading(), reading("ces")]
    telemetry = Telemetry(labels_overflowed={("fcr", "team"): 5, ("ces", "topic"): 2})
    registry = scraped(readings, telemetry, series=limit)
    names = ("journey_kpi_value", "journey_kpi_n", "journey_kpi_part", "journey_kpi_quantile")
    kpis = [s for f in registry.collect() for s in f.samples if s.name in names]
    left = registry.get_sample_value("journey_label_overflow_total", {"kpi": "fcr", "cut": "team"}) or 0
    whole = registry.get_sample_value("journey_label_overflow_total", {"kpi": "fcr", "cut": "all"}) or 0
    ces = registry.get_sample_value("journey_label_overflow_total", {"kpi": "ces", "cut": "all"}) or 0
    assert len(kpis) <= limit
    assert len(kpis) + left - 5 + whole + ces == 48, "each of 12 readings has 4 series"
    assert registry.get_sample_value("journey_label_overflow_total", {"kpi": "ces", "cut": "topic"}) == 2


def test_what_is_not_cut_and_the_largest_labels_stay() -> None:
    readings = [reading(cut={"team": f"t{i}"}, n=i) for i in range(10)] + [reading(), reading("ces")]
    registry = scraped(readings, series=16)
    shown = names(registry, "journey_kpi_n")
    assert [name[3] for name in shown] == ["all", "all", "t9", "t8", "t7", "t6"], "what is whole has its parts first"
    assert {name[3] for name in names(registry, "journey_kpi_part")} == {"all"}, "values of cuts go before their parts"


def test_segments_go_before_other_cuts() -> None:
    readings = [reading(cut={"team": "t"}, n=9), reading(cut={"segment": "s"}, n=1)]
    assert [name[3] for name in names(scraped(readings, series=2), "journey_kpi_n")] == ["s"]


def test_the_count_of_what_is_left_out_never_falls() -> None:
    readings = [reading(cut={"team": f"t{i}"}) for i in range(10)]
    registry = scraped(readings, series=4)
    key = {"kpi": "fcr", "cut": "team"}
    assert registry.get_sample_value("journey_label_overflow_total", key) == 36
    del readings[2:]
    assert registry.get_sample_value("journey_label_overflow_total", key) == 36


def test_promtool_finds_nothing_to_mend(promtool: Path) -> None:
    readings = [reading(), reading(cut={"team": "a"}), reading("resolution_time", unit="s", quantiles={"p90": 2.0})]
    text = generate_latest(scraped(readings, series=9))
    assert b"journey_label_overflow_total" in text
    assert b"journey_kpi_quantile{" in text
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
