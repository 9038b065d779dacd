"""Share of the top two scores of the scale. Articles 002, 003; the usual CSAT percentage.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Survey
from stream.kpi import RATIO, OfSurveys, Ratio
from stream.surveys import goodness


class CsatTop2(OfSurveys, Ratio):
    name = "csat_top2"
    better = "higher"
    family = "csat"

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if (found := self.answer(it, who)) is None:
            return ()
        at, score, scale, cut = found
        top = scale.high - scale.low - 1
        return (Fact(at, RATIO[goodness(scale, score) >= top], cut=cut),)


KPI = CsatTop2()
