"""A ticket that was said to be resolved is worked on again; the second time ranks higher. Until resolved."""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Finding, Severity
from stream.definitions import HOUR
from stream.journey import Journey, Ticket
from stream.signal import Plugin


class Reopened(Plugin):
    name = "reopened"
    on = frozenset({"ticket.reopened", "ticket.resolved"})
    warns_of = "long resolution"
    of = Ticket
    reads = frozenset({"tickets"})
    given = "reopens"
    linger = HOUR

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        for n, ((at, uid), (_, until)) in enumerate(zip(it.reopens, it.periods[1:], strict=True), start=1):
            times = "again" if n == 1 else f"the {n}th time" if n > 3 else {2: "a second time", 3: "a third time"}[n]
            yield Finding(
                cause=it.id,
                since=at,
                until=until,
                severity=Severity.queue,
                text=f"Ticket {it.id} was reopened {times}" if n > 1 else f"Ticket {it.id} was reopened",
                evidence=(it.resolves[n - 1][1], uid),
                numbers=(("reopened_times", n),),
                rank=int(n > 1),
                clears="the ticket is resolved and stays so for 1 h",
            )


SIGNAL = Reopened()
