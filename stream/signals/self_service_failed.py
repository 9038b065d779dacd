"""A customer looked for help, did not find it, and wrote: help viewed or searched, then a ticket within 24 h.

For reading: 70 % of customers try self-service, 9 % settle there (product.md, section 2: Gartner 2019). One alert
for each content (or for the searches). Until the ticket is resolved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from stream import steps as S
from stream.claims import Finding, Severity
from stream.definitions import DAY, HOUR
from stream.journey import Journey, Ticket
from stream.signal import SHOWN, Plugin

Look = tuple[int, int]  # at, uid
SEARCH = "search"
LATEST = 8  # resolved tickets that are looked at


class SelfServiceFailed(Plugin):
    """A ticket in the same instant does not follow the view. A help page without a content id goes as `help`."""

    name = "self_service_failed"
    needs = "tickets"
    on = frozenset({"help.searched", "page.viewed", "ticket.opened", "ticket.resolved"})
    views = frozenset({"help"})
    warns_of = "repeat contact"
    of = Journey
    reads = frozenset({"sessions", "searches", "tickets"})

    within_ms = DAY

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        looked = _looks(it)
        return self._found(it, looked) if looked and it.records("tickets") else ()

    def _found(self, it: Journey, looked: dict[str, list[Look]]) -> Iterator[Finding]:
        pending, over = _tickets(it)
        for cause, looks in sorted(looked.items()):
            first, last = looks[0][0], looks[-1][0] + self.within_ms
            newest: int | None = None
            for ticket in pending:
                if first < ticket.opened <= last and (found := self._before(ticket, cause, looks)):
                    newest = ticket.opened if newest is None else newest
                    yield found
                if newest is not None and ticket.opened < newest - it.definitions.future:
                    break  # a newer one stands in front of all others, until it is resolved
            for ticket in over:
                if first < ticket.opened <= last and (found := self._before(ticket, cause, looks)):
                    yield found

    def _before(self, ticket: Ticket, cause: str, looks: list[Look]) -> Finding | None:
        start, end = ticket.opened - self.within_ms, ticket.opened
        seen = looks[bisect_left(looks, (start, 0)) : bisect_left(looks, (end, 0))]
        if not seen:
            return None
        what = "searching help" if cause == SEARCH else f"viewing {cause}"
        return Finding(
            cause=cause,
            since=ticket.opened,
            until=ticket.first_resolved,
            severity=Severity.info,
            text=f"Ticket {ticket.id} was opened within {self.within_ms // HOUR} h of {what}",
            evidence=(*(uid for _, uid in seen[-SHOWN:]), ticket.opened_uid),
            numbers=(("looks", len(seen)), ("last_look_s_before", (ticket.opened - seen[-1][0]) // 1000)),
            clears="the ticket is resolved",
        )


def _tickets(it: Journey) -> tuple[list[Ticket], list[Ticket]]:
    """Those not yet resolved, the newest first; of the others the latest: what was over before is long said."""
    tickets = it.tickets
    pending = [t for t in tickets if not t.resolves]
    over = [t for t in tickets if t.resolves]
    over.sort(key=lambda t: (t.resolves[0][0], t.id))
    return sorted(pending, key=lambda t: (-t.opened, t.id)), over[-LATEST:]


def _looks(it: Journey) -> dict[str, list[Look]]:
    """Views of help pages by content, and searches, in order."""
    found: dict[str, list[Look]] = {}
    for steps in it.records("sessions").values():
        for step in steps:
            if step.data and step.data[0] == "help":
                found.setdefault(S.value(step, 2) or "help", []).append((step.at, step.uid))
    if it.has("searches"):
        for steps in it.records("searches").values():
            found.setdefault(SEARCH, []).extend((step.at, step.uid) for step in steps)
    for looks in found.values():
        looks.sort()
    return found


SIGNAL = SelfServiceFailed()
