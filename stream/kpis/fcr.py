"""First contact resolution: resolved, and nothing more heard of the issue for 7 d. Articles 001, 002.

By first_resolved: no contact of the same issue, and no reopen of this ticket, in (first_resolved, +7 d]; tickets
opened before then or in the same second do not count. Corrected by a contact or reopen within the 7 d, which takes
the success back; a new topic of a ticket of the customer.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.definitions import DAY
from stream.journey import Issue, Journey
from stream.kpi import ENDS, OF_TICKETS, RATIO, Ratio


class Fcr(Ratio):
    name = "fcr"
    ahead = False
    begins = "first_resolved"
    on = ENDS | {"ticket.replied"}
    better = "higher"
    of = Issue
    reads = frozenset({"tickets"})
    cuts = OF_TICKETS
    benchmarks = (("call centres", 0.70, "SQM Group, call centre customer experience research"),)
    matures = 7 * DAY  # also how long it must stay quiet

    def facts(self, it: Issue, who: Journey) -> Iterable[Fact]:
        found: list[Fact] = []
        for ticket in it.tickets:
            if (at := ticket.first_resolved) is not None:
                settled = it.settled(ticket, at, self.matures)
                found.append(Fact(at, RATIO[settled], cut=ticket.cut(who, at)))
        return found


KPI = Fcr()
