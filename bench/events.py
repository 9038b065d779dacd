"""What the inputs of the measurements have in common: an event's envelope, and who the customers are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

SEGMENTS = ("smb", "mid", "enterprise")
TOPICS = ("billing", "login", "api", "shipping", "howto")
TEAMS = ("front", "back", "tech")
Data = dict[str, str | int]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode


def someone(customers: int, random: Random) -> int:
    """One of so many customers; the busiest tenth has a fifth of all events."""
    return int(customers * random.random() ** 1.5)


def key(customer: int) -> bytes:
    return b"customer-%d" % customer


def envelope(number: int, kind: str, customer: int, at: int, data: Data) -> bytes:
    """Event number `number`, of a type, that happens at `at` ms, as intake writes it to journey.events."""
    return _encode(
        {
            "specversion": "1.0",
            "id": f"{number:012x}",
            "source": "bench/eu",
            "type": kind,
            "time": (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds"),
            "subject": f"customer-{customer}",
            "segment": SEGMENTS[customer % 3],
            "stage": "onboarding" if customer % 2 else "established",
            "data": data,
        }
    )
