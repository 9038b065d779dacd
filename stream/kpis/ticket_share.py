"""Tickets opened in a cut, as a share of all: the distribution over channels, topics, teams, content. Article 004.

Corrected by a ticket heard late, by its opening; a new topic or team of a ticket, which then counts there.
"""

from __future__ import annotations

from stream.claims import Parts, Window
from stream.journey import Journey, Ticket
from stream.kpi import OfOpenings

NUM = (("num", 1),)


class TicketShare(OfOpenings):
    """Part `num`; the denominator is `num` of all, so it merges exactly."""

    name = "ticket_share"
    unit = "ratio"
    better = "none"
    flows = ("num",)

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return NUM

    def value(self, p: Window) -> float | None:
        return p.sum("num") / den if (den := p.all.sum("num")) else None

    def n(self, p: Window) -> int:
        return p.all.sum("num")

    def parts(self, p: Window) -> dict[str, int]:
        """Shown as a ratio: `num` and `den`."""
        return {"num": p.sum("num"), "den": p.all.sum("num")}


KPI = TicketShare()
