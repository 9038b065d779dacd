"""Share of resolved tickets that were reopened ever (within keep), by first resolve. Article 003.

Corrected by a reopen, however late within keep, in the month of the first resolve.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, RATIO, OfTickets, Ratio


class ReopenRate(OfTickets, Ratio):
    name = "reopen_rate"
    begins = "first_resolved"
    on = ENDS
    better = "lower"

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.first_resolved) is not None:
            return (Fact(at, RATIO[bool(it.reopens)], cut=it.cut(who, at)),)
        return ()


KPI = ReopenRate()
