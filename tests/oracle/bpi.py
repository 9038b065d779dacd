"""The BPI Challenge 2013 incident log, recomputed from the XES file alone: its own parser, no code of `stream`.

Reading: a trace is a ticket and its first event opens it; the team is `org:group`; a transfer is an event whose
team differs from the one before; `Completed` resolves an open ticket and changes nothing on a resolved one; any
other activity on a resolved ticket reopens it. An event that both moves and completes counts as moved first.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """One event of a trace: its instant in ms, its activity and the team that holds the ticket."""

    at: int
    activity: str
    team: str


@dataclass
class Ticket:
    """What one trace comes to. Times are ms; `before`: teams until the first resolve; `moves`: ever."""

    opened: int
    moves: list[str]
    before: list[str] = field(default_factory=list)
    first_resolved: int | None = None
    last_resolved: int | None = None
    reopened: bool = False


def read(path: Path) -> Iterator[list[Step]]:
    """The traces of a gzipped XES file, each sorted by time (stable)."""
    with gzip.open(path) as file:
        for _, node in ET.iterparse(file):
            if node.tag.rpartition("}")[2] == "trace":
                yield sorted((_step(e) for e in node if e.tag.rpartition("}")[2] == "event"), key=lambda s: s.at)
                node.clear()


def _step(event: ET.Element) -> Step:
    values = {item.get("key"): item.get("value", "") for item in event}
    moment = datetime.fromisoformat(values["time:timestamp"])
    return Step((moment - EPOCH) // timedelta(milliseconds=1), values["concept:name"], values.get("org:group", ""))


def fold(steps: list[Step]) -> Ticket:
    """The ticket that a trace stands for."""
    ticket = Ticket(steps[0].at, [steps[0].team])
    resolved = False
    for step in steps:
        if step.team != ticket.moves[-1]:
            ticket.moves.append(step.team)
        if step.activity == "Completed" and not resolved:
            resolved, ticket.last_resolved = True, step.at
            if ticket.first_resolved is None:
                ticket.first_resolved, ticket.before = step.at, list(ticket.moves)
        elif step.activity != "Completed" and resolved:
            resolved, ticket.reopened, ticket.last_resolved = False, True, None
    return ticket


def count(tickets: list[Ticket]) -> dict[str, int]:
    """The totals of the whole log, with durations in whole seconds for each ticket."""
    first = [t for t in tickets if t.first_resolved is not None]
    total = {"tickets": len(tickets), "unresolved": len(tickets) - len(first), "resolved": len(first)}
    total["reopened"] = sum(t.reopened for t in first)
    for name, moves in (("first", [t.before for t in first]), ("ever", [t.moves for t in tickets])):
        for least in (1, 2, 3):
            total[f"transfers_{least}_{name}"] = sum(len(m) > least for m in moves)
        total[f"transfers_{name}"] = sum(len(m) - 1 for m in moves)
        total[f"ping_pong_{name}"] = sum(len(set(m)) < len(m) for m in moves)
    total["seconds_first"] = sum(_seconds(t.opened, t.first_resolved) for t in first)
    total["resolved_now"] = sum(t.last_resolved is not None for t in tickets)
    total["seconds_last"] = sum(_seconds(t.opened, t.last_resolved) for t in tickets)
    return total


def _seconds(start: int, end: int | None) -> int:
    return 0 if end is None else (end - start) // 1000


def by_month(times: list[int | None]) -> dict[str, int]:
    """How many of the instants fall into each calendar month (UTC), by name "2012-05"."""
    months = [(EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m") for at in times if at is not None]
    return dict(sorted(Counter(months).items()))
