"""Differences of facts, added up: by KPI, minute of event time and cut, how often each parts were said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from stream.claims import Cut, Parts
from stream.definitions import MINUTE

Pair = tuple[str, Parts]  # a KPI's name, and the parts of a fact that it says
Told = tuple[int, int | None, Cut, Sequence[Pair]]  # facts that share these: at, until (ms), cut; and who says what
Found = list[Told]
Said = list[tuple[Found, int, int]]  # facts passed on, the clock at which, and the KPIs that were asked, as a mask


class Sums:
    """Differences of facts. `panes`: by minute of event time and cut, which the facts of an item mostly share; in
    each by KPI and parts, how often they were more often said than taken back.
    """

    __slots__ = ("panes",)

    def __init__(self) -> None:
        self.panes: defaultdict[tuple[int, Cut], defaultdict[Pair, int]] = defaultdict(_pane)

    def drain(self) -> Iterator[tuple[str, int, Cut, dict[str, int]]]:
        """KPI, minute, cut, and the parts that changed, if any; what was looked at is given up, since to free all of it
        at once takes long.
        """
        panes = self.panes
        for about in list(panes):
            changed: dict[str, dict[str, int]] = {}
            for (name, parts), times in panes.pop(about).items():
                if times:
                    total = changed.setdefault(name, {})
                    for part, amount in parts:
                        total[part] = total.get(part, 0) + times * amount
            for name, total in changed.items():
                yield name, *about, {part: n for part, n in total.items() if n}


_pane: Callable[[], defaultdict[Pair, int]] = partial(defaultdict, int)  # no `defaultdict[...]`: slow


def add(sums: Sums, found: Found, clock: int, sign: int = 1) -> None:
    """Count facts as far as they have begun and ended at `clock`, `sign` times."""
    panes, begun, known = sums.panes, -1, None
    for at, until, cut, pairs in found:
        if at > clock:
            continue
        if at // MINUTE != begun or cut is not known:
            begun, known = at // MINUTE, cut
            pane = panes[begun, cut]
        for pair in pairs:
            pane[pair] += sign
        if until is not None and until <= clock:
            for pair in pairs:
                panes[until // MINUTE, cut][pair] -= sign


def differ(sums: Sums, said: Said, found: Found, clock: int, asked: tuple[Mapping[str, int], int]) -> None:
    """Take back what KPIs had `said` of an item, as far as they are `found` to say other things now, and note those.

    `asked` = the bit of each KPI, and the mask of those who were asked: who is not found says nothing now.
    """
    bits, mask = asked
    left: Said = []
    now = found
    for known, then, who in said:
        facts = known
        if rest := who & ~mask:
            left.append((only(known, bits, rest), then, rest))
            facts = only(known, bits, mask)
        many = _alike(facts, now, then, clock)
        facts, now = facts[many:], now[many:]
        if facts and now and (many := _alike(facts[::-1], now[::-1], then, clock)):  # one amid many changed
            facts, now = facts[:-many], now[:-many]
        add(sums, facts, then, -1)
    add(sums, now, clock)
    said[:] = [one for one in (*left, (found, clock, mask)) if one[0]]


def only(found: Found, bits: Mapping[str, int], mask: int) -> Found:
    """What the KPIs of a mask say."""
    kept = [(at, until, cut, [pair for pair in pairs if bits[pair[0]] & mask]) for at, until, cut, pairs in found]
    return [told for told in kept if told[3]]


def _alike(said: Found, now: Found, then: int, clock: int) -> int:
    """How many facts stand as they did: most of a long list begins as it did."""
    many = 0
    for told, other in zip(said, now, strict=False):
        if told != other or then < told[0] <= clock or (told[1] is not None and then < told[1] <= clock):
            break  # another one, or it began or ended since
        many += 1
    return many
