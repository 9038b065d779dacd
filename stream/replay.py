"""The whole pipe in one process, with no broker: the same folds as live, fed from files or from the log itself.

Records go in as they came; `finish` ticks every partition to the largest append time, so that all that was due by
then has happened. What comes out is readings, the history of alerts, and dead letters.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

import msgspec

from stream.aggregates import KpiPartition
from stream.claims import Alert, Kpi, Signal, Watch
from stream.definitions import Definitions
from stream.intake import intake
from stream.partition import Partition
from stream.plan import Plan
from stream.ranking import Ranked, Weights, rank, reasons, terms
from stream.readings import Reading, readings
from stream.record import ALERTS, DEADLETTERS, EVENTS, KPIS, REVIEW, Heard, Out, Record, appends
from stream.sources import Source
from stream.ticks import tick

CHUNK = 200_000  # records held back: a journey is opened once for all that happens to it in a batch
MOST = 50_000  # pieces of work in an append: seconds
ROOM = 200_000_000  # bytes of an append, about: nobody writes it

_alert = msgspec.json.Decoder(Alert).decode
_offset = attrgetter("offset")


class Replay:
    """Replays a log. `history` holds every change of an alert as (log time, JSON), `dead_letters` their JSON.

    Without `keep_panes` the panes are those that a live pipe has, to be read over its rolling windows.
    """

    def __init__(
        self, definitions: Definitions, kpis: Mapping[str, Kpi], signals: Iterable[Signal], watches: Sequence[Watch],
        *, keep_panes: bool = True,
    ) -> None:  # fmt: skip
        d = self.definitions = msgspec.structs.replace(definitions, time="record")
        self.kpis = kpis
        plan = Plan(kpis.values(), signals, watches)
        revision = d.revision(plan.plugins)
        self.journeys = [Partition(d, plan, p, {}, room=ROOM, most=MOST) for p in range(d.partitions)]
        self.aggregates = [
            KpiPartition(d, revision, kpis, watches, m, {}, None, keep_panes=keep_panes)
            for m in range(d.kpi_partitions)
        ]
        self.end = 0  # the largest append time heard, ms
        self.records = 0
        self.folded = 0  # of those, what has taken effect
        self.breathe: Callable[[], None] = lambda: None  # called now and then while records are folded
        self.history: list[tuple[int, bytes]] = []
        self.reviews: list[tuple[int, bytes]] = []  # people's verdicts, as (log time, JSON)
        self.dead_letters: list[bytes] = []
        self._waiting: list[list[Heard]] = [[] for _ in self.journeys]
        self._offsets = [0] * d.partitions  # of journey.events, where raw records are fed
        self._held = 0
        self._sent = [0] * d.kpi_partitions

    def raw(self, source: Source, records: Iterable[tuple[int, bytes]]) -> None:
        """Feed the raw records of a source, as (append time ms, value)."""
        topic = f"raw.{source.name}"
        for at, value in records:
            self.take(source, Record(topic, 0, self.records, at, None, value), topic, 0)

    def take(self, source: Source, record: Heard, topic: str, partition: int) -> None:
        """Feed one raw record, as intake would."""
        self.records += 1
        self.end = max(self.end, record.timestamp)
        for out in intake(record, topic, partition, source, self.definitions):
            if out.topic == EVENTS:
                p = out.partition
                self._fold_later(p, Record(EVENTS, p, self._offsets[p], record.timestamp, out.key, out.value))
                self._offsets[p] += 1
            else:
                self.dead_letters.append(out.value)

    def hear(self, partition: int, record: Heard) -> None:
        """Feed one record of a partition of journey.events."""
        self.records += 1
        self.end = max(self.end, record.timestamp)
        self._fold_later(partition, record)

    def _fold_later(self, partition: int, record: Heard) -> None:
        """With the next batch."""
        self._waiting[partition].append(record)
        self._held += 1
        if self._held >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Fold what was held back."""
        outs: list[Out] = []
        for journeys, records in zip(self.journeys, self._waiting, strict=True):
            if records:
                known = self.folded
                for append in appends(journeys.feed(records)):
                    outs += append.out
                    taken = bisect_left(records, append.meta.next, key=_offset)
                    self.folded = min(known + taken, self.records)  # ticks are no records
                    self.breathe()
                records.clear()
        self._held = 0
        self._take(outs)

    def _take(self, outs: list[Out]) -> None:
        shares: list[list[Heard]] = [[] for _ in self.aggregates]
        for out in outs:
            if out.topic == KPIS:
                m = out.partition
                shares[m].append(Record(KPIS, m, self._sent[m], out.timestamp or 0, out.key, out.value))
                self._sent[m] += 1
            elif out.topic == ALERTS and out.key == REVIEW:
                self.reviews.append((out.timestamp or 0, out.value))
            elif out.topic == ALERTS:
                self.history.append((_alert(out.value).changed, out.value))
            elif out.topic == DEADLETTERS:
                self.dead_letters.append(out.value)
        for aggregate, share in zip(self.aggregates, shares, strict=True):
            if share:
                for append in appends(aggregate.feed(share)):
                    self._take(append.out)

    def finish(self, at: int | None = None) -> None:
        """Tick every partition to the log's end, or to `at` (ms)."""
        self.end = at if at is not None else self.end
        if not self.end:
            return
        self.flush()
        for p, journeys in enumerate(self.journeys):
            self._waiting[p].append(Record(EVENTS, p, journeys.meta.next, self.end, b"clock", tick(p, self.end).value))
        self.flush()

    # -- what came out -----------------------------------------------------------------------------------------

    def readings(self) -> Iterator[Reading]:
        """All readings as of the end (CATALOGUE section 3)."""
        return readings(self.aggregates, self.kpis, self.definitions, self.end, self.end)

    def changes(self) -> list[Alert]:
        """Every change of an alert, in order of log time."""
        found = [_alert(value) for _, value in self.history]
        return sorted(found, key=lambda a: (a.changed, a.id, a.version))

    def alerts(self) -> list[Alert]:
        """The last change of each (id, episode), also of those withdrawn, in order of opening."""
        return latest(self.changes())

    def queue(self, weights: Weights | None = None) -> list[Ranked]:
        """The open alerts, the most urgent first."""
        return ranked(self.alerts(), weights or Weights())


def latest(changes: Iterable[Alert]) -> list[Alert]:
    """Of changes in order of log time, the last of each (id, episode), in order of opening."""
    last = {(alert.id, alert.episode): alert for alert in changes}
    return sorted(last.values(), key=lambda a: (a.opened, a.id, a.episode))


def ranked(alerts: Iterable[Alert], weights: Weights) -> list[Ranked]:
    """The open ones in the order of the queue, each with why."""
    alerts = [alert for alert in alerts if alert.status == "open"]
    signals: dict[str, dict[str, None]] = {}
    for alert in alerts:
        signals.setdefault(alert.subject, {})[alert.signal] = None
    order = sorted((rank(a, len(signals[a.subject]), weights), a.id, a) for a in alerts)
    return [
        Ranked(place, alert, as_if, reasons(alert, n, weights), terms(alert, n, weights))
        for place, (as_if, _, alert) in enumerate(order, start=1)
        for n in (len(signals[alert.subject]),)
    ]
