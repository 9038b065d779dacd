"""Who owes the next move on a ticket: the customer's unanswered messages, the owner's actions, the waits.

Derived from a ticket's steps when a signal first asks; then it grows with the ticket. The rules, for all signals:
- the opening and a customer's public reply ask; an agent's public reply, or a question for information, answers;
  a bot's reply and an internal note do not;
- a ticket waits on the customer from `ticket.waiting` on the customer until the customer replies, waiting on another
  is said, or it is resolved; handing it on does not end that;
- what the customer wrote on a resolved ticket is owed an answer from the reopen, not from before;
- an owner acts by a reply or note, a question, a wait, an update, a transfer, a resolve.
"""

from __future__ import annotations

from typing import cast

from stream import steps as S
from stream.calendar import ALWAYS, Always, Calendar, of_team
from stream.claims import Span
from stream.definitions import Definitions
from stream.steps import Step
from stream.tickets import Ticket


class Moves:
    """Times are event times, ms, in order.

    `owed` = [(from, to or None, uid)]: while the earliest unanswered message of the customer, `uid`, is owed an answer;
    `waits` = while the ticket waits on the customer; `answers` = [(at, uid)]: public replies of agents;
    `questions` = [(at, uid, field)]; `actions` = [(at, uid)] of the owner.
    """

    __slots__ = ("_open", "_unheard", "actions", "answers", "owed", "questions", "waits")

    def __init__(self, ticket: Ticket) -> None:
        self.owed: list[tuple[int, int | None, int]] = [(ticket.opened, None, ticket.opened_uid)]
        self.waits: list[Span] = []
        self.answers: list[tuple[int, int]] = []
        self.questions: list[tuple[int, int, str]] = []
        self.actions: list[tuple[int, int]] = []
        self._unheard: int | None = None  # the first message on the resolved ticket
        self._open = True
        steps = iter(ticket.steps)
        for step in steps:
            if step.uid == ticket.opened_uid:
                break
        for step in steps:
            self.take(step)

    def take(self, step: Step) -> None:
        """Go on by a step that sorts after all others."""
        kind = step.kind
        if kind == S.REPLIED:
            self._reply(step)
            return
        if kind == S.REOPENED:
            self._reopen(step)
            return
        if kind == S.OPENED:
            return
        self.actions.append((step.at, step.uid))
        if kind == S.WAITING:
            self._wait(step)
        elif kind == S.INFO_REQUESTED:
            self.questions.append((step.at, step.uid, step.data[0]))
            self._answered(step.at)
        elif kind == S.RESOLVED and self._open:
            self._open = False
            self._answered(step.at)
            self._waited(step.at)

    def _reply(self, step: Step) -> None:
        author, public = step.data[0], step.data[1]
        if author == "customer" and public:
            self._waited(step.at)
            if not self._open:
                self._unheard = self._unheard or step.uid
            elif self.owed[-1][1] is not None:
                self.owed.append((step.at, None, step.uid))
        elif author == "agent":
            self.actions.append((step.at, step.uid))
            if public:
                self.answers.append((step.at, step.uid))
                self._answered(step.at)

    def _wait(self, step: Step) -> None:
        if step.data[0] != "customer":
            self._waited(step.at)
        elif self._open and not (self.waits and self.waits[-1][1] is None):
            self.waits.append((step.at, None))

    def _reopen(self, step: Step) -> None:
        if not self._open:
            self._open = True
            if self._unheard is not None:
                self.owed.append((step.at, None, self._unheard))
                self._unheard = None

    def _answered(self, at: int) -> None:
        self._unheard = None
        since, until, uid = self.owed[-1]
        if until is None:
            self.owed[-1] = (since, at, uid)

    def _waited(self, at: int) -> None:
        if self.waits and self.waits[-1][1] is None:
            self.waits[-1] = (self.waits[-1][0], at)


def moves(ticket: Ticket) -> Moves:
    """The moves of a ticket, derived once."""
    if ticket.moves is None:
        ticket.moves = Moves(ticket)
    return cast("Moves", ticket.moves)


def due(calendar: Calendar | Always, start: int, limit: int, waits: list[Span]) -> int | None:
    """When `limit` ms of business time have passed since `start`, without the waits; None while it waits, or never."""
    at, left = start, limit
    for since, until in waits:
        if until is not None and until <= at:
            continue
        if since > at:
            worked = calendar.worked(at, since)
            if worked >= left:
                break
            left -= worked
        if until is None:
            return None
        at = until
    return calendar.after(at, left)


def without(span: Span, waits: list[Span]) -> list[Span]:
    """The parts of a span in which the ticket does not wait."""
    at, end = span
    parts: list[Span] = []
    for since, until in waits:
        if end is not None and since >= end:
            break
        if until is not None and until <= at:
            continue
        if since > at:
            parts.append((at, since))
        if until is None:
            return parts
        at = until
    if end is None or at < end:
        parts.append((at, end))
    return parts


def hours(definitions: Definitions, ticket: Ticket, at: int) -> Calendar | Always:
    """The business time of the team that held the ticket at a time."""
    return of_team(definitions, holder(ticket, at)) if definitions.calendars else ALWAYS


def holder(ticket: Ticket, at: int) -> str | None:
    """The team that held the ticket at a time; before any is known, the first."""
    held = ticket.holders[0][1] if ticket.holders else None
    for since, team in ticket.holders:
        if since > at:
            break
        held = team
    return held
