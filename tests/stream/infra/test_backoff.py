"""Pauses: doubling, bounded, jittered, and at least what the other side asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.infra.backoff import Backoff
from tests.support.sinks import Now


def backoff(now: Now, chance: float = 0.5) -> Backoff:
    return Backoff(now, lambda: chance, first=1.0, longest=60.0, patience=3_600.0)


def test_it_doubles_up_to_the_longest_and_begins_anew_when_well() -> None:
    now = Now()
    one, waits = backoff(now), []
    for _ in range(8):
        one.failed()
        waits.append(one.wait)
        now.seconds += one.wait
        assert one.wait == 0
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    one.well()
    one.failed()
    assert one.wait == 1


@given(st.floats(0, 0.999), st.integers(1, 2_000))
def test_jitter_is_half_either_way(chance: float, failures: int) -> None:
    one = backoff(Now(), chance)
    for _ in range(failures):
        one.failed()
    base = min(2 ** (failures - 1), 60)
    assert 0.5 * base - 1e-9 <= one.wait <= 1.5 * base


@pytest.mark.parametrize(("after", "wait"), [(None, 1), (0.0, 1), (17.0, 17), (1e9, 3_600)])
def test_a_pause_that_was_asked_for_holds_within_patience(after: float | None, wait: float) -> None:
    one = backoff(Now())
    one.failed(after)
    assert one.wait == wait
