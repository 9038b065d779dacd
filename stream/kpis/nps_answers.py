"""Net promoter score of all answers in the window: 100 x (promoters - detractors) / n. Article 001.

The flow beside the level `nps`: a customer who answers two surveys counts twice here. By answer time. Parts
`promoters` (9-10), `detractors` (0-6), `n`. Corrected by another answer to the same survey (the latest counts).
"""

from __future__ import annotations

from stream.claims import Parts, Window
from stream.definitions import Survey as Scale
from stream.kpi import OfSurveys
from stream.surveys import goodness


class NpsAnswers(OfSurveys):
    name = "nps_answers"
    unit = "points"
    better = "higher"
    family = "nps"
    flows = ("promoters", "detractors", "n")

    def scored(self, score: int, scale: Scale) -> Parts:
        points = goodness(scale, score)
        return (("promoters", int(points >= 9)), ("detractors", int(points <= 6)), ("n", 1))

    def value(self, p: Window) -> float | None:
        return 100 * (p.sum("promoters") - p.sum("detractors")) / n if (n := p.sum("n")) else None

    def n(self, p: Window) -> int:
        return p.sum("n")


KPI = NpsAnswers()
