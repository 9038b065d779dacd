"""One contact: as `fcr`, and no ticket of the same issue opened in the 7 d before this one. Article 003.

By first_resolved. Corrected by a contact or reopen within the 7 d, and an earlier ticket heard late: both take the
success back.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.definitions import DAY
from stream.journey import Issue, Journey
from stream.kpi import ENDS, OF_TICKETS, RATIO, Ratio


class OneContact(Ratio):
    name = "one_contact"
    ahead = False
    begins = "first_resolved"
    on = ENDS | {"ticket.replied"}
    better = "higher"
    of = Issue
    reads = frozenset({"tickets"})
    cuts = OF_TICKETS
    benchmarks = (("call centres", 0.59, "SQM Group, call centre customer experience research"),)
    matures = 7 * DAY  # also how long it must be quiet before and after

    def facts(self, it: Issue, who: Journey) -> Iterable[Fact]:
        found: list[Fact] = []
        for ticket in it.tickets:
            if (at := ticket.first_resolved) is not None:
                only = it.settled(ticket, at, self.matures) and it.is_first(ticket, self.matures)
                found.append(Fact(at, RATIO[only], cut=ticket.cut(who, at)))
        return found


KPI = OneContact()
