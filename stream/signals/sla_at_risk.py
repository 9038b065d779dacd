"""A first response or a resolution is due within 2 h of business time, or overdue. Until met or resolved.

Targets are settings, by priority: without one nothing is at risk. The clock starts at the opening and anew at each
reopen (other desks measured a reopened ticket from its creation); it runs in the business
time of the team that had the ticket then, without waits on the customer. A bot's reply is no response.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from stream.claims import Finding, Severity, Span
from stream.definitions import HOUR
from stream.journey import Journey, Ticket
from stream.moves import due, hours, moves
from stream.signal import TICKET_EVENTS, Plugin, words


class SlaAtRisk(Plugin):
    """A priority holds from when it is said; the target goes with it. 0 = no target."""

    name = "sla_at_risk"
    on = TICKET_EVENTS - {"ticket.info_requested"}
    warns_of = "breach"
    of = Ticket
    reads = frozenset({"tickets"})

    first_response_ms = 0  # of business time, likewise those below
    resolution_ms = 0
    first_response_by_priority_ms: ClassVar[dict[str, int]] = {}
    resolution_by_priority_ms: ClassVar[dict[str, int]] = {}
    warn_ms = 2 * HOUR

    @property
    def idle(self) -> bool:
        """Without a target nothing is at risk."""
        times = self.first_response_ms or self.resolution_ms
        return not (times or self.first_response_by_priority_ms or self.resolution_by_priority_ms)

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        for start, end in it.periods:
            answers = (at for at, _ in moves(it).answers if at >= start and (end is None or at < end))
            answered = next(answers, end)
            for target, default, by_priority, until in (
                ("first_response", self.first_response_ms, self.first_response_by_priority_ms, answered),
                ("resolution", self.resolution_ms, self.resolution_by_priority_ms, end),
            ):
                for priority, span in _priorities(it, start, until):
                    if limit := by_priority.get(priority, default):
                        yield from self._at(it, who, (target, start, limit), span)

    def _at(self, it: Ticket, who: Journey, aim: tuple[str, int, int], span: Span) -> Iterator[Finding]:
        target, start, limit = aim
        time, waits = hours(who.definitions, it, start), moves(it).waits
        near = due(time, start, max(limit - self.warn_ms, 0), waits)
        breach = due(time, start, limit, waits)
        for reached, until, breached in ((near, breach, 0), (breach, None, 1)):
            ends = [t for t in (until, span[1]) if t is not None]
            if reached is None or (ends and min(ends) <= max(reached, span[0])):
                continue
            what = f"its {target.replace('_', ' ')} is " + (
                f"overdue: {words(limit)} of work have passed"
                if breached
                else f"due within {words(self.warn_ms)} of work"
            )
            yield Finding(
                cause=f"{it.id}:{target}",
                since=max(reached, span[0]),
                until=min(ends, default=None),
                severity=Severity.queue,
                text=f"Ticket {it.id}: {what}",
                evidence=(it.opened_uid,),
                numbers=(("breached", breached), ("target_ms", limit), ("started_at_ms", start)),
                rank=breached,
                clears="a public answer of an agent" if target == "first_response" else "the ticket is resolved",
            )


def _priorities(it: Ticket, start: int, until: int | None) -> Iterator[tuple[str, Span]]:
    """(priority, [from, to)) of each that was in force in [start, until); "" before one is known."""
    said = [(start, ""), *it.priorities]
    for i, (at, priority) in enumerate(said):
        since = max(at, start)
        ends = [t for t in (said[i + 1][0] if i + 1 < len(said) else None, until) if t is not None]
        if not ends or min(ends) > since:
            yield priority, (since, min(ends, default=None))


SIGNAL = SlaAtRisk()
