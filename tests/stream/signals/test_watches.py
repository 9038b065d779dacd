"""The watches that are `kpi_fell` on one KPI.

Covers stream/signals/kpi_fell.py, stream/signals/response_collapse.py, stream/signals/content_failing.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stream.claims import Finding, Severity
from stream.definitions import DAY, HOUR
from stream.faults import Faults
from stream.infra import plugins
from stream.infra.plugins import tuned
from stream.infra.settings import load
from stream.signals import content_failing, kpi_fell, response_collapse
from tests.support.builders import KPIS_FOUND

E = 1_000 * DAY


class Hours:
    """Closed panes from {hours before E: (num, den)}."""

    began = 0

    def __init__(self, hours: Mapping[int, tuple[int, int]], **cut: str) -> None:
        self.cut, self._hours = tuple(cut.items()), hours

    def sums(self, start: int, end: int) -> dict[str, int]:
        assert start >= E - 36 * DAY
        seen = [row for ago, row in self._hours.items() if start <= E - ago * HOUR < end]
        return {"num": sum(n for n, _ in seen), "den": sum(d for _, d in seen)}


def hours(recent: tuple[int, int], usual: tuple[int, int], lag: int = 0) -> dict[int, tuple[int, int]]:
    """`recent` in the window that ends `lag` hours ago, `usual` on each day of the weeks before; nothing since."""
    return {lag + 3: recent, **{lag + 27 + 24 * day: usual for day in range(27)}}


def made(**tuning: Any) -> list[Any]:
    watch, faults = tuned(kpi_fell.WATCH, tuning)
    assert not faults
    return list(watch.each(KPIS_FOUND))


def found(watch: Any, *given: Any, **cut: str) -> list[Finding]:
    return list(watch.find(Hours(hours(*given), **cut), E))


def test_the_kpis_that_are_watched_by_default() -> None:
    seen = [(w.name, w.kpi, w.cut, w.better, w.kind) for w in made()]
    assert seen == [
        ("kpi_fell", "ces_easy", None, "higher", "ratio"),
        ("kpi_fell", "csat_top2", None, "higher", "ratio"),
        ("kpi_fell", "search_failure", None, "lower", "ratio"),
    ]


def test_a_ratio_that_fell() -> None:
    csat = made()[1]
    (finding,) = found(csat, (20, 50), (40, 50))
    assert (finding.cause, finding.severity) == ("csat_top2", Severity.page)
    assert finding.text == "csat_top2 of all is down from 0.8 over 28 d to 0.4 in 24 h (n 50), beyond its usual spread"
    assert found(csat, (38, 50), (40, 50)) == []
    assert found(csat, (50, 50), (40, 50)) == []
    assert found(csat, (10, 29), (40, 50)) == []  # n < 30
    assert found(csat, (20, 50), (8, 10)) == []  # 270 < 10 x 30 in the baseline


def test_by_a_dimension_and_beyond_a_threshold() -> None:
    (watch,) = made(watched=("csat_top2 by segment",), thresholds={"csat_top2": 0.7})
    assert (watch.cut, watch.threshold) == ("segment", 0.7)
    (finding,) = found(watch, (20, 50), (0, 0), segment="smb")
    assert finding.text == "csat_top2 of segment smb is 0.4 in 24 h (n 50), below the limit of 0.7"
    assert not finding.doubtful
    (finding,) = found(watch, (27, 50), (0, 0), segment="smb")  # its bounds of 3.3 would not be: a limit knows no doubt
    assert not finding.doubtful
    assert found(watch, (30, 50), (0, 0), segment="smb") == []  # its upper bound is not below 0.7


def test_a_mean_in_its_unit() -> None:
    (watch,) = made(watched=("effort",), thresholds={"effort": 0.5})
    assert (watch.kind, watch.better, watch.scale) == ("mean", "lower", 1_000_000)


@pytest.mark.parametrize("watched", ["no_such", "csat_top2 by planet", "backlog", "ticket_volume"])
def test_what_can_not_be_watched_is_refused(watched) -> None:
    with pytest.raises(ValueError, match="watched"):
        made(watched=(watched,))


def test_what_is_watched_is_checked_with_the_settings(tmp_path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('[signals.kpi_fell]\nwatched = ["csat_top3"]\nthresholds = { csat = 3.5 }\n')
    with pytest.raises(Faults) as caught:
        plugins.load(load(path, {}))
    assert [str(f).removeprefix(f"{tmp_path}/") for f in caught.value.faults] == [
        "s.toml:1: signals.kpi_fell: watched: there is no 'csat_top3'"
    ]


def test_answers_that_stay_away_are_told_when_they_would_have_come() -> None:
    """The newest days always look collapsed, since answers take days: they are not looked at."""
    watch = response_collapse.WATCH
    assert found(watch, (0, 50), (20, 50)) == []
    (finding,) = found(watch, (2, 50), (20, 50), 7 * 24)
    assert finding.severity is Severity.page
    assert found(watch, (18, 50), (20, 50), 7 * 24) == []
    assert (watch.kpi, watch.cut) == ("survey_response_rate", "kind")
    assert watch.lag >= KPIS_FOUND["survey_response_rate"].matures


def test_a_run_with_a_choice_of_kpis() -> None:
    assert list(kpi_fell.WATCH.each({})) == []


def test_a_content_that_sends_its_readers_to_the_desk() -> None:
    watch = content_failing.WATCH
    (finding,) = found(watch, (25, 50), (5, 50), content="reset")
    assert finding.severity is Severity.queue
    assert finding.text.startswith("content_to_ticket of content reset is up from 0.1 over 28 d to 0.5 in 24 h")
    assert found(watch, (0, 50), (5, 50), content="reset") == []
