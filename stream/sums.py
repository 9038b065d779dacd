"""Differences of facts, added up: by KPI, minute of event time and cut, how often each parts were said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat

from stream.claims import Cut, Fact
from stream.definitions import MINUTE

Counts = defaultdict[tuple[tuple[str, int], ...], int]  # by the parts of a fact: more often said than taken back
Sums = defaultdict[tuple[str, int, Cut], Counts]
Said = dict[str, tuple[Sequence[Fact], int]]  # by KPI: the facts passed on, and the clock at which


def nothing() -> Sums:
    """Sums to which nothing was added yet."""
    return defaultdict(partial(defaultdict, int))


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
    said.update(zip(found, zip(found.values(), repeat(clock))))  # noqa: B905 - of one length


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
            at = fact.at
            if at > clock:
                continue
            sums[name, at // MINUTE, fact.cut][fact.parts] += sign
            until = fact.until
            if until is not None and until <= clock:
                sums[name, until // MINUTE, fact.cut][fact.parts] -= sign


def totals(counts: Counts) -> dict[str, int]:
    """The parts that changed."""
    total: dict[str, int] = {}
    for parts, times in counts.items():
        if times:
            for part, amount in parts:
                total[part] = total.get(part, 0) + times * amount
    return {part: n for part, n in total.items() if n}
