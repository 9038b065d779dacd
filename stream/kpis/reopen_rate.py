"""Share of resolved tickets that were reopened ever (within keep), by first resolve. Article 003.

Corrected by a reopen, however late within keep, in the month of the first resolve.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, RATIO, OfTickets, Once, Ratio


class ReopenRate(OfTickets, Once, Ratio):
    name = "reopen_rate"
    begins = "first_resolved"
    on = ENDS
    better = "lower"

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return RATIO[bool(it.reopens)]


KPI = ReopenRate()
