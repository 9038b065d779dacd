"""Sessions with one view and no key event / sessions, at last view + 30 min. Article 004.

Corrected by a further view or key event of the session; views heard late that join two sessions.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Session
from stream.kpi import RATIO, OfSessions, Once, Ratio


class BounceRate(OfSessions, Once, Ratio):
    name = "bounce_rate"
    begins = "end"
    better = "lower"

    def counts(self, it: Session, who: Journey, at: int) -> Parts:
        return RATIO[it.views == 1 and not it.has_key]


KPI = BounceRate()
