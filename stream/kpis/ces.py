"""Customer effort score, mean native score by answer time. Articles 001-004; CES 2.0 is 1-7, high = easy.

Corrected by another answer to the same survey (the latest counts); a new topic, team or channel of its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey, Survey
from stream.kpi import Mean, OfSurveys


class Ces(OfSurveys, Mean):
    name = "ces"
    unit = "score"
    better = "higher"
    family = "ces"

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if (found := self.answer(it, who)) is None:
            return ()
        at, score, _, cut = found
        return (Fact(at, (("sum", score), ("n", 1)), cut=cut),)


KPI = Ces()
