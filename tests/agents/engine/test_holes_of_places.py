"""Holes H2, H4 to H6, H9 to H13, H17, H18, H21 (docs/holes.md): what is folded, from where, under which state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import msgspec
import pytest
from aiokafka import TopicPartition

from agents.engine.connection import Connection
from agents.engine.exits import Code
from agents.engine.hop import Hop, HopSpec
from agents.engine.lane import Lane
from agents.engine.ledger import Ledger, records, stamp
from agents.engine.owner import Owner, TableSpec
from agents.engine.position import Position, Verdict
from agents.engine.tables import RelayHop
from agents.engine.transport import _NeverRead
from stream.definitions import DAY
from stream.infra.telemetry import HopTelemetry
from stream.journey import NEVER
from stream.partition import Partition
from stream.record import EVENTS, UNPACED, Append, Heard, Meta, Record, Stop, appends
from stream.ticks import tick
from tests.agents.engine.test_owner import SOURCE, Journal, batch, spec, working
from tests.stream.test_guards import differences
from tests.support.builders import DEFINITIONS, START, log_of, opened, plan_of
from tests.support.differences import fold as kpis_fold
from tests.support.differences import records as kpi_records
from tests.support.holes import Broker, hop, without
from tests.support.recount import until

GOOD = Meta(next=5, seq=2, run=1, revision="r", partitions=4)
RUNNING = msgspec.structs.replace(DEFINITIONS, time="append")


class Listing:
    """A fold that keeps the offsets it is fed."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        self.stride = UNPACED
        self.offsets: list[int] = []

    def feed(self, records: Sequence[Heard]) -> Iterator[Append]:
        self.offsets += [record.offset for record in records]
        self.meta = Meta(next=records[-1].offset + 1)
        yield Append([], self.meta, [])


async def listed(first: int, *batches: list[Record]) -> list[int]:
    """What a fold hears of the batches, each alone, whose place was `first`."""
    fold = Listing(Meta(next=first))
    journal = Journal()
    owner = await working(journal, fold)  # type: ignore[arg-type]
    for heard in batches:
        await owner.put(heard)
        await until(lambda: owner.idle or journal.errors, "it is worked off")
    await owner.close()
    return fold.offsets


def take_all(self: Position, first: int, last: int) -> Verdict:
    return Verdict.TAKE


@without("agents.engine.position.Position.judge", take_all)
async def test_h02_a_batch_that_is_lost_on_its_way_is_missed() -> None:
    assert await listed(0, batch(0, 1), batch(4, 5), batch(2, 5)) == [0, 1, 2, 3, 4, 5]


