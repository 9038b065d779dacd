"""The table of warned and happened, and what is concluded from it."""

from __future__ import annotations

import pytest

from stream.score import Score, Table, Worth

TRANSFERS = Table(n=3_245, warned=944, happened=664, both=296)  # of a public log


def score(table: Table = TRANSFERS, quiet: tuple[int, int] = (116, 876), leads: tuple[int, ...] = ()) -> Score:
    return Score({}, table, quiet, 0, 10, 0, 4.0, (5, 0), list(leads))


def test_the_numbers_of_a_table() -> None:
    assert TRANSFERS.base == pytest.approx(0.2046, abs=5e-5)
    assert TRANSFERS.precision == pytest.approx(0.3136, abs=5e-5)
    assert TRANSFERS.recall == pytest.approx(0.4458, abs=5e-5)
    assert TRANSFERS.lift == pytest.approx(0.31356 / 0.20462, abs=1e-3)
    assert score().against_quiet == pytest.approx(0.31356 / (116 / 876), abs=1e-3)
    assert score().a_day == 2.5


@pytest.mark.parametrize(
    ("table", "worth"),
    [
        (TRANSFERS, Worth.WARNS),
        (Table(3_245, 2_369, 664, 548), Worth.BARELY),  # certain, and of little use
        (Table(3_250, 945, 877, 266), Worth.USELESS),
        (Table(100, 20, 25, 6), Worth.OPEN),
        (Table(100, 1, 1, 1), Worth.OPEN),  # a lift of 100, from one case
        (Table(1_000, 5, 20, 4), Worth.OPEN),
        (Table(1_000, 6, 20, 5), Worth.WARNS),
        (Table(3_000, 1_000, 1_000, 100), Worth.CONTRARY),
        (Table(3_000, 1_000, 1_000, 0), Worth.CONTRARY),
        (Table(10, 0, 5, 0), Worth.NOTHING),
        (Table(10, 5, 0, 0), Worth.NOTHING),
        (Table(0, 0, 0, 0), Worth.NOTHING),
    ],
)
def test_what_follows(table: Table, worth: Worth) -> None:
    assert table.worth is worth


def test_of_nothing_there_are_no_rates() -> None:
    empty = Table(0, 0, 0, 0)
    assert (empty.base, empty.precision, empty.recall, empty.lift, empty.lift_bounds) == (None,) * 5
    nobody = score(empty, (0, 0))
    assert (nobody.against_quiet, nobody.against_quiet_bounds, nobody.lead) == (None, None, None)
    assert score(Table(10, 2, 3, 0)).against_quiet == 0
    assert score(Table(10, 2, 3, 0)).against_quiet_bounds is None


@pytest.mark.parametrize(("leads", "median"), [((7,), 7), ((1, 9), 1), ((1, 2, 9), 2)])
def test_the_lead_is_a_median_that_was_seen(leads: tuple[int, ...], median: int) -> None:
    assert score(leads=leads).lead == median
