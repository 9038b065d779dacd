"""Transfers a ticket until its first resolve. Article 003: being handed on is effort.

Parts `sum`, `n`, `two` (tickets with two or more), `ping_pong` (tickets that went back to an earlier team). Corrected
by a transfer from before the first resolve heard late; an earlier resolve heard late.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Mean, OfTickets, Once

_NONE = (("sum", 0), ("n", 1), ("two", 0), ("ping_pong", 0))


class Transfers(OfTickets, Once, Mean):
    name = "transfers"
    begins = "first_resolved"
    on = ENDS
    unit = "per ticket"
    better = "lower"
    flows = ("sum", "n", "two", "ping_pong")

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        if not it.transfers:
            return _NONE
        n = sum(1 for when, *_ in it.transfers if when <= at)
        back = it.went_back()
        return (("sum", n), ("n", 1), ("two", int(n >= 2)), ("ping_pong", int(back is not None and back < n)))


KPI = Transfers()
