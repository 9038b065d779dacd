"""Net promoter score, relational: the latest answer of each customer, for 90 d. Articles 001, 003.

Corrected by another answer of the customer, to the same survey or a later one.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.definitions import Survey as Scale
from stream.journey import Journey
from stream.kpi import LEVEL, OF_TICKETS, Plugin
from stream.surveys import goodness, pool

HOLDS = 90 * DAY


class Nps(Plugin):
    """Level parts: `promoters` (9-10), `detractors` (0-6), `n`; 100 x (promoters - detractors) / n."""

    name = "nps"
    needs = "surveys"
    on = frozenset({"survey.answered", "survey.sent"})
    unit = "points"
    better = "higher"
    of = Journey
    reads = frozenset({"surveys"})
    levels = ("promoters", "detractors", "n")
    windows = LEVEL
    cuts = OF_TICKETS
    family = "nps"
    surveys: tuple[str, ...] = ()  # survey definitions; none: those of the scale of `nps`

    def kinds(self, definitions: dict[str, Scale]) -> tuple[str, ...]:
        return self.surveys or pool(definitions, self.family)

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        surveys = it.surveys_of(self.kinds(who.definitions.surveys))
        answered = sorted([(s.answers[-1], s.id, s) for s in surveys if s.answers]) if surveys else ()
        found: list[Fact] = []
        for i, ((at, score, _), _, survey) in enumerate(answered):
            later = answered[i + 1][0][0] if i + 1 < len(answered) else at + HOLDS
            points = goodness(survey.definition, score)
            parts = (("promoters", int(points >= 9)), ("detractors", int(points <= 6)), ("n", 1))
            until = min(at + HOLDS, later)
            if until > at:
                found.append(Fact(at, parts, until, who.cut(survey, at, survey.dims)))
        return found

    def value(self, p: Window) -> float | None:
        return 100 * (p.end("promoters") - p.end("detractors")) / n if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = Nps()
