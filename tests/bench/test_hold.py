"""The steps of a fold are measured one by one, on all records, in the parts in which an owner gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bench import hold
from stream.record import Append, Heard, Meta


class Counting:
    """A fold that takes a ms of its clock for each record, and cuts each part in two."""

    meta = Meta(run=1, revision="", partitions=1)

    def __init__(self) -> None:
        self.clock = 0.0
        self.parts: list[list[Any]] = []

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        self.parts.append(list(records))
        half = len(records) // 2
        for part in (records[:half], records[half:]):
            self.clock += len(part) / 1_000
            yield Append([], self.meta, [])


def test_all_records_are_fed_in_parts_by_what_the_last_one_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = Counting()
    monkeypatch.setattr("bench.hold.time.thread_time", lambda: fold.clock)
    records: Any = list(range(175))
    took = list(hold.owned(fold, records))
    assert [record for part in fold.parts for record in part] == records
    assert [len(part) for part in fold.parts] == [50, 50, 50, 25]  # 20 ms hold 20; 50 are the least
    assert [round(seconds * 1_000) for seconds in took] == [25, 25, 0] * 3 + [12, 13, 0]


def test_the_longest_step_is_told() -> None:
    assert (
        hold.said("due", [0.004, 0.03, 0.012]).split("  ")[-1] == "3 steps: the longest 30 ms, 99 % 30 ms, half 12 ms"
    )
