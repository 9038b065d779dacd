"""When state and source fit, and how an owner works: one append at a time, written, then published, then done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from aiokafka import TopicPartition

from agents.engine import lane
from agents.engine import owner as module
from agents.engine.exits import Code
from agents.engine.lane import Control
from agents.engine.ledger import META, Ledger, Put
from agents.engine.owner import Owner, TableSpec, fits
from agents.engine.pieces import Pieces
from agents.engine.producer import Producer
from stream.infra.telemetry import HopTelemetry
from stream.record import UNPACED, Append, Heard, Meta, Out, Record, Stop
from tests.support.recount import until

SOURCE = TopicPartition("events", 1)
GOOD = Meta(next=50, seq=3, run=1, revision="r", partitions=4)


def spec(fold: Any = None, beside: Any = None) -> TableSpec:
    return TableSpec(changelog="c", factory=fold, run=1, revision="r", partitions=4, beside=beside)


def test_without_state_it_begins_where_the_log_begins() -> None:
    assert fits(spec(), None, SOURCE, 7, 90) == Meta(next=7, run=1, revision="r", partitions=4)


@pytest.mark.parametrize(("first", "end"), [(0, 90), (50, 90), (50, 50), (0, 50)])
def test_state_that_fits_is_taken_as_it_is(first: int, end: int) -> None:
    assert fits(spec(), GOOD, SOURCE, first, end) is GOOD


@pytest.mark.parametrize(
    ("meta", "first", "end", "code", "words"),
    [
        (msgspec.structs.replace(GOOD, partitions=5), 0, 90, Code.PARTITIONS, "made with 5"),
        (msgspec.structs.replace(GOOD, revision="old"), 0, 90, Code.DEFINITIONS, "under definitions old"),
        (msgspec.structs.replace(GOOD, run=2), 0, 90, Code.DEFINITIONS, "(run 2)"),
        (GOOD, 51, 90, Code.TRUNCATED, "51 to 90"),  # the log begins after the place
        (GOOD, 0, 49, Code.TRUNCATED, "goes on at 50"),  # the topic was made anew
    ],
)
def test_state_that_does_not_fit_is_refused_with_the_way_on(
    meta: Meta, first: int, end: int, code: Code, words: str
) -> None:
    with pytest.raises(Stop) as stopped:
        fits(spec(), meta, SOURCE, first, end)
    assert stopped.value.code == code
    assert words in str(stopped.value)
    assert "`run + 1`" in str(stopped.value)


class Journal(Control):
    """What happened, in order, in place of Kafka."""

    def __init__(self) -> None:
        self.telemetry = HopTelemetry("test")
        self.errors: list[BaseException] = []
        self.on_stop = self.errors.append
        self.turn = asyncio.Lock()
        self.pieces = Pieces(0)
        self.happened: list[tuple[str, Any]] = []
        self.landing: asyncio.Event | None = None

    async def append(self, topic: str, partition: int, base: int, puts: Sequence[Put]) -> int:
        if self.landing is not None:
            await self.landing.wait()
        self.happened.append(("written", msgspec.msgpack.decode(puts[-1][1] or b"", type=Meta).next))
        return 1

    async def publish(self, out: Sequence[Out]) -> None:
        self.happened.append(("published", len(out)))

    async def seek(self, tp: TopicPartition, offset: int) -> None:
        self.happened.append(("sought", offset))

    async def gap(self, tp: TopicPartition, next: int, first: int) -> None:
        self.happened.append(("gap", (next, first)))

    def done(self, tp: TopicPartition, next: int) -> None:
        self.happened.append(("done", next))


class Pairs:
    """A fold that makes an append of every two records."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        self.stride = UNPACED
        self.fed: list[int] = []

    def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
        self.fed.append(len(records))
        for start in range(0, len(records), 2):
            self.meta = Meta(next=records[start : start + 2][-1].offset + 1)
            yield Append([], self.meta, [Out("o", 0, None, b"")])


def batch(first: int, last: int) -> list[Record]:
    return [Record("events", 1, offset, 0, None, b"") for offset in range(first, last + 1)]


async def working(journal: Journal, fold: Pairs, *batches: list[Record]) -> Owner:
    owner = Owner(SOURCE, fold, Ledger(), spec(), cast("Producer", journal), journal)
    for records in batches:
        await owner.put(records)
    await until(lambda: owner.idle or journal.errors, "all is worked off")
    return owner


async def test_each_append_is_written_then_published_then_done() -> None:
    journal = Journal()
    owner = await working(journal, Pairs(Meta(next=0)), batch(0, 3), batch(4, 4))
    await owner.close()
    steps = [step for next in (2, 4, 5) for step in (("written", next), ("published", 1), ("done", next))]
    assert (journal.happened, journal.errors) == (steps, [])
    assert journal.telemetry.records == 5
    assert owner.position.next == 5


async def test_what_was_heard_before_is_cut_off_and_what_is_missing_is_sought() -> None:
    journal, fold = Journal(), Pairs(Meta(next=10))
    await (await working(journal, fold, batch(8, 11), batch(20, 21), batch(12, 13))).close()
    assert fold.fed == [2, 2]
    assert ("sought", 12) in journal.happened
    assert journal.telemetry.guard_drops == 2
    assert journal.telemetry.seeks_back == 1


