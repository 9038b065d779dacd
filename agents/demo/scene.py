"""What there is to show at one moment; and the lines for where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

from msgspec import Struct, field

from agents.demo.look import Seen
from agents.demo.words import clock, tally


class Scene(Struct):
    """`live` = seconds of live traffic (None = the history is still being told), `rate` = events a second."""

    seen: Seen = field(default_factory=Seen)
    now: int = 0  # wall clock, ms
    live: float | None = None
    sent: int = 0
    total: int = 0  # of the history
    rate: float = 0.0
    money: str = ""  # code of the reporting currency


class Show(Protocol):
    """Where scenes are shown, one after the other."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def update(self, scene: Scene) -> None: ...


class Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, write: Callable[[str], None], every: float = 5.0) -> None:
        self._write = write
        self._every = every
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, scene: Scene) -> None:
        if scene.now >= self._next:
            self._next = scene.now + self._every * 1000
            self._write(line(scene))


def line(scene: Scene) -> str:
    """One moment in a line."""
    numbers, shown = scene.seen.numbers, scene.seen.shown
    if scene.live is None:
        told = f"{numbers.events:,} of {scene.total:,} events" if scene.total else "is being made up"
        return f"history {told}, {scene.rate:,.0f}/s, {shown.open:,} alerts open"
    parts = [
        f"live {clock(scene.live)}",
        f"{numbers.events:,} events ({scene.rate:,.0f}/s)",
        f"{numbers.lag:,} waiting",
        f"{shown.count:,} readings",
        f"{shown.open:,} alerts open: {tally(shown.signals, 4)}",
    ]
    return " | ".join(parts + [scene.seen.fault] * bool(scene.seen.fault))
