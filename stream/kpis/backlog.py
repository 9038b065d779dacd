"""Open tickets: a level, one fact for each holder, under the team and topic of its time. Article 004.

Segment and stage are those at the fact's start: a customer's change while it holds does not move it
(docs/choices.md). Corrected by a resolve, reopen, transfer or change of topic heard late, from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stream.claims import Cut, Fact, Window
from stream.journey import Journey, Ticket
from stream.kpi import ENDS, LEVEL, ONE, OfTickets


class Backlog(OfTickets):
    name = "backlog"
    on = ENDS
    unit = "tickets"
    better = "lower"
    levels = ("n",)
    windows = LEVEL

    def facts(self, it: Ticket, who: Journey) -> Iterable[Fact]:
        found: list[Fact] = []
        last = max(it.topics[-1][0], it.holders[-1][0] if it.holders else 0)
        for start, end in it.periods:
            since = start
            if last > start:
                turns = [at for at, _ in (*it.holders, *it.topics) if at > start and (end is None or at < end)]
                for at in sorted(dict.fromkeys(turns)):
                    found.append(Fact(since, ONE, at, who.cut(it, since, _dims(it, since))))
                    since = at
            if since != end:
                found.append(Fact(since, ONE, end, who.cut(it, since, _dims(it, since))))
        return found

    def value(self, p: Window) -> float | None:
        return p.end("n") or None

    def n(self, p: Window) -> int:
        return p.end("n")


def _dims(it: Ticket, at: int) -> Cut:
    """Channel, team and topic as they were."""
    if len(it.topics) == 1 and (not it.holders or (len(it.holders) == 1 and it.holders[0][0] <= at)):
        return it.dims()  # they never changed
    found = (("channel", it.channel), ("team", _latest(it.holders, at)), ("topic", _latest(it.topics, at)))
    return tuple((name, label) for name, label in found if label is not None)


def _latest(values: list[tuple[int, Any]], at: int) -> str | None:
    return next((label for since, label in reversed(values) if since <= at), None)


KPI = Backlog()
