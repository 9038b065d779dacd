"""What the live pipe holds and said, against a replay of journey.events up to the same place.

The pipe may go on meanwhile: the tables are read first, those of the KPIs before those of the journeys, the replay
goes as far as the journeys had come, and the panes are brought as far by what journey.kpis holds. Every function
gives its differences as sentences.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiokafka import TopicPartition
from msgspec import Struct

from agents import topics
from agents.engine.ledger import Ledger
from agents.engine.reader import Reader as Changelogs
from agents.logtopics import LogTopics
from agents.setup import Setup
from stream import guards
from stream.aggregates import KpiPartition
from stream.claims import Alert, Cut
from stream.infra.views import field
from stream.intake import home
from stream.live import LiveReadings
from stream.readings import Reader, Reading, Span
from stream.record import ALERTS, CLOCK, EVENTS, KPIS, REVIEW, Meta, appends
from stream.replay import Replay
from stream.sources import SourceFault

Change = tuple[str, int, int]  # of an alert: id, episode, version
Place = tuple[str, str]  # of a reading: KPI, field

_alert = msgspec.json.Decoder(Alert).decode


class Live(Struct):
    """What is in the tables, and what was said. `moved`: partitions that had more records than were folded."""

    journeys: list[Ledger]
    panes: list[Ledger]
    moved: set[int]
    readings: dict[Place, Reading]
    open: dict[str, Change]
    said: dict[Change, bytes]
    rolled: bool = False  # whether the KPIs were behind the journeys


async def ledgers(made: Setup, role: str, table: str, partitions: int) -> list[Ledger]:
    """A table as its next owner would read it."""
    name = topics.changelog(role, table, made.definitions.run)
    found = {TopicPartition(name, p): Ledger() for p in range(partitions)}
    async with Changelogs(made.connection, found) as reader:
        await reader.read_to_end()
    return list(found.values())


async def verify(made: Setup) -> tuple[list[str], Live]:
    """All differences but those of Redis, and what was compared. SourceFault where the log lost its beginning."""
    d = made.definitions
    panes = await ledgers(made, "kpis", "panes", d.kpi_partitions)
    live = Live(await ledgers(made, "journeys", "journeys", d.partitions), panes, set(), {}, {}, {})
    found = made.plugins
    replay = Replay(d, found.kpis, found.signals.values(), tuple(found.watches.values()), keep_panes=False)
    async for record in _log(made, live):
        replay.hear(record.partition, record)
    replay.flush()
    missing = [line async for line in _rolled(made, live)]
    live.said |= {_about(alert): value async for alert, value in changes(made)}
    live.open = opened(live.said.values())
    return [*journeys(replay, live), *missing, *readings(replay, live), *alerts(replay, live, made)], live


async def _log(made: Setup, live: Live) -> AsyncIterator[Any]:
    """The records of journey.events that the journeys' tables hold."""
    async with LogTopics(made.connection, [EVENTS]) as log:
        if cut := [place for place, first in log.first.items() if first]:
            words = (
                f"{EVENTS} no longer holds its beginning ({len(cut)} partitions): what came of it can not be checked"
            )
            raise SourceFault(f"{words}; keep it for ever (retention.ms = -1), and take run + 1 for what is left")
        for place, end in log.end.items():
            next = _meta(live.journeys[place.partition]).next
            if next < end:
                live.moved.add(place.partition)
            log.cut(place, 0, next)
        async for record in log.records():
            yield record


async def _rolled(made: Setup, live: Live) -> AsyncIterator[str]:
    """Bring the panes to where the journeys are, then read them; says what journey.kpis does not have."""
    d, found = made.definitions, made.plugins
    target = [_meta(ledger).seq for ledger in live.journeys]
    rest = await _rest(made, live, target)
    for m, ledger in enumerate(live.panes):
        fold = KpiPartition(d, made.revision, found.kpis, tuple(found.watches.values()), m, ledger.rows, ledger.meta)
        for append in appends(fold.feed(rest[m])):
            live.rolled = True
            said = [(_alert(out.value), out.value) for out in append.out if out.topic == ALERTS]
            live.said |= {_about(alert): value for alert, value in said}
        for p, seq in enumerate(target):
            if (seen := fold.meta.seen.get(p, 0)) != seq:
                yield f"{KPIS}[{m}] holds {seen} appends of partition {p}, the table of journeys is made of {seq}"
        live.readings |= shown(fold)


async def _rest(made: Setup, live: Live, target: list[int]) -> list[list[Any]]:
    """What journey.kpis holds beyond the panes and up to `target`, the number of each journeys partition's append."""
    rest: list[list[Any]] = [[] for _ in live.panes]
    async with LogTopics(made.connection, [KPIS]) as log:
        for place, end in list(log.end.items()):
            next = _meta(live.panes[place.partition]).next
            if next < log.first[place]:
                raise SourceFault(f"{KPIS} no longer holds what the kpis hop reads next: nothing can be checked")
            log.cut(place, next, end)
        async for record in log.records():
            heard = guards.read(record, made.definitions, made.revision)
            if heard is None or heard.seq <= target[heard.partition]:
                rest[record.partition].append(record)
    return rest


