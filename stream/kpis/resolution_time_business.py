"""As `resolution_time`, in the business time of the ticket's team, without waiting on the customer. Article 002.

By last_resolved. What counts as waiting is said in stream/moves.py; the calendar is that of the team as now known,
every hour where there is none. Corrected by a reopen, which takes it back until resolved again; a wait heard late;
another team.
"""

from __future__ import annotations

from stream.calendar import of_team
from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, Duration, OfTickets, Once
from stream.moves import moves, without


class ResolutionTimeBusiness(OfTickets, Once, Duration):
    name = "resolution_time_business"
    begins = "last_resolved"
    on = ENDS | {"ticket.replied", "ticket.waiting"}

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        calendar = of_team(who.definitions, it.team)
        spans = without((it.opened, at), moves(it).waits)
        return self.lasting(sum(calendar.worked(start, end) for start, end in spans if end is not None))


KPI = ResolutionTimeBusiness()
