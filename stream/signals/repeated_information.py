"""The customer is asked a second time for what was asked before. Until resolved.

Repeating information is among the efforts that customers resent most (product.md, section 2: HBR 2010, 56 %).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.claims import Finding, Severity
from stream.journey import Journey, Ticket
from stream.moves import moves
from stream.signal import Plugin


class RepeatedInformation(Plugin):
    """Holds from the question on; anew after a reopen only if something is asked again after it."""

    name = "repeated_information"
    on = frozenset({"ticket.info_requested", "ticket.reopened", "ticket.resolved"})
    warns_of = "low score"
    of = Ticket
    reads = frozenset({"tickets"})

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        questions = moves(it).questions
        return self._found(it, questions) if len(questions) > 1 else ()

    def _found(self, it: Ticket, questions: list[tuple[int, int, str]]) -> Iterator[Finding]:
        for start, end in it.periods:
            asked = [q for q in questions if end is None or q[0] < end]
            again = [q for i, q in enumerate(asked) if q[2] in [f for *_, f in asked[:i]]]
            if since := next((at for at, *_ in again if at >= start), None):
                fields = list(dict.fromkeys(field for *_, field in again))
                about = [q for q in asked if q[2] in fields]
                yield Finding(
                    cause=it.id,
                    since=since,
                    until=end,
                    severity=Severity.queue,
                    text=f"Ticket {it.id}: {len(about)} questions for {', '.join(fields)}, asked before",
                    evidence=tuple(uid for _, uid, _ in about),
                    numbers=(("questions", len(about)), ("fields", len(fields))),
                    clears="the ticket is resolved",
                )


SIGNAL = RepeatedInformation()
