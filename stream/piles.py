"""Work that piles up in a team's hands: far more alerts of one kind open at once than is usual there.

A team that stops answering opens few alerts more than on other days, but none of those that it has ends. So what is
open counts here, and not what opens. Usual = the mean of the highest counts of 7 d, yesterday left out (a pile grows
for days); too many are `pile` at least, half as many again as usual, and `pile_sigmas` roots of it more.
"""

from __future__ import annotations

from math import ceil, sqrt

from stream.definitions import DAY
from stream.memory import Memory, Pile
from stream.notices import Head
from stream.policy import Policy

DAYS = 7  # whose highest counts say what is usual
KEPT = DAYS + 1


class Piles:
    """How many alerts of the queue are open, by signal and team, and how many there usually are."""

    def __init__(self, policy: Policy, memory: Memory) -> None:
        self._policy = policy
        self._memory = memory
        self._open: dict[str, int] = {}

    def add(self, head: Head, n: int) -> None:
        """An open alert is there (1) or not any more (-1)."""
        if name := self._name(head):
            self._open[name] = self._open.get(name, 0) + n

    def count(self, head: Head, clock: int) -> tuple[int, int]:
        """An alert opens: how many are open with it, and how many are too many. (0, 1) = it is none that waits."""
        name = self._name(head)
        if not name:
            return 0, 1
        pile = self._memory.get(Pile, name) or Pile()
        n, day = self._open.get(name, 0) + 1, clock // DAY
        highest = dict.fromkeys(range(max((d for d, _ in pile.days), default=day), day), n - 1) | dict(pile.days)
        highest[day] = max(highest.get(day, 0), n)
        pile.days = [(one, highest[one]) for one in sorted(highest) if one >= day - KEPT]
        self._memory.keep(name, pile)
        usual = sum(peak for one, peak in pile.days if one < day - 1) / DAYS
        more = max(self._policy.pile_sigmas * sqrt(max(usual, 1.0)), usual / 2)
        return n, max(ceil(usual + more), self._policy.pile)

    def sweep(self, clock: int) -> None:
        """Let go of counts that say nothing any more: teams come and go."""
        for name, pile in sorted(self._memory.all(Pile).items()):
            if pile.days[-1][0] < clock // DAY - KEPT and not self._open.get(name):
                self._memory.drop(name, pile)
                self._open.pop(name, None)

    def _name(self, head: Head) -> str:
        team = head.cut.get("team", "")
        waits = head.severity == "queue" and head.signal in self._policy.waiting
        return f"{head.signal}\0{team}" if team and waits else ""