async def changes(made: Setup) -> AsyncIterator[tuple[Alert, bytes]]:
    """What journey.alerts holds of this run."""
    async with LogTopics(made.connection, [ALERTS]) as log:
        async for record in log.records():
            if record.key in (CLOCK, REVIEW):
                continue
            alert = _alert(record.value)
            if alert.run == made.definitions.run:
                yield alert, record.value


def journeys(replay: Replay, live: Live) -> Iterator[str]:
    """The tables of customers, row by row."""
    for p, (fold, ledger) in enumerate(zip(replay.journeys, live.journeys, strict=True)):
        if (clock := _meta(ledger).clock) != fold.clock:
            yield f"journeys[{p}]: its clock is {_time(clock)}, the log says {_time(fold.clock)}"
        for key in sorted(fold.rows.keys() | ledger.rows.keys()):
            if (now := ledger.rows.get(key)) != (then := fold.rows.get(key)):
                how = "is missing" if now is None else "has nothing in the log" if then is None else "is another"
                yield f"journeys[{p}]: the row of {key.decode(errors='replace')} {how}"


def shown(fold: KpiPartition) -> dict[Place, Reading]:
    """All readings that live shows, and each KPI over all that is known."""
    found = {(r.kpi, field(r)): r for r in LiveReadings(fold).refresh() if r is not None}
    for name, kpi in fold.kpis.items():
        if series := fold.series(name):
            reader = Reader(kpi, series, fold.definitions.label_shown, fold.heard, fold.began)
            whole = reader.read(Span("all", None, None, fold.heard)) if kpi.flows and kpi.windows != ("month",) else ()
            found |= {(r.kpi, field(r)): r for r in whole}
    return {place: r for place, r in found.items() if not r.cut or fold.series(r.kpi)[_cut(r)].index}


def _cut(r: Reading) -> Cut:
    """A label from which everything was taken back is known until the next start, and not after it."""
    return tuple(sorted(r.cut.items()))


def readings(replay: Replay, live: Live) -> Iterator[str]:
    """The readings of the live panes."""
    then: dict[Place, Reading] = {}
    for fold in replay.aggregates:
        then |= shown(fold)
    yield from compared(then, live.readings, "the panes say")


def compared(then: Mapping[Place, Reading], now: Mapping[Place, Reading], who: str) -> Iterator[str]:
    """Readings of the log, and what is said of them elsewhere."""
    for place in sorted(then.keys() | now.keys()):
        one, other = (None if side.get(place) is None else said(side[place]) for side in (then, now))
        if one != other and not (empty(then.get(place)) and empty(now.get(place))):
            yield f"{place[0]} {place[1]}: {who} {other or 'nothing'}, the log says {one or 'nothing'}"


def said(r: Reading) -> str:
    """What is compared of a reading."""
    parts = " ".join(f"{name}={value}" for name, value in sorted(r.parts.items()))
    value = "nothing" if r.value is None else f"{float(r.value)!r}"
    return f"{value} (n {r.n}, {parts})"


def empty(r: Reading | None) -> bool:
    """A label of which nothing is known any more may have a row or not."""
    return r is None or not any(r.parts.values())


def alerts(replay: Replay, live: Live, made: Setup) -> Iterator[str]:
    """Every change of every alert."""
    then = {_about(_alert(value)): value for _, value in replay.history}
    for about, value in then.items():
        if about not in live.said:
            yield f"{_named(value)} was never said"
        elif live.said[about] != value:
            yield f"{_named(value)} was said otherwise: {_otherwise(live.said[about], value)}"
    for about, value in live.said.items():
        if about not in then and not _news(_alert(value), live, made):
            yield f"{_named(value)} was said, and the log does not say it"


def _news(alert: Alert, live: Live, made: Setup) -> bool:
    """Whether it may belong to what was folded since the tables were read."""
    if alert.signal in made.plan.watch_names:
        clocks = [_meta(ledger).clock for ledger in live.journeys]
        return bool(live.moved) and alert.changed >= min(clocks)
    p = home(alert.subject.encode(), made.definitions.partitions)
    return p in live.moved and alert.changed >= _meta(live.journeys[p]).clock


def _otherwise(one: bytes, other: bytes) -> str:
    now, then = msgspec.json.decode(one), msgspec.json.decode(other)
    return ", ".join(
        f"{name} {now.get(name)!r}, not {then.get(name)!r}" for name in then if now.get(name) != then[name]
    )


def _about(alert: Alert) -> Change:
    return alert.id, alert.episode, alert.version


def _named(value: bytes) -> str:
    a = _alert(value)
    change = f"{a.change} at {_time(a.changed)} (episode {a.episode}, version {a.version})"
    return f"alert {a.id} ({a.signal} of {a.subject}), {change},"


def opened(said: Iterable[bytes]) -> dict[str, Change]:
    """The open alerts by id, each in its newest version."""
    newest: dict[str, Alert] = {}
    for value in said:
        alert = _alert(value)
        if alert.id not in newest or _about(newest[alert.id]) < _about(alert):
            newest[alert.id] = alert
    return {alert.id: _about(alert) for alert in newest.values() if alert.status == "open"}


def _meta(ledger: Ledger) -> Meta:
    return ledger.meta or Meta()


def _time(ms: int) -> str:
    return (
        datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else "nothing"
    )
