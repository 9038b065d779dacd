"""Customer satisfaction, mean native score by answer time. Article 003.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Survey
from stream.kpi import Mean, OfSurveys


class Csat(OfSurveys, Mean):
    name = "csat"
    unit = "score"
    better = "higher"
    family = "csat"

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if (found := self.answer(it, who)) is None:
            return ()
        at, score, _, cut = found
        return (Fact(at, (("sum", score), ("n", 1)), cut=cut),)


KPI = Csat()
