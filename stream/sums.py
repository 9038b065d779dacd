"""Differences of facts, added up: by KPI, minute of event time and cut, how often each parts were said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stream.claims import Cut, Fact
from stream.definitions import MINUTE

Place = tuple[str, int, Cut]
Counts = dict[tuple[tuple[str, int], ...], int]  # by the parts of a fact: more often said than taken back
Sums = dict[Place, Counts]
Said = dict[str, tuple[Sequence[Fact], int]]  # by KPI: the facts passed on, and the clock at which


def pass_on(sums: Sums, said: Said, found: Mapping[str, Sequence[Fact]], clock: int) -> None:
    """Take back what KPIs `said` of an item, as far as they are `found` to say other things now, and note those."""
    if said:
        for name, facts in found.items():
            then = said.get(name)
            if then is None:
                _add(sums, ((name, facts),), clock, 1)
            else:
                _differ(sums, name, *then, facts, clock)
    else:  # most often: a new record
        _add(sums, found.items(), clock, 1)
    for name, facts in found.items():
        said[name] = facts, clock


def _differ(sums: Sums, name: str, said: Sequence[Fact], then: int, now: Sequence[Fact], clock: int) -> None:
    """Take back what was said at `then`, say what is so at `clock`; what is in both alike is left alone."""
    if said == now:
        if then != clock:
            said = now = [fact for fact in now if _crosses(fact, then, clock)]
        else:
            return
    else:
        many = min(len(said), len(now))  # most of a long list begins as it did
        pairs = [(a, b) for a, b in zip(said, now, strict=False) if a != b or _crosses(a, then, clock)]
        said = [*(a for a, _ in pairs), *said[many:]]
        now = [*(b for _, b in pairs), *now[many:]]
    _add(sums, ((name, said),), then, -1)
    _add(sums, ((name, now),), clock, 1)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _add(sums: Sums, said: Iterable[tuple[str, Sequence[Fact]]], clock: int, sign: int) -> None:
    """Count the facts of KPIs as far as they have begun and ended at `clock`, `sign` times."""
    for name, facts in said:
        for fact in facts:
            at, until = fact.at, fact.until
            if at > clock:
                continue
            _count(sums, (name, at // MINUTE, fact.cut), fact.parts, sign)
            if until is not None and until <= clock:
                _count(sums, (name, until // MINUTE, fact.cut), fact.parts, -sign)


def _count(sums: Sums, place: Place, parts: tuple[tuple[str, int], ...], sign: int) -> None:
    counts = sums.get(place)
    if counts is None:
        sums[place] = {parts: sign}
    else:
        counts[parts] = counts.get(parts, 0) + sign


def totals(counts: Counts) -> dict[str, int]:
    """The parts that changed."""
    total: dict[str, int] = {}
    for parts, times in counts.items():
        if times:
            for part, amount in parts:
                total[part] = total.get(part, 0) + times * amount
    return {part: n for part, n in total.items() if n}
