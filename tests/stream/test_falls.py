"""`kpi_fell`, hour by hour. Covers stream/signals/falling_ces_segment.py."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Literal

import pytest

from stream.claims import Cut, Finding, Severity
from stream.definitions import DAY, HOUR
from stream.falls import KpiFell
from stream.signals.falling_ces_segment import WATCH

E = 1_000 * DAY  # end of the judged pane


class Hours:
    """Closed panes from {hours before E: sums}."""

    def __init__(self, hours: Mapping[int, dict[str, int]], cut: Cut = (("segment", "big"),)) -> None:
        self.cut, self.began, self._hours = cut, 0, hours

    def sums(self, start: int, end: int) -> dict[str, int]:
        total: dict[str, int] = {}
        for ago, sums in self._hours.items():
            if start <= E - ago * HOUR < end:
                for part, n in sums.items():
                    total[part] = total.get(part, 0) + n
        return total


class Totals(Hours):
    """The same by running totals, for many windows."""

    def __init__(self, hours: Mapping[int, dict[str, int]]) -> None:
        super().__init__(hours)
        self._to = {max(hours) + 1: (0, 0)}  # before the hour that is so long ago
        for ago in sorted(hours, reverse=True):
            num, den = self._to[ago + 1]
            self._to[ago] = num + hours[ago]["num"], den + hours[ago]["den"]

    def sums(self, start: int, end: int) -> dict[str, int]:
        first, last = ((E - at) // HOUR + 1 for at in (start, end))
        (n0, d0), (n1, d1) = self._to[first], self._to[last]
        return {"num": n1 - n0, "den": d1 - d0}


def effort(n: int, low: int = 200_000, high: int = 400_000) -> dict[str, int]:
    """n answers, half at each of two efforts (millionths)."""
    a, b = n // 2, n - n // 2
    return {"sum": a * low + b * high, "n": n, "sq": a * low * low + b * high * high}


def usual(n: int = 20) -> dict[int, dict[str, int]]:
    """An answer or so an hour over the 28 days and a bit before the window of E."""
    return {ago: effort(n) for ago in range(27, 28 * 24 + 27, 24)}


def found(hours: Mapping[int, dict[str, int]], watch: KpiFell = WATCH) -> list[Finding]:
    return list(watch.find(Hours(hours), E))


def test_effort_that_rose_in_a_segment_is_told_with_its_numbers() -> None:
    hours = {**usual(), 3: effort(40, 700_000, 900_000)}
    (finding,) = found(hours)
    assert (finding.cause, finding.since, finding.until) == ("effort", E, None)
    assert finding.severity is Severity.page
    assert (
        finding.text == "effort of segment big is up from 0.3 over 28 d to 0.8 in 24 h (n 40), beyond its usual spread"
    )
    numbers = dict(finding.numbers)
    assert numbers == {
        "n": 40,
        "baseline_n": 560,
        "value_millionths": 800_000,
        "baseline_millionths": 300_000,
        "bound_millionths": numbers["bound_millionths"],
        "limit_millionths": numbers["limit_millionths"],
    }
    assert 300_000 < numbers["limit_millionths"] < numbers["bound_millionths"] < 800_000


@pytest.mark.parametrize(
    ("hours", "holds"),
    [
        ({**usual(), 3: effort(40)}, False),  # nothing changed
        ({**usual(), 3: effort(40, 0, 100_000)}, False),  # it became easier
        ({**usual(), 3: effort(29, 700_000, 900_000)}, False),  # too few answers
        ({**usual(), 3: effort(30, 700_000, 900_000)}, True),
        ({**usual(10), 3: effort(40, 700_000, 900_000)}, False),  # too little to know what is usual (280 < 300)
        ({**usual(11), 3: effort(40, 700_000, 900_000)}, True),
        ({3: effort(40, 700_000, 900_000)}, False),
        ({}, False),
        ({**usual(), 1: effort(40, 700_000, 900_000)}, False),  # one window of three
        ({**usual(), 2: effort(40, 700_000, 900_000)}, True),  # two of three
        ({**usual(), 24: effort(40, 700_000, 900_000)}, True),  # still in all three
        ({**usual(), 25: effort(40, 700_000, 900_000)}, True),  # gone from the last one
        ({**usual(), 26: effort(40, 700_000, 900_000)}, False),  # gone from two
    ],
)
def test_two_of_three_windows(hours: Mapping[int, dict[str, int]], holds: bool) -> None:
    assert bool(found(hours)) is holds


@pytest.mark.parametrize(
    ("hours", "doubtful"),
    [
        ({3: effort(40, 240_000, 480_000)}, True),  # 0.36 after 0.3: beyond 1.96, not beyond 3.3
        ({3: effort(40, 700_000, 900_000)}, False),
        ({1: effort(40, 700_000, 900_000), 3: effort(40, 240_000, 480_000)}, True),  # beyond it in one window of three
        ({2: effort(40, 700_000, 900_000), 3: effort(40, 240_000, 480_000)}, False),
    ],
)
def test_what_chance_may_bring_is_doubtful(hours: Mapping[int, dict[str, int]], doubtful: bool) -> None:
    (finding,) = found({**usual(), **hours})
    assert finding.doubtful is doubtful


def test_a_kpi_that_stays_as_it_is_falls_by_chance_and_is_hardly_ever_sure() -> None:
    """300 surveys a day, of which 40 % are answered, for 300 days: what `response_collapse` sees of nothing."""
    rng = Random(1)
    days = 300 * 24
    hours = {
        ago: {"num": sum(rng.random() < 0.4 for _ in range(12)), "den": 12} for ago in range(1, days + 29 * 24 + 9)
    }
    series = Totals(hours)
    told: list[bool] = []  # of each that began, whether it became sure
    going = False
    for end in range(days, 0, -1):
        (*finding,) = Response().find(series, E - end * HOUR)
        if finding and not going:
            told.append(False)
        going = bool(finding)
        if finding and not finding[0].doubtful:
            told[-1] = True
    assert len(told) > 5  # 1.3 a month, over twelve seeds
    assert sum(told) <= 1  # one in ten years


class Response(KpiFell):
    """Higher is better, a ratio."""

    name: str = "response"
    warns_of: str = "-"
    kpi: str = "rate"
    better: Literal["higher", "lower"] = "higher"


@pytest.mark.parametrize(("num", "holds"), [(5, True), (50, False), (95, False)])
def test_a_ratio_falls_by_its_wilson_bounds(num: int, holds: bool) -> None:
    hours = {ago: {"num": 10, "den": 20} for ago in range(27, 28 * 24 + 27, 24)}
    (*finding,) = found({**hours, 3: {"num": num, "den": 100}}, Response())
    assert bool(finding) is holds
    assert not finding or finding[0].text.startswith("rate of segment big is down from 0.5 over 28 d to 0.05 in 24 h")


def test_it_sees_no_more_than_is_kept() -> None:
    seen: list[int] = []

    class Edge(Hours):
        def sums(self, start: int, end: int) -> dict[str, int]:
            seen.append(start)
            return super().sums(start, end)

    list(WATCH.find(Edge({**usual(), 3: effort(40, 700_000, 900_000), 1: effort(40)}), E))
    assert min(seen) >= E - 36 * DAY
    assert all(start % HOUR == 0 for start in seen)
