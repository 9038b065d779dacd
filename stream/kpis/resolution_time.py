"""Time from opening to the latest resolve of a ticket that is resolved now. Articles 001, 002.

Corrected by a reopen, which takes it back until the ticket is resolved again, and then counts the whole time.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Duration, OfTickets, Once


class ResolutionTime(OfTickets, Once, Duration):
    name = "resolution_time"
    begins = "last_resolved"
    on = ENDS

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return self.lasting(at - it.opened)


KPI = ResolutionTime()
