"""What goes wrong in a generated world: known incidents put into a log, so that what finds them can be judged.

Each takes a log (append time ms, event) and gives it back with the incident in it. What is true is in `Incident`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, NamedTuple

from stream.infra.world_people import DAY, HOUR, MINUTE, SECOND, envelope, instant, rfc3339

Log = Iterator[tuple[int, dict[str, Any]]]

BROKEN, SILENT = "reset-password", "logistics"  # the article, the team
EASY, HARD = 6.3, 2.0  # mean CES of 1-7 before a decline, and at its end


class Incident(NamedTuple):
    """What happened from `start` until `end` (ms): of which `labels` alerts may be about it (any of them), and of which
    `kpis` one that is about everybody.
    """

    name: str
    start: int
    end: int
    labels: tuple[tuple[str, str], ...]
    kpis: tuple[str, ...] = ()

    def is_of(self, cut: dict[str, str], cause: str, at: int, patience: int = 2 * DAY) -> bool:
        """Whether an alert with these labels, at `at`, may be of this."""
        labelled = any(cut.get(dim) == label for dim, label in self.labels)
        return self.start <= at <= self.end + patience and (labelled or (not cut and cause in self.kpis))


class Company:
    """A generated company of that many customers: who it is, and what goes wrong there."""

    def __init__(self, customers: int, segments: dict[str, str], seed: int) -> None:
        self._customers = customers
        self._segments = segments  # by subject, as far as known
        self._rng = Random(f"incidents/{seed}")
        self._refs = 0

    def asked(self, log: Log, start: int, end: int, decline: Incident, a_day: int) -> Log:
        """`a_day` customers are asked how easy it is, and two in five answer; the label of `decline` ever lower."""
        [(_, segment)] = decline.labels
        events: list[tuple[int, dict[str, Any]]] = []
        for _ in range(a_day * (end - start) // DAY):
            subject, at = self._somebody(), self._rng.randint(start, end)
            mean = EASY
            if self._segments.get(subject) == segment and at >= decline.start:
                mean -= (EASY - HARD) * min((at - decline.start) / (decline.end - decline.start), 1.0)
            score = min(max(round(self._rng.gauss(mean, 1.0)), 1), 7)
            about = {"survey": self._ref("C"), "kind": "ces"}
            events.append(self._said("survey.sent", at, subject, about))
            if self._rng.random() < 0.4:
                answered = at + self._rng.randint(MINUTE, 6 * HOUR)
                events.append(self._said("survey.answered", answered, subject, {**about, "score": score}))
        return merged(log, events)

    def read(self, log: Log, start: int, end: int, broken: Incident, a_day: int) -> Log:
        """A help page has `a_day` readers; 4 % need the desk within hours, 60 % while it is broken."""
        events: list[tuple[int, dict[str, Any]]] = []
        for _ in range(a_day * (end - start) // DAY):
            subject, at = self._somebody(), self._rng.randint(start, end)
            page = {"url": f"/help/{BROKEN}", "kind": "help", "content": BROKEN, "session": self._ref("R")}
            events.append(self._said("page.viewed", at, subject, page))
            if self._rng.random() < (0.6 if broken.start <= at < broken.end else 0.04):
                events += self._ticket(subject, at + self._rng.randint(5 * MINUTE, 3 * HOUR), "login", "front")
        return merged(log, events)

    def released(self, log: Log, release: Incident, share: float) -> Log:
        """A bad release: that share of the customers writes about the API."""
        events: list[tuple[int, dict[str, Any]]] = []
        for _ in range(max(int(self._customers * share), 1)):
            at = release.start + int((release.end - release.start) * self._rng.random())
            events += self._ticket(self._somebody(), at, "api", "technical")
        return merged(log, events)

    def _ticket(self, subject: str, at: int, topic: str, team: str) -> list[tuple[int, dict[str, Any]]]:
        ticket = {"ticket": self._ref("I")}
        replied = at + self._rng.randint(10 * MINUTE, 3 * HOUR)
        resolved = replied + self._rng.randint(HOUR, 20 * HOUR)
        return [
            self._said("ticket.opened", at, subject, {**ticket, "channel": "chat", "topic": topic, "team": team}),
            self._said("ticket.replied", replied, subject, {**ticket, "author": "agent"}),
            self._said("ticket.resolved", resolved, subject, ticket),
        ]

    def _somebody(self) -> str:
        return f"customer-{self._rng.randrange(self._customers)}"

    def _ref(self, letter: str) -> str:
        self._refs += 1
        return f"{letter}-{self._refs}"

    def _said(self, kind: str, at: int, subject: str, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = f"incident-{self._ref('E')}"
        return at + SECOND, envelope(name, kind, at, subject, data)


def unanswered(log: Log, silence: Incident) -> Log:
    """A team does nothing: what its people would have done in that time, they do after it, in the same order."""
    held: dict[str, str] = {}  # ticket -> the team that holds it
    late: list[tuple[int, int, dict[str, Any]]] = []
    for n, (at, event) in enumerate(log):
        while late and late[0][0] <= at:
            then, _, moved = heapq.heappop(late)
            yield then, moved
        data, time = event["data"], instant(event["time"])
        if (ticket := data.get("ticket")) and (team := data.get("to_team") or data.get("team")):
            held[ticket] = team
        by_team = event["type"] in ("ticket.resolved", "ticket.transferred") or data.get("author") == "agent"
        if by_team and held.get(ticket) == SILENT and silence.start <= time < silence.end:
            gone = silence.end - silence.start
            moved = {**event, "time": rfc3339(time + gone)}
            heapq.heappush(late, (at + gone, n, moved))
        else:
            yield at, event
    yield from ((at, event) for at, _, event in sorted(late, key=lambda row: row[:2]))


def merged(log: Log, events: Iterable[tuple[int, dict[str, Any]]]) -> Log:
    """Two logs in one, in order of append time."""
    return heapq.merge(log, sorted(events, key=_at), key=_at)


def _at(row: tuple[int, dict[str, Any]]) -> int:
    return row[0]
