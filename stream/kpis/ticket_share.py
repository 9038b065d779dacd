"""Tickets opened in a cut, as a share of all: the distribution over channels, topics, teams, content. Article 004.

Corrected by a ticket heard late, by its opening; a new topic or team of a ticket, which then counts there.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact, Window
from stream.journey import Journey, Ticket
from stream.kpi import FAST, MOVES, OF_OPENINGS, OfTickets, of_opening


class TicketShare(OfTickets):
    """Part `num`; the denominator is `num` of all, so it merges exactly."""

    name = "ticket_share"
    on = MOVES
    unit = "ratio"
    better = "none"
    flows = ("num",)
    windows = FAST
    cuts = OF_OPENINGS

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        return (Fact(it.opened, (("num", 1),), cut=of_opening(it, who)),)

    def value(self, p: Window) -> float | None:
        return p.sum("num") / den if (den := p.all.sum("num")) else None

    def n(self, p: Window) -> int:
        return p.all.sum("num")

    def parts(self, p: Window) -> dict[str, int]:
        """Shown as a ratio: `num` and `den`."""
        return {"num": p.sum("num"), "den": p.all.sum("num")}


KPI = TicketShare()
