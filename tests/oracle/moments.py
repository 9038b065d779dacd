"""A live pipe's readings at moments of the log: the panes are those that a worker keeps, ticked as a worker ticks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from stream.claims import Kpi
from stream.definitions import Definitions
from stream.live import LiveReadings
from stream.readings import Reading
from stream.record import EVENTS, Record, murmur2
from stream.replay import Replay
from stream.ticks import tick
from tests.oracle.logs import utc


class Walk:
    """Walks through a log and stops at moments."""

    def __init__(self, definitions: Definitions, kpis: Mapping[str, Kpi]) -> None:
        self._replay = Replay(definitions, kpis, [], [], keep_panes=False)
        self._offsets = [0] * definitions.partitions

    def readings(
        self, events: Iterable[tuple[int, dict[str, Any]]], moments: Sequence[int]
    ) -> Iterator[tuple[int, list[Reading]]]:
        """(moment ms, what the live pipe shows then) for each of `moments`, ascending; months by their names."""
        left = iter(moments)
        moment = next(left, None)
        for at, event in events:
            while moment is not None and at > moment:
                yield moment, self._stop(moment)
                moment = next(left, None)
            if moment is None:
                return
            key = event["subject"].encode()
            self._hear(murmur2(key) % len(self._offsets), at, key, msgspec.json.encode(event))

    def _stop(self, moment: int) -> list[Reading]:
        for p in range(len(self._offsets)):
            self._hear(p, moment, b"clock", tick(p, moment).value)
        self._replay.flush()
        month = utc(moment)[:7]
        return [
            msgspec.structs.replace(found, window=month) if found.window == "month" else found
            for aggregate in self._replay.aggregates
            for found in LiveReadings(aggregate).refresh()
            if found is not None
        ]

    def _hear(self, p: int, at: int, key: bytes, value: bytes | None) -> None:
        self._replay.hear(p, Record(EVENTS, p, self._offsets[p], at, key, value))
        self._offsets[p] += 1
