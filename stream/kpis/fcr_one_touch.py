"""Resolved with exactly one public reply of an agent (bots do not count), and never reopened. Article 001.

By first_resolved. Corrected by a second reply or a reopen, however late within keep, which takes the success back.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import AUTHOR, ENDS, RATIO, OfTickets, Once, Ratio


class FcrOneTouch(OfTickets, Once, Ratio):
    name = "fcr_one_touch"
    begins = "first_resolved"
    on = ENDS | {"ticket.replied"}
    better = "higher"

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        touches = [*map(AUTHOR, it.replies)].count("agent")
        return RATIO[touches == 1 and not it.reopens]


KPI = FcrOneTouch()
