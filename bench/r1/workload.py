"""The input of R1: seeded canonical events of about 245 bytes, skewed over the customers, in order of their times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from stream.definitions import DAY

SEGMENTS = ("smb", "mid", "enterprise")
TOPICS = ("billing", "login", "api", "shipping", "howto")
TEAMS = ("front", "back", "tech")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode
Data = dict[str, str | int]


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
            customer = int(self._customers * self._random.random() ** 1.5)
            yield b"customer-%d" % customer, at, self._event(number, customer, at)

    def _event(self, number: int, customer: int, at: int) -> bytes:
        type_, data = self._what(number, customer, at, self._random.random())
        return _encode(
            {
                "specversion": "1.0",
                "id": f"{number:012x}",
                "source": "bench/eu",
                "type": type_,
                "time": (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds"),
                "subject": f"customer-{customer}",
                "segment": SEGMENTS[customer % 3],
                "stage": "onboarding" if customer % 2 else "established",
                "data": data,
            }
        )

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
