"""The order of the queue."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import DAY
from stream.notices import Head, head_of
from stream.ranking import Weights, rank, reasons
from tests.support import alerts

WEIGHTS = Weights()


def alert(**given: Any) -> Head:
    return head_of(alerts.alert(**given))


def test_each_reason_is_a_head_start() -> None:
    plain = rank(alert(), 1, WEIGHTS)
    assert plain == alert().opened
    assert plain - rank(alert(vip=True), 1, WEIGHTS) == 2 * DAY
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
    assert reasons(alert(), 1, WEIGHTS) == ["queue"]
