"""Open tickets: a level, one fact for each holder, under the team and topic of its time. Article 004.

Segment and stage are those at the fact's start: a customer's change while it holds does not move it
(docs/choices.md). Corrected by a resolve, reopen, transfer or change of topic heard late, from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        holders, topics = it.holders, it.topics
        if len(topics) == 1 and (not holders or (len(holders) == 1 and holders[0][0] <= topics[0][0])):
            dims = it.dims()  # they never changed since the opening
            return [Fact(start, ONE, end, who.cut(it, start, dims)) for start, end in it.periods if start != end]
        return [fact for period in it.periods for fact in _turning(it, who, *period)]

    def value(self, p: Window) -> float | None:
        return p.end("n") or None

    def n(self, p: Window) -> int:
        return p.end("n")


def _turning(it: Ticket, who: Journey, start: int, end: int | None) -> Iterator[Fact]:
    """One period, told apart where the holder or the topic changes."""
    turns = [at for at, _ in (*it.holders, *it.topics) if at > start and (end is None or at < end)]
    since = start
    for at in sorted(dict.fromkeys(turns)):
        yield Fact(since, ONE, at, who.cut(it, since, _dims(it, since)))
        since = at
    if since != end:
        yield Fact(since, ONE, end, who.cut(it, since, _dims(it, since)))


def _dims(it: Ticket, at: int) -> Cut:
    """Channel, team and topic as they were."""
    found = (("channel", it.channel), ("team", _latest(it.holders, at)), ("topic", _latest(it.topics, at)))
    return tuple((name, label) for name, label in found if label is not None)


def _latest(values: list[tuple[int, Any]], at: int) -> str | None:
    return next((label for since, label in reversed(values) if since <= at), None)


KPI = Backlog()
