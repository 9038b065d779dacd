"""What an append changed in the KPIs: differences by beat, shared out to the partitions of journey.kpis."""

from __future__ import annotations

import msgspec

from stream.claims import Change, Differences
from stream.definitions import BEAT, Definitions
from stream.plan import Plan
from stream.record import KPIS, Meta, Out, murmur2
from stream.sums import Sums, totals

_pack = msgspec.msgpack.Encoder().encode


class Outbox:
    """Collects sums beat by beat; `pack` makes one record for each partition of journey.kpis, also when empty."""

    __slots__ = ("_definitions", "_route", "beats", "heard", "sources", "sums", "verdicts")

    def __init__(self, definitions: Definitions, plan: Plan) -> None:
        self._definitions = definitions
        self._route = {kpi.name: murmur2(kpi.name.encode()) % definitions.kpi_partitions for kpi in plan.kpis}
        self.clear()

    def clear(self) -> None:
        self.sums: Sums = {}
        self.beats: list[tuple[int, list[Change]]] = []
        self.verdicts: list[tuple[str, str, int, int]] = []
        self.heard: dict[str, None] = {}  # sources, in this beat
        self.sources: list[tuple[int, list[str]]] = []

    def end_beat(self, clock: int) -> None:
        """Close the beat that `clock` (ms) lies in."""
        if self.heard:
            self.sources.append((clock // BEAT, sorted(self.heard)))
            self.heard = {}
        if not self.sums:
            return
        changes = [
            Change(kpi, minute, cut, changed)
            for (kpi, minute, cut), counts in self.sums.items()
            if (changed := totals(counts))
        ]
        if changes:
            self.beats.append((clock // BEAT, changes))
        self.sums = {}

    def pack(self, meta: Meta, partition: int, stamp: int | None) -> list[Out]:
        """The records of an append whose meta this is."""
        shares: list[list[tuple[int, list[Change]]]] = [[] for _ in range(self._definitions.kpi_partitions)]
        for beat, changes in self.beats:
            parts: list[list[Change]] = [[] for _ in shares]
            for change in changes:
                parts[self._route[change.kpi]].append(change)
            for share, part in zip(shares, parts, strict=True):
                if part:
                    share.append((beat, part))
        head = (meta.run, meta.revision, partition, self._definitions.partitions, meta.seq, meta.clock)
        key = b"%d" % partition
        return [
            Out(KPIS, m, key, _pack(Differences(*head, share, self.verdicts, [] if m else self.sources)), stamp)
            for m, share in enumerate(shares)
        ]
