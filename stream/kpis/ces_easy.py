"""Share of easy answers: 5-7 of 1-7, the easy half of any other scale. Articles 002, 003.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Survey
from stream.kpi import RATIO, OfSurveys, Ratio
from stream.surveys import is_easy


class CesEasy(OfSurveys, Ratio):
    name = "ces_easy"
    better = "higher"
    family = "ces"

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if (found := self.answer(it, who)) is None:
            return ()
        at, score, scale, cut = found
        return (Fact(at, RATIO[is_easy(scale, score)], cut=cut),)


KPI = CesEasy()
