"""Laws of the journeys fold over random worlds: order, repeats, cuts, partitions, ticks, forgetting, junk.

Covers stream/fold.py, stream/facts.py, stream/findings.py, stream/packed.py, stream/differences.py, stream/plan.py,
stream/journey.py, stream/row.py, stream/looking.py, stream/stepping.py, stream/sums.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream import partition
from stream.definitions import DAY, Definitions, Keep
from stream.journey import Journey
from stream.looking import all_looks
from stream.partition import Partition
from stream.record import EVENTS, Reason, Record, Stop, appends
from tests.support.builders import DEFINITIONS, START, Panes, Run, fold, log_of, merge, opened, plan_of, run
from tests.support.worlds import SPAN, World

END = SPAN + 24 * DAY  # the last steps, their delays and the graces are over by then
PLAN = plan_of()
SEEDS = st.integers(0, 2**32)


def law(examples: int) -> Callable[..., object]:
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None)


def feeds(records: Sequence[Record], bounds: Sequence[int], definitions: Definitions = DEFINITIONS) -> Run:
    """The records in feeds cut at `bounds`; after each, a new process takes over from rows and meta."""
    found = Run(definitions)
    for start, end in pairwise(bounds):
        for append in appends(Partition(definitions, PLAN, 0, dict(found.rows), found.meta).feed(records[start:end])):
            found.take(append)
    return found


def of_events(sums: Panes) -> Panes:
    """Without the KPIs that follow the log: of alerts by when they opened, and of looks at what is known then."""
    return {key: parts for key, parts in sums.items() if key[0] not in ("signal_precision", "health")}


@law(60)
@given(SEEDS)
def test_order_and_repeats_do_not_matter(seed: int) -> None:
    world = World(seed)
    one = fold(log_of(world.delayed(), [END])[0], plan=PLAN)
    two = fold(log_of(world.delayed(repeats=True), [END])[0], plan=PLAN)
    assert of_events(one.sums) == of_events(two.sums)
    assert one.open == two.open
    assert trails(one) == trails(two)


def trails(found: Run) -> dict[bytes, Any]:
    return {key: Journey("", DEFINITIONS, row).trail for key, row in found.rows.items()}


@law(40)
@given(SEEDS, st.sampled_from([1, 3, 10, 100]), st.sampled_from([300, 3_000, 600_000]))
@example(10106561, 1, 300)  # a ticket resolved in the beat in which it was opened, and looks at health that are let go
def test_a_log_may_be_cut_anywhere(seed: int, cuts: int, size: int) -> None:
    random = Random(seed)
    [records] = log_of(World(seed).delayed(repeats=True), [END, END + 100 * DAY])
    whole = fold(records, plan=PLAN)
    with mock.patch.object(partition, "APPEND_BYTES", size):
        parts = feeds(records, sorted({0, len(records), *(random.randrange(len(records)) for _ in range(cuts))}))
    assert parts.alerts == whole.alerts
    assert parts.letters == whole.letters
    assert parts.beats == whole.beats
    assert parts.rows == whole.rows


def restarted(records: list[Record]) -> Run:
    """As `fold`, by a process that ends after each append, and another that goes on where it says."""
    found, rest = Run(DEFINITIONS), records
    while rest:
        append = next(appends(Partition(DEFINITIONS, PLAN, 0, dict(found.rows), found.meta).feed(rest)))
        found.take(append)
        rest = records[append.meta.next :]
    return found


@law(20)
@given(SEEDS, st.sampled_from([1, 300, 3_000]), st.sampled_from([300, 9_000]))
def test_a_log_may_be_cut_anywhere_inside_a_beat(seed: int, size: int, apart: int) -> None:
    """Much is heard in ten seconds, and the process ends after every append: also where many things fall due."""
    events = World(seed, span=6 * DAY, stories=30).delayed(repeats=True)
    last = max(one.at for one in events)
    [records] = log_of([one._replace(log=last + i * apart) for i, one in enumerate(events)], [END])
    whole = fold(records, plan=PLAN)
    with mock.patch.object(partition, "APPEND_BYTES", size):
        parts = restarted(records)
    assert parts.alerts == whole.alerts
    assert parts.letters == whole.letters
    assert parts.beats == whole.beats
    assert parts.rows == whole.rows


@law(10)
@given(SEEDS)
def test_what_falls_due_after_a_long_silence_is_written_a_few_customers_at_a_time(seed: int) -> None:
    [records] = log_of(World(seed, subjects=12).delayed(), [END])
    whole = fold(records, plan=PLAN)
    rows: dict[bytes, bytes] = {}
    *_, before = appends(Partition(DEFINITIONS, PLAN, 0, rows).feed(records[:-1]))
    with mock.patch.object(partition, "APPEND_WORK", 3):
        last = list(appends(Partition(DEFINITIONS, PLAN, 0, rows, before.meta).feed(records[-1:])))
        assert parts_of(restarted(records)) == parts_of(whole)
    assert all(len(append.puts) <= 2 * 3 for append in last)  # to count what they said is work too
    assert len(last) > 1 or len(last[0].puts) <= 2 * 3
    assert rows == whole.rows


def test_an_append_may_be_cut_amid_what_falls_due_at_the_time_of_the_next_record() -> None:
    """What of it is left happens before that record, though the log clock says that time already."""
    [records] = log_of(World(539, subjects=12).delayed(), [END])
    with mock.patch.object(partition, "APPEND_WORK", 3):
        assert parts_of(restarted(records)) == parts_of(fold(records, plan=PLAN))


@law(12)
@given(SEEDS, st.sampled_from([1, 2, 7]), st.sampled_from([3_000, 600_000]))
def test_a_fold_may_be_given_up_at_any_breath(seed: int, stride: int, size: int) -> None:
    """Until the next append the rows stand as after the last one, and another fold goes on from them."""
    random = Random(seed)
    [records] = log_of(World(seed, subjects=5, stories=8).delayed(repeats=True), [END])
    whole, found, breaths = fold(records, plan=PLAN), Run(DEFINITIONS), 0
    with mock.patch.object(partition, "APPEND_BYTES", size):
        while found.meta is None or found.meta.next < len(records):
            rows = dict(found.rows)
            worker = Partition(DEFINITIONS, PLAN, 0, rows, found.meta)
            worker.stride = stride
            for step in worker.feed(records[found.meta.next if found.meta else 0 :]):
                if step is not None:
                    found.take(step)
                assert rows == found.rows
                breaths += step is None
                if step is None and random.random() < 1 / 500:
                    break
    assert breaths > len(records) / stride / 2
    assert parts_of(found) == parts_of(whole)


def parts_of(found: Run) -> tuple[Any, ...]:
    return found.alerts, found.letters, found.beats, found.rows


@law(15)
@given(SEEDS)
def test_the_number_of_partitions_does_not_matter(seed: int) -> None:
    events = World(seed, subjects=5).delayed(repeats=True)
    one = fold(log_of(events, [END])[0], plan=PLAN)
    for n in (3, 24):
        split, definitions = Run(), msgspec.structs.replace(DEFINITIONS, partitions=n)
        for p, share in enumerate(log_of(events, [END], n)):
            for append in appends(Partition(definitions, PLAN, p, {}).feed(share)):
                split.take(append)
        assert split.beats == one.beats
        assert {(a.id, a.version): a for a in split.alerts} == {(a.id, a.version): a for a in one.alerts}


@law(25)
@given(SEEDS)
def test_ticks_change_no_result(seed: int) -> None:
    random, events = Random(seed), World(seed).delayed(repeats=True)
    quiet = fold(log_of(events, [END])[0], plan=PLAN)
    ticked = fold(log_of(events, [*(random.randrange(END) for _ in range(20)), END])[0], plan=PLAN)
    assert ticked.beats == quiet.beats
    assert ticked.alerts == quiet.alerts


@law(20)
@given(SEEDS, st.sampled_from([30, 90]))
def test_to_forget_is_to_freeze(seed: int, days: int) -> None:
    """What is forgotten stays counted: the sums are those of a fold that never forgets."""
    random, events = Random(seed), World(seed, span=100 * DAY, stories=20).delayed(repeats=True)
    [records] = log_of(events, [*(random.randrange(500) * DAY for _ in range(6)), 500 * DAY])
    keeps = Keep(records=days * DAY), Keep(records=4_000 * DAY, sessions=4_000 * DAY, usage=4_000 * DAY)
    one, two = (fold(records, msgspec.structs.replace(DEFINITIONS, keep=keep), PLAN) for keep in keeps)
    assert of_events(one.sums) == of_events(two.sums)


@law(25)
@given(SEEDS)
def test_what_was_said_is_what_stands(seed: int) -> None:
    """Nothing is forgotten: then the differences add up to the facts of the journeys as they are in the end."""
    keep = Keep(records=4_000 * DAY, sessions=4_000 * DAY, usage=4_000 * DAY)
    definitions = msgspec.structs.replace(DEFINITIONS, keep=keep)
    found = fold(log_of(World(seed).delayed(repeats=True), [END])[0], definitions, PLAN)
    stands: Panes = {}
    for key, row in found.rows.items():
        journey = Journey(key.decode(), definitions, row)
        for item, eyes in all_looks(journey, PLAN):
            for view in [journey] if item[0] == "j" else journey.views(item):
                for kpi in eyes.kpis:
                    for fact in kpi.facts(view, journey):
                        _count(stands, kpi.name, fact)
    assert of_events(found.sums) == of_events(stands)


def _count(into: Panes, name: str, fact) -> None:
    if fact.at <= START + END:
        merge(into, (name, fact.at // 60_000, fact.cut), dict(fact.parts))
        if fact.until is not None and fact.until <= START + END:
            merge(into, (name, fact.until // 60_000, fact.cut), {part: -n for part, n in fact.parts})


JUNK = [
    None,
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"{" * 2_000,
    b'{"type":"ticket.opened"}',
    b'"\\ud800"',
    b"1e999",
]


@law(40)
@given(SEEDS, st.lists(st.binary(max_size=60), max_size=3))
def test_every_record_is_an_event_or_a_dead_letter(seed: int, junk: list[bytes]) -> None:
    random = Random(seed)
    values: list[tuple[int, str, bytes | None]] = [
        (one.log, one.subject, _bent(random, one.value)) for one in World(seed, stories=5).delayed()
    ]
    values += [(END, "c1", value) for value in (*JUNK, *junk)]
    wild = [
        Record(EVENTS, 0, i, START + log, subject.encode(), value) for i, (log, subject, value) in enumerate(values)
    ]
    worker = Partition(DEFINITIONS, PLAN, 0, {})
    found = Run()
    for append in appends(worker.feed(wild)):
        found.take(append)
    assert all((wild[x.offset].key, wild[x.offset].value) == (x.key, x.value) for x in found.letters)
    late = worker.tallies.dead_letters[Reason.HEADLESS]
    assert worker.tallies.heard.total() + len(found.letters) - late == len(wild)
    assert len(found.letters) == worker.tallies.dead_letters.total()


def _bent(random: Random, value: bytes) -> bytes:
    """The bytes, every other time with one piece changed."""
    at = random.randrange(len(value))
    return value if random.random() < 0.5 else value[:at] + random.randbytes(2) + value[at + random.randrange(4) :]


def test_a_record_of_another_partition_or_key_is_misrouted() -> None:
    [records] = log_of([opened("T1", 0)])
    [other] = [msgspec.structs.replace(r, key=b"c2") for r in records]
    assert [x.reason for x in fold([other]).letters] == [Reason.MISROUTED]
    three = msgspec.structs.replace(DEFINITIONS, partitions=3)
    letters = [
        x for p in range(3) for append in appends(Partition(three, PLAN, p, {}).feed(records)) for x in append.out
    ]
    assert sum(x.topic == "journey.deadletters" for x in letters) == 2


@pytest.mark.parametrize(
    ("at", "given_", "reason"),
    [
        (5 * 60_000, {}, None),
        (5 * 60_000 + 1, {}, Reason.FUTURE),
        (-90 * DAY, {}, None),
        (-90 * DAY - 1, {}, Reason.TOO_LATE),
        (-400 * DAY, {"backfill": True}, None),
    ],
)
def test_times_are_judged_against_the_log_clock(at: int, given_: dict[str, Any], reason: Reason | None) -> None:
    assert [x.reason for x in run(opened("T1", at, log=0, **given_)).letters] == ([reason] if reason else [])


def test_state_of_other_definitions_is_refused() -> None:
    meta = run(opened("T1", 0)).meta
    for changed, code in (({"run": 2}, 78), ({"future": 1}, 78), ({"partitions": 2}, 73)):
        with pytest.raises(Stop) as stop:
            Partition(msgspec.structs.replace(DEFINITIONS, **changed), PLAN, 0, {}, meta)
        assert stop.value.code == code


def test_a_feed_of_nothing_appends_nothing() -> None:
    assert not list(Partition(DEFINITIONS, PLAN, 0, {}).feed([]))
