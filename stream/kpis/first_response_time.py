"""Time from opening to the first public reply of an agent; bots do not count. Article 001.

By that reply. Tickets never answered are not in it (see `open_age`). Corrected by an earlier reply of an agent, or an
earlier opening, heard late.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Ticket
from stream.kpi import MOVES, Duration, OfTickets


class FirstResponseTime(OfTickets, Duration):
    name = "first_response_time"
    begins = "first_response"
    on = MOVES | {"ticket.replied"}

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        if (at := it.first_response) is not None:
            yield self.fact(it.opened, at, it.cut(who, at))


KPI = FirstResponseTime()
