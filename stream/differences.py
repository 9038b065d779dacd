"""What an append says: alerts, dead letters, and differences of the KPIs, shared out to partitions of journey.kpis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter

import msgspec

from stream.claims import Change, Differences
from stream.definitions import BEAT, Definitions
from stream.plan import Plan
from stream.record import KPIS, Meta, Out, murmur2
from stream.sums import Sums

_pack = msgspec.msgpack.Encoder().encode

Moment = tuple[int, int, bytes | int]  # log clock (ms); 0 = what falls due, 1 = a record, 2 = after it; key or offset


class Outbox:
    """Collects what is said customer by customer; `pack` puts it in the log's order.

    Each partition of journey.kpis gets a record, also when empty.
    """

    __slots__ = ("_definitions", "_heard", "_is_stamped", "_outs", "_route", "_sums", "_verdicts")

    def __init__(self, definitions: Definitions, plan: Plan) -> None:
        self._definitions = definitions
        self._is_stamped = definitions.time == "record"
        self._route = {kpi.name: murmur2(kpi.name.encode()) % definitions.kpi_partitions for kpi in plan.kpis}
        self.clear()

    def clear(self) -> None:
        self._outs: list[tuple[Moment, Out]] = []
        self._sums: defaultdict[int, Sums] = defaultdict(Sums)  # by beat, and so the sources that were heard
        self._heard: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._verdicts: list[tuple[Moment, tuple[str, str, int, int]]] = []

    def sums(self, beat: int) -> Sums:
        """Where differences of a beat are added up."""
        return self._sums[beat]

    def heard(self, beat: int) -> dict[str, None]:
        """Where the sources that are heard in a beat are noted."""
        return self._heard[beat]

    def review(self, when: Moment, alert: str, verdict: str, at: int) -> None:
        """A verdict on an alert of a watch travels on to the kpis hop; `at` = its event time, ms."""
        self._verdicts.append((when, (alert, verdict, at, when[0] // BEAT)))

    def say(self, when: Moment, topic: str, key: bytes | None, value: bytes) -> None:
        """A record to be published."""
        self._outs.append((when, Out(topic, 0, key, value, when[0] if self._is_stamped else None)))

    def pack(self, meta: Meta, partition: int, stride: int) -> Iterator[list[Out] | None]:
        """The records of an append whose meta this is; before that None, a breath, after each `stride` changes."""
        shares: list[list[tuple[int, list[Change]]]] = [[] for _ in range(self._definitions.kpi_partitions)]
        packed = 0
        for beat in sorted(self._sums):
            parts: list[list[Change]] = [[] for _ in shares]
            for kpi, minute, cut, changed in self._sums[beat].totals():
                if changed:
                    parts[self._route[kpi]].append(Change(kpi, minute, cut, changed))
                packed += 1
                if packed % stride == 0:
                    yield None
            for share, part in zip(shares, parts, strict=True):
                if part:
                    share.append((beat, part))
        self._outs.sort(key=_when)
        outs = [out for _, out in self._outs]
        for out in self._shared(meta, partition, shares):
            outs.append(out)
            if packed >= stride:
                yield None
        yield outs

    def _shared(self, meta: Meta, partition: int, shares: list[list[tuple[int, list[Change]]]]) -> Iterator[Out]:
        """A record for each partition of journey.kpis: sources travel with the first, verdicts with all."""
        self._verdicts.sort(key=_when)
        verdicts = [verdict for _, verdict in self._verdicts]
        sources = [(beat, sorted(self._heard[beat])) for beat in sorted(self._heard) if self._heard[beat]]
        head = (meta.run, meta.revision, partition, self._definitions.partitions, meta.seq, meta.clock)
        key, stamp = b"%d" % partition, meta.clock if self._is_stamped else None
        for m, share in enumerate(shares):
            yield Out(KPIS, m, key, _pack(Differences(*head, share, verdicts, [] if m else sources)), stamp)


_when = itemgetter(0)
