"""Time from opening to the first public reply of an agent; bots do not count. Article 001.

By that reply. Tickets never answered are not in it (see `open_age`). Corrected by an earlier reply of an agent, or an
earlier opening, heard late.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import MOVES, Duration, OfTickets, Once


class FirstResponseTime(OfTickets, Once, Duration):
    name = "first_response_time"
    begins = "first_response"
    on = MOVES | {"ticket.replied"}

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return self.lasting(at - it.opened)


KPI = FirstResponseTime()
