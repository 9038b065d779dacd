"""The delivery fold: the newest version wins, state is bounded, and a restart is not noticed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.claims import Alert
from stream.definitions import DAY, HOUR, Calendar, Definitions
from stream.delivering import APPEND_BYTES, KEEP, DeliveryPartition
from stream.notices import Mark, Sent
from stream.policy import Policy, Team
from stream.record import Append, Meta, Record, Stop
from tests.support.alerts import alert, applied, heard, ticked, verdict

VERDICTS = ("useful", "noise", "known")


def fold(rows: dict[bytes, bytes] | None = None, meta: Meta | None = None) -> DeliveryPartition:
    """Under settings with which a handful of alerts meets every gate."""
    teams = {"a": Team(quiet="all"), "b": Team(quiet="customers")}
    policy = Policy(budget=1, teams=teams, group_pages=2, surge=2, precision=0.9, reviews=1)
    return DeliveryPartition(DEFINITIONS, "r", 0, {} if rows is None else rows, meta, policy)


DEFINITIONS = Definitions(calendars={"default": Calendar()})


def said(partition: DeliveryPartition) -> dict[str, Any]:
    """All that a fold can be asked."""
    return {
        "rows": dict(partition.rows),
        "meta": partition.meta,
        "queue": partition.queue(),
        "active": {label: n for label, n in partition.active.items() if n},
        "open": sorted(partition.open()),
        "beside": sorted(partition.line.beside("customer-1")),
        "demoted": partition.demoted,
    }


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """A log of alert changes, with repeats and old versions in it; time goes on by up to 4 days a record."""
    clock, alerts, times = 0, [], []
    for _ in range(draw(st.integers(0, 25))):
        clock += draw(st.sampled_from([0, 1, 1, 1, HOUR, 4 * DAY]))
        alerts.append(
            alert(
                draw(st.sampled_from("abc")),
                draw(st.integers(1, 2)),
                draw(st.integers(1, 5)),
                draw(st.sampled_from(["open", "open", "resolved", "closed"])),
                severity=draw(st.sampled_from(["info", "queue", "page"])),
                signal=draw(st.sampled_from(["one", "two"])),
                subject=draw(st.sampled_from(["customer-1", "customer-2"])),
                run=draw(st.sampled_from([1, 1, 1, 2])),
                opened=clock,
                changed=clock,
                cut=draw(st.sampled_from([{}, {"team": "a"}, {"team": "b", "topic": "x"}, {"topic": "x"}])),
            )
        )
        times.append(clock)
    return heard(alerts, times)


@st.composite
def mixed(draw: st.DrawFn) -> list[Record]:
    """The same, with verdicts and ticks between them."""
    rows: list[Record] = []
    for record in draw(logs()):
        kind = draw(st.sampled_from(["", "", "verdict", "tick"]))
        if kind == "verdict":
            rows.append(verdict(draw(st.sampled_from("abc")), record.timestamp, draw(st.sampled_from(VERDICTS))))
        elif kind == "tick":
            rows.append(ticked(record.timestamp))
        rows.append(record)
    return [msgspec.structs.replace(row, offset=i) for i, row in enumerate(rows)]


@given(logs())
def test_the_largest_episode_and_version_wins(log: list[Record]) -> None:
    """Within one moment of log time (nothing is forgotten), the row is the maximum, whatever came when."""
    records = [Record(r.topic, 0, r.offset, 0, r.key, r.value) for r in log]
    partition = fold()
    list(partition.feed(records))
    best: dict[str, tuple[int, int]] = {}
    for one in [_alert(record) for record in records]:
        if one.run == 1:
            best[one.id] = max(best.get(one.id, (0, 0)), (one.episode, one.version))
    found = {id: partition.held(id) for id in partition.ids() if id in best}
    assert {id: (h.alert.episode, h.alert.version) for id, h in found.items() if h} == best


@given(logs(), st.data())
def test_repeats_and_older_versions_change_nothing(log: list[Record], data: st.DataObject) -> None:
    partition = fold()
    list(partition.feed(log))
    before = said(partition)
    known = [record for record in log if (held := partition.held(_alert(record).id)) and _older(record, held.alert)]
    again = data.draw(st.lists(st.sampled_from(known), max_size=5)) if known else []
    repeats = [Record(r.topic, 0, len(log) + i, partition.meta.clock, r.key, r.value) for i, r in enumerate(again)]
    appends = list(partition.feed(repeats))
    after = said(partition)
    assert [append.puts for append in appends] == [[]] * bool(repeats)
    assert after.pop("meta").next == len(log) + len(repeats)
    before.pop("meta")
    assert after == before


@given(mixed(), st.data())
def test_restored_is_never_stopped(log: list[Record], data: st.DataObject) -> None:
    """A fold made of rows and meta at any cut, fed the rest, equals the one that went through."""
    cut = data.draw(st.integers(0, len(log)))
    through = fold()
    list(through.feed(log[:cut]))
    marks = [Sent(id, "log", Mark(1, data.draw(st.integers(1, 5)), 2)) for id in sorted(through.ids())]
    through.sent(marks)
    restored = fold(dict(reversed(through.rows.items())), through.meta)
    assert said(restored) == said(through)
    first, second = list(through.feed(log[cut:])), list(restored.feed(log[cut:]))
    assert first == second
    assert said(restored) == said(through)


@given(mixed())
def test_appends_carry_all_of_the_state(log: list[Record]) -> None:
    partition = fold()
    appends = list(partition.feed(log))
    assert applied({}, appends) == partition.rows
    assert [append.meta.seq for append in appends] == list(range(1, len(appends) + 1))
    if log:
        assert appends[-1].meta == partition.meta
        assert partition.meta.next == len(log)


def test_what_is_over_is_forgotten_after_a_week_of_log_time() -> None:
    partition = fold()
    list(partition.feed(heard([alert("a", status="resolved"), alert("b")], [5, 5])))
    [kept] = partition.feed(heard([alert("c", opened=9)], [5 + KEEP - 1], offset=2))
    assert [key for key, _ in kept.puts if key[:1] != b"~"] == [b"c"]
    [dropped] = partition.feed(heard([alert("d", opened=9)], [5 + KEEP], offset=3))
    assert dropped.puts[0] == (b"a", None)
    assert sorted(partition.ids()) == ["b", "c", "d"]
    assert partition.dropped == {"forgotten": 1}


def test_one_that_reopened_is_not_forgotten() -> None:
    partition = fold()
    list(partition.feed(heard([alert(status="resolved"), alert(episode=2, version=2)], [5, 6])))
    list(partition.feed(heard([alert("z")], [5 + 2 * KEEP], offset=2)))
    assert sorted(partition.ids()) == ["a1", "z"]


def test_one_that_ended_twice_is_kept_a_week_from_its_last_end() -> None:
    partition = fold()
    ended, again = alert(status="resolved"), alert(episode=2, version=2, status="resolved")
    list(partition.feed(heard([ended, again], [5, 5 + DAY])))
    list(partition.feed(heard([alert("z")], [5 + KEEP], offset=2)))
    assert sorted(partition.ids()) == ["a1", "z"]
    list(partition.feed(heard([alert("y")], [5 + DAY + KEEP], offset=3)))
    assert sorted(partition.ids()) == ["y", "z"]


def test_the_log_clock_never_falls() -> None:
    partition = fold()
    list(partition.feed(heard([alert("a"), alert("b", status="resolved")], [9, 5])))
    assert partition.meta.clock == 9
    held = partition.held("b")
    assert held is not None
    assert held.heard == 9


def test_junk_and_other_runs_are_counted_and_passed_over() -> None:
    partition = fold()
    [append] = partition.feed(heard([b"", b"{", b'{"id":"a"}', alert(severity="loud"), alert(run=2)]))
    assert append.puts == []
    assert append.meta.next == 5
    assert partition.dropped == {"unreadable": 4, "other_run": 1}


def test_a_table_of_another_run_is_refused() -> None:
    with pytest.raises(Stop, match=r"of run 7, settings say 1") as stop:
        fold(meta=Meta(run=7))
    assert stop.value.code == 78


def test_appends_are_cut_by_size_never_inside_a_record() -> None:
    records = heard([alert(f"a{i}", text="x" * 100_000) for i in range(20)])
    appends = list(fold().feed(records))
    sizes = [sum(len(key) + len(value or b"") for key, value in append.puts) for append in appends]
    assert len(appends) > 1
    assert all(APPEND_BYTES <= size < APPEND_BYTES + 110_000 for size in sizes[:-1])
    assert [append.meta.next for append in appends] == [
        sum(key[:1] == b"a" for a in appends[: i + 1] for key, _ in a.puts) for i in range(len(appends))
    ]


def test_marks_only_grow_and_need_a_row() -> None:
    partition = fold()
    list(partition.feed(heard([alert(version=3)])))
    mark = Sent("a1", "log", Mark(1, 3, 2))
    append = partition.sent([mark, Sent("gone", "log", Mark(1, 1, 2))])
    assert append is not None
    assert (append.meta.next, append.meta.seq, len(append.puts)) == (1, 2, 1)
    assert partition.sent([mark]) is None
    assert partition.sent([Sent("a1", "log", Mark(1, 2, 3))]) is None
    held = fold(dict(append.puts), append.meta).held("a1")  # type: ignore[arg-type]
    assert held is not None
    assert held.sent == {"log": Mark(1, 3, 2)}


def test_marks_survive_newer_versions_and_episodes() -> None:
    partition = fold()
    list(partition.feed(heard([alert()])))
    partition.sent([Sent("a1", "log", Mark(1, 1, 2))])
    list(partition.feed(heard([alert(version=2, status="resolved"), alert(episode=2, version=3)], offset=1)))
    held = partition.held("a1")
    assert held is not None
    assert held.sent == {"log": Mark(1, 1, 2)}


def test_the_queue_says_place_and_reasons() -> None:
    partition = fold()
    late: dict[str, Any] = {"opened": 10 * HOUR, "changed": 10 * HOUR}
    alerts = [
        alert("old", opened=0, subject="customer-3"),
        alert("vip", vip=True, subject="customer-4", **late),
        alert("one", **late),
        alert("two", signal="reopened", **late),
        alert("page", severity="page", subject="all", **late),
        alert("info", severity="info", subject="customer-5", **late),
        alert("done", status="resolved"),
    ]
    list(partition.feed(heard(alerts, [10 * HOUR] * len(alerts))))
    queue = partition.queue()
    assert [ranked.alert.id for ranked in queue] == ["page", "vip", "one", "two", "old", "info"]
    assert [ranked.place for ranked in queue] == [1, 2, 3, 4, 5, 6]
    assert queue[2].why == ["queue", "2 signals open: counts as 1 d longer", "open for 0 s"]
    assert queue[4].why == ["queue", "open for 10 h"]
    assert [ranked.alert.id for ranked in partition.queue(limit=2)] == ["page", "vip"]
    assert partition.active[("repeat_contact", "queue")] == 3
    assert partition.active[("repeat_contact", "page")] == 1


def _alert(record: Record) -> Alert:
    assert record.value is not None
    return msgspec.json.decode(record.value, type=Alert)


def _older(record: Record, newest: Alert) -> bool:
    one = _alert(record)
    return (one.episode, one.version) <= (newest.episode, newest.version)


def test_an_append_holds_each_key_once() -> None:
    appends: list[Append] = list(fold().feed(heard([alert(version=v) for v in range(1, 6)])))
    [keys] = [[key for key, _ in append.puts] for append in appends]
    assert sorted(keys) == sorted({*keys})
