"""How fast a contender gets through the log, between a tenth and nine tenths of it; and what one contender is told."""

from __future__ import annotations

import os
import resource
import time

import msgspec
from msgspec import Struct

PARTITIONS = 24


class Task(Struct, frozen=True):
    """What a contender is to do: read `events` events of journey.events, write alerts to `alerts`, and end."""

    bootstrap: str
    events: int
    alerts: str  # a topic of one partition, of this round's own
    round: int


class Result(Struct, frozen=True):
    """Of one round: events/s, CPU time of its process in us an event, peak memory in bytes.

    `read`: the next offset of each partition, of a contender that did not read the whole log.
    """

    rate: float
    cpu: float
    peak: int
    read: dict[int, int]


class Meter:
    """Counts events done; the marks are where the first and the last tenth are cut off, so that starts do not count."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.count = 0
        self.read: dict[int, int] = {}
        self._next = events // 10
        self._marks = [(0, time.perf_counter(), time.process_time())]

    def add(self, n: int) -> bool:
        """Counts `n` events more; returns whether all are done."""
        self.count += n
        if self.count >= self._next:
            self._marks.append((self.count, time.perf_counter(), time.process_time()))
            self._next = self.events * 9 // 10 if len(self._marks) == 2 else self.events + 1
        return self.count >= self.events

    def result(self) -> Result:
        (n0, t0, c0), (n1, t1, c1) = self._marks[-2:]  # all at once: from the start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return Result((n1 - n0) / (t1 - t0), (c1 - c0) / (n1 - n0) * 1e6, peak, self.read)

    def report(self) -> None:
        """Tells the runner; the last thing a contender does."""
        os.write(1, msgspec.json.encode(self.result()) + b"\n")  # Faust has taken sys.stdout
