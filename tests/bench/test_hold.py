"""The steps of a fold are measured one by one, on all records, paced as by their owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from bench import hold
from stream.record import Append, Heard, Meta, Record


class Counting:
    """A fold that takes a ms of its clock for each record, and breathes after each stride."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.stride = 50
        self.meta = Meta(run=1, revision="", partitions=1)
        self.folded: list[int] = []

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        done = 0
        while done < len(records):
            part = records[done : done + self.stride]
            done += len(part)
            self.folded += [record.offset for record in part]
            self.clock += len(part) / 1_000
            yield None
        yield Append([], self.meta, [])


def test_each_step_is_measured_and_paced_as_an_owner_does(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = Counting()
    monkeypatch.setattr("bench.hold.time.thread_time", lambda: fold.clock)
    monkeypatch.setattr("agents.engine.owner.HELD", 0.02)
    records = [Record("t", 0, offset, 0, None, None) for offset in range(100)]
    took = list(hold.steps(fold, records))
    assert fold.folded == list(range(100))
    assert [round(seconds * 1_000) for seconds in took] == [50, 20, 20, 10, 0]


def test_the_longest_step_is_told() -> None:
    assert (
        hold.said("due", [0.004, 0.03, 0.012]).split("  ")[-1] == "3 steps: the longest 30 ms, 99 % 30 ms, half 12 ms"
    )
