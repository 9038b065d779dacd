"""The order of the queue."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import DAY, HOUR
from stream.notices import Head, head_of
from stream.ranking import Weights, rank, reasons, terms
from tests.support import alerts

WEIGHTS = Weights()


def alert(**given: Any) -> Head:
    return head_of(alerts.alert(**given))


def test_each_reason_is_a_head_start() -> None:
    plain = rank(alert(), 1, WEIGHTS)
    assert plain == alert().opened
    assert plain - rank(alert(vip=True), 1, WEIGHTS) == 2 * DAY
    assert plain - rank(alert(rank=1), 1, WEIGHTS) == DAY
    assert plain - rank(alert(mrr=150_000), 1, WEIGHTS) == 36 * HOUR
    assert plain - rank(alert(mrr=10**12), 1, WEIGHTS) == 3 * DAY
    assert plain - rank(alert(), 3, WEIGHTS) == 2 * DAY
    assert plain - rank(alert(), 99, WEIGHTS) == 4 * DAY
    assert rank(alert(severity="page"), 1, WEIGHTS) < rank(alert(vip=True), 99, WEIGHTS)
    assert rank(alert(severity="info", vip=True), 99, WEIGHTS) > plain


@given(st.integers(0, 10**13), st.integers(0, 10**13), st.booleans(), st.integers(1, 9))
def test_who_waits_longer_comes_first_among_equals(first: int, second: int, vip: bool, signals: int) -> None:
    ranks = [rank(alert(opened=opened, vip=vip), signals, WEIGHTS) for opened in (first, second)]
    assert (ranks[0] < ranks[1]) == (first < second)


def test_the_reasons_are_said() -> None:
    found = reasons(alert(vip=True, severity="page"), 3, WEIGHTS)
    assert found == ["page", "VIP: counts as 2 d longer", "3 signals open: counts as 2 d longer"]
    assert reasons(alert(rank=1), 1, WEIGHTS) == ["queue", "ranks higher of its kind: counts as 1 d longer"]
    assert reasons(alert(mrr=50_000), 1, WEIGHTS) == ["queue", "contract value: counts as 12 h longer"]
    assert reasons(alert(), 1, WEIGHTS) == ["queue"]


def test_what_an_mrr_counts_is_a_setting() -> None:
    """A company with a few large customers: a day for each 50,000.00 a month, and no end of it."""
    weights = Weights(value_each=5_000_000, values=1_000)
    assert terms(alert(mrr=25_000_000), 1, weights) == {"value": 5 * DAY}
    assert terms(alert(mrr=25_000_000), 1, Weights(value=0)) == {}
