"""Searches for help that found nothing / searches. Article 004: content that is not there.

By search. Corrected by nothing: a search is said once, and a repeat of it counts once.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream import steps as S
from stream.claims import Fact
from stream.journey import Journey
from stream.kpi import RATIO, Ratio
from stream.plain import Searches


class SearchFailure(Ratio):
    name = "search_failure"
    ahead = False
    better = "lower"
    of = Searches
    reads = frozenset({"searches"})

    def facts(self, it: Searches, who: Journey) -> Iterable[Fact]:
        return [Fact(step.at, RATIO[not S.value(step, 0)], cut=who.cut_of(step)) for step in it.steps]


KPI = SearchFailure()
