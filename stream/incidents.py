"""Many alerts that are one matter: somebody is told once, with a count.

Pages of one signal that share a team, a topic or a segment are one incident from the third within an hour on; alerts
of the queue are, when in an hour, or in 24, far more open than in the busiest such time of the 7 d before. An incident
takes in all that follows of its signals and label, and other signals that surge under the same label, until nothing
joined for so long. So is work that piles up in a team's hands (stream/piles.py).
A watch's page takes in the pages of the customers that it explains.
"""

from __future__ import annotations

from stream.definitions import DAY, HOUR
from stream.memory import Began, Incident, Memory, Rate, Recent
from stream.notices import Head, span
from stream.policy import Policy

WEEK = 7 * DAY
KEPT = 8 * 24  # hours of counts: a day, and the 7 before it
_RECENT = 500  # pages of a signal that may stand alone within the window

Key = tuple[str, str]  # dimension, label


class Incidents:
    """The incidents, in delivery's memory. Names of incidents are the ids of their alerts."""

    def __init__(self, policy: Policy, memory: Memory) -> None:
        self._policy = policy
        self._memory = memory
        self._open: dict[Key, str] = {(one.dim, one.label): id for id, one in memory.all(Incident).items()}
        self._watches: dict[Key, dict[str, str]] = {}  # open pages of watches that explain others, and their signals

    # -- watches -----------------------------------------------------------------------------------------------

    def watch(self, head: Head, *, is_open: bool) -> None:
        """A page of a watch is open, or no longer."""
        if head.signal not in self._policy.absorbs or len(head.cut) != 1:
            return
        [key] = head.cut.items()
        if is_open:
            self._watches.setdefault(key, {})[head.id] = head.signal
        elif key in self._watches:
            self._watches[key].pop(head.id, None)

    def explained(self, head: Head) -> str:
        """The watch's alert that explains a customer's page; "" = none."""
        for key in head.cut.items():
            found = self._watches.get(key, {})
            ids = (id for id in sorted(found) if id != head.id and head.signal in self._policy.absorbs[found[id]])
            if id := next(ids, ""):
                return id
        return ""

    # -- incidents ---------------------------------------------------------------------------------------------

    def joined(self, head: Head, clock: int, n: int = 0) -> str:
        """The incident that takes an alert in, the `n`-th open of its kind and team; "" = none does."""
        for key in self._keys(head):
            id = self._open.get(key, "")
            one = self._memory.get(Incident, id) if id else None
            if one is not None and head.signal in one.signals and n >= one.least:
                self._join(id, one, head, clock)
                return id
        return ""

    def paged(self, head: Head, clock: int) -> tuple[Key, list[str]] | None:
        """A page that stands alone; the label under which it is one too many, and those that came before it."""
        recent = self._memory.get(Recent, head.signal) or Recent()
        recent.pages = [page for page in recent.pages if page[0] > clock - self._policy.group_window][-_RECENT:]
        self._memory.keep(head.signal, recent)
        for key in self._keys(head):
            alike = [id for _, id, cut in recent.pages if cut.get(key[0]) == key[1] and id != head.id]
            if len(alike) + 1 >= self._policy.group_pages:
                recent.pages = [page for page in recent.pages if page[1] not in alike]
                return key, alike
        recent.pages.append((clock, head.id, head.cut))
        return None

    def surged(self, head: Head, clock: int) -> tuple[Key, int, int] | None:
        """Count an alert of the queue; the label under which they are far too many, how many, within what time (ms)."""
        found: tuple[Key, int, int] | None = None
        hour = clock // HOUR
        for key in self._keys(head):
            name = "\0".join((head.signal, *key))
            rate = self._memory.get(Rate, name) or Rate()
            n = 1 + (rate.hours.pop()[1] if rate.hours and rate.hours[-1][0] == hour else 0)
            rate.hours = [*(one for one in rate.hours if one[0] > hour - KEPT), (hour, n)]
            self._memory.keep(name, rate)
            for hours in (1, 24):
                n, usual = _busiest(rate.hours, hour, hours)
                if found is None and n >= max(self._policy.surge, self._policy.surge_times * usual):
                    found = key, n, hours * HOUR
        return found if self.knows(clock) else None

    def begin(self, id: str, key: Key, head: Head, n: int, within: int, clock: int, least: int) -> None:
        """An alert, the `n`-th of them, makes them an incident; it is over when none joins `within` that time (ms).
        `least` as in `Incident`.
        """
        one = Incident(*key, {head.signal: n}, clock, within, n, least)
        self._open[key] = id
        self._memory.keep(id, one)

    def spread(self, id: str, head: Head, n: int, clock: int) -> None:
        """An incident takes in another signal, of which this alert is the `n`-th."""
        one = self._memory.get(Incident, id)
        assert one is not None  # it is open
        one.signals[head.signal] = n - 1
        one.said = 0  # that is news
        self._join(id, one, head, clock)

    def under(self, key: Key) -> str:
        """The open incident of a label; "" = none."""
        return self._open.get(key, "")

    def get(self, id: str) -> Incident | None:
        return self._memory.get(Incident, id)

    def told(self, id: str, one: Incident) -> None:
        """Its alert says its count now."""
        one.said = one.count
        self._memory.keep(id, one)

    def dues(self) -> dict[str, int]:
        """When each is over, if nothing joins."""
        return {id: one.last + one.within for id, one in self._memory.all(Incident).items()}

    def end(self, id: str) -> Incident:
        """It is over."""
        one = self._memory.all(Incident)[id]
        del self._open[one.dim, one.label]
        self._memory.drop(id, one)
        return one

    def words(self, one: Incident) -> str:
        """What its alert says."""
        named = ", ".join(f"{n} {signal}" for signal, n in one.signals.items())
        if one.least:
            return f"{one.count} alerts of {one.dim} {one.label} have piled up, {one.least} are too many: {named}"
        return f"{one.count} alerts of {one.dim} {one.label}, each within {span(one.within)} of the one before: {named}"

    def sweep(self, clock: int) -> None:
        """Let go of counts that say nothing any more: labels come and go."""
        stale = clock // HOUR - KEPT
        for name, rate in sorted(self._memory.all(Rate).items()):
            if rate.hours[-1][0] <= stale:
                self._memory.drop(name, rate)

    def _join(self, id: str, one: Incident, head: Head, clock: int) -> None:
        one.signals[head.signal] += 1
        one.last = clock
        self._memory.keep(id, one)

    def _keys(self, head: Head) -> list[Key]:
        return [(dim, head.cut[dim]) for dim in self._policy.group_by if dim in head.cut]

    def knows(self, clock: int) -> bool:
        """Whether delivery has heard of a week, so that what is usual is known."""
        began = self._memory.get(Began, "")
        return began is not None and clock - began.at >= WEEK


def _busiest(counts: list[tuple[int, int]], now: int, hours: int) -> tuple[int, int]:
    """How many in the `hours` that end with the hour `now`, and in the busiest such time of the 7 d before."""
    sums: dict[int, int] = {}
    for hour, n in counts:
        block = (now - hour) // hours
        sums[block] = sums.get(block, 0) + n
    last = 7 * 24 // hours
    return sums.get(0, 0), max((n for block, n in sums.items() if 0 < block <= last), default=0)
