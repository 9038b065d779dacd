"""The same customer comes back about the same issue.

Three contacts within 7 d, or a contact within 7 d after a resolve of the issue (any resolve, also one undone later;
the same second does not count); until 7 d after the last contact that itself met a condition.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.journey import Issue, Journey
from stream.signal import SHOWN, Plugin


class RepeatContact(Plugin):
    name = "repeat_contact"
    on = frozenset({"ticket.opened", "ticket.replied", "ticket.reopened", "ticket.resolved", "ticket.updated"})
    warns_of = "churn, low score"
    of = Issue
    reads = frozenset({"tickets"})

    within_ms = 7 * DAY
    contacts = 3

    def find(self, it: Issue, who: Journey) -> Iterable[Finding]:
        many = 0
        for ticket in it.tickets:
            many += len(ticket.contacts)
        return self._runs(it) if many >= self.contacts or (many > 1 and it.first_resolved is not None) else ()

    def _runs(self, issue: Issue) -> Iterator[Finding]:
        run: list[int] = []  # indices of contacts that met a condition, each within reach of the one before
        contacts = issue.contacts
        resolves = sorted(at for t in issue.tickets for at, _ in t.resolves)
        for i, (at, *_) in enumerate(contacts):
            if not (self._is_third(contacts, i) or self._is_return(resolves, at)):
                continue
            if run and at > contacts[run[-1]][0] + self.within_ms:
                yield self._finding(issue, run)
                run = []
            run.append(i)
        if run:
            yield self._finding(issue, run)

    def _is_third(self, contacts: list[tuple[int, int, str, bool]], i: int) -> bool:
        first = i - self.contacts + 1
        return first >= 0 and contacts[i][0] - contacts[first][0] <= self.within_ms

    def _is_return(self, resolves: list[int], at: int) -> bool:
        i = bisect_left(resolves, at - self.within_ms)
        return i < len(resolves) and resolves[i] < at // 1000 * 1000

    def _finding(self, issue: Issue, run: list[int]) -> Finding:
        since, last = issue.contacts[run[0]][0], issue.contacts[run[-1]][0]
        seen = [c for c in issue.contacts if since - self.within_ms <= c[0] <= last]
        about = f"“{issue.topic}”" if issue.topic else "no topic"
        contacts = "1 contact" if len(seen) == 1 else f"{len(seen)} contacts"
        return Finding(
            cause=issue.topic or "",
            since=since,
            until=last + self.within_ms,
            severity=Severity.queue,
            text=f"{contacts} about {about} within {(last - seen[0][0]) // DAY + 1} d, not settled",
            evidence=tuple(uid for _, uid, _, _ in seen[-SHOWN:]),
            numbers=(("contacts", len(seen)), ("tickets", len({t: None for _, _, t, _ in seen}))),
            clears="7 d without another contact about it",
        )


SIGNAL = RepeatContact()
