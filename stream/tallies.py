"""What a fold counted by name, as plain integers; the metrics read them at scrape."""

from __future__ import annotations

from collections import Counter

from stream.record import Reason


class Tallies:
    """Counts since this process took the partition over. They are for people, never for results."""

    __slots__ = ("alerts", "dead_letters", "forgotten", "heard", "repeats", "ticks")

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()  # events by type
        self.dead_letters: Counter[Reason] = Counter()
        self.forgotten: Counter[str] = Counter()  # records dropped after `keep`, by family; "_early" by the limit
        self.alerts: Counter[tuple[str, str]] = Counter()  # changes by (signal, change)
        self.repeats = 0
        self.ticks = 0
