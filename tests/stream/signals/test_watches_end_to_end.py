"""Watches from events to alerts: what is told, of whom, when, and that it ends. Times are h after START."""

from __future__ import annotations

from stream.definitions import Definitions
from stream.plan import Plan
from stream.replay import Replay
from tests.support.builders import KPIS_FOUND, START, Told, answered, log_of, opened, sent, viewed
from tests.support.desk import D, H, M
from tests.support.rates import WATCHES_FOUND

D3 = Definitions(partitions=3, kpi_partitions=2)
WEEKS = 29 * 24
SURE = ("opened", "amended")  # at first it may be chance, then it is not


def history(watch: str, events: list[Told], until: int) -> list[tuple[float, str, str, str]]:
    """[(h, change, subject, cause)]."""
    one = WATCHES_FOUND[watch]
    kpis = {name: kpi for name, kpi in KPIS_FOUND.items() if name in (one.kpi, "ces_easy", "search_failure")}
    replay = Replay(D3, kpis, [], [one])
    assert Plan(kpis.values(), [], [one]).watch_names == {watch}
    for partition, records in enumerate(log_of(events, (until * H,), partitions=3)):
        for record in records:
            replay.hear(partition, record)
    replay.finish()
    return [((a.changed - START) / H, a.change, a.subject, a.cause) for a in replay.changes()]


def at(hour: int, n: int, of: int) -> int:
    """The n-th of so many instants of an hour, ms."""
    return hour * H + n * H // of


def test_volume_surge() -> None:
    """Three tickets an hour for 29 d, then 40 in one hour; the alert comes 2 min after it, for topic and channel."""
    counts = {**dict.fromkeys(range(WEEKS + 6), 3), WEEKS: 40}
    events = [
        opened(f"T{hour}-{n}", at(hour, n, count), "chat", topic="login", subject=f"c{n % 5}")
        for hour, count in counts.items()
        for n in range(count)
    ]
    told = history("volume_surge", events, WEEKS + 6)
    hour = WEEKS + 1 + 2 / 60
    assert told == sorted([
        (hour, "opened", "channel:chat", "ticket_volume"),
        (hour, "opened", "topic:login", "ticket_volume"),
        (hour + 2, "resolved", "channel:chat", "ticket_volume"),
        (hour + 2, "resolved", "topic:login", "ticket_volume"),
    ], key=lambda row: (row[0], told.index(row)))  # fmt: skip


def test_kpi_fell() -> None:
    """Two answers an hour, good for 29 d, then bad: 48 a day. In 2 of 3 windows it fell after some bad hours."""
    events = [
        answered(f"s{hour}-{n}", at(hour, n, 2), 5 if hour < WEEKS else 1, "csat", subject=f"c{hour % 9}")
        for hour in range(WEEKS + 20)
        for n in range(2)
    ]
    told = history("kpi_fell", events, WEEKS + 20)
    assert [row[1:] for row in told] == [(change, "all", "csat_top2") for change in SURE]
    assert WEEKS + 2 < told[0][0] < WEEKS + 8


def test_response_collapse() -> None:
    """Every other survey answered within a day; then none. It is told when those surveys are 7 d old, not before."""
    events: list[Told] = []
    for hour in range(29 * 24 + 9 * 24):
        events.append(sent(f"s{hour}", hour * H, "ces", subject=f"c{hour % 9}"))
        if hour % 2 and hour < WEEKS:
            events.append(answered(f"s{hour}", (hour + 20) * H, 6, "ces", subject=f"c{hour % 9}"))
    more = [
        sent(f"m{hour}", hour * H + M, "ces", subject=f"c{hour % 9}", id=f"m{hour}") for hour in range(29 * 24 + 9 * 24)
    ]
    told = history("response_collapse", sorted([*events, *more], key=lambda e: e.log), 29 * 24 + 9 * 24)
    assert [row[1:] for row in told] == [(change, "kind:ces", "survey_response_rate") for change in SURE]
    assert WEEKS + 7 * 24 < told[0][0] < WEEKS + 8 * 24 + 6


def test_content_failing() -> None:
    """Two views an hour, each of another customer; then nearly all of them write within the hour."""
    events: list[Told] = []
    for hour in range(WEEKS + 30):
        for n in range(2):
            who = f"c{hour}-{n}"
            events.append(viewed(at(hour, n, 2), "s", kind="help", content="reset", subject=who))
            if hour >= WEEKS or hour % 12 == 0:
                events.append(opened(f"T{who}", at(hour, n, 2) + 20 * M, subject=who))
    told = history("content_failing", sorted(events, key=lambda e: e.log), WEEKS + 30)
    assert [row[1:] for row in told] == [(change, "content:reset", "content_to_ticket") for change in SURE]
    assert WEEKS + 1 < told[0][0] < WEEKS + 12


def test_nothing_is_told_of_a_steady_month() -> None:
    events = [answered(f"s{h}", h * H, 5 - h % 5, "csat", subject=f"c{h % 9}") for h in range(60 * 24)]
    assert history("kpi_fell", events, 60 * 24) == []
    steady = [opened(f"T{h}-{n}", at(h, n, 25), subject=f"c{h}-{n}") for h in range(32 * 24) for n in range(25 - h % 3)]
    assert history("volume_surge", steady, 32 * 24 + D // H) == []
