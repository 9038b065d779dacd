"""A fold is in the loop's way for a moment only: its breaths, how they are paced, and a fold given up at one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from agents.engine import owner as module
from agents.engine.lane import BATCH
from agents.engine.ledger import Ledger
from agents.engine.owner import Owner
from agents.engine.producer import Producer
from stream.record import Append, Heard, Meta
from tests.agents.engine.test_owner import SOURCE, Journal, Pairs, batch, spec, working
from tests.support.recount import until


class Breathing(Pairs):
    """A fold that makes one append of all records, and breathes after each stride."""

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        done = 0
        while done < len(records):
            self.fed.append(self.stride)
            done += self.stride
            yield None
        self.meta = Meta(next=records[-1].offset + 1)
        yield Append([], self.meta, [])


async def test_the_loop_has_a_turn_at_each_breath_and_nothing_is_written_before_the_append() -> None:
    journal = Journal()
    seen: list[list[tuple[str, Any]]] = []

    class Watched(Breathing):
        def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
            for step in super().feed(records):
                asyncio.get_running_loop().call_soon(lambda: seen.append(list(journal.happened)))
                yield step

    fold = Watched(Meta(next=0))
    await (await working(journal, fold, batch(0, 999))).close()
    assert len(fold.fed) > 1
    assert seen[: len(fold.fed)] == [[]] * len(fold.fed)
    assert journal.happened[0] == ("written", 1_000)


async def test_a_lane_that_closes_gives_its_fold_up_at_the_next_breath() -> None:
    journal = Journal()
    ended: list[int] = []

    class Closed(Breathing):
        def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
            try:
                for step in super().feed(records):
                    closing.append(asyncio.create_task(owner.close()))
                    yield step
            finally:
                ended.append(len(self.fed))

    closing: list[asyncio.Task[None]] = []
    owner = Owner(SOURCE, Closed(Meta(next=0)), Ledger(), spec(), cast("Producer", journal), journal)
    await owner.put(batch(0, 999))
    await until(lambda: closing and closing[0].done(), "the lane is closed")
    assert (journal.happened, journal.errors, owner.position.next) == ([], [], 0)
    assert ended[0] <= 2


async def test_of_two_lanes_the_first_makes_its_append_before_the_other_begins() -> None:
    journal = Journal()
    order: list[str] = []

    class Named(Breathing):
        def __init__(self, name: str) -> None:
            super().__init__(Meta(next=0))
            self.name = name

        def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
            for step in super().feed(records):
                order.append(self.name)
                yield step

    owners = [Owner(SOURCE, Named(name), Ledger(), spec(), cast("Producer", journal), journal) for name in "ab"]
    for owner in owners:
        await owner.put(batch(0, 999))
    await until(lambda: all(owner.idle for owner in owners), "all is worked off")
    for owner in owners:
        await owner.close()
    assert order == sorted(order)
    assert len(order) > 4


async def test_a_fold_that_is_slow_gets_short_strides_and_a_quick_one_long_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(10_000_000))
    monkeypatch.setattr("agents.engine.owner.time.thread_time", lambda: next(clock) * 1e-6)  # a microsecond a step
    quick = Breathing(Meta(next=0))
    await (await working(Journal(), quick, batch(0, 99_999))).close()
    assert quick.fed[:3] == [module.FIRST, 30, 45]
    assert quick.fed[-1] == BATCH

    monkeypatch.setattr("agents.engine.owner.time.thread_time", lambda: float(next(clock)))  # a second a step
    slow = Breathing(Meta(next=0))
    await (await working(Journal(), slow, batch(0, 99))).close()
    assert slow.fed == [module.FIRST] + [module.LEAST] * ((100 - module.FIRST) // module.LEAST)


@pytest.mark.parametrize(
    ("step", "seconds", "stride"),
    [
        (None, module.HELD, 100),
        (None, module.HELD / 1.2, 120),
        (None, module.HELD / 9, 150),  # not all pieces cost the same: by half, not ninefold
        (None, module.HELD * 2, 50),
        (Append([], Meta(next=110), []), module.HELD / 9, 150),
        (Append([], Meta(next=109), []), module.HELD / 9, 100),  # not a whole stride: nothing is known of one
        (Append([], Meta(next=11), []), module.HELD * 2, 50),
        (None, module.HELD * 99, module.LEAST),
    ],
)
def test_a_stride_follows_what_the_last_step_took(step: Append | None, seconds: float, stride: int) -> None:
    assert module.stride_after(100, step, 10, seconds) == stride
