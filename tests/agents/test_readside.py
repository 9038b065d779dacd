"""What counts as a difference of Redis while the pipe goes on and Redis is told a little later."""

from __future__ import annotations

import pytest

from agents.readside import Standing, Words

Look = tuple[Words, Words]  # what the tables say, what Redis says


@pytest.mark.parametrize(
    ("looks", "lines", "left_out"),
    [
        ([({"a": "1"}, {"a": "1"})], [], 0),
        ([({"a": "1"}, {"a": "0"}), ({"a": "1"}, {"a": "1"})], [], 0),  # it was only late
        ([({"a": "1"}, {"a": "0"})] * 3, ["a: Redis says 0, the log says 1"], 0),
        ([({"a": "1"}, {})] * 2, ["a: Redis says nothing, the log says 1"], 0),
        ([({}, {"a": "1"})] * 2, ["a: Redis says 1, the log says nothing"], 0),
        # a goes on from look to look and is never compared at rest; b stands
        ([({"a": "1", "b": "1"}, {"a": "0", "b": "9"}), ({"a": "2", "b": "1"}, {"a": "1", "b": "9"})],
         ["b: Redis says 9, the log says 1"], 1),
        # what differs only later on may still be on its way
        ([({"a": "1"}, {"a": "1"}), ({"a": "2"}, {"a": "1"})], [], 0),
        # what goes on from look to look was right once, in between
        ([({"a": "1"}, {"a": "0"}), ({"a": "2"}, {"a": "2"}), ({"a": "3"}, {"a": "2"})], [], 0),
    ],
)  # fmt: skip
def test_a_difference_counts_if_it_stands(looks: list[Look], lines: list[str], left_out: int) -> None:
    standing = Standing()
    for look in looks:
        standing.look(*look)
    assert standing.lines() == lines
    assert standing.settled == (not lines and not left_out)
    assert standing.notes() == (
        [f"Redis: {left_out} readings and alerts changed meanwhile and were not compared"] if left_out else []
    )