async def test_a_lane_that_closes_finishes_its_append_and_leaves_the_rest() -> None:
    journal = Journal()
    journal.landing = asyncio.Event()
    owner = Owner(SOURCE, Pairs(Meta(next=0)), Ledger(), spec(), cast("Producer", journal), journal)
    await owner.put(batch(0, 9))
    waiting = asyncio.create_task(owner.put(batch(10, 19)))  # comes when the first is done
    closing = asyncio.create_task(owner.close())
    await asyncio.sleep(0)
    assert not closing.done()
    journal.landing.set()
    await closing
    await waiting
    assert journal.happened == [("written", 2), ("published", 1), ("done", 2)]
    await owner.put(batch(30, 31))  # too late: it will be read again
    assert len(journal.happened) == 3


async def test_what_comes_while_a_batch_is_in_work_is_one_batch_as_far_as_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lane, "BATCH", 25)
    journal, fold = Journal(), Pairs(Meta(next=0))
    journal.landing = asyncio.Event()
    owner = Owner(SOURCE, fold, Ledger(), spec(), cast("Producer", journal), journal)
    await owner.put(batch(0, 9))
    await until(lambda: fold.fed, "the first is in work")
    await owner.put(batch(10, 19))
    await owner.put(batch(20, 29))
    waiting = asyncio.create_task(owner.put(batch(30, 39)))  # too much for one
    await asyncio.sleep(0)
    assert not waiting.done()
    journal.landing.set()
    await waiting
    gap = asyncio.create_task(owner.put(batch(41, 42)))  # does not go on from what waits
    await until(lambda: ("done", 40) in journal.happened, "all is done that can be")
    await gap
    await owner.close()
    assert fold.fed == [10, 20, 10]


async def test_what_waits_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "BYTES", 10)
    journal, fold = Journal(), Pairs(Meta(next=0))
    owner = Owner(SOURCE, fold, Ledger(), spec(), cast("Producer", journal), journal)
    async with journal.turn:
        for offset in range(2):
            await owner.put([Record("events", 1, offset, 0, None, b"12345")])
        waiting = asyncio.create_task(owner.put([Record("events", 1, 2, 0, None, b"1")]))
        await until(lambda: not owner.idle, "it waits")
        assert not waiting.done()
    await until(lambda: ("done", 3) in journal.happened, "all is done")
    await owner.close()
    assert fold.fed == [2, 1]


async def test_a_lane_that_waits_for_its_turn_takes_what_came_meanwhile() -> None:
    journal, fold = Journal(), Pairs(Meta(next=0))
    owner = Owner(SOURCE, fold, Ledger(), spec(), cast("Producer", journal), journal)
    async with journal.turn:
        await owner.put(batch(0, 9))
        await until(lambda: not owner.idle, "it waits")
        await owner.put(batch(10, 10))
    await until(lambda: ("done", 11) in journal.happened, "all is done")
    await owner.close()
    assert (fold.fed, owner.gauges.read) == ([11], 11)


async def test_a_fold_that_leaves_records_behind_or_writes_the_partitions_own_rows_is_a_fault() -> None:
    class Lazy(Pairs):
        def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
            return super().feed(records[:-1])

    class Rude(Pairs):
        def feed(self, records: Sequence[Heard]) -> Iterator[Append | None]:
            yield Append([(META, b"")], Meta(next=records[-1].offset + 1), [])

    for fold in (Lazy(Meta(next=0)), Rude(Meta(next=0))):
        journal = Journal()
        await working(journal, fold, batch(0, 4))
        (error,) = journal.errors
        assert isinstance(error, Stop)
        assert error.code == Code.UNEXPECTED


async def test_what_goes_on_beside_the_fold_hears_of_appends_and_writes_in_its_turn() -> None:
    heard: list[int] = []
    closed: list[bool] = []

    class Beside:
        def heard(self, append: Append) -> None:
            heard.append(append.meta.next)

        async def look(self, owner: Owner, caught_up: bool) -> None:
            await owner.write_all(lambda fold: [Append([], fold.meta, [])])

        async def close(self) -> None:
            closed.append(True)

    journal = Journal()
    owner = Owner(
        SOURCE, Pairs(Meta(next=0)), Ledger(), spec(beside=lambda fold: Beside()), cast("Producer", journal), journal
    )
    await owner.put(batch(0, 1))
    await owner.look(True)
    await until(lambda: owner.idle, "all is worked off")
    await owner.close()
    assert (heard, closed) == ([2, 2], [True])


async def test_what_was_dropped_with_nothing_after_it_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], time_ns=lambda: 0)  # the lane's alone: the loop needs its own
    monkeypatch.setattr("agents.engine.lane.time", clock)
    journal = Journal()
    owner = await working(journal, Pairs(Meta(next=0)), batch(0, 1))
    for now[0], behind in ((5.0, True), (14.9, True), (15.1, True), (15.2, True), (25.1, True), (25.2, False)):
        await owner.read_again(behind)
    for now[0] in (30.0, 35.3):
        await owner.read_again(True)
    await owner.close()
    assert [what for what in journal.happened if what[0] == "sought"] == [("sought", 2)] * 3
    assert journal.telemetry.seeks_back == 3


async def test_an_owner_with_nothing_to_write_gives_a_sign_every_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("agents.engine.owner.time.time", lambda: now[0])
    journal = Journal()
    owner = await working(journal, Pairs(Meta(next=7)))
    for now[0] in (1_001.0, 1_000.0 + module.SIGN, 1_001.0 + module.SIGN, 1_002.0 + module.SIGN, 0.0):
        await owner.look(True)
        await until(lambda: owner.idle, "it is written")
    await owner.close()
    assert [what for what in journal.happened if what[0] == "written"] == [("written", 7)] * 2
