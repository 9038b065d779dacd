"""The input of R1: seeded canonical events of about 245 bytes, skewed over the customers, in order of their times."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from bench.events import TEAMS, TOPICS, Data, envelope, key, someone
from stream.definitions import DAY


class Workload:
    """40 % page views, 42 % steps of tickets, 18 % CES answers; the busiest tenth of the customers has a fifth.

    Each event has a ms of its own: order by time is the order of the log.
    """

    def __init__(self, customers: int, seed: int = 1) -> None:
        self._customers = customers
        self._random = Random(seed)
        self._open: dict[int, list[str]] = {}

    def events(self, count: int, start: int, span: int) -> Iterator[tuple[bytes, int, bytes]]:
        """(key, time in ms, value) of `count` events, spread evenly over `span` ms from `start`."""
        if count > span:
            raise ValueError(f"{count} events need {count} ms at least, not {span}")
        for number in range(count):
            at = start + number * span // count
            customer = someone(self._customers, self._random)
            kind, data = self._what(number, customer, at, self._random.random())
            yield key(customer), at, envelope(number, kind, customer, at, data)

    def _what(self, number: int, customer: int, at: int, chance: float) -> tuple[str, Data]:
        random = self._random
        tickets = self._open.setdefault(customer, [])
        if chance < 0.40:
            return "page.viewed", {"url": "/help/getting-started", "session": f"S-{customer}-{at // DAY}"}
        if chance < 0.52 or (chance < 0.82 and not tickets):
            tickets.append(f"T-{number}")
            return "ticket.opened", {"ticket": tickets[-1], "channel": "chat", "topic": random.choice(TOPICS)}
        if chance < 0.66:
            return "ticket.replied", {"ticket": tickets[-1], "author": random.choice(("customer", "agent"))}
        if chance < 0.70:
            return "ticket.transferred", {"ticket": tickets[-1], "to_team": random.choice(TEAMS)}
        if chance < 0.82:
            return "ticket.resolved", {"ticket": tickets.pop(0)}
        score = random.choice((1, 2, 3, 4, 5, 5, 6, 6, 7, 7))
        return "survey.answered", {"survey": f"A-{number}", "kind": "ces", "score": score}
