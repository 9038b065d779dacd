"""Views / sessions, at last view + 30 min. Article 004.

Corrected by a further view of the session; views heard late that join two sessions.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.journey import Journey, Session
from stream.kpi import Mean, OfSessions, Once


class PagesPerSession(OfSessions, Once, Mean):
    name = "pages_per_session"
    begins = "end"
    unit = "views"
    better = "higher"

    def counts(self, it: Session, who: Journey, at: int) -> Parts:
        return (("sum", it.views), ("n", 1))


KPI = PagesPerSession()
