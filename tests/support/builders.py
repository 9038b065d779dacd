"""Hand-written events, and a run of the journeys fold over them. Times are ms after START, in and out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from stream.claims import Alert, Cut, Differences
from stream.definitions import Definitions
from stream.infra.plugins import discover, is_watch
from stream.partition import Partition
from stream.plan import Plan
from stream.record import ALERTS, DEADLETTERS, EVENTS, KPIS, REVIEW, Append, DeadLetter, Meta, Record, appends, murmur2
from stream.ticks import tick

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = 1_780_272_000_000  # 2026-06-01T00:00Z
DEFINITIONS = Definitions(partitions=1, kpi_partitions=1, time="record")
KPIS_FOUND = discover("stream.kpis", "KPI")
SIGNALS_FOUND = {n: s for n, s in discover("stream.signals", "SIGNAL", "WATCH").items() if not is_watch(s)}


class Told(NamedTuple):
    """One event: when it happened, when the log heard of it, for whom, and its bytes."""

    at: int
    log: int
    subject: str
    value: bytes


def rfc3339(ms: int) -> str:
    return (EPOCH + timedelta(milliseconds=ms)).isoformat()


def event(type_: str, at: int, data: dict[str, Any], **given: Any) -> Told:
    """`given`: log (append time, else `at`), subject ("c1"), id (else of its contents), segment, stage, backfill."""
    log, subject = given.pop("log", at), given.pop("subject", "c1")
    known = {name: value for name, value in data.items() if value is not None}
    body = {"specversion": "1.0", "source": "test", "type": type_, "time": rfc3339(START + at), "subject": subject}
    body |= {"data": known, **{name: value for name, value in given.items() if value is not None}}
    body.setdefault("id", blake2b(msgspec.json.encode(body), digest_size=8).hexdigest())
    return Told(at, log, subject, msgspec.json.encode(body))


TICKET = frozenset(
    {"topic", "team", "priority", "promised_by", "content", "author", "public", "to_team", "from_team", "field", "on"}
)


def _about(type_: str, at: int, data: dict[str, Any], given: dict[str, Any], own: frozenset[str]) -> Told:
    mine = {name: given.pop(name) for name in list(given) if name in own}
    return event(type_, at, data | mine, **given)


def opened(ticket: str, at: int, channel: str = "chat", **given: Any) -> Told:
    return _about("ticket.opened", at, {"ticket": ticket, "channel": channel}, given, TICKET)


def replied(ticket: str, at: int, author: str = "customer", **given: Any) -> Told:
    return _about("ticket.replied", at, {"ticket": ticket, "author": author}, given, TICKET)


def transferred(ticket: str, at: int, to_team: str, **given: Any) -> Told:
    return _about("ticket.transferred", at, {"ticket": ticket, "to_team": to_team}, given, TICKET)


def updated(ticket: str, at: int, **given: Any) -> Told:
    return _about("ticket.updated", at, {"ticket": ticket}, given, TICKET)


def resolved(ticket: str, at: int, **given: Any) -> Told:
    return event("ticket.resolved", at, {"ticket": ticket}, **given)


def reopened(ticket: str, at: int, **given: Any) -> Told:
    return event("ticket.reopened", at, {"ticket": ticket}, **given)


def sent(survey: str, at: int, kind: str = "ces", ticket: str | None = None, **given: Any) -> Told:
    about = {"survey": survey, "kind": kind, "ticket": ticket, "delivered": given.pop("delivered", None)}
    return event("survey.sent", at, about, **given)


def answered(survey: str, at: int, score: int, kind: str = "ces", ticket: str | None = None, **given: Any) -> Told:
    return event("survey.answered", at, {"survey": survey, "kind": kind, "score": score, "ticket": ticket}, **given)


def viewed(at: int, session: str | None = None, key: bool = False, **given: Any) -> Told:
    data = {"url": "/", "session": session, "key_event": key or None}
    return _about("page.viewed", at, data, given, frozenset({"content", "kind"}))


def _terms(subscription: str, amount: str) -> dict[str, Any]:
    return {"subscription": subscription, "product": "base", "amount": amount, "currency": "USD", "interval": "month"}


def started(subscription: str, at: int, amount: str = "10", **given: Any) -> Told:
    return event("subscription.started", at, _terms(subscription, amount), **given)


def renewed(subscription: str, at: int, amount: str = "10", **given: Any) -> Told:
    return event("subscription.renewed", at, _terms(subscription, amount), **given)


def cancelled(subscription: str, at: int, effective_at: int | None = None, **given: Any) -> Told:
    effective = None if effective_at is None else rfc3339(START + effective_at)
    return event("subscription.cancelled", at, {"subscription": subscription, "effective_at": effective}, **given)


def renewal_due(subscription: str, at: int, due_at: int, **given: Any) -> Told:
    return event("renewal.due", at, {"subscription": subscription, "due_at": rfc3339(START + due_at)}, **given)


def customer(at: int, **given: Any) -> Told:
    """`segment` and `stage` are the customer's, as data."""
    own = frozenset({"segment", "stage", "tier", "team", "timezone"})
    return _about("customer.updated", at, {}, given, own)


