"""As `first_response_time`, in the business time of the ticket's team. Article 001.

By that reply; the calendar is that of the team as now known (stream/calendar.py), every hour where there is none.
Corrected by an earlier reply of an agent heard late; another team, whose calendar then counts.
"""

from __future__ import annotations

from stream.calendar import of_team
from stream.claims import Parts
from stream.journey import Journey, Ticket
from stream.kpi import MOVES, Duration, OfTickets, Once


class FirstResponseTimeBusiness(OfTickets, Once, Duration):
    name = "first_response_time_business"
    begins = "first_response"
    on = MOVES | {"ticket.replied"}

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return self.lasting(of_team(who.definitions, it.team).worked(it.opened, at))


KPI = FirstResponseTimeBusiness()
