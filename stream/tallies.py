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

    def copy(self) -> Tallies:
        """As they are now."""
        made = Tallies()
        made.restore(self)
        return made

    def restore(self, other: Tallies) -> None:
        """Count as `other` does."""
        for name in ("heard", "dead_letters", "forgotten", "alerts"):
            counter: Counter[object] = getattr(self, name)
            counter.clear()
            counter.update(getattr(other, name))
        self.repeats, self.ticks = other.repeats, other.ticks
