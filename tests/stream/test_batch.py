"""What an append is made of: where a batch ends, and that it may be made again.

Covers stream/batch.py, stream/tallies.py.
"""

from __future__ import annotations

from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import partition
from stream.batch import Batch
from stream.definitions import DAY, HOUR
from stream.partition import Partition
from stream.record import appends
from stream.tallies import Tallies
from tests.stream.test_partition import END, PLAN, SEEDS, law, parts_of
from tests.support.builders import DEFINITIONS, START, Run, fold, log_of, opened, resolved
from tests.support.worlds import World


@pytest.mark.parametrize(
    ("due", "key", "last", "waits"),
    [
        (99, b"z", b"m", False),
        (100, b"m", b"m", False),
        (100, b"n", b"m", True),  # its turn comes after the last that was taken in
        (100, b"z", None, False),
        (101, b"a", None, True),
    ],
)
def test_what_is_due_at_the_end_of_a_batch_waits_for_its_turn(
    due: int, key: bytes, last: bytes | None, waits: bool
) -> None:
    assert Batch({}, 100, 0, 1, 1, last=last).waits(due, key) is waits


def test_a_batch_spans_no_more_log_time_than_makes_work() -> None:
    """Each customer is looked at once a day: 200 days of silence are not worked off in one append."""
    few = [opened(f"T{i}", i * HOUR, subject=f"c{i}") for i in range(4)]
    [records] = log_of([*few, resolved("T0", 200 * DAY, subject="c0")])
    with mock.patch.object(partition, "APPEND_WORK", 40):
        made = list(appends(Partition(DEFINITIONS, PLAN, 0, {}).feed(records)))
    clocks = [append.meta.clock for append in made]
    assert all(0 < after - before <= 40 * DAY for before, after in pairwise(clocks))
    assert len(made) > 5
    assert (clocks[-1], made[-1].meta.next) == (START + 200 * DAY, len(records))


@law(12)
@given(SEEDS, st.sampled_from([400, 4_000, 40_000]))
def test_an_append_that_came_out_too_large_is_made_again_in_parts(seed: int, largest: int) -> None:
    [records] = log_of(World(seed, subjects=6).delayed(repeats=True), [END])
    whole, found = fold(records, plan=PLAN), Run(DEFINITIONS)
    one, other = Partition(DEFINITIONS, PLAN, 0, {}), Partition(DEFINITIONS, PLAN, 0, {}, room=largest * 4 // 5)
    list(one.feed(records))
    made = list(appends(other.feed(records)))
    for append in made:
        found.take(append)
    assert parts_of(found) == parts_of(whole)
    assert {name: getattr(other.tallies, name) for name in Tallies.__slots__} == {
        name: getattr(one.tallies, name) for name in Tallies.__slots__
    }
    assert len(made) > 1
    assert largest < 40_000 or all(sum(len(row or b"") for _, row in append.puts) <= largest for append in made)
