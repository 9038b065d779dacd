"""Days in use against the own habit."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stream.drops import spans

DAILY = list(range(100, 128))  # 28 days in a row


def test_a_daily_user_who_stops() -> None:
    """4 of 7 days would be above an eighth of 28; 3 are below: the 4th day without it, from the start of the 5th."""
    assert list(spans(DAILY, 8)) == [(132, 156, 3, 25)]


def test_it_ends_when_use_is_back() -> None:
    """3 days of 7 are enough when the 28 before have come down to 20."""
    assert next(spans([*DAILY, *range(140, 160)], 8)) == (132, 143, 3, 25)


def test_few_days_are_no_habit() -> None:
    assert list(spans(DAILY[:7], 8)) == []
    assert list(spans([], 8)) == []
    assert list(spans(DAILY[::4], 8)) == []


def slowly(used: list[int], least: int) -> list[int]:
    """Every day on which it holds, counted one by one."""
    return [
        day
        for day in range(200)
        if (before := sum(day - 35 <= u < day - 7 for u in used)) >= least
        and 8 * sum(day - 7 <= u < day for u in used) < before
    ]


@given(used=st.lists(st.integers(0, 90), unique=True, max_size=60).map(sorted), least=st.integers(1, 12))
def test_as_counted_one_by_one(used, least) -> None:
    found = list(spans(used, least))
    assert [day for first, end, *_ in found for day in range(first, end)] == slowly(used, least)
    assert all(a[1] < b[0] for a, b in pairwise(found))
