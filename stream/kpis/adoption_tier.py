"""Customers by how many distinct features they used in 28 d: beginner, intermediate, advanced. Article 000.

A level, cut by tier: 1-2, 3-5, 6 or more features. Whether a subscription runs is not asked. The bounds come from the
settings. Corrected by a use heard late, from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import held
from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import counted


class AdoptionTier(Plugin):
    name = "adoption_tier"
    needs = "features"
    unit = "customers"
    better = "none"
    of = Journey
    reads = frozenset({"features", "customer"})
    levels = ("n",)
    windows = LEVEL
    cuts = ("segment", "stage", "tier")
    lasts = 28 * DAY
    intermediate = 3  # features
    advanced = 6

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        own = who.everybody
        spans = [span for id_ in who.records("features") for span in who.plain("features", id_).held(self.lasts)]
        for start, until, tier in counted(spans, self._tier):
            for fact in held(who, own, start, until, (("n", 1),)):
                yield Fact(fact.at, fact.parts, fact.until, (*fact.cut, ("tier", tier)))

    def _tier(self, features: int) -> str:
        if features >= self.advanced:
            return "advanced"
        return "intermediate" if features >= self.intermediate else "beginner"

    def value(self, p: Window) -> float | None:
        return p.end("n") or None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = AdoptionTier()
