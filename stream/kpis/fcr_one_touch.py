"""Resolved with exactly one public reply of an agent (bots do not count), and never reopened. Article 001.

By first_resolved. Corrected by a second reply or a reopen, however late within keep, which takes the success back.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, RATIO, OfTickets, Ratio


class FcrOneTouch(OfTickets, Ratio):
    name = "fcr_one_touch"
    begins = "first_resolved"
    on = ENDS | {"ticket.replied"}
    better = "higher"

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.first_resolved) is not None:
            touches = sum(1 for _, author in it.replies if author == "agent")
            return (Fact(at, RATIO[touches == 1 and not it.reopens], cut=it.cut(who, at)),)
        return ()


KPI = FcrOneTouch()