def reviewed(alert: str, at: int, signal: str, verdict: str = "noise", **given: Any) -> Told:
    return event("alert.reviewed", at, {"alert": alert, "signal": signal, "verdict": verdict}, **given)


def backfilled(one: Told) -> Told:
    """The same event, marked as history."""
    return one._replace(value=msgspec.json.encode(msgspec.json.decode(one.value) | {"backfill": True}))


# -- the log and its fold --------------------------------------------------------------------------------------


def record(log: int, subject: str | None, value: bytes | None, partition: int = 0) -> Record:
    """A record whose offset is not yet known."""
    return Record(EVENTS, partition, -1, START + log, None if subject is None else subject.encode(), value)


def log_of(events: Iterable[Told], ticks: Iterable[int] = (), partitions: int = 1) -> list[list[Record]]:
    """The records of each partition in order of append time (stable), with a tick to all at each of `ticks`."""
    rows: list[list[Record]] = [[] for _ in range(partitions)]
    for one in events:
        p = murmur2(one.subject.encode()) % partitions
        rows[p].append(record(one.log, one.subject, one.value, p))
    for p, row in enumerate(rows):
        row += [record(at, "clock", tick(p, START + at).value, p) for at in ticks]
        row.sort(key=lambda r: r.timestamp)
        row[:] = [msgspec.structs.replace(r, offset=i) for i, r in enumerate(row)]
    return rows


Panes = dict[tuple[str, int, Cut], dict[str, int]]
_differences = msgspec.msgpack.Decoder(Differences).decode


