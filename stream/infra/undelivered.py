"""What a sink refused for good: a record of `journey.undelivered`, for operators. docs/sinks.md says how to redrive.

It names the version of the alert, which stays in journey.alerts, and holds nothing of the customer and no secret.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from stream.record import Out

UNDELIVERED = "journey.undelivered"

_encode = msgspec.json.Encoder().encode


class Undelivered(Struct, frozen=True):
    """One refusal. `at` = when, wall clock in ms; `key` = id/episode/version of the alert; `answer` = the sink's."""

    at: int
    sink: str
    key: str
    signal: str
    kind: str  # open, update, resolve; digest
    severity: str
    answer: str


def out(letter: Undelivered) -> Out:
    """The record: its key is the sink and the alert's own, so that what is refused again after a restart is known."""
    return Out(UNDELIVERED, 0, f"{letter.sink}/{letter.key}".encode(), _encode(letter))
