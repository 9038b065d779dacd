"""Differences of facts, added up: by KPI, minute of event time and cut, how often each parts were said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from stream.claims import Cut, Fact
from stream.definitions import MINUTE

Counts = defaultdict[tuple[tuple[str, int], ...], int]  # by the parts of a fact: more often said than taken back
Found = list[tuple[str, Fact]]  # a KPI's name, and a fact that it says
Said = list[tuple[Found, int]]  # facts passed on, and the clock at which; a KPI is in one of them at most


class Sums:
    """Differences of facts. `panes`: by minute of event time and cut, which the facts of an item mostly share; in
    each by KPI.
    """

    __slots__ = ("panes",)

    def __init__(self) -> None:
        self.panes: defaultdict[tuple[int, Cut], dict[str, Counts]] = defaultdict(_pane)

    def drain(self) -> Iterator[tuple[tuple[str, int, Cut], Counts]]:
        """By KPI, minute and cut; what was looked at is given up, since to free all of it at once takes long."""
        panes = self.panes
        for about in list(panes):
            minute, cut = about
            for name, counts in panes.pop(about).items():
                yield (name, minute, cut), counts


_pane: Callable[[], dict[str, Counts]] = partial(defaultdict, partial(defaultdict, int))  # no `defaultdict[...]`: slow


def add(sums: Sums, found: Iterable[tuple[str, Fact]], clock: int, sign: int = 1) -> None:
    """Count facts as far as they have begun and ended at `clock`, `sign` times."""
    panes, begun, cut = sums.panes, -1, None
    for name, fact in found:
        if fact.at != begun or fact.cut is not cut:
            if fact.at > clock:
                continue
            begun, cut = fact.at, fact.cut
            pane = panes[begun // MINUTE, cut]
        pane[name][fact.parts] += sign
        if (until := fact.until) is not None and until <= clock:
            panes[until // MINUTE, fact.cut][name][fact.parts] -= sign


def differ(sums: Sums, said: Said, found: Found, clock: int, asked: tuple[Mapping[str, int], int]) -> None:
    """Take back what KPIs had `said` of an item, as far as they are `found` to say other things now, and note those.

    `asked` = the bit of each KPI, and the mask of those who were asked: who is not found says nothing now.
    """
    bits, mask = asked
    now = _by_name(found)
    for i, (facts, then) in enumerate(said):
        known = _by_name([one for one in facts if bits[one[0]] & mask])
        for name, old in known.items():
            _differ(sums, name, old, then, now.pop(name, []), clock)
        if known:
            said[i] = [one for one in facts if one[0] not in known], then
    add(sums, [(name, fact) for name, facts in now.items() for fact in facts], clock)
    said[:] = [one for one in (*said, (found, clock)) if one[0]]


def _by_name(found: Found) -> dict[str, list[Fact]]:
    names: dict[str, list[Fact]] = {}
    for name, fact in found:
        names.setdefault(name, []).append(fact)
    return names


def _differ(sums: Sums, name: str, said: list[Fact], then: int, now: list[Fact], clock: int) -> None:
    """Take back what was said at `then`, say what is so at `clock`; what is in both alike is left alone."""
    if said == now:
        if then == clock:
            return
        said = now = [fact for fact in now if _crosses(fact, then, clock)]
    else:
        many = min(len(said), len(now))  # most of a long list begins as it did
        pairs = [(a, b) for a, b in zip(said, now, strict=False) if a != b or _crosses(a, then, clock)]
        said = [*(a for a, _ in pairs), *said[many:]]
        now = [*(b for _, b in pairs), *now[many:]]
    add(sums, [(name, fact) for fact in said], then, -1)
    add(sums, [(name, fact) for fact in now], clock)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def totals(counts: Counts) -> dict[str, int]:
    """The parts that changed."""
    total: dict[str, int] = {}
    for parts, times in counts.items():
        if times:
            for part, amount in parts:
                total[part] = total.get(part, 0) + times * amount
    return {part: n for part, n in total.items() if n}
