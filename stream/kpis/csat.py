"""Customer satisfaction, mean native score by answer time. Article 003.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.definitions import Survey as Scale
from stream.kpi import Mean, OfSurveys


class Csat(OfSurveys, Mean):
    name = "csat"
    unit = "score"
    better = "higher"
    family = "csat"

    def scored(self, score: int, scale: Scale) -> Parts:
        return (("sum", score), ("n", 1))


KPI = Csat()
