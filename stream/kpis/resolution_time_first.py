"""Time from opening to the first resolve, whatever came after. Article 001.

Corrected by an earlier resolve or opening heard late; a reopen does not change it.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Duration, OfTickets, Once


class ResolutionTimeFirst(OfTickets, Once, Duration):
    name = "resolution_time_first"
    begins = "first_resolved"
    on = ENDS

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return self.lasting(at - it.opened)


KPI = ResolutionTimeFirst()
