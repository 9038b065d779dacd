"""Views / sessions, at last view + 30 min. Article 004.

Corrected by a further view of the session; views heard late that join two sessions.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Session
from stream.kpi import Mean, OfSessions


class PagesPerSession(OfSessions, Mean):
    name = "pages_per_session"
    begins = "end"
    unit = "views"
    better = "higher"

    def facts(self, it: Session, who: Journey) -> Iterable[Fact]:
        return (Fact(it.end, (("sum", it.views), ("n", 1)), cut=who.cut(it, it.end)),)


KPI = PagesPerSession()
