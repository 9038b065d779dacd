"""Tickets opened; by `content` those that say which help page they came from. Article 004.

Corrected by a ticket heard late, by its opening; a new topic or team of a ticket, which then counts there.
"""

from __future__ import annotations

from stream.claims import Parts, Window
from stream.journey import Journey, Ticket
from stream.kpi import ONE, OfOpenings


class TicketVolume(OfOpenings):
    name = "ticket_volume"
    unit = "tickets"
    better = "none"
    flows = ("n",)

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return ONE

    def value(self, p: Window) -> float | None:
        return p.sum("n") or None

    def n(self, p: Window) -> int:
        return p.sum("n")


KPI = TicketVolume()
