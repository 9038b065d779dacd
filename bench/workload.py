"""The input of the measurements: a seeded mix of journey events of about 245 bytes, skewed over the customers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

SEGMENTS = ("smb", "mid", "enterprise")
TOPICS = ("billing", "login", "api", "shipping", "howto")
TEAMS = ("front", "back", "tech")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Workload:
    """45 % page views, 41 % steps of tickets, 14 % answers of surveys; the busiest tenth of customers has a fifth."""

    def __init__(self, customers: int, seed: int = 1) -> None:
        self._customers = customers
        self._random = Random(seed)
        self._open: dict[int, list[str]] = {}
        self._number = 0

    def event(self, at: int) -> tuple[bytes, bytes]:
        """The next event, as (key, value), that happens at `at` ms."""
        random = self._random
        self._number += 1
        customer = int(self._customers * random.random() ** 1.5)
        kind, data = self._what(customer, random.random())
        event = {
            "specversion": "1.0",
            "id": f"{self._number:012x}",
            "source": "bench/eu",
            "type": kind,
            "time": (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds"),
            "subject": f"customer-{customer}",
            "segment": SEGMENTS[customer % 3],
            "data": data,
        }
        return event["subject"].encode(), json.dumps(event, separators=(",", ":")).encode()  # type: ignore[attr-defined]

    def _what(self, customer: int, chance: float) -> tuple[str, dict[str, str | int]]:
        random, n = self._random, self._number
        tickets = self._open.setdefault(customer, [])
        if chance < 0.45:
            return "page.viewed", {"url": "/help/start", "session": f"S{customer}-{n // 200_000}"}
        if chance < 0.57 or (chance < 0.86 and not tickets):
            tickets.append(f"T{n}")
            opened: dict[str, str | int] = {
                "ticket": tickets[-1],
                "channel": "chat",
                "topic": random.choice(TOPICS),
                "team": "front",
            }
            return "ticket.opened", opened
        if chance < 0.70:
            return "ticket.replied", {"ticket": tickets[-1], "author": random.choice(("customer", "agent"))}
        if chance < 0.75:
            return "ticket.transferred", {"ticket": tickets[-1], "to_team": random.choice(TEAMS)}
        if chance < 0.86:
            return "ticket.resolved", {"ticket": tickets.pop()}
        kind = random.choice(("ces", "csat", "nps"))
        return "survey.answered", {"survey": f"A{n}", "kind": kind, "score": random.choice((2, 4, 5, 5, 5))}

    def events(self, count: int, at: int) -> Iterator[tuple[bytes, bytes]]:
        """`count` events that all happen at about `at` ms."""
        for i in range(count):
            yield self.event(at - count // 100 + i // 100)
