"""What an append says: alerts, dead letters, and differences of the KPIs, shared out to partitions of journey.kpis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

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
        many = range(self._definitions.kpi_partitions)
        shares, parts = [_Array() for _ in many], [_Array() for _ in many]
        packed = 0
        for beat in sorted(self._sums):
            for kpi, minute, cut, changed in self._sums.pop(beat).drain():
                if changed:
                    parts[self._route[kpi]].items.append(Change(kpi, minute, cut, changed))
                packed += 1
                if packed % stride == 0:
                    for array in (*shares, *parts):
                        array.press()
                    yield None
            for share, part in zip(shares, parts, strict=True):
                if changes := part.take():
                    share.items.append((beat, changes))
        self._outs.sort(key=_when)
        outs = [out for _, out in self._outs]
        if packed >= stride:
            yield None
        sources = [(beat, sorted(names)) for beat, names in sorted(self._heard.items()) if names]
        for out in self._shared(meta, partition, shares, sources):
            if packed >= stride:
                yield None
            outs.append(out)
        yield outs

    def _shared(
        self, meta: Meta, partition: int, shares: Sequence[_Array], sources: list[tuple[int, list[str]]]
    ) -> Iterator[Out]:
        """A record for each partition of journey.kpis: sources travel with the first, verdicts with all."""
        self._verdicts.sort(key=_when)
        verdicts = [verdict for _, verdict in self._verdicts]
        head = (meta.run, meta.revision, partition, self._definitions.partitions, meta.seq, meta.clock)
        key, stamp = b"%d" % partition, meta.clock if self._is_stamped else None
        for m, share in enumerate(shares):
            said = Differences(*head, share.take(), verdicts, [] if m else sources)
            yield Out(KPIS, m, key, _pack(said), stamp)


class _Array:
    """An array of msgpack that is encoded some items at a time, to the same bytes: `press` does those in `items`."""

    __slots__ = ("_count", "_pressed", "items")

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.items: list[Any] = []
        self._pressed: list[bytes] = []
        self._count = 0

    def press(self) -> None:
        if self.items:
            self._pressed.append(_pack(self.items)[len(_head(len(self.items))) :])
            self._count += len(self.items)
            self.items = []

    def take(self) -> Any:
        """All of it, to be encoded as it is; it is empty again. Nothing is encoded twice, or before it must be."""
        if self._pressed:
            self.press()
            found: Any = msgspec.Raw(_head(self._count) + b"".join(self._pressed))
        else:
            found = self.items
        if found:
            self._clear()
        return found


def _head(count: int) -> bytes:
    """What an array of so many items begins with."""
    if count < 1 << 4:
        return bytes([0x90 | count])
    return b"\xdc" + count.to_bytes(2, "big") if count < 1 << 16 else b"\xdd" + count.to_bytes(4, "big")


_when = itemgetter(0)
