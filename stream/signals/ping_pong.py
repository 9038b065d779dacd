"""A ticket goes back to a team that had it before, or through four teams. Until resolved; anew from a reopen.

Predicts further transfers (lift 2.4 to 2.9 on a real log), not a long resolution: reference in docs/signals.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.claims import Finding, Severity
from stream.journey import Journey, Ticket
from stream.signal import SHOWN, Plugin


class PingPong(Plugin):
    name = "ping_pong"
    on = frozenset({"ticket.reopened", "ticket.resolved", "ticket.transferred"})
    warns_of = "further transfers"
    of = Ticket
    reads = frozenset({"tickets"})
    given = "transfers"

    teams = 4

    def find(self, it: Ticket, who: Journey) -> Iterable[Finding]:
        met = self._met(it)
        return () if met is None else self._found(it, met)

    def _found(self, it: Ticket, met: int) -> Iterator[Finding]:
        for start, end in it.periods:
            since = max(start, it.transfers[met][0])
            if end is not None and end < since:
                continue
            seen = [t for t in it.transfers if end is None or t[0] <= end]
            held = list(dict.fromkeys([seen[0][1], *(to for _, _, to, _ in seen)]))
            names = ", ".join(held[:SHOWN])
            yield Finding(
                cause=it.id,
                since=since,
                until=end,
                severity=Severity.queue,
                text=f"Ticket {it.id} was handed on {len(seen)} times among {len(held)} teams: {names}",
                evidence=tuple(uid for *_, uid in seen[-SHOWN:]),
                numbers=(("transfers", len(seen)), ("teams", len(held))),
                clears="the ticket is resolved",
            )

    def _met(self, it: Ticket) -> int | None:
        """Index of the first transfer with which it went back, or reached the fourth team."""
        back = it.went_back()
        held: list[str] = []
        for i, (_, source, to, _) in enumerate(it.transfers):
            held += [team for team in (source, to) if team not in held]
            if i == back or len(held) >= self.teams:
                return i
        return None


SIGNAL = PingPong()
