"""Sessions with one view and no key event / sessions, at last view + 30 min. Article 004.

Corrected by a further view or key event of the session; views heard late that join two sessions.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Session
from stream.kpi import RATIO, OfSessions, Ratio


class BounceRate(OfSessions, Ratio):
    name = "bounce_rate"
    begins = "end"
    better = "lower"

    def facts(self, it: Session, who: Journey) -> Iterable[Fact]:
        bounced = it.views == 1 and not it.has_key
        return (Fact(it.end, RATIO[bounced], cut=who.cut(it, it.end)),)


KPI = BounceRate()
