"""What a run came to, read from its log alone, against a replay of that log. Each difference is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agents import topics, verify
from agents.engine.ledger import Ledger
from agents.setup import Setup
from agents.verify import Live
from stream.aggregates import KpiPartition
from stream.claims import Alert
from stream.delivering import KEEP, DeliveryPartition
from stream.intake import intake
from stream.record import ALERTS, CLOCK, DEADLETTERS, EVENTS, KPIS, REVIEW
from stream.replay import Replay
from tests.simulation.cluster import Cluster
from tests.simulation.workers import Recorder, made

_alert = msgspec.json.Decoder(Alert).decode


def differences(cluster: Cluster, sink: Recorder) -> list[str]:
    """State, sums, alerts, dead letters and what the sink was told."""
    setup = made()
    replay = _replay(cluster, setup)
    tables = [_tables(cluster, role, table) for role, table in _TABLES]
    live = Live(tables[0], tables[1], set(), {}, {}, {})
    panes = list(_panes(live, setup))
    said = [r.value or b"" for log in cluster.of(ALERTS) for r in log.kept if r.key not in (CLOCK, REVIEW)]
    live.said = {verify._about(_alert(value)): value for value in said}
    return [
        *_passed_on(cluster, setup),
        *verify.journeys(replay, live),
        *panes,
        *verify.readings(replay, live),
        *verify.alerts(replay, live, setup),
        *_letters(cluster, setup, replay),
        *_delivered(setup, tables[2][0], replay, sink),
    ]


_TABLES = (("journeys", "journeys"), ("kpis", "panes"), ("delivery", "alerts"))


def _replay(cluster: Cluster, setup: Setup) -> Replay:
    found = setup.plugins
    replay = Replay(
        setup.definitions, found.kpis, found.signals.values(), tuple(found.watches.values()), keep_panes=False
    )
    for log in cluster.of(EVENTS):
        for record in log.kept:
            replay.hear(log.tp.partition, record)
    replay.flush()
    return replay


def _tables(cluster: Cluster, role: str, table: str) -> list[Ledger]:
    """As the next owner would read them."""
    found = []
    for log in cluster.of(topics.changelog(role, table, 1)):
        ledger = Ledger()
        for record in log.kept:
            ledger.hear(record.offset, record.headers, record.key, record.value)
        found.append(ledger)
    return found


def _panes(live: Live, setup: Setup) -> Iterator[str]:
    watches = tuple(setup.plugins.watches.values())
    for m, ledger in enumerate(live.panes):
        fold = KpiPartition(setup.definitions, setup.revision, setup.plugins.kpis, watches, m, ledger.rows, ledger.meta)
        for p, journeys in enumerate(live.journeys):
            said, seen = journeys.meta.seq if journeys.meta else 0, fold.meta.seen.get(p, 0)
            if said != seen:
                yield f"{KPIS}[{m}] holds {seen} appends of partition {p}, which made {said}"
        live.readings |= verify.shown(fold)


def _passed_on(cluster: Cluster, setup: Setup) -> Iterator[str]:
    """What intake had to put into the log."""
    heard = {(r.key, r.value) for log in cluster.of(EVENTS) for r in log.kept}
    for out in _intake(cluster, setup):
        if out.topic == EVENTS and (out.key, out.value) not in heard:
            yield f"an event of {out.key!r} is not in the log: {out.value!r}"


def _intake(cluster: Cluster, setup: Setup) -> Iterator[Any]:
    source = setup.plugins.sources["cloudevents"]
    for log in cluster.of(topics.raw("cloudevents")):
        for record in log.kept:
            yield from intake(record, log.tp.topic, log.tp.partition, source, setup.definitions)


def _letters(cluster: Cluster, setup: Setup, replay: Replay) -> Iterator[str]:
    there = {r.value or b"" for log in cluster.of(DEADLETTERS) for r in log.kept}
    wanted = {out.value for out in _intake(cluster, setup) if out.topic == DEADLETTERS} | set(replay.dead_letters)
    for letter in sorted(wanted - there):
        yield f"a dead letter is missing: {letter!r}"
    for letter in sorted(there - wanted):
        yield f"a dead letter that nothing was: {letter!r}"


def _delivered(setup: Setup, ledger: Ledger, replay: Replay, sink: Recorder) -> Iterator[str]:
    """The newest version of every open alert was told; what is marked as told was told."""
    fold = DeliveryPartition(setup.definitions, setup.revision, 0, ledger.rows, ledger.meta)
    held = {id: found for id in fold.ids() if (found := fold.held(id))}
    newest = {a.id: a for a in sorted(map(_alert, (v for _, v in replay.history)), key=_version)}
    for id, alert in newest.items():
        if alert.status != "open" and id not in held:
            continue  # over, and forgotten
        if id not in held or (held[id].head.episode, held[id].head.version) != _version(alert):
            yield f"delivery does not hold alert {id} in its newest version {_version(alert)}"
        elif alert.status == "open" and (id, *_version(alert)) not in sink.told:
            yield f"the sink was not told of the open alert {id} {_version(alert)}"
    for id, row in held.items():
        for mark in row.sent.values():
            if (id, mark.episode, mark.version) not in sink.told:
                yield f"alert {id} is marked as told in version {mark.version}, and was not"
        if row.head.changed + KEEP < fold.meta.clock:
            continue  # forgotten before the sink answered, and heard of anew
        began = any((id, row.head.episode, version) in sink.told for version in range(row.head.version))
        if began and not row.head.is_open and (id, row.head.episode, row.head.version) not in sink.told:
            yield f"the sink was not told that alert {id} is over"


def _version(alert: Alert) -> tuple[int, int]:
    return alert.episode, alert.version
