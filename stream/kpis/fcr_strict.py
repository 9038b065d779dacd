"""Resolved without one more public word of the customer after opening, and never reopened. Article 001.

By first_resolved. Corrected by a customer's reply or a reopen, however late within keep, which takes the success
back.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, RATIO, OfTickets, Ratio


class FcrStrict(OfTickets, Ratio):
    name = "fcr_strict"
    begins = "first_resolved"
    on = ENDS | {"ticket.replied"}
    better = "higher"

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.first_resolved) is not None:
            first = not it.reopens and all(author != "customer" for _, author in it.replies)
            return (Fact(at, RATIO[first], cut=it.cut(who, at)),)
        return ()


KPI = FcrStrict()
