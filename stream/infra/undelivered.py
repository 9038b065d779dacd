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
    """A refusal of a sink, for good. The version of the alert that it was to be told stays in journey.alerts."""

    at: int  # wall clock, ms
    sink: str
    key: str  # id/episode/version; of a digest: digest/<its hour, s>
    signal: str
    kind: str  # open, update, resolve; digest
    severity: str
    answer: str


def out(letter: Undelivered) -> Out:
    """The record: its key is the sink and the alert's own, so that what is refused again after a restart is known."""
    return Out(UNDELIVERED, 0, f"{letter.sink}/{letter.key}".encode(), _encode(letter))
