"""Share of easy answers: 5-7 of 1-7, the easy half of any other scale. Articles 002, 003.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.definitions import Survey as Scale
from stream.kpi import RATIO, OfSurveys, Ratio
from stream.surveys import is_easy


class CesEasy(OfSurveys, Ratio):
    name = "ces_easy"
    better = "higher"
    family = "ces"

    def scored(self, score: int, scale: Scale) -> Parts:
        return RATIO[is_easy(scale, score)]


KPI = CesEasy()
