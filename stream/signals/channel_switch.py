"""A customer turns to another channel about an issue that is not settled, and context is lost on the way.

Within 24 h of the last contact about it, with information asked twice or no agent's answer in between. Switching as
such does little harm; switching without a resolution does (product.md, section 2: Gartner 2023, 62 % high effort).
Until no ticket of the issue is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from stream import steps as S
from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.journey import Issue, Journey, Ticket
from stream.moves import moves
from stream.signal import Plugin

Contact = tuple[int, int, str | None]  # at, uid, channel
Stretch = tuple[int, int | None, list[Ticket]]  # while some ticket of the issue is open, and those open in it


class ChannelSwitch(Plugin):
    """A public reply of the customer is a contact on the channel that it names, else on its ticket's. A ticket that is
    reopened brings what was said on it before.
    """

    name = "channel_switch"
    on = frozenset(
        {
            "ticket.info_requested",
            "ticket.opened",
            "ticket.reopened",
            "ticket.replied",
            "ticket.resolved",
            "ticket.updated",
        }
    )
    warns_of = "low score"
    of = Issue
    reads = frozenset({"tickets"})

    within_ms = DAY

    def find(self, it: Issue, who: Journey) -> Iterable[Finding]:
        channel = it.tickets[0].channel if it.tickets else None
        for ticket in it.tickets:
            if ticket.elsewhere or ticket.channel != channel:
                return self._found(it)
        return ()  # as mostly: the customer never turned to another channel

    def _found(self, it: Issue) -> Iterator[Finding]:
        for stretch in _stretches(it):
            contacts = _contacts(stretch)
            if len({channel: None for *_, channel in contacts}) > 1:
                yield from self._of(it, stretch, contacts)

    def _of(self, issue: Issue, stretch: Stretch, contacts: list[Contact]) -> Iterator[Finding]:
        again = _asked_again(stretch)
        met = list(self._switches(stretch, contacts, again))
        since = min((at for at, *_ in met), default=None)
        if since is None or (stretch[1] is not None and since >= stretch[1]):
            return
        channels = list(dict.fromkeys(str(c) for _, before, now in met for c in (before[2], now[2])))
        about = f"“{issue.topic}”" if issue.topic else "no topic"
        how = "and was asked the same again" if again is not None else "without an answer in between"
        yield Finding(
            cause=issue.topic or "",
            since=since,
            until=stretch[1],
            severity=Severity.queue,
            text=f"Switched channel about {about} ({', '.join(channels)}) {how}",
            evidence=tuple(dict.fromkeys(uid for _, before, now in met for uid in (before[1], now[1]))),
            numbers=(("switches", len(met)), ("channels", len(channels)), ("tickets", len(stretch[2]))),
            clears="every ticket of the issue is resolved",
        )

    def _switches(
        self, stretch: Stretch, contacts: list[Contact], again: int | None
    ) -> Iterator[tuple[int, Contact, Contact]]:
        """(since when it is friction, contact before, contact) of each switch of channel that is any."""
        answers = [at for ticket in stretch[2] for at, _ in moves(ticket).answers]
        for before, now in pairwise(contacts):
            if now[0] < stretch[0] or now[2] == before[2] or now[0] - before[0] > self.within_ms:
                continue
            if not any(before[0] <= at <= now[0] for at in answers):
                yield now[0], before, now
            elif again is not None:
                yield max(now[0], again), before, now


def _stretches(issue: Issue) -> Iterator[Stretch]:
    """While the issue is not settled: the union of its tickets' open periods."""
    periods = sorted(((a, b, t) for t in issue.tickets for a, b in t.periods), key=lambda p: (p[0], p[2].id))
    current: Stretch | None = None
    for start, end, ticket in periods:
        if current is not None and (current[1] is None or start < current[1]):
            _, until, tickets = current
            until = None if until is None or end is None else max(until, end)
            current = current[0], until, tickets if ticket in tickets else [*tickets, ticket]
        else:
            if current is not None:
                yield current
            current = start, end, [ticket]
    if current is not None:
        yield current


def _contacts(stretch: Stretch) -> list[Contact]:
    """The customer's contacts on the tickets of a stretch until its end, in order: a ticket that was reopened brings
    what was said on it before.
    """
    _, end, tickets = stretch
    steps = [
        (s.at, s.uid, (S.value(s, 2) if s.kind == S.REPLIED else None) or t.channel)
        for t in tickets
        for s in t.steps
        if s.uid == t.opened_uid or (s.kind == S.REPLIED and s.data[0] == "customer" and s.data[1])
    ]
    return sorted(s for s in steps if end is None or s[0] < end)


def _asked_again(stretch: Stretch) -> int | None:
    """When, in a stretch, a field was first asked that had been asked before on one of its tickets."""
    start, end, tickets = stretch
    seen: list[str] = []
    for at, _, field in sorted(q for t in tickets for q in moves(t).questions):
        if end is not None and at >= end:
            break
        if field in seen and at >= start:
            return at
        seen.append(field)
    return None


SIGNAL = ChannelSwitch()
