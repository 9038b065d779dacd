"""R1 as plug-ins of journeywatch: three KPIs and two signals, as a user would write them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bench.r1 import job
from stream.claims import Fact, Finding, Severity, Window
from stream.journey import Journey, Session, Survey, Ticket
from stream.kpi import Mean, OfSessions, OfSurveys, OfTickets, Plugin
from stream.signal import Plugin as Rule
from stream.steps import OPENED, REPLIED, RESOLVED, TRANSFERRED

BY_SEGMENT = ("segment",)
PARTS = {OPENED: "opened", REPLIED: "replied", TRANSFERRED: "transferred", RESOLVED: "resolved"}


class Count(Plugin):
    """Events by type."""

    unit = "events"
    better = "none"
    windows = ("1h",)
    cuts = BY_SEGMENT

    def value(self, p: Window) -> float | None:
        return self.n(p) or None

    def n(self, p: Window) -> int:
        return sum(p.sum(part) for part in self.flows)


class TicketEvents(Count, OfTickets):
    name = "r1_ticket_events"
    flows = tuple(PARTS.values())
    cuts = BY_SEGMENT

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        return [Fact(step.at, ((PARTS[step.kind], 1),), cut=who.cut(it, step.at)) for step in it.steps]


class Views(Count, OfSessions):
    name = "r1_views"
    flows = ("n",)
    cuts = BY_SEGMENT

    def facts(self, it: Session, who: Journey) -> Iterable[Fact]:
        return [Fact(step.at, (("n", 1),), cut=who.cut(it, step.at)) for step in it.steps]


class Ces(OfSurveys, Mean):
    name = "r1_ces"
    unit = "score"
    better = "higher"
    family = "ces"
    windows = ("1h",)
    cuts = BY_SEGMENT

    def facts(self, it: Survey, who: Journey) -> Iterable[Fact]:
        return [Fact(at, (("sum", score), ("n", 1)), cut=who.cut(it, at)) for at, score, _ in it.answers]


class Repeat(Rule):
    """Three contacts in 7 d; until there are fewer again."""

    name = job.REPEAT
    on = frozenset({"ticket.opened"})
    warns_of = "churn"
    of = Journey
    reads = frozenset({"tickets"})

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        contacts = it.openings
        runs: list[list[int]] = []  # first and last index of the contacts at which there were three
        for i in range(job.CONTACTS - 1, len(contacts)):
            if contacts[i - 2] > contacts[i] - job.WITHIN:
                if i > 2 and contacts[i - 3] > contacts[i] - job.WITHIN:  # a fourth: it goes on
                    runs[-1][1] = i
                else:
                    runs.append([i, i])
        for first, last in runs:
            until = contacts[last - 2] + job.WITHIN
            yield Finding(str(contacts[first]), contacts[first], Severity.queue, "3 contacts within 7 d", until)


class Fall(Rule):
    """The mean of the newest 2 of 5 scores is 2 points below that of the 3 before them; until it is not."""

    name = job.FALL
    on = frozenset({"survey.answered"})
    warns_of = "churn"
    of = Journey
    reads = frozenset({"surveys"})

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        answers = sorted((at, uid, score) for survey in it.surveys_of(["ces"]) for at, score, uid in survey.answers)
        since: int | None = None
        for i in range(4, len(answers)):
            at = answers[i][0]
            if job.falls([score for *_, score in answers[i - 4 : i + 1]]):
                since = at if since is None else since
            elif since is not None:
                yield self._finding(since, at)
                since = None
        if since is not None:
            yield self._finding(since, None)

    def _finding(self, since: int, until: int | None) -> Finding:
        return Finding(str(since), since, Severity.queue, "CES falls", until)


KPIS: tuple[Any, ...] = (TicketEvents(), Views(), Ces())
SIGNALS: tuple[Any, ...] = (Repeat(), Fall())
