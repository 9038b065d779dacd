"""A ticket was promised for a time, and the time passed without a first resolve.

The strongest effect on record: 9.6 % low ratings when on time, 56.8 % when late (product.md, section 2). Each
promise counts while it is in force: once missed it stays missed, though it is moved later. Info from 80 % of the way
from the opening to the promised time. Until resolved, at most 30 d past the promise. A page for VIPs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.journey import Journey, Ticket
from stream.signal import Plugin, words


class MissedPromise(Plugin):
    """A promise is in force from when it is said until another is, by event time."""

    name = "missed_promise"
    on = frozenset({"customer.updated", "ticket.opened", "ticket.resolved", "ticket.updated"})
    warns_of = "low score"
    of = Ticket
    reads = frozenset({"tickets", "customer"})
    given = "promises"

    warn_percent = 80
    holds_ms = 30 * DAY

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        for i, (said, promise) in enumerate(it.promises):
            moved = it.promises[i + 1][0] if i + 1 < len(it.promises) else None
            yield from self._near(it, said, promise, moved)
            missed = max(said, promise)
            resolved = it.first_resolved
            if (moved is None or missed < moved) and (resolved is None or resolved > missed):
                yield from self._missed(it, who, missed, (said, promise))

    def _near(self, it: Ticket, said: int, promise: int, moved: int | None) -> Iterator[Finding]:
        way = promise - it.opened
        since = max(said, it.opened - -way * self.warn_percent // 100)
        until = min(t for t in (promise, moved, it.first_resolved) if t is not None)
        if way <= 0 or since >= until:
            return
        yield Finding(
            cause=it.id,
            since=since,
            until=until,
            severity=Severity.info,
            text=f"Ticket {it.id}: {self.warn_percent} % of the time promised for it has gone by, not resolved",
            evidence=_evidence(it, said, promise),
            numbers=(("promised_by_ms", promise), ("warned_at_percent", self.warn_percent)),
            clears="the ticket is resolved",
        )

    def _missed(self, it: Ticket, who: Journey, since: int, said: tuple[int, int]) -> Iterator[Finding]:
        promise = said[1]
        until = promise + self.holds_ms
        if it.first_resolved is not None:
            until = min(until, it.first_resolved)
        if until <= since:
            return
        vip = who.attribute("tier", since) in who.definitions.vip_tiers
        yield Finding(
            cause=it.id,
            since=since,
            until=until,
            severity=Severity.page if vip else Severity.queue,
            text=f"Ticket {it.id} is not resolved, and the time promised for it has passed"
            f" ({words(max(promise - it.opened, 0))} after its opening)",
            evidence=_evidence(it, *said),
            numbers=(("promised_by_ms", promise),),
            clears=f"the ticket is resolved, or {words(self.holds_ms)}",
        )


def _evidence(it: Ticket, said: int, promise: int) -> tuple[int, ...]:
    """The step that made the promise."""
    return tuple(step.uid for step in it.steps if step.at == said and promise in step.data)[:1]


SIGNAL = MissedPromise()
