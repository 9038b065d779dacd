"""Laws of the kpis fold: what comes out depends on the log, not on how it was cut, mixed, repeated or interrupted."""

from __future__ import annotations

from itertools import chain

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream import aggregates, closing
from stream.aggregates import KpiPartition
from stream.claims import Alert, Change, Differences
from stream.definitions import BEAT, DAY, HOUR, MINUTE, Definitions
from stream.record import UNPACED, Append, Record
from stream.record import appends as without_breaths
from tests.support.differences import DEFINITIONS, KPIS, Result, Said, appends, cut, fold, records, result

START = 1_760_000_000_000 // DAY * DAY
PARTITIONS = DEFINITIONS.partitions

labels = st.sampled_from(["small", "big", None])


@st.composite
def said(draw: st.DrawFn) -> list[Said]:
    """What one journeys partition says over a few hours of log time."""
    clock, found = START, []
    for _ in range(draw(st.integers(0, 25))):
        clock += draw(st.sampled_from([1, 900, 9_000, 61_000, 25 * MINUTE, 3 * HOUR]))
        late = draw(st.sampled_from([0, 0, 0, MINUTE, HOUR, 5 * HOUR, 3 * DAY]))
        dims = {"segment": draw(labels), "channel": draw(st.sampled_from(["mail", None])), "team": "unused"}
        kpi = draw(st.sampled_from(["share", "share", "share", "took", "open"]))
        v = draw(st.sampled_from([1, 1, 1, 2, -1]))
        parts = {"share": {"num": v, "den": v}, "took": {"sum": 9 * v, "n": v, "h:23": v}, "open": {"n": v}}[kpi]
        about = cut(**{dim: label for dim, label in dims.items() if label})
        found.append(Said(clock, Change(kpi, (clock - late) // MINUTE, about, parts)))
    return found


worlds = st.lists(said(), min_size=PARTITIONS, max_size=PARTITIONS)


def ending(world: list[list[Said]]) -> int:
    return max((s.at for p in world for s in p), default=START) + 8 * HOUR


def written(world: list[list[Said]], data: st.DataObject) -> list[Record]:
    """The world's records, cut and mixed in a drawn way; within a partition the order stands."""
    clock = ending(world)
    cuts = [data.draw(st.frozensets(st.integers(0, max(0, len(p) - 1)))) for p in world]
    queues = [
        appends(p, world[p], clock, cuts[p].__contains__, DEFINITIONS) for p in range(PARTITIONS)
    ]  # fmt: skip
    order = data.draw(st.permutations([p for p, q in enumerate(queues) for _ in q]))
    heads = [iter(q) for q in queues]
    return records([next(heads[p]) for p in order])


def fed(records: list[Record], data: st.DataObject, partition: KpiPartition) -> list[Append]:
    """The appends of feeding the records in fetches of drawn sizes."""
    found: list[Append] = []
    i = 0
    while i < len(records):
        n = data.draw(st.integers(1, len(records)))
        found += without_breaths(partition.feed(records[i : i + n]))
        i += n
    return found


def plainly(world: list[list[Said]]) -> Result:
    partition = fold(keep=True)
    whole = records(chain.from_iterable(
        appends(p, world[p], ending(world), lambda i: False, DEFINITIONS) for p in range(PARTITIONS)
    ))  # fmt: skip
    return result(partition, list(without_breaths(partition.feed(whole))))


@settings(max_examples=80, deadline=None)
@given(worlds, st.data())
def test_cuts_and_interleavings_change_nothing(world: list[list[Said]], data: st.DataObject) -> None:
    partition = fold()
    found = fed(written(world, data), data, partition)
    assert result(partition, found) == plainly(world)


@settings(max_examples=60, deadline=None)
@given(worlds, st.data())
def test_a_restart_at_any_append_or_breath_changes_nothing(world: list[list[Said]], data: st.DataObject) -> None:
    heard, expected = written(world, data), plainly(world)
    small = data.draw(st.sampled_from([1, 300, 2_000]))
    strides = iter(data.draw(st.lists(st.sampled_from([1, 3, 20]), max_size=4)))  # of folds that are given up anywhere
    store: dict[bytes, bytes] = {}  # what the changelog would give back
    found: list[Append] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregates, "APPEND", small)
        patch.setattr(aggregates, "GROUP", data.draw(st.sampled_from([1, 1_000, 256_000])))
        patch.setattr(aggregates, "SLICE", 1)
        patch.setattr(closing, "SLICE", 1)
        meta, done = None, False
        while not done:
            partition = fold(dict(store), meta)
            partition.stride = next(strides, UNPACED)
            stop = data.draw(st.integers(1, 4 if partition.stride == UNPACED else 60))
            rest = heard[meta.next :] if meta else heard
            for n, append in enumerate(partition.feed(rest), 1):
                if append is not None:
                    for key, value in append.puts:
                        store.pop(key, None)
                        store.update({} if value is None else {key: value})
                    found.append(append)
                    meta = append.meta
                assert partition.rows == store
                if n == stop:
                    break
            else:
                done = True
    assert [a.meta.seq for a in found] == list(range(1, len(found) + 1))
    assert result(partition, found) == expected
    assert result(fold(dict(store), meta), found) == expected


@settings(max_examples=50, deadline=None)
@given(worlds, st.data())
def test_repeats_change_nothing(world: list[list[Said]], data: st.DataObject) -> None:
    heard = written(world, data)
    repeated = [r for i, r in enumerate(heard) for r in (r, *heard[max(0, i - data.draw(st.integers(0, 3))) : i])]
    repeated = [msgspec.structs.replace(r, offset=i) for i, r in enumerate(repeated)]
    partition = fold()
    found = list(without_breaths(partition.feed(repeated)))
    assert result(partition, found) == plainly(world)
    assert partition.meta.next == len(repeated)
    assert partition.repeats == len(repeated) - len(heard)


@settings(max_examples=50, deadline=None)
@given(worlds, st.data())
def test_appends_stay_small_and_say_all(world: list[list[Said]], data: st.DataObject) -> None:
    """With a limit far below what one record changes, several appends make up one record, and lose nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregates, "APPEND", 1)
        partition = fold()
        found = fed(written(world, data), data, partition)
    assert result(partition, found) == plainly(world)


def differences(partition: int, seq: int, clock: int, *changes: tuple[int, Change], **other: object) -> Differences:
    beats: dict[int, list[Change]] = {}
    for at, change in changes:
        beats.setdefault(at // BEAT, []).append(change)
    d = Differences(1, "0123456789abcdef", partition, PARTITIONS, seq, clock, sorted(beats.items()))
    return msgspec.structs.replace(d, **other)


def share(at: int, n: int = 1, **dims: str) -> tuple[int, Change]:
    return at, Change("share", at // MINUTE, cut(**dims), {"num": n, "den": n})


def everyone(seq: int, clock: int, *changes: tuple[int, Change]) -> list[Differences]:
    """The same append number of all partitions; the first one has the changes."""
    return [differences(p, seq, clock, *(changes if p == 0 else ())) for p in range(PARTITIONS)]


def said_alerts(found: list[Append]) -> list[tuple[str, str, str, int, int]]:
    alerts = [msgspec.json.decode(o.value, type=Alert) for a in found for o in a.out]
    return [(a.signal, a.subject, a.change, a.episode, a.changed - START) for a in alerts]


def test_a_watch_is_judged_two_minutes_after_its_pane_and_resolves_in_silence() -> None:
    partition = fold()
    first = everyone(1, START + HOUR + 2 * MINUTE - 1, share(START + MINUTE, 3, segment="big"))
    assert said_alerts(list(without_breaths(partition.feed(records(first))))) == []
    second = records(everyone(2, START + HOUR + 2 * MINUTE), len(first))
    assert said_alerts(list(without_breaths(partition.feed(second)))) == [
        ("many", "segment:big", "opened", 1, HOUR + 2 * MINUTE),
        ("many_all", "all", "opened", 1, HOUR + 2 * MINUTE),
    ]
    third = records(everyone(3, START + 400 * DAY), 2 * len(first))
    assert said_alerts(list(without_breaths(partition.feed(third)))) == [
        ("many", "segment:big", "resolved", 1, 3 * HOUR + 2 * MINUTE),
        ("many_all", "all", "resolved", 1, 4 * HOUR + 2 * MINUTE),  # lingers for an hour
    ]
    assert partition.closed.place.judged == START + 400 * DAY - HOUR


def test_what_comes_after_the_moment_is_not_seen_then() -> None:
    partition = fold()
    late = share(START + 59 * MINUTE, 3, segment="big")[1]
    moment = START + HOUR + 2 * MINUTE
    found = list(without_breaths(partition.feed(records(everyone(1, moment + BEAT, share(START, 1), (moment, late))))))
    assert said_alerts(found) == []
    found = list(without_breaths(partition.feed(records(everyone(2, moment + HOUR), 3))))
    assert said_alerts(found)[0] == ("many", "segment:big", "opened", 1, 2 * HOUR + 2 * MINUTE)


def test_nothing_is_closed_before_all_partitions_are_heard() -> None:
    partition = fold()
    found = list(
        without_breaths(partition.feed(records(everyone(1, START + DAY, share(START, 3, segment="big"))[:-1])))
    )
    assert said_alerts(found) == []
    assert partition.meta.clock == 0
    assert partition.series("share")[()].sums() == {"num": 3, "den": 3}  # display does not wait
    found = list(without_breaths(partition.feed(records(everyone(1, START + DAY)[-1:], 2))))
    assert [a[2] for a in said_alerts(found)] == ["opened", "opened", "resolved", "resolved"]


def test_a_verdict_closes_what_stands_and_what_goes_on_does_not_come_back() -> None:
    partition = fold()
    opened = list(
        without_breaths(partition.feed(records(everyone(1, START + 70 * MINUTE, share(START, 3, segment="big")))))
    )
    id_ = msgspec.json.decode(opened[-1].out[0].value, type=Alert).id
    at = START + 71 * MINUTE
    verdict = [msgspec.structs.replace(d, verdicts=[(id_, "noise", at, at // BEAT)]) for d in everyone(2, at + BEAT)]
    found = list(without_breaths(partition.feed(records(verdict, 3))))
    assert said_alerts(found) == [("many", "segment:big", "closed", 1, at // BEAT * BEAT + BEAT - START)]
    again = everyone(3, START + 10 * HOUR, share(at + 2 * BEAT, 3, segment="big"))
    found = list(without_breaths(partition.feed(records(again, 6))))
    assert [a for a in said_alerts(found) if a[0] == "many"] == []
    fresh = everyone(4, START + 20 * HOUR, share(START + 11 * HOUR, 3, segment="big"))
    found = list(without_breaths(partition.feed(records(fresh, 9))))
    assert [a[2:4] for a in said_alerts(found) if a[0] == "many"] == [("opened", 2), ("resolved", 2)]


def test_a_closed_layer_forgets_in_36_days_but_the_fold_goes_on() -> None:
    partition = fold()
    heard = [*everyone(1, START + HOUR, share(START, 3)), *everyone(2, START + 90 * DAY)]
    found = list(without_breaths(partition.feed(records(heard))))
    found += without_breaths(partition.feed(records(everyone(3, START + 90 * DAY + HOUR), len(heard))))
    assert partition.closed.panes.series["share", ()].index == []
    assert not any(msgspec.msgpack.decode(key)[0] == "c" for key in partition.rows)


def test_labels_beyond_the_limit_are_other() -> None:
    few = Definitions(partitions=PARTITIONS, kpi_partitions=1, label_limit=2, labels={"channel": ("mail",)})
    partition = fold(definitions=few)
    heard = [share(START, 1, segment=f"s{i}", channel=c) for i in range(4) for c in ("mail", "fax")]
    list(without_breaths(partition.feed(records(everyone(1, START, *heard)))))
    sums = {c: s.sums()["den"] for c, s in partition.series("share").items()}
    assert sums == {
        (): 8,
        (("channel", "mail"),): 4,
        (("channel", "other"),): 4,
        (("segment", "s0"),): 2,
        (("segment", "s1"),): 2,
        (("segment", "other"),): 4,
    }
    assert partition.labels.overflowed == {"share": {"channel": 4, "segment": 4}}


def test_another_run_is_passed_over() -> None:
    partition = fold()
    other = differences(0, 7, START, share(START), run=2, revision="other", partitions=5)
    appends = list(without_breaths(partition.feed(records([other]))))
    assert (appends[-1].meta.next, appends[-1].meta.seq, appends[-1].meta.seen) == (1, 1, {})
    assert partition.series("share") == {}


def test_an_append_is_cut_by_size_and_each_says_how_far_it_is() -> None:
    """4,000 labels in one record: no append is above the limit by more than one series' rows."""
    many = [share(START + i * MINUTE, 1, segment=f"s{i % 900}", channel=f"c{i % 700}") for i in range(4_000)]
    partition = fold()
    found = list(without_breaths(partition.feed(records(everyone(1, START + 3 * DAY, *many)))))
    sizes = [sum(len(k) + len(v or b"") for k, v in a.puts) for a in found]
    assert len([a for a in found if a.meta.next == 1]) > 2  # the first record alone takes several
    assert max(sizes) < aggregates.APPEND * 1.2
    assert partition.series("share")[()].sums()["den"] == 4_000
    assert not any(msgspec.msgpack.decode(key)[0] in ("i", "j") for key in partition.rows)


def test_a_replay_writes_nothing_and_keeps_everything() -> None:
    partition = fold(keep=True)
    heard = [*everyone(1, START, share(START - 700 * DAY)), *everyone(2, START + 500 * DAY)]
    found = list(without_breaths(partition.feed(records(heard))))
    assert not partition.rows and not any(a.puts for a in found)
    at = START - 700 * DAY
    assert partition.series("share")[()].sums(at, at + DAY) == {"num": 1, "den": 1}
    assert set(KPIS) == {"share", "took", "open"}


def test_there_is_a_breath_after_so_many_pieces_of_work() -> None:
    """One record that opens and closes very much is taken in by steps, and comes to the same."""
    many = [share(START + i * HOUR, 1, segment=f"s{i % 90}") for i in range(2_000)]
    heard = records(everyone(1, START + 100 * DAY, *many))
    plain, paced = fold(), fold()
    paced.stride = 500
    expected = list(without_breaths(plain.feed(heard)))
    steps = list(paced.feed(heard))
    assert steps.count(None) > 2_000 // 500
    assert result(paced, without_breaths(steps)) == result(plain, expected)
