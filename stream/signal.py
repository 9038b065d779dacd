"""What signals are made of: defaults, and plain words for times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from stream.claims import Finding, Signal
from stream.definitions import DAY, HOUR, MINUTE
from stream.event import FAMILIES
from stream.journey import Journey

TICKET_EVENTS = frozenset(type_ for type_, family in FAMILIES.items() if family == "tickets")
SHOWN = 16  # steps at most that a finding names as its evidence, and things it lists

# `given`, `when` (None = it has none) and `find` of a signal, and itself.
Finder = tuple[
    str, Callable[[Any, Any], Iterable[tuple[Any, ...]]] | None, Callable[[Any, Any], Iterable[Finding]], Signal
]


class Plugin:
    """Defaults of a signal. A plug-in states its name, warns_of, of and reads; its parameters carry units.

    For speed, it may have `when`: what `find` says without its words, as tuples that begin with (since, until), asked
    first, since most of it lies ahead, or is over; and `idle`: whether its settings leave it nothing to say.
    """

    name: str
    warns_of: str
    of: type
    reads: frozenset[str]
    version = 1
    linger = 0
    matures = 0
    needs = ""  # a family of records without which nothing is found of a customer (`of` = Journey)
    given = ""  # an attribute of what it looks at: while it is empty, nothing is found

    def find(self, it: Any, who: Journey) -> Iterable[Finding]:
        raise NotImplementedError


def finders(signals: Iterable[Signal]) -> tuple[Finder, ...]:
    """How to ask signals, those left out that have nothing to say by their settings."""
    return tuple(
        (str(getattr(one, "given", "")), getattr(one, "when", None), one.find, one)
        for one in signals
        if not getattr(one, "idle", False)
    )


@lru_cache(1_000)
def words(ms: int) -> str:
    """A duration for people: 3 d, 5 h, 12 min."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if ms >= unit:
            return f"{ms // unit} {name}"
    return f"{ms // 1000} s"
