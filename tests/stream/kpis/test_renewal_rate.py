"""What was due, and what came of it. Covers stream/kpis/renewal_rate.py."""

import pytest

from stream.definitions import DAY, HOUR
from tests.support.builders import Told, cancelled, customer, renewal_due, renewed, started
from tests.support.reading import read

DUE = 60 * DAY
BASE = [started("A", 0), renewal_due("A", 10 * DAY, DUE)]


def counted(*rows: Told, until: int = 200 * DAY) -> tuple[int, int]:
    parts = read("renewal_rate", *BASE, *rows, until=until).parts("all")
    return parts["num"], parts["den"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], (0, 1)),
        ([renewed("A", 11 * DAY)], (1, 1)),
        ([renewed("A", DUE + 14 * DAY)], (1, 1)),
        ([renewed("A", DUE + 14 * DAY + 1)], (0, 1)),
        ([renewed("A", 9 * DAY)], (0, 1)),  # what was due was the term after it
        ([cancelled("A", 50 * DAY)], (0, 1)),
        ([cancelled("A", 40 * DAY, DUE), renewed("A", 50 * DAY)], (1, 1)),  # the cancel was taken back
        ([cancelled("A", 9 * DAY)], (0, 0)),  # announced after the end
    ],
)
def test_a_renewal_that_was_due_was_done_or_not(rows: list[Told], found: tuple[int, int]) -> None:
    assert counted(*rows) == found


def test_a_date_announced_anew_was_moved_unless_it_had_passed_or_was_done() -> None:
    assert counted(renewal_due("A", 20 * DAY, 70 * DAY), renewed("A", 70 * DAY)) == (1, 1)
    assert counted(renewal_due("A", DUE + DAY, 90 * DAY), renewed("A", 90 * DAY)) == (1, 2)
    assert counted(renewed("A", 20 * DAY), renewal_due("A", 21 * DAY, 90 * DAY)) == (1, 2)
    assert counted(renewal_due("A", 20 * DAY, DUE)) == (0, 1)  # said again


def test_one_renewal_does_one_the_earliest() -> None:
    rows = [renewal_due("A", DUE + HOUR, 90 * DAY), renewed("A", DUE + DAY)]
    assert counted(*rows) == (1, 2)
    assert counted(*rows, renewed("A", 90 * DAY)) == (2, 2)


def test_it_counts_when_it_is_due_and_is_provisional_for_14_days() -> None:
    rows = [*BASE, customer(0, segment="a"), renewed("A", 20 * DAY)]
    assert read("renewal_rate", *rows, until=DUE - 1).parts("all") == {"num": 0, "den": 0}
    r = read("renewal_rate", *rows, until=DUE + DAY)
    assert (r.value("all", "segment=a"), r["all"].status) == (1.0, "provisional")
    assert read("renewal_rate", *rows, until=DUE + 15 * DAY)["all"].status == "final"
    assert r.parts("2026-07") == {"num": 1, "den": 1}
    assert "2026-06" not in r.windows


def test_a_cancel_heard_late_takes_nothing_back_but_one_before_the_announcement_does() -> None:
    assert counted(cancelled("A", 30 * DAY, log=80 * DAY)) == (0, 1)
    assert counted(cancelled("A", 5 * DAY, log=80 * DAY)) == (0, 0)
