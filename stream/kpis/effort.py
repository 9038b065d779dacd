"""Mean effort, 0 = easy .. 1 = hard, of all ces definitions together, whatever their scale and direction.

Parts in millionths: `sum`, `sq` (sum of squares) and `n`, so that watches have a standard error. Article 003.
Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from stream.claims import Parts, Window
from stream.journey import Journey, Survey
from stream.kpi import OfSurveys
from stream.surveys import effort


class Effort(OfSurveys):
    name = "effort"
    unit = "ratio"
    better = "lower"
    family = "ces"
    one_scale = False
    flows: tuple[str, ...] = ("sum", "n", "sq")

    def counts(self, it: Survey, who: Journey, at: int) -> Parts:
        if not (it.kind in self.surveys if self.surveys else it.definition.family == self.family):
            return ()
        e = effort(it.definition, it.answers[-1][1])
        return (("sum", e), ("n", 1), ("sq", e * e))

    def value(self, p: Window) -> float | None:
        return p.sum("sum") / n / 1_000_000 if (n := p.sum("n")) else None

    def n(self, p: Window) -> int:
        return p.sum("n")


KPI = Effort()
