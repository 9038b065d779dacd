"""Bounds against published values, and what any interval must do."""

from __future__ import annotations

from collections import Counter
from math import isclose, sqrt
from random import Random
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import bounds


@pytest.mark.parametrize(  # Newcombe 1998, Statistics in Medicine 17, table I, method 3
    ("num", "den", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_rows(num: int, den: int, low: float, high: float) -> None:
    found = bounds.wilson(num, den, z=1.959964)
    assert found == pytest.approx((low, high), abs=0.00005)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_ratio_and_stays_within_0_and_1(pair: tuple[int, int]) -> None:
    num, den = pair
    low, high = bounds.wilson(num, den)
    assert -1e-12 <= low <= num / den + 1e-12
    assert num / den - 1e-12 <= high <= 1 + 1e-12
    wider = bounds.wilson(num, den, z=3)
    assert wider[0] <= low + 1e-12 and high <= wider[1] + 1e-12


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=50))
def test_mean_is_that_of_the_textbook(values: list[int]) -> None:
    low, high = bounds.mean(sum(values), len(values), sum(v * v for v in values))
    half = bounds.Z * stdev(values) / sqrt(len(values))
    assert isclose(low, mean(values) - half, rel_tol=1e-9, abs_tol=1e-6)
    assert isclose(high, mean(values) + half, rel_tol=1e-9, abs_tol=1e-6)


def test_parts_are_read_by_name() -> None:
    assert bounds.of_ratio({"num": 3, "den": 4})[:2] == (4, 0.75)
    assert bounds.of_mean({"sum": 6, "n": 3, "sq": 14})[:2] == (3, 2.0)


@pytest.mark.parametrize(  # (both, warned, happened, n): rates far apart, near, and rare
    "cells", [(60, 100, 200, 1_000), (30, 150, 200, 1_000), (12, 40, 60, 400)]
)
def test_lift_holds_the_truth_in_about_95_of_100_logs(cells: tuple[int, int, int, int]) -> None:
    """Draws of the whole table: warned and happened vary with the log, as in life."""
    both, warned, happened, n = cells
    weights = (both, warned - both, happened - both, n - warned - happened + both)
    truth, draw, inside = both * n / (warned * happened), Random(7), 0
    for _ in range(1_000):
        kinds = Counter(draw.choices(range(4), weights, k=n))
        low, high = bounds.lift(kinds[0], kinds[0] + kinds[1], kinds[0] + kinds[2], n)
        inside += low <= truth <= high
    assert 930 <= inside <= 970


def test_lift_of_everybody_is_1_and_of_nobody_bounded_by_wilson() -> None:
    assert bounds.lift(20, 100, 20, 100) == pytest.approx((1, 1))
    assert bounds.lift(0, 50, 20, 100) == pytest.approx((0, bounds.wilson(0, 50)[1] * 5))


def test_a_ratio_of_rates_as_in_the_textbook() -> None:
    """The Physicians' Health Study of aspirin and heart attacks (NEJM 1989): relative risk 0.55, 0.43 to 0.69."""
    assert bounds.ratio(104, 11_037, 189, 11_034) == pytest.approx((0.433, 0.698), abs=0.001)
