"""A ticket as its steps tell it, and an issue: a customer's tickets of one topic. CATALOGUE section 0."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from functools import lru_cache
from typing import Any

from stream import steps as S
from stream.claims import Cut
from stream.steps import Step


class Ticket:
    """Derived from sorted steps in one pass; never stored. Times are event times, ms.

    `periods` = [(from, to or None)] while it is open; `holders` = [(from, team)] where the team is known;
    `transfers` = [(at, from, to, uid)]; `contacts` = [(at, uid)]: the opening, and public replies of the customer
    on a resolved ticket. `replies` = [(at, author)]: the public ones, in order; `first_response` = the first of an
    agent. `last_resolved` = its latest resolve, if it is resolved now. `elsewhere` = whether a customer's reply may
    have come on another channel than the opening.
    """

    __slots__ = (
        "_dims", "channel", "contacts", "content", "cuts", "elsewhere", "first_resolved", "first_response", "holders",
        "id", "is_open", "last_resolved", "moves", "opened", "opened_uid", "periods", "priorities", "promises",
        "reopens", "replies", "resolves", "segment", "stage", "steps", "team", "topic", "topics", "transfers",
    )  # fmt: skip

    def __init__(self, id_: str, steps: list[Step]) -> None:
        self.id = id_
        self.steps = steps
        self.segment, self.stage = steps[0].segment, steps[0].stage
        self.cuts: dict[int, tuple[Cut, Cut]] = {}
        self._dims: Cut | None = None
        self.moves: Any = None  # derived by stream.moves, when asked
        self.elsewhere = False
        self.is_open = True
        self.first_resolved: int | None = None
        self.last_resolved: int | None = None
        self.first_response: int | None = None
        self.transfers: list[tuple[int, str, str, int]] = []
        self.resolves: list[tuple[int, int]] = []
        self.reopens: list[tuple[int, int]] = []
        self.replies: list[tuple[int, str]] = []
        rest = iter(steps)
        for step in rest:
            if step.kind == S.OPENED:
                self._open(step)
                break
            self.elsewhere = self.elsewhere or step.kind == S.REPLIED
        for step in rest:
            self.take(step)

    def take(self, step: Step) -> None:
        """Go on by a step that sorts after all others."""
        if self.moves is not None:
            self.moves.take(step)
        kind = step.kind
        if kind == S.REPLIED:
            self._reply(step)
        elif kind == S.TRANSFERRED:
            self._transfer(step)
        elif kind == S.RESOLVED:
            self._resolve(step)
        elif kind == S.REOPENED:
            self._reopen(step)
        elif kind == S.UPDATED:
            self._update(step)

    def _open(self, step: Step) -> None:
        at = self.opened = step.at
        self.opened_uid = step.uid
        data = (*step.data, None, None, None, None, None, None)
        self.channel: str | None = data[0]
        self.topic: str | None = data[1]
        self.team: str | None = data[2] or None
        self.content: str | None = data[5]
        self.topics: list[tuple[int, str | None]] = [(at, data[1])]
        self.holders: list[tuple[int, str]] = [(at, data[2])] if data[2] else []
        self.priorities: list[tuple[int, str]] = [(at, data[3])] if data[3] else []
        self.promises: list[tuple[int, int]] = [(at, data[4])] if data[4] else []
        self.contacts: list[tuple[int, int]] = [(at, step.uid)]
        self.periods: list[tuple[int, int | None]] = [(at, None)]

    def _reply(self, step: Step) -> None:
        author, public = step.data[0], step.data[1]
        if public:
            self.replies.append((step.at, author))
            if author == "customer":
                if not self.is_open:
                    self.contacts.append((step.at, step.uid))
                if S.value(step, 2) not in (None, self.channel):
                    self.elsewhere = True
            elif author == "agent" and self.first_response is None:
                self.first_response = step.at

    def _transfer(self, step: Step) -> None:
        to = step.data[0]
        if self.team is None and (said := S.value(step, 1)):
            self.team, self._dims = said, None
            self.holders.append((step.at, said))
        if to == self.team:
            return
        if self.team is not None:
            self.transfers.append((step.at, self.team, to, step.uid))
        self.team, self._dims = to, None
        self.holders.append((step.at, to))

    def _resolve(self, step: Step) -> None:
        if self.is_open:
            at, self.is_open = step.at, False
            self.periods[-1] = (self.periods[-1][0], at)
            self.last_resolved = at
            if not self.resolves:
                self.first_resolved = at
            self.resolves.append((at, step.uid))

    def _reopen(self, step: Step) -> None:
        if not self.is_open:
            self.is_open, self.last_resolved = True, None
            self.periods.append((step.at, None))
            self.reopens.append((step.at, step.uid))

    def _update(self, step: Step) -> None:
        if topic := S.value(step, 0):
            self.topic, self._dims = topic, None
            self.topics.append((step.at, topic))
        if priority := S.value(step, 1):
            self.priorities.append((step.at, priority))
        if promise := S.value(step, 2):
            self.promises.append((step.at, promise))

    def went_back(self) -> int | None:
        """Index of the first transfer back to a team that held it before."""
        seen: list[str] = []
        for i, (_, source, to, _) in enumerate(self.transfers):
            seen.append(source)
            if to in seen:
                return i
        return None

    def dims(self) -> Cut:
        """Channel, team and topic as now known."""
        found = self._dims
        if found is None:
            found = self._dims = _named(self.channel, self.team, self.topic)
        return found

    def cut(self, who: Any, at: int) -> Cut:
        """`who.cut` at a time (ms), with its dimensions as now known: most KPIs ask for the same."""
        known = self.cuts.get(bisect_right(who.story.turns, at))
        if known is not None and known[0] is self._dims:
            return known[1]
        found: Cut = who.cut(self, at, self.dims())
        return found


@lru_cache(4_096)
def _named(channel: str | None, team: str | None, topic: str | None) -> Cut:
    """One object for all that are equal, as far as they are remembered: they are compared soonest."""
    named = (("channel", channel), ("team", team), ("topic", topic))
    return tuple([(name, label) for name, label in named if label is not None])


def has_head(steps: list[Step]) -> bool:
    """Whether the opening is known."""
    return steps[0].kind == S.OPENED or any(s.kind == S.OPENED for s in steps)


def topic_of(steps: list[Step]) -> str | None:
    """The topic of a ticket as now known, without deriving the rest; None if it has none or its opening is unknown."""
    topic: str | None = None
    begun = False
    for step in steps:
        if step.kind == S.OPENED and not begun:
            begun, data = True, step.data
            topic = data[1] if len(data) > 1 else None
        elif step.kind == S.UPDATED and begun:
            topic = S.value(step, 0) or topic
    return topic


def _opening(ticket: Ticket) -> tuple[int, str]:
    return ticket.opened, ticket.id


class Issue:
    """A customer's tickets of one topic (a missing topic equals only a missing topic), by (opened, id).

    `contacts` = [(at, uid, ticket, whether it is its opening)], in order; derived when asked for.
    """

    __slots__ = ("_contacts", "tickets", "topic")

    def __init__(self, topic: str | None, tickets: list[Ticket]) -> None:
        self.topic = topic
        self.tickets = tickets if len(tickets) < 2 else sorted(tickets, key=_opening)
        self._contacts: list[tuple[int, int, str, bool]] | None = None

    def grown(self, ticket: Ticket) -> Issue:
        """The same with a ticket that was just opened."""
        found = Issue(self.topic, [])
        found.tickets = [*self.tickets, ticket]
        if self.tickets and self.tickets[-1].opened >= ticket.opened:
            found.tickets.sort(key=_opening)
        if self._contacts is not None:
            found._contacts = self._contacts[:]
            for at, uid in ticket.contacts:
                insort(found._contacts, (at, uid, ticket.id, uid == ticket.opened_uid))
        return found

    @property
    def contacts(self) -> list[tuple[int, int, str, bool]]:
        found = self._contacts
        if found is None:
            known = [(at, uid, t.id, uid == t.opened_uid) for t in self.tickets for at, uid in t.contacts]
            known.sort()
            found = self._contacts = known
        return found

    @property
    def first_resolved(self) -> int | None:
        """When the first of them was resolved (its tickets grow while it is in hand), ms."""
        first: int | None = None
        for ticket in self.tickets:
            at = ticket.first_resolved
            if at is not None and (first is None or at < first):
                first = at
        return first

    def settled(self, ticket: Ticket, resolved: int, within: int) -> bool:
        """Whether no contact of the issue, and no reopen of the ticket, is known in (resolved, resolved + within], ms.

        A ticket opened in the second of the resolve does not count.
        """
        end, second = resolved + within, resolved // 1000
        if ticket.reopens and any(resolved < at <= end for at, _ in ticket.reopens):
            return False
        contacts = self.contacts
        for i in range(bisect_left(contacts, (resolved + 1,)), len(contacts)):  # no copy: the first mostly tells
            at, _, _, is_opening = contacts[i]
            if at > end:
                return True
            if not (is_opening and at // 1000 == second):
                return False
        return True

    def is_first(self, ticket: Ticket, within: int) -> bool:
        """Whether no other ticket of the issue was opened in [opened - within, opened), ms."""
        i = bisect_left(self.tickets, ticket.opened, key=lambda t: t.opened)
        return i == 0 or self.tickets[i - 1].opened < ticket.opened - within
