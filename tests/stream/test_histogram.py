"""Buckets are right by the integer definition, and quantiles within 5 %."""

from __future__ import annotations

from math import ceil, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.histogram import bucket, buckets, middle, quantile

seconds = st.one_of(st.integers(0, 100), st.integers(0, 10**9))


@pytest.mark.parametrize(
    ("value", "name"),
    [(0, "h:z"), (-5, "h:z"), (1, "h:0"), (2, "h:7"), (3, "h:11"), (10, "h:24"), (86_400, "h:119")],
)
def test_rows(value: int, name: str) -> None:
    assert bucket(value) == name


@given(st.integers(1, 10**9))
def test_a_bucket_holds_its_values(value: int) -> None:
    i = int(bucket(value).removeprefix("h:"))
    assert 11**i <= value * 10**i and value * 10 ** (i + 1) < 11 ** (i + 1)


@given(st.integers(1, 10**9))
def test_the_middle_is_within_five_percent(value: int) -> None:
    assert isclose(middle(bucket(value)[2:]), value, rel_tol=0.05)


@given(st.lists(seconds, min_size=1), st.sampled_from([0.1, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_the_ceil_qn_th_smallest(values: list[int], q: float) -> None:
    sums: dict[str, int] = {"sum": sum(values), "n": len(values)}
    for value in values:
        sums[bucket(value)] = sums.get(bucket(value), 0) + 1
    rank = ceil(round(q * 100) * len(values) / 100)
    exact = sorted(values)[rank - 1]
    found = quantile(sums, q)
    assert found is not None
    assert found == 0 if exact == 0 else isclose(found, exact, rel_tol=0.05)


def test_no_data_has_no_quantile() -> None:
    assert quantile({"sum": 3, "hx:1": 2}, 0.5) is None


def test_buckets_are_in_order_and_without_zeros() -> None:
    assert list(buckets({"h:10": 1, "h:9": 2, "h:z": 3, "h:2": 0, "n": 6}).items()) == [("z", 3), ("9", 2), ("10", 1)]
