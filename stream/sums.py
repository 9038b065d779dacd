"""Differences of facts, added up: by KPI, minute of event time and cut, the parts that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.claims import Cut, Fact
from stream.definitions import MINUTE

Sums = dict[tuple[str, int, Cut], dict[str, int]]


def differ(sums: Sums, name: str, said: Sequence[Fact], then: int, now: Sequence[Fact], clock: int) -> None:
    """Take back what was said at `then`, say what is so at `clock`; what is in both alike is left alone."""
    if said == now:
        said = now = [f for f in now if _crosses(f, then, clock)]
    elif len(said) == len(now):
        pairs = [(a, b) for a, b in zip(said, now, strict=True) if a != b or _crosses(a, then, clock)]
        said, now = [a for a, _ in pairs], [b for _, b in pairs]
    for fact in said:
        _pass_on(sums, name, fact, then, -1)
    for fact in now:
        _pass_on(sums, name, fact, clock, 1)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _pass_on(sums: Sums, name: str, fact: Fact, clock: int, sign: int) -> None:
    """Add a fact as far as it has begun and ended at `clock`, `sign` times."""
    if fact.at > clock:
        return
    _add(sums, (name, fact.at // MINUTE, fact.cut), fact, sign)
    if fact.until is not None and fact.until <= clock:
        _add(sums, (name, fact.until // MINUTE, fact.cut), fact, -sign)


def _add(sums: Sums, at: tuple[str, int, Cut], fact: Fact, sign: int) -> None:
    into: Any = sums.get(at)
    if into is None:
        into = sums[at] = {}
    for part, amount in fact.parts:
        into[part] = into.get(part, 0) + sign * amount
