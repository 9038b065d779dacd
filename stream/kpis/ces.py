"""Customer effort score, mean native score by answer time. Articles 001-004; CES 2.0 is 1-7, high = easy.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from stream.claims import Parts
from stream.definitions import Survey as Scale
from stream.kpi import Mean, OfSurveys


class Ces(OfSurveys, Mean):
    name = "ces"
    unit = "score"
    better = "higher"
    family = "ces"

    def scored(self, score: int, scale: Scale) -> Parts:
        return (("sum", score), ("n", 1))


KPI = Ces()
