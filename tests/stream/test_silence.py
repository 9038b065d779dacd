"""Sources that go silent, from events to alerts. Covers stream/signals/source_silent.py."""

from __future__ import annotations

import msgspec
import pytest

from stream.claims import Differences
from stream.definitions import BEAT, DAY, HOUR, MINUTE, Definitions
from stream.histogram import bucket
from stream.record import KPIS, Record, appends
from stream.replay import Replay
from stream.signals.source_silent import WATCH
from tests.support import differences
from tests.support.builders import START as BEGIN
from tests.support.builders import event, log_of
from tests.support.differences import DEFINITIONS, REVISION

START = 20_000 * DAY
Heard = list[tuple[int, str]]  # log time, source
STEADY = [(START + n * 10 * MINUTE, "crm") for n in range(14 * 144)]  # 14 d, each 10 min
LAST = STEADY[-1][0]
ONE = Definitions(partitions=1, kpi_partitions=1)


def log(heard: Heard, clock: int, cut: int = 10_000) -> list[Record]:
    """What one journeys partition writes of it, an append each `cut` sources, the last one at `clock`."""
    found = []
    for seq, first in enumerate(range(0, len(heard) + 1, cut), start=1):
        part = heard[first : first + cut]
        beats: dict[int, dict[str, None]] = {}
        for at, source in part:
            beats.setdefault(at // BEAT, {})[source] = None
        sources = [(beat, sorted(names)) for beat, names in beats.items()]
        at = clock if first + cut > len(heard) else part[-1][0]
        one = Differences(1, REVISION, 0, 1, seq, at, [], [], sources)
        found.append(Record(KPIS, 0, seq - 1, at, b"0", msgspec.msgpack.encode(one)))
    return found


def told(heard: Heard, clock: int, cut: int = 10_000) -> list[tuple[int, str, str]]:
    """[(log time, change, subject)]."""
    partition = differences.fold(watches=[WATCH], definitions=ONE)
    outs = [out for append in appends(partition.feed(log(heard, clock, cut))) for out in append.out]
    found = [msgspec.json.decode(out.value) for out in outs]
    return [(alert["changed"], alert["change"], alert["subject"]) for alert in found]


def test_three_usual_gaps_of_silence_then_it_speaks() -> None:
    """10 min fall into a bucket whose middle is 4 % off; a limit is in whole beats after the last beat."""
    assert told(STEADY, LAST + 25 * MINUTE) == []
    [(at, change, subject)] = told(STEADY, LAST + 5 * HOUR)
    assert (change, subject) == ("opened", "source:crm")
    assert abs(at - LAST - BEAT - 30 * MINUTE) <= 30 * MINUTE // 20 + BEAT
    back = [*STEADY, (LAST + 5 * HOUR, "crm")]
    assert [change for _, change, _ in told(back, LAST + 6 * HOUR)] == ["opened", "resolved", "opened"]
    assert told(back, LAST + 5 * HOUR + BEAT)[1][0] == LAST + 5 * HOUR + BEAT


def test_what_it_says() -> None:
    partition = differences.fold(watches=[WATCH], definitions=ONE)
    [out] = [out for append in appends(partition.feed(log(STEADY, LAST + 5 * HOUR))) for out in append.out]
    alert = msgspec.json.decode(out.value)
    assert (alert["severity"], alert["cause"], alert["warns_of"]) == ("page", "crm", "blind spot")
    assert alert["text"].startswith("Nothing from crm for 31 min; in 99 % of the time its gaps are within 10 min")
    assert alert["numbers"]["silent_ms"] // 3 == alert["numbers"]["usual_gap_ms"]


def test_only_what_is_usually_there() -> None:
    week = [row for row in STEADY if row[0] < START + 7 * DAY]
    assert told(week, START + 9 * DAY) == []  # not quite a week is known
    assert told(STEADY[::30], LAST + 30 * DAY) == []  # fewer than 100 gaps


def test_a_source_that_sleeps_at_night_is_not_called_every_night() -> None:
    days = [row for row in STEADY if row[0] % DAY < 12 * HOUR]
    assert told(days, days[-1][0] + 20 * HOUR) == []
    assert [change for _, change, _ in told(days, days[-1][0] + 48 * HOUR)] == ["opened"]


def test_sources_are_told_apart() -> None:
    both = sorted([*STEADY, *((START + n * HOUR, "web") for n in range(14 * 24 + 12))])
    assert [subject for *_, subject in told(both, both[-1][0])] == ["source:crm"]


@pytest.mark.parametrize("cut", [1, 7, 500])
def test_where_appends_are_cut_changes_nothing(cut) -> None:
    back = [*STEADY[-1100:], (LAST + 5 * HOUR, "crm")]
    assert told(back, LAST + 6 * HOUR, cut) == told(back, LAST + 6 * HOUR)


def test_a_restart_changes_nothing() -> None:
    """At each append: from the rows alone, as recovery finds them."""
    heard = [*STEADY[-1100:], (LAST + 5 * HOUR, "crm")]
    whole = told(heard, LAST + 6 * HOUR, 150)
    store: dict[bytes, bytes] = {}
    meta, found = None, []
    for record in log(heard, LAST + 6 * HOUR, 150):
        partition = differences.fold(dict(store), meta, watches=[WATCH], definitions=ONE)
        for append in appends(partition.feed([record])):
            meta = append.meta
            for key, value in append.puts:
                store.pop(key, None) if value is None else store.__setitem__(key, value)
            found += [msgspec.json.decode(out.value) for out in append.out]
    assert [(a["changed"], a["change"], a["subject"]) for a in found] == whole
    assert len(whole) == 3


def test_a_habit_that_changed_is_forgotten_in_two_terms() -> None:
    daily = [(LAST + n * DAY, "crm") for n in range(1, 57)]
    slow = [(daily[-1][0] + n * HOUR, "crm") for n in range(1, 56 * 24)]
    end = slow[-1][0]
    last = [at for at, change, _ in told([*STEADY, *daily, *slow], end + 5 * HOUR) if change == "opened"][-1]
    assert end + 2 * HOUR < last < end + 4 * HOUR


def test_the_limit_is_by_time_not_by_count() -> None:
    gaps = {bucket(60, "g"): 990, bucket(8 * 3600, "g"): 10}
    assert WATCH.limit(gaps, 30 * DAY) == pytest.approx(24 * HOUR, rel=0.05)
    assert WATCH.limit({bucket(60, "g"): 99}, 30 * DAY) is None
    assert WATCH.limit(gaps, 7 * DAY - 1) is None


def test_without_the_watch_nothing_is_kept() -> None:
    partition = differences.fold(watches=[], definitions=DEFINITIONS)
    partition.closed.hear_sources(5, ["crm"])
    assert list(partition.closed.flush())[:-1] == []


def test_from_events_to_the_alert() -> None:
    """Two sources in several partitions; `clock.ticked` is nobody's voice, nor is history."""
    events = [event("feature.used", n * 20 * MINUTE, {"feature": "x"}, subject=f"c{n % 7}") for n in range(10 * 72)]
    old = event("feature.used", 11 * DAY, {"feature": "x"}, backfill=True)
    replay = Replay(Definitions(partitions=3, kpi_partitions=2), {}, [], [WATCH])
    for partition, records in enumerate(log_of([*events, old], (12 * DAY,), partitions=3)):
        for one in records:
            replay.hear(partition, one)
    replay.finish()
    [alert] = replay.alerts()
    assert (alert.signal, alert.status, alert.subject) == ("source_silent", "open", "source:test")
    assert abs(alert.opened - (BEGIN + events[-1].log + HOUR)) <= 5 * MINUTE
