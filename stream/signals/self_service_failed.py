"""A customer looked for help, did not find it, and wrote: help viewed or searched, then a ticket within 24 h.

For reading: 70 % of customers try self-service, 9 % settle there (product.md, section 2: Gartner 2019). One alert
for each content (or for the searches). Until the ticket is resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream import steps as S
from stream.claims import Finding, Severity
from stream.definitions import DAY, HOUR
from stream.journey import Journey, Ticket
from stream.signal import Plugin

Look = tuple[int, int]  # at, uid
SEARCH = "search"


class SelfServiceFailed(Plugin):
    """A ticket in the same instant does not follow the view. A help page without a content id goes as `help`."""

    name = "self_service_failed"
    needs = "tickets"
    on = frozenset({"help.searched", "page.viewed", "ticket.opened", "ticket.resolved"})
    warns_of = "repeat contact"
    of = Journey
    reads = frozenset({"sessions", "searches", "tickets"})

    within_ms = DAY

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        if not it.records("tickets"):
            return
        for cause, looks in sorted(_looks(it).items()):
            first, last = looks[0][0], looks[-1][0] + self.within_ms
            for ticket in it.tickets:
                if first < ticket.opened <= last:
                    yield from self._before(ticket, cause, looks)

    def _before(self, ticket: Ticket, cause: str, looks: list[Look]) -> Iterator[Finding]:
        seen = [look for look in looks if ticket.opened - self.within_ms <= look[0] < ticket.opened]
        if not seen:
            return
        what = "searching help" if cause == SEARCH else f"viewing {cause}"
        yield Finding(
            cause=cause,
            since=ticket.opened,
            until=ticket.first_resolved,
            severity=Severity.info,
            text=f"Ticket {ticket.id} was opened within {self.within_ms // HOUR} h of {what}",
            evidence=(*(uid for _, uid in seen), ticket.opened_uid),
            numbers=(("looks", len(seen)), ("last_look_s_before", (ticket.opened - seen[-1][0]) // 1000)),
            clears="the ticket is resolved",
        )


def _looks(it: Journey) -> dict[str, list[Look]]:
    """Views of help pages by content, and searches, in order."""
    found: dict[str, list[Look]] = {}
    for steps in it.records("sessions").values():
        for step in steps:
            if S.value(step, 0) == "help":
                found.setdefault(S.value(step, 2) or "help", []).append((step.at, step.uid))
    for steps in it.records("searches").values():
        for step in steps:
            found.setdefault(SEARCH, []).append((step.at, step.uid))
    for looks in found.values():
        looks.sort()
    return found


SIGNAL = SelfServiceFailed()
