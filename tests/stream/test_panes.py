"""Panes against a plain list of facts: any window, any age, any zone."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream import panes
from stream.days import Days
from stream.definitions import DAY, HOUR, MINUTE
from stream.panes import PaneTable, Series, Sums, add, add_at

ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu"]
NOW = 1_761_436_800_000  # 2025-10-26 00:00 UTC, an hour before Berlin's clocks go back

facts = st.lists(
    st.tuples(st.integers(0, 60 * 24 * 3), st.sampled_from([1, 2, -1]), st.sampled_from(["a", "b"])), max_size=30
)
edges = st.one_of(st.none(), st.integers(-1, 60 * 24 * 3 + 1))


def total(found: list[tuple[int, int, str]], start: int | None, end: int | None) -> Sums:
    sums: Counter[str] = Counter()
    for minute, v, part in found:
        if (start is None or start <= minute) and (end is None or minute < end):
            sums[part] += v
    return {part: n for part, n in sums.items() if n}


def made(zone: str, *, keep: bool = False, base: bool = True, minutes: bool = True) -> tuple[PaneTable, Series]:
    table = PaneTable("d", {}, Days(zone), keep=keep, base=base)
    return table, table.open("kpi", (), hours=True, minutes=minutes)


def store(table: PaneTable, series: Series) -> None:
    for key, value in [*series.flush(), *chain.from_iterable(table.age())]:
        if value is None:
            table.rows.pop(key, None)
        else:
            table.rows[key] = value


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), facts, edges, edges, st.booleans())
def test_any_window_is_the_sum_of_its_facts(
    zone: str, found: list[tuple[int, int, str]], start: int | None, end: int | None, forget: bool
) -> None:
    table, series = made(zone)
    first = NOW // MINUTE - 60 * 24
    for minute, v, part in found:
        series.add(first + minute, {part: v})
    store(table, series)
    if forget:
        series.forget()
    at = [None if edge is None else (first + edge) * MINUTE for edge in (start, end)]
    assert series.sums(*at) == total(found, start, end)
    store(table, series)
    assert len(table.rows) == len(series.index) + len(series.minute_index)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), facts, st.integers(0, 60 * 24 * 3), st.integers(0, 500 * DAY))
def test_age_makes_panes_coarser_and_loses_nothing(
    zone: str, found: list[tuple[int, int, str]], edge: int, age: int
) -> None:
    table, series = made(zone)
    first = NOW // MINUTE - 60 * 24
    for i, (minute, v, part) in enumerate(found):
        if i == len(found) // 2:
            table.advance((first + 60 * 24 * 3) * MINUTE + age)
            store(table, series)
        series.add(first + minute, {part: v})
        store(table, series)
    assert series.sums() == total(found, None, None)
    at = (first + edge) * MINUTE
    before = series.sums(None, at)
    add(before, series.sums(at, None))
    if age < 390 * DAY:  # the base has no beginning: it is before any time
        assert before == series.sums()
    if age < 30 * DAY and zone == "UTC":  # hours are kept
        hour = edge // 60 * 60
        assert series.sums((first + hour) * MINUTE) == total(found, hour, None)


def test_what_is_too_old_goes() -> None:
    table, series = made("UTC")
    hour = NOW // HOUR
    for days in (0, 1, 40, 500):
        series.add((NOW - days * DAY) // MINUTE, {"a": 1})
    store(table, series)
    table.advance(NOW + 4 * HOUR)
    store(table, series)
    series.forget()  # what follows is read from the rows
    assert list(series.minute_index) == []
    assert {n: sorted(series.day(n).hours) for n in series.index} == {
        panes.BASE: [],
        NOW // DAY - 40: [],
        NOW // DAY - 1: [hour - 24],
        NOW // DAY: [hour],
    }
    assert series.sums() == {"a": 4}
    series.add((NOW - 2 * HOUR) // MINUTE, {"a": 1})  # late: the hour is kept, the minute is not
    series.add((NOW - 600 * DAY) // MINUTE, {"a": 1})
    assert list(series.minute_index) == []
    assert series.day(panes.BASE).sums == {"a": 2}


def test_without_a_base_old_days_are_gone() -> None:
    table, series = made("UTC", base=False, minutes=False)
    series.add((NOW - 40 * DAY) // MINUTE, {"a": 1})
    store(table, series)
    table.advance(NOW)
    series.add((NOW - 41 * DAY) // MINUTE, {"a": 1})
    store(table, series)
    assert (series.sums(), series.index, table.rows) == ({}, [], {})


def test_keep_keeps() -> None:
    table, series = made("UTC", keep=True)
    series.add((NOW - 900 * DAY) // MINUTE, {"a": 1})
    table.advance(NOW)
    assert list(table.age()) == []
    at = (NOW - 900 * DAY) // MINUTE * MINUTE
    assert series.sums(at, at + MINUTE) == {"a": 1}


def test_rows_that_sum_to_nothing_are_taken_away() -> None:
    table, series = made("UTC")
    series.add(NOW // MINUTE, {"a": 1})
    store(table, series)
    assert len(table.rows) == 2
    series.add(NOW // MINUTE, {"a": -1})
    store(table, series)
    assert (table.rows, series.index, dict(series.minute_index)) == ({}, [], {})


def test_what_cancels_out_in_an_hour_is_still_told_apart_by_minute() -> None:
    table, series = made("UTC")
    series.add(NOW // MINUTE, {"a": 1})
    series.add(NOW // MINUTE + 1, {"a": -1})
    store(table, series)
    assert series.sums() == {}
    assert series.sums(None, NOW + MINUTE) == {"a": 1}
    assert series.sums(NOW + MINUTE, None) == {"a": -1}


def test_sums_have_no_largest_value() -> None:
    table, series = made("UTC", minutes=False)
    sums = {"big": 10**30, "deep": -(10**30), "top": 2**64, "a": 1}
    series.add((NOW - 500 * DAY) // MINUTE, {"a": 1})
    for part, n in sums.items():
        series.day(panes.BASE).sums[part] = n
    table.advance(NOW)
    store(table, series)
    series.forget()
    assert series.sums() == {**sums, "a": 2}


def test_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panes, "LOADED", 3)
    table, series = made("UTC", minutes=False)
    for day in range(5):
        series.add((NOW - day * DAY) // MINUTE, {"a": 1})
    store(table, series)
    table.forget()
    assert table.loaded == 0
    assert series.sums() == {"a": 5}
    assert table.loaded == 5


def test_memory_is_given_back_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panes, "LOADED", 3)
    monkeypatch.setattr(panes, "FORGOTTEN", 2)
    table, first = made("UTC", minutes=False)
    both = first, table.open("other", (), hours=True, minutes=False)
    for series in both:
        for day in range(2):
            series.add((NOW - day * DAY) // MINUTE, {"a": 1})
        store(table, series)
    left = []
    for _ in range(3):
        table.forget()
        left.append(sum(len(series._days) for series in both))
    assert left == [2, 0, 0]
    assert [series.sums() for series in both] == [{"a": 2}] * 2


def test_adding() -> None:
    sums = {"a": 1, "b": 2}
    add(sums, {"a": -1, "b": 1, "c": 4})
    assert sums == {"b": 3, "c": 4}
    hours = {5: {"a": 1}}
    add_at(hours, 5, {"a": -1})
    add_at(hours, 6, {"a": 2})
    assert hours == {6: {"a": 2}}