def recovered(rows: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Rows as a new owner finds them."""
    return dict(rows)


def without_dues(rows: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {key: NEVER.to_bytes(8, "big") + row[8:] for key, row in rows.items()}


@without(f"{__name__}.recovered", without_dues)
async def test_h04_what_falls_due_falls_due_for_the_next_owner_too() -> None:
    """With the same ids, though nobody who heard the event is left."""
    first = Partition(DEFINITIONS, plan_of(), 0, {})
    (one,) = log_of([opened("T", 0)])
    list(first.feed(one))
    late = [Record(EVENTS, 0, 1, START + 5 * DAY, b"clock", tick(0, START + 5 * DAY).value)]
    second = Partition(DEFINITIONS, plan_of(), 0, recovered(first.rows), msgspec.structs.replace(first.meta))
    assert second.due == first.due
    told = [
        [(out.topic, out.value) for append in appends(fold.feed(late)) for out in append.out]
        for fold in (second, first)
    ]
    assert told[0] == told[1]
    assert any(topic == "journey.alerts" for topic, _ in told[0])


tick_of = Partition.tick


@without("stream.partition.Partition.tick", lambda self, now, *, caught_up: tick_of(self, now, caught_up=True))
async def test_h05_the_clock_of_a_partition_goes_on_alone_only_when_it_has_caught_up() -> None:
    fold = Partition(RUNNING, plan_of(), 0, {})
    (one,) = log_of([opened("T", 0)])
    list(fold.feed(one))
    assert fold.tick(START + DAY, caught_up=False) is None
    assert fold.tick(START + DAY, caught_up=True) is not None


@without("agents.engine.lane.bisect_left", lambda *_, **__: 0)
async def test_h06_the_place_outlives_every_row() -> None:
    """What was forgotten is not heard anew: the place is the partition's, not the key's."""
    assert await listed(10, batch(7, 11)) == [10, 11]


class Client:
    """What a hop asks of its client; the group's offsets are not where the state is."""

    owned = (SOURCE,)
    standbys: tuple[int, ...] = ()

    def __init__(self, partitions: int = 4) -> None:
        self._partitions = partitions

    def partitions(self, topic: str) -> int:
        return self._partitions


def table(broker: Broker, meta: Meta | None) -> Any:
    """A hop whose changelog holds `meta`; see `claimed`."""
    made = hop(TableSpec("c", lambda p, rows, meta: Listing(meta), 1, "r", 4), broker, [])  # type: ignore[arg-type]
    if meta is not None:
        puts = records(Append([], meta, []))
        said = [(key, value, (stamp(0, index),)) for index, (key, value) in enumerate(puts)]
        broker.batches.append((TopicPartition("c", 1), said))
    made._ledgers = {1: broker.read("c", 1)}
    return made


async def claim(meta: Meta | None, first: int = 0, end: int = 10) -> Any:
    return await table(Broker(), meta)._claim(SOURCE, first, end)


@without("agents.engine.hop.Hop._check_partitions", lambda self, topic, count: None)
async def test_h09_a_table_has_as_many_partitions_as_its_one_source() -> None:
    made = table(Broker(), None)
    made.client = Client(partitions=3)
    with pytest.raises(Stop) as stopped:
        Hop._check_partitions(made, "c", 4)
    assert stopped.value.code == Code.PARTITIONS


@without("stream.guards.is_next", lambda heard, seen: True)
async def test_h10_an_append_that_is_published_again_has_another_offset_and_counts_once() -> None:
    fold, said = kpis_fold(), [differences(1, START, START), differences(2, START, START)]
    list(fold.feed(kpi_records([said[0], said[0], said[1], said[0]])))
    with pytest.raises(Stop) as stopped:
        list(fold.feed(kpi_records([said[0], differences(4, START)])))
    assert stopped.value.code == Code.GAP


def any_state(spec: TableSpec, meta: Meta | None, source: TopicPartition, first: int, end: int) -> Meta:
    return meta or Meta()


@without("agents.engine.tables.fits", any_state)
async def test_h11_a_source_that_was_made_anew_or_cut_off_is_refused() -> None:
    for first, end in ((0, 4), (6, 10)):
        with pytest.raises(Stop) as stopped:
            await claim(GOOD, first, end)
        assert stopped.value.code == Code.TRUNCATED


@without("agents.engine.tables.fits", any_state)
async def test_h12_state_of_another_number_of_partitions_is_refused() -> None:
    with pytest.raises(Stop) as stopped:
        await claim(msgspec.structs.replace(GOOD, partitions=5))
    assert stopped.value.code == Code.PARTITIONS


async def where_the_group_is(self: Any, tp: TopicPartition, first: int, end: int) -> Any:
    return Listing(Meta(next=2, run=1, revision="r", partitions=4))


@without("agents.engine.tables.TableHop._claim", where_the_group_is)
async def test_h13_rewinding_the_group_moves_nothing() -> None:
    made = table(Broker(), GOOD)
    fold = await made._claim(SOURCE, 0, 10)
    owner = Owner(SOURCE, fold, made._ledgers[1], made.table, made.producer, made)
    made.lanes = {SOURCE: owner}
    assert made.places() == {SOURCE: 5}
    await owner.close()


@without("agents.engine.tables.fits", any_state)
async def test_h17_other_definitions_or_another_run_need_a_state_of_their_own() -> None:
    for other in ({"revision": "x"}, {"run": 2}):
        with pytest.raises(Stop) as stopped:
            await claim(msgspec.structs.replace(GOOD, **other))
        assert stopped.value.code == Code.DEFINITIONS


def off_by_one(self: Position, first: int, last: int) -> Verdict:
    return Verdict.DROP if last <= self.next else Verdict.TAKE


@without("agents.engine.position.Position.judge", off_by_one)
async def test_h18_the_first_record_of_a_log_and_the_next_one_are_heard() -> None:
    assert await listed(0, batch(0, 0), batch(1, 1)) == [0, 1]


async def take_early(self: Hop, tp: TopicPartition, records: Any) -> None:
    lane = self.lanes[tp] = self.lanes.get(tp) or Owner(
        tp, Listing(Meta(next=records[0].offset)), Ledger(), spec(), self.producer, self
    )
    await lane.put(records)


@without("agents.engine.hop.Hop.take", take_early)
async def test_h21_a_batch_from_before_the_seek_is_dropped() -> None:
    made = table(Broker(), GOOD)
    await made.take(SOURCE, batch(8, 9))
    assert (made.lanes, made.telemetry.guard_drops) == ({}, 2)


@without("agents.engine.lane.Lane.read_again", lambda self, behind: _nothing())
async def test_h21_a_batch_that_is_dropped_with_nothing_after_it_is_read_again() -> None:
    journal = Journal()
    owner = Owner(SOURCE, Listing(Meta(next=0)), Ledger(), spec(), None, journal)  # type: ignore[arg-type]
    owner._again = -1.0  # it has waited
    owner._moved = (0, owner._moved[1])
    Lane.stands(owner, True)
    await owner.read_again(True)
    await owner.close()
    assert journal.happened == [("sought", 0)]


async def _nothing() -> None: ...


@without(f"{__name__}._NeverRead", dict)
async def test_h21_a_batch_that_is_read_again_does_not_count_as_read() -> None:
    read: dict[Any, Any] = _NeverRead()
    read[SOURCE] = 17
    assert read[SOURCE] is None


class Asleep:
    """A client and a reader whose worker falls asleep between any two answers: others work, log and place go on."""

    def __init__(self) -> None:
        self._end = 0

    def partitions(self, topic: str) -> int:
        return 4

    def _later(self) -> int:
        self._end += 10
        return self._end

    async def committed(self, tp: TopicPartition) -> int:
        return self._later()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def bounds(self, tps: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        return dict.fromkeys(tps, (0, self._later()))


async def test_h11_a_place_that_others_moved_meanwhile_is_no_source_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = HopSpec(role="relay", app_id="relay", sources={"events": 4}, gaps=True)
    relay = RelayHop(spec, lambda *_: [], Connection(bootstrap="nowhere:1"), HopTelemetry("relay"), lambda error: None)
    relay.client = asleep = Asleep()  # type: ignore[assignment]
    monkeypatch.setattr("agents.engine.tables.Reader", lambda *_: asleep)
    (lane,) = await relay._prepare([SOURCE])
    await lane.close()
    assert lane.position.next == 10
