"""Resolved without one more public word of the customer after opening, and never reopened. Article 001.

By first_resolved. Corrected by a customer's reply or a reopen, however late within keep, which takes the success
back.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import AUTHOR, ENDS, RATIO, OfTickets, Once, Ratio


class FcrStrict(OfTickets, Once, Ratio):
    name = "fcr_strict"
    begins = "first_resolved"
    on = ENDS | {"ticket.replied"}
    better = "higher"

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return RATIO[not it.reopens and "customer" not in map(AUTHOR, it.replies)]


KPI = FcrStrict()
