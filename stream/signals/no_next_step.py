"""A customer wrote and nobody has answered: the earliest unanswered public message is older than 8 business hours.

Info from half of the limit on. The limit goes by the customer's tier; the clock is the business time of the team
that had the ticket then, without waits on the customer. Until answered or resolved, or while the customer has the
next move. Bots and internal notes do not answer (stream/moves.py says who owes the next move).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from stream.claims import Finding, Severity
from stream.definitions import HOUR
from stream.journey import Journey, Ticket
from stream.moves import due, hours, moves, without
from stream.signal import Plugin, words

INFO, QUEUE = Severity.info, Severity.queue  # looking them up takes long
# While it is owed [from, to), how loud, the limit that has passed (ms of business time), and what was asked.
Late = tuple[int, int | None, Severity, int, int]


class NoNextStep(Plugin):
    """After a reopen the clock starts at the reopen."""

    name = "no_next_step"
    on = frozenset(
        {
            "customer.updated",
            "ticket.info_requested",
            "ticket.opened",
            "ticket.reopened",
            "ticket.replied",
            "ticket.resolved",
            "ticket.transferred",
            "ticket.waiting",
        }
    )
    warns_of = "low score"
    of = Ticket
    reads = frozenset({"tickets", "customer"})

    limit_ms = 8 * HOUR  # of business time
    limit_by_tier_ms: ClassVar[dict[str, int]] = {}

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        return [
            Finding(
                cause=f"{it.id}:{uid:016x}",
                since=since,
                until=until,
                severity=severity,
                text=f"Ticket {it.id}: the customer's message has had no answer for {words(limit)} of work",
                evidence=(uid,),
                numbers=(("limit_ms", limit),),
                clears="a public answer of an agent, or the ticket is resolved",
            )
            for since, until, severity, limit, uid in self.when(it, who)
        ]

    def when(self, it: Ticket, who: Journey) -> Sequence[Late]:
        """As `find`, without words: mostly all of it lies ahead."""
        late: list[Late] = []
        seen = moves(it)
        waits = seen.waits
        for asked, answered, uid in seen.owed:
            limit = self.limit_ms
            if self.limit_by_tier_ms:
                limit = self.limit_by_tier_ms.get(who.attribute("tier", asked) or "", limit)
            if answered is not None and answered <= asked + limit // 2:
                continue  # in time by any calendar
            time = hours(who.definitions, it, asked)
            if waits:
                half, full = due(time, asked, limit // 2, waits), due(time, asked, limit, waits)
            else:  # as mostly
                half, full = time.after(asked, limit // 2), time.after(asked, limit)
            if half is not None and (answered is None or half < answered):
                until = full if answered is None or (full is not None and full < answered) else answered
                late.append((half, until, INFO, limit // 2, uid))
            if full is not None and (answered is None or full < answered):
                late.append((full, answered, QUEUE, limit, uid))
        if not waits:
            return late
        return [(*span, how, limit, uid) for a, b, how, limit, uid in late for span in without((a, b), waits)]


SIGNAL = NoNextStep()
