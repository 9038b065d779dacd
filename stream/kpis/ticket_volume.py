"""Tickets opened; by `content` those that say which help page they came from. Article 004.

Corrected by a ticket heard late, by its opening; a new topic or team of a ticket, which then counts there.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact, Window
from stream.journey import Journey, Ticket
from stream.kpi import FAST, MOVES, OF_OPENINGS, ONE, OfTickets, of_opening


class TicketVolume(OfTickets):
    name = "ticket_volume"
    on = MOVES
    unit = "tickets"
    better = "none"
    flows = ("n",)
    windows = FAST
    cuts = OF_OPENINGS

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        return (Fact(it.opened, ONE, cut=of_opening(it, who)),)

    def value(self, p: Window) -> float | None:
        return p.sum("n") or None

    def n(self, p: Window) -> int:
        return p.sum("n")


KPI = TicketVolume()
