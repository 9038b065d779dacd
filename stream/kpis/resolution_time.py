"""Time from opening to the latest resolve of a ticket that is resolved now. Articles 001, 002.

Corrected by a reopen, which takes it back until the ticket is resolved again, and then counts the whole time.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Duration, OfTickets


class ResolutionTime(OfTickets, Duration):
    name = "resolution_time"
    begins = "first_resolved"
    on = ENDS

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.last_resolved) is not None:
            return (self.fact(it.opened, at, it.cut(who, at)),)
        return ()


KPI = ResolutionTime()
