"""Differences of facts, added up: by KPI, minute of event time and cut, the parts that changed."""

from __future__ import annotations

from collections.abc import Sequence

from stream.claims import Cut, Fact
from stream.definitions import MINUTE

Sums = dict[tuple[str, int, Cut], dict[str, int]]


def differ(sums: Sums, name: str, said: Sequence[Fact], then: int, now: Sequence[Fact], clock: int) -> None:
    """Take back what was said at `then`, say what is so at `clock`; what is in both alike is left alone."""
    if said == now:
        said = now = [f for f in now if f.at > then or (f.until is not None and f.until > then)]
        said = now = [f for f in now if _crosses(f, then, clock)] if now else now
    else:
        many = min(len(said), len(now))  # most of a long list begins as it did
        pairs = [(a, b) for a, b in zip(said, now, strict=False) if a != b or _crosses(a, then, clock)]
        said = [*(a for a, _ in pairs), *said[many:]]
        now = [*(b for _, b in pairs), *now[many:]]
    for fact in said:
        _pass_on(sums, name, fact, then, -1)
    for fact in now:
        _pass_on(sums, name, fact, clock, 1)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _pass_on(sums: Sums, name: str, fact: Fact, clock: int, sign: int) -> None:
    """Add a fact as far as it has begun and ended at `clock`, `sign` times."""
    at, until, cut = fact.at, fact.until, fact.cut
    if at > clock:
        return
    place = name, at // MINUTE, cut
    into = sums.get(place)
    if into is None:
        into = sums[place] = {}
    for part, amount in fact.parts:
        into[part] = into.get(part, 0) + sign * amount
    if until is not None and until <= clock:
        into = sums.setdefault((name, until // MINUTE, cut), {})
        for part, amount in fact.parts:
            into[part] = into.get(part, 0) - sign * amount
