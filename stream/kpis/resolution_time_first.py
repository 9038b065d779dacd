"""Time from opening to the first resolve, whatever came after. Article 001.

Corrected by an earlier resolve or opening heard late; a reopen does not change it.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Duration, OfTickets


class ResolutionTimeFirst(OfTickets, Duration):
    name = "resolution_time_first"
    begins = "first_resolved"
    on = ENDS

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.first_resolved) is not None:
            return (self.fact(it.opened, at, it.cut(who, at)),)
        return ()


KPI = ResolutionTimeFirst()
