"""Surveys answered within 7 d / delivered, by the time they were sent. Article 002.

The earliest answer decides; a late one comes in time or not by its own time, not by when it was heard. An answer
without a `survey.sent` counts for scores, not here. What could not be delivered leaves the denominator, also when that
is said later; sent once more it counts again, from then on. Corrected by an answer heard late, by its own time; an
earlier sending, or a failed delivery, heard late.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.definitions import DAY
from stream.journey import Journey, Survey
from stream.kpi import FAST, RATIO, Ratio


class SurveyResponseRate(Ratio):
    name = "survey_response_rate"
    ahead = False
    begins = "sent"
    better = "higher"
    of = Survey
    reads = frozenset({"surveys", "tickets"})
    windows = FAST
    cuts = ("channel", "kind", "segment", "stage", "team", "topic")
    matures = 7 * DAY  # also the time within which an answer counts

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        if it.sent is None:
            return ()
        in_time = bool(it.answers) and it.answers[0][0] <= it.sent + self.matures
        cut = tuple(sorted((*who.cut(it, it.sent, it.dims), ("kind", it.kind))))
        return (Fact(it.sent, RATIO[in_time], cut=cut),)


KPI = SurveyResponseRate()
