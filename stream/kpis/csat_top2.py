"""Share of the top two scores of the scale. Articles 002, 003; the usual CSAT percentage.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.definitions import Survey as Scale
from stream.kpi import RATIO, OfSurveys, Ratio
from stream.surveys import goodness


class CsatTop2(OfSurveys, Ratio):
    name = "csat_top2"
    better = "higher"
    family = "csat"

    def scored(self, score: int, scale: Scale) -> Parts:
        return RATIO[goodness(scale, score) >= scale.high - scale.low - 1]


KPI = CsatTop2()