class Run:
    """What came out of one or more appends, times after START."""

    def __init__(self, definitions: Definitions = DEFINITIONS) -> None:
        self.definitions = definitions
        self.beats: dict[int, Panes] = {}
        self.alerts: list[Alert] = []
        self.letters: list[DeadLetter] = []
        self.rows: dict[bytes, bytes] = {}
        self.meta: Meta | None = None

    def take(self, append: Append) -> None:
        for out in append.out:
            if out.topic == ALERTS and out.key != REVIEW:
                self.alerts.append(msgspec.json.decode(out.value, type=Alert))
            elif out.topic == DEADLETTERS:
                self.letters.append(msgspec.json.decode(out.value, type=DeadLetter))
            elif out.topic == KPIS:
                self._add(_differences(out.value))
        for key, row in append.puts:
            self.rows.pop(key, None) if row is None else self.rows.__setitem__(key, row)
        self.meta = append.meta

    def _add(self, differences: Differences) -> None:
        for beat, changes in differences.beats:
            panes = self.beats.setdefault(beat, {})
            for change in changes:
                merge(panes, (change.kpi, change.minute, change.cut), change.parts)
            if not panes:  # two appends of one beat that cancel out
                del self.beats[beat]

    @property
    def sums(self) -> Panes:
        """Parts by (KPI, minute since the epoch, cut), without zeros: what all differences add up to."""
        total: Panes = {}
        for panes in self.beats.values():
            for key, parts in panes.items():
                merge(total, key, parts)
        return total

    def panes(self, kpi: str) -> dict[int, dict[str, int]]:
        """{start of the minute after START: parts} over all cuts."""
        found: dict[int, dict[str, int]] = {}
        for (name, minute, _), parts in self.sums.items():
            if name == kpi:
                merge(found, minute * 60_000 - START, parts)
        return dict(sorted(found.items()))

    def cuts(self, kpi: str) -> dict[str, dict[str, int]]:
        """{"dim=value dim=value": parts} over all time: what flows add up to, and what levels are in the end."""
        found: dict[str, dict[str, int]] = {}
        for (name, _, cut), parts in self.sums.items():
            if name == kpi:
                merge(found, " ".join(f"{dim}={value}" for dim, value in cut), parts)
        return dict(sorted(found.items()))

    def total(self, kpi: str) -> dict[str, int]:
        """Parts over all time and cuts, without histogram buckets."""
        found: dict[str, int] = {}
        for parts in self.panes(kpi).values():
            for part, n in parts.items():
                found[part] = found.get(part, 0) + n
        return {part: n for part, n in found.items() if n and ":" not in part}

    def level(self, kpi: str, at: int) -> dict[str, dict[str, int]]:
        """{cut: parts} of a level at a whole minute, as `cuts` of all differences of panes up to it."""
        found: dict[str, dict[str, int]] = {}
        for (name, minute, cut), parts in self.sums.items():
            if name == kpi and minute * 60_000 - START <= at:
                merge(found, " ".join(f"{dim}={value}" for dim, value in cut), parts)
        return dict(sorted(found.items()))

    def history(self, signal: str) -> list[tuple[int, str]]:
        """[(log time after START, "change severity cause #episode")] of a signal's alerts."""
        return [
            (a.changed - START, f"{a.change} {a.severity} {a.cause} #{a.episode}")
            for a in self.alerts
            if a.signal == signal
        ]

    @property
    def open(self) -> dict[str, tuple[Any, ...]]:
        """What is open in the end, by id, with all that readers are promised."""
        last = {a.id: a for a in self.alerts}
        return {
            a.id: (a.signal, a.subject, a.cause, a.severity, a.text, a.numbers, a.since)
            for a in last.values()
            if a.status == "open"
        }


def merge(into: dict[Any, dict[str, int]], key: Any, parts: dict[str, int]) -> None:
    sums = into.setdefault(key, {})
    for part, n in parts.items():
        sums[part] = sums.get(part, 0) + n
        if not sums[part]:
            del sums[part]
    if not sums:
        del into[key]


def plan_of(*names: str) -> Plan:
    """The plug-ins of these names; all when none is named."""
    wanted = names or (*KPIS_FOUND, *SIGNALS_FOUND)
    return Plan([KPIS_FOUND[n] for n in wanted if n in KPIS_FOUND],
                [SIGNALS_FOUND[n] for n in wanted if n in SIGNALS_FOUND])  # fmt: skip


def fold(records: Sequence[Record], definitions: Definitions = DEFINITIONS, plan: Plan | None = None,
         partition: int = 0) -> Run:  # fmt: skip
    """Records of one partition through the fold, in one feed."""
    run = Run(definitions)
    for append in appends(Partition(definitions, plan or plan_of(), partition, {}).feed(records)):
        run.take(append)
    return run


def run(*events: Told, until: int | None = None, of: str | tuple[str, ...] = (), d: Definitions = DEFINITIONS) -> Run:
    """Events in log order through one partition, then a tick at `until`. `of`: the plug-ins looked at (else all)."""
    names = (of,) if isinstance(of, str) else of
    return fold(log_of(events, () if until is None else (until,))[0], d, plan_of(*names))
