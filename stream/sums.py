"""Differences of facts, added up: by KPI, minute of event time and cut, how often each parts were said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from stream.claims import Cut, Fact
from stream.definitions import MINUTE

Counts = defaultdict[tuple[tuple[str, int], ...], int]  # by the parts of a fact: more often said than taken back
Found = dict[str, tuple[Fact, ...]]  # by KPI, those who say something
Said = list[tuple[Found, int]]  # facts passed on, and the clock at which; a KPI is in one of them at most


class Sums:
    """Differences of facts. `panes`: by minute of event time and cut, which the facts of an item mostly share; in
    each by KPI.
    """

    __slots__ = ("panes",)

    def __init__(self) -> None:
        self.panes: defaultdict[tuple[int, Cut], dict[str, Counts]] = defaultdict(_pane)

    def items(self) -> Iterator[tuple[tuple[str, int, Cut], Counts]]:
        """By KPI, minute and cut."""
        for (minute, cut), pane in self.panes.items():
            for name, counts in pane.items():
                yield (name, minute, cut), counts

    def __len__(self) -> int:
        return sum(map(len, self.panes.values()))


_pane = partial(defaultdict[str, Counts], partial(defaultdict[tuple[tuple[str, int], ...], int], int))


def nothing() -> Sums:
    """Sums to which nothing was added yet."""
    return Sums()


def pass_on(sums: Sums, said: Said, found: Found, clock: int) -> None:
    """Take back what KPIs `said` of an item, as far as they are `found` to say other things now, and note those."""
    if said:
        fresh = dict(found)
        for known, then in said:
            for name in [name for name in known if name in found]:
                _differ(sums, name, known.pop(name), then, fresh.pop(name), clock)
        said[:] = [one for one in said if one[0]]
        _add(sums, fresh, clock, 1)
    else:  # most often: a new record
        _add(sums, found, clock, 1)
    if found:
        said.append((found, clock))


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
    _add(sums, {name: said}, then, -1)
    _add(sums, {name: now}, clock, 1)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _add(sums: Sums, found: Mapping[str, Sequence[Fact]], clock: int, sign: int) -> None:
    """Count the facts of KPIs as far as they have begun and ended at `clock`, `sign` times."""
    panes, begun, cut = sums.panes, -1, None
    for name, facts in found.items():
        for fact in facts:
            at = fact.at
            if at > clock:
                continue
            if at != begun or fact.cut is not cut:
                begun, cut = at, fact.cut
                pane = panes[at // MINUTE, cut]
            pane[name][fact.parts] += sign
            until = fact.until
            if until is not None and until <= clock:
                panes[until // MINUTE, fact.cut][name][fact.parts] -= sign


def totals(counts: Counts) -> dict[str, int]:
    """The parts that changed."""
    total: dict[str, int] = {}
    for parts, times in counts.items():
        if times:
            for part, amount in parts:
                total[part] = total.get(part, 0) + times * amount
    return {part: n for part, n in total.items() if n}
