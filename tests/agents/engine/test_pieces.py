"""In one pass of the event loop there is one piece of work, however many hops have some."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.engine.connection import Connection
from agents.engine.hop import HopSpec
from agents.engine.ledger import Ledger
from agents.engine.owner import Fold, Owner
from agents.engine.pieces import Pieces
from agents.engine.producer import Producer
from agents.engine.tables import Relay, TableHop
from stream.infra.telemetry import HopTelemetry
from stream.record import Append, Heard, Meta, Out
from tests.agents.engine.test_breaths import Breathing
from tests.agents.engine.test_owner import SOURCE, Journal, Pairs, batch, spec
from tests.support.recount import until


class Passes:
    """Numbers the passes of the running loop."""

    def __init__(self) -> None:
        self.number = 0
        self._count()

    def _count(self) -> None:
        self.number += 1
        asyncio.get_running_loop().call_soon(self._count)


async def test_pieces_of_several_tasks_are_each_in_a_pass_of_their_own_and_in_turn() -> None:
    pieces, passes = Pieces(0), Passes()
    done: list[tuple[int, str]] = []

    async def work(name: str) -> None:
        for _ in range(5):
            async with pieces:
                done.append((passes.number, name))

    await asyncio.gather(*map(work, "abc"))
    assert len({number for number, _ in done}) == len(done) == 15
    names = [name for _, name in done]
    assert all({*names[i : i + 3]} == {*"abc"} for i in range(1, 10))


async def test_short_pieces_share_a_pass_up_to_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1_000))
    monkeypatch.setattr("agents.engine.pieces.time.thread_time", lambda: float(next(clock)))  # a second each
    pieces, passes = Pieces(2.5), Passes()
    done: list[int] = []
    for _ in range(9):
        async with pieces:
            done.append(passes.number)
    assert [done.count(number) for number in dict.fromkeys(done)] == [3, 3, 3]


async def test_a_piece_that_is_broken_off_lets_the_next_one_in() -> None:
    pieces = Pieces(0)

    async def work() -> None:
        async with pieces:
            pass

    other = asyncio.create_task(work())
    broken = asyncio.create_task(work())
    await asyncio.sleep(0)  # it waits for another pass
    broken.cancel()
    with pytest.raises(asyncio.CancelledError):
        await broken
    await other
    await asyncio.wait_for(work(), 10)


async def test_folds_of_two_hops_do_not_add_up() -> None:
    passes, pieces = Passes(), Pieces(0)
    steps: list[int] = []

    class Noted(Breathing):
        def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
            for step in super().feed(records):
                steps.append(passes.number)
                yield step

    hops = Journal(), Journal()
    for hop in hops:
        hop.pieces = pieces
    owners = [Owner(SOURCE, Noted(Meta(next=0)), Ledger(), spec(), cast("Producer", hop), hop) for hop in hops]
    for owner in owners:
        await owner.put(batch(0, 999))
    await until(lambda: all(owner.idle for owner in owners), "all is worked off")
    for owner in owners:
        await owner.close()
    assert len(set(steps)) == len(steps) > 10


async def test_a_relay_passes_a_batch_on_whole_though_it_takes_it_in_pieces() -> None:
    passes, journal = Passes(), Journal()
    heard: list[tuple[int, int]] = []  # pass, offset

    def step(topic: str, records: Sequence[Heard]) -> list[Out]:
        heard.extend((passes.number, record.offset) for record in records)
        return [Out("out", 0, None, b"") for _ in records]

    relay = Relay(SOURCE, 0, step, cast("Producer", journal), journal)
    await relay.put(batch(0, 999))
    await until(lambda: relay.idle or journal.errors, "all is passed on")
    await relay.close()
    assert [offset for _, offset in heard] == list(range(1_000))
    assert len({number for number, _ in heard}) > 1
    assert journal.happened == [("published", 1_000), ("done", 1_000)]


@pytest.mark.parametrize(("rows", "beside"), [(5_001, True), (10, False)])
async def test_the_fold_of_a_large_table_is_made_beside_the_loop(rows: int, beside: bool) -> None:
    made: list[bool] = []

    def factory(partition: int, rows: dict[bytes, bytes], meta: Meta | None) -> Fold:
        made.append(threading.current_thread() is not threading.main_thread())
        return Pairs(Meta())

    stops: list[BaseException] = []
    table = TableHop(
        HopSpec("t", "t", {"events": 1}), spec(factory), Connection(bootstrap="b:1"), HopTelemetry("t"), stops.append
    )
    await table._made(0, {b"%d" % i: b"" for i in range(rows)}, Meta())
    assert (made, stops) == ([beside], [])


async def test_a_large_append_is_built_in_pieces_and_a_small_one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built: dict[int, int] = {}  # records, by pass
    passes = Passes()
    producer = Producer(Connection(bootstrap="nowhere:1"), Pieces(0))

    class Builder:
        def append(self, **record: Any) -> None:
            built[passes.number] = built.get(passes.number, 0) + 1

        def size(self) -> int:
            return 7

    async def landed(batch: BatchBuilder, topic: str, partition: int) -> int:
        return 3

    monkeypatch.setattr(producer, "_batch", Builder)
    monkeypatch.setattr(producer, "_landed", landed)
    for count, passed in ((40, 1), (5_000, 5)):
        built.clear()
        assert await producer.append("t", 0, 3, [(b"k", b"v")] * count) == 7
        assert (len(built), sum(built.values())) == (passed, count)
        assert max(built.values()) <= 1_100
