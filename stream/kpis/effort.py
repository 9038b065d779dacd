"""Mean effort, 0 = easy .. 1 = hard, of all ces definitions together, whatever their scale and direction.

Parts in millionths: `sum`, `sq` (sum of squares) and `n`, so that watches have a standard error. Article 003.
Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact, Window
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

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if not it.answers or not (it.kind in self.surveys if self.surveys else it.definition.family == self.family):
            return ()
        at, score, _ = it.answers[-1]
        e = effort(it.definition, score)
        return (Fact(at, (("sum", e), ("n", 1), ("sq", e * e)), cut=who.cut(it, at, it.dims)),)

    def value(self, p: Window) -> float | None:
        return p.sum("sum") / n / 1_000_000 if (n := p.sum("n")) else None

    def n(self, p: Window) -> int:
        return p.sum("n")


KPI = Effort()
