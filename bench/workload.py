"""The input of the live measurements: a seeded mix of events of about 245 bytes, skewed over the customers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from bench.events import TEAMS, TOPICS, Data, envelope, key, someone
from stream.definitions import HOUR


class Workload:
    """45 % page views, 42 % steps of tickets, 13 % answers of surveys; the busiest tenth of customers has a fifth."""

    def __init__(self, customers: int, seed: int = 1) -> None:
        self._customers = customers
        self._random = Random(seed)
        self._open: dict[int, list[str]] = {}
        self._number = 0

    def clock(self) -> int:
        """When the next event happens, ms: now."""
        return int(time.time() * 1000)

    def event(self, at: int) -> tuple[bytes, bytes]:
        """The next event, as (key, value), that happens at `at` ms."""
        self._number += 1
        customer = someone(self._customers, self._random)
        kind, data = self._what(customer, at, self._random.random())
        return key(customer), envelope(self._number, kind, customer, at, data)

    def _what(self, customer: int, at: int, chance: float) -> tuple[str, Data]:
        random, n = self._random, self._number
        tickets = self._open.setdefault(customer, [])
        if chance < 0.45:
            return "page.viewed", {"url": "/help/start", "session": f"S{customer}-{at // HOUR}"}
        if chance < 0.57 or (chance < 0.87 and not tickets):
            tickets.append(f"T{n}")
            topic = random.choice(TOPICS)
            return "ticket.opened", {"ticket": tickets[-1], "channel": "chat", "topic": topic, "team": "front"}
        if chance < 0.70:
            return "ticket.replied", {"ticket": tickets[-1], "author": random.choice(("customer", "agent"))}
        if chance < 0.75:
            return "ticket.transferred", {"ticket": tickets[-1], "to_team": random.choice(TEAMS)}
        if chance < 0.87:
            return "ticket.resolved", {"ticket": tickets.pop()}
        kind = random.choice(("ces", "csat", "nps"))
        return "survey.answered", {"survey": f"A{n}", "kind": kind, "score": random.choice((2, 4, 5, 5, 5))}

    def events(self, count: int, at: int) -> Iterator[tuple[bytes, bytes]]:
        """`count` events that all happen at about `at` ms."""
        for i in range(count):
            yield self.event(at - count // 100 + i // 100)
