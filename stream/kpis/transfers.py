"""Transfers a ticket until its first resolve. Article 003: being handed on is effort.

Parts `sum`, `n`, `two` (tickets with two or more), `ping_pong` (tickets that went back to an earlier team). Corrected
by a transfer from before the first resolve heard late; an earlier resolve heard late.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Mean, OfTickets


class Transfers(OfTickets, Mean):
    name = "transfers"
    begins = "first_resolved"
    on = ENDS
    unit = "per ticket"
    better = "lower"
    flows = ("sum", "n", "two", "ping_pong")

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.first_resolved) is not None:
            n = sum(1 for when, *_ in it.transfers if when <= at)
            back = it.went_back()
            parts = (("sum", n), ("n", 1), ("two", int(n >= 2)), ("ping_pong", int(back is not None and back < n)))
            return (Fact(at, parts, cut=it.cut(who, at)),)
        return ()


KPI = Transfers()
