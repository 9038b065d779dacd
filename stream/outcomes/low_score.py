"""A customer's first answer to a survey is low: NPS 0-6, CSAT 1-2 of 5, CES hard."""

from __future__ import annotations

from collections.abc import Iterator

from stream.definitions import DAY
from stream.journey import Journey, Survey
from stream.outcome import About, Case
from stream.signal import words
from stream.surveys import is_low


class LowScore:
    """Looked at just before the answer. An answer about a ticket is warned of by alerts on that ticket, its issue or
    the customer, from the ticket's opening on; any other by all alerts of the customer in the last 30 d.
    """

    name = "low_score"
    version = 1
    before_ms = 30 * DAY  # for surveys about no ticket

    @property
    def whom(self) -> str:
        return f"surveys that were answered (about no ticket: with the alerts of the {words(self.before_ms)} before)"

    @property
    def what(self) -> str:
        return "has a low first answer"

    def cases(self, who: Journey, end: int) -> Iterator[Case]:
        for survey in who.surveys:
            if survey.answers and survey.answers[0][0] <= end:
                yield self._case(survey, who)

    def _case(self, survey: Survey, who: Journey) -> Case:
        at, score, _ = survey.answers[0]
        ticket = who.ticket(survey.ticket) if survey.ticket else None
        about = About() if survey.ticket is None else About(survey.ticket, (ticket.topic,) if ticket else None)
        since = min(ticket.opened, at - 1) if ticket else at - self.before_ms
        return Case(since, at - 1, at, at if is_low(survey.definition, score) else None, about)


OUTCOME = LowScore()
