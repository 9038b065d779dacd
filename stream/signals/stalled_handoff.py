"""A ticket was handed to another team, and nobody there has touched it for longer than that team usually takes.

The clock is the new team's business time without waits on the customer; the limit is the team's own p95 dwell.
Until an action, or resolved. A fixed "nothing for 20 h" fires on 65 % of the tickets of a real log, for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from stream.calendar import of_team
from stream.claims import Finding, Severity
from stream.definitions import HOUR
from stream.journey import Journey, Ticket
from stream.moves import due, holder, moves
from stream.signal import TICKET_EVENTS, Plugin, words

# From, to; the limit (ms of business time), and (at, from, to, uid) of the transfer.
Stall = tuple[int, int | None, int, tuple[int, str, str, int]]


class StalledHandoff(Plugin):
    """What is said at the instant of the transfer belongs to it: an action is later."""

    name = "stalled_handoff"
    on = TICKET_EVENTS - {"ticket.opened"}
    warns_of = "long resolution"
    of = Ticket
    reads = frozenset({"tickets"})
    given = "transfers"

    limit_ms = 8 * HOUR  # of business time
    limit_by_team_ms: ClassVar[dict[str, int]] = {}

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        return [
            Finding(
                cause=f"{it.id}:{uid:016x}",
                since=since,
                until=done,
                severity=Severity.queue,
                text=f"Ticket {it.id} went from {source} to {to}; nothing was done there for {words(limit)} of work",
                evidence=(uid,),
                numbers=(("limit_ms", limit), ("transferred_at_ms", at)),
                clears="an action of the new owner, or the ticket is resolved",
            )
            for since, done, limit, (at, source, to, uid) in self.when(it, who)
        ]

    def when(self, it: Ticket, who: Journey) -> Sequence[Stall]:
        """As `find`, without words: mostly all of it lies ahead."""
        stalls: list[Stall] = []
        seen = moves(it)
        for transfer in it.transfers:
            at, _, to, _ = transfer
            if holder(it, at) != to or not any(a <= at and (b is None or at < b) for a, b in it.periods):
                continue  # handed on at once, or resolved
            done = next((acted for acted, _ in seen.actions if acted > at), None)
            limit = self.limit_by_team_ms.get(to, self.limit_ms)
            since = due(of_team(who.definitions, to), at, limit, seen.waits)
            if since is not None and (done is None or done > since):
                stalls.append((since, done, limit, transfer))
        return stalls


SIGNAL = StalledHandoff()
