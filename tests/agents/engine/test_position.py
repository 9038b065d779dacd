"""Whatever the client hands over, each record of the log is taken once, in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.engine.position import PATIENCE, READINGS, Position, Verdict


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (10, 19, Verdict.TAKE),  # goes on
        (5, 12, Verdict.TAKE),  # overlaps: the rest of it goes on
        (0, 9, Verdict.DROP),  # old
        (0, 10, Verdict.TAKE),  # only its last record is new
        (11, 19, Verdict.SEEK),  # one is missing
    ],
)
def test_a_batch_beside_the_place(first: int, last: int, verdict: Verdict) -> None:
    assert Position(10).judge(first, last) is verdict


def test_what_is_left_over_from_before_the_seek_is_dropped() -> None:
    place = Position(10)
    assert place.judge(20, 29) is Verdict.SEEK
    assert place.judge(30, 39) is Verdict.DROP
    assert place.judge(10, 19) is Verdict.TAKE


def test_what_stays_missing_however_often_it_is_read_is_a_gap_of_the_log() -> None:
    place = Position(10)
    assert place.judge(20, 29) is Verdict.SEEK
    assert place.judge(30, 39) is Verdict.DROP
    again = [place.judge(20, 29) for _ in range(READINGS)]
    assert again == [Verdict.SEEK] * (READINGS - 1) + [Verdict.GAP]


def test_a_gap_may_be_shorter_than_what_was_dropped() -> None:
    place = Position(10)
    assert place.judge(20, 29) is Verdict.SEEK
    again = [place.judge(12, 29) for _ in range(READINGS)]
    assert again == [Verdict.SEEK] * (READINGS - 1) + [Verdict.GAP]


def test_a_seek_whose_batch_never_comes_is_made_again() -> None:
    place = Position(10)
    assert place.judge(20, 29) is Verdict.SEEK
    verdicts = [place.judge(first, first) for first in range(30, 31 + PATIENCE)]
    assert verdicts == [Verdict.DROP] * PATIENCE + [Verdict.SEEK]


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=30),
    faults=st.lists(st.sampled_from(["lose", "again", "well"]), max_size=60),
)
def test_no_record_is_lost_or_taken_twice_whatever_is_dropped_or_repeated(sizes: list[int], faults: list[str]) -> None:
    """A client that reads a log of single batches, loses some on the way, and may hand one over twice."""
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    batches = [(start, start + size - 1) for start, size in zip(starts, sizes, strict=True)]
    taken: list[int] = []
    place, read, trouble = Position(0), 0, iter(faults)
    for _ in range(10_000):
        if read == len(batches):
            if place.next == sum(sizes):
                break
            read = 0  # nothing comes any more; a rebalance seeks to the place
            while batches[read][1] < place.next:
                read += 1
            place = Position(place.next)
        first, last = batches[read]
        fault = next(trouble, "well")
        read += fault != "again"
        if fault == "lose":
            continue
        match place.judge(first, last):
            case Verdict.TAKE:
                taken += range(place.next, last + 1)
                place.next = last + 1
            case Verdict.SEEK:
                read = next(i for i, (_, end) in enumerate(batches) if end >= place.next)
            case Verdict.GAP:
                # Only losses right after two seeks look like one; the hop asks the broker before it believes it.
                read = next(i for i, (_, end) in enumerate(batches) if end >= place.next)
            case Verdict.DROP:
                pass
    assert taken == list(range(sum(sizes)))
