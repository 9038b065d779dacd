"""Mean age of the open tickets, read now: the end of the window less the mean opening time. Article 004.

Parts `n`, `opened` (sum of opening times, ms), and how many are older than 1, 3, 7, 30 d. A ticket counts at its
opening while it is open: resolved it is taken back, reopened it stands there again. Those older than x are what is
left in the panes before now - x, so that growing old costs nothing. Corrected by a resolve, which takes the ticket
out; a reopen, which puts it back at its opening.
"""

from __future__ import annotations

from stream.claims import Parts, Window
from stream.definitions import DAY
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, LEVEL, OfTickets, Once

OLDER = {"over_1d": DAY, "over_3d": 3 * DAY, "over_7d": 7 * DAY, "over_30d": 30 * DAY}

_OLDER = tuple((older, 1) for older in OLDER)


class OpenAge(OfTickets, Once):
    name = "open_age"
    begins = "opened"
    on = ENDS
    unit = "s"
    better = "lower"
    flows = tuple(OLDER)
    levels = ("n", "opened")
    windows = LEVEL
    ages = OLDER

    def counts(self, it: Ticket, who: Journey, at: int) -> Parts:
        return (("n", 1), ("opened", it.opened), *_OLDER) if it.is_open else ()

    def value(self, p: Window) -> float | None:
        return (p.end_time - p.end("opened") / n) / 1000 if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = OpenAge()
