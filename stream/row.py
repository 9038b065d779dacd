"""A customer's state as stored: what a journey's bytes hold beside the 8 bytes of its next due time."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from stream.claims import Cut, Finding
from stream.steps import Step


class Held(Struct, array_like=True):
    """What was last said of one alert (one signal and cause). `episode` 0 = nothing yet. Times of the log, ms."""

    signal: str
    cause: str
    item: str
    finding: Finding | None = None
    episode: int = 0
    version: int = 0
    status: str = ""
    severity: int = 0
    max_severity: int = 0
    opened: int = 0
    backfill: bool = False


class Waiting(Struct, array_like=True):
    """A step whose head is not known yet: when it was heard (log clock), and the record it came in."""

    heard: int
    uid: int
    offset: int
    value: bytes


class Row(Struct, array_like=True):
    """A journey as stored. `dues`: when each item next changes by itself. `links`: ticket -> its surveys.

    `kept`: survey -> channel, topic, team of its forgotten ticket.
    """

    families: dict[str, Any] = field(default_factory=dict)
    attributes: list[Step] = field(default_factory=list)
    dues: dict[str, int] = field(default_factory=dict)
    alerts: Any = field(default_factory=dict)  # Raw until `Journey.alerts` opens them
    verdicts: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, Cut] = field(default_factory=dict)
    trail: bytes = b""  # packed touches, the newest first (stream.timeline)
    touches: int = 0
    backfill: int = 0  # log clock until which the customer is in backfill, ms; 0 = it is not
    healthy: int = 0  # log clock until which health stays as it was last seen, if nothing of it changes, ms
    day: int = 0  # log day (UTC) of the newest event; how many came on it, and on the day before
    today: int = 0
    yesterday: int = 0
    weight: int = 0  # bytes held, or more (stream.room)
    edges: dict[str, int] = field(default_factory=dict)  # by family: event time up to which records went early, ms


class Stored(Struct, array_like=True):
    families: dict[str, Raw]
    attributes: list[Step]
    dues: dict[str, int]
    alerts: dict[str, Held]
    verdicts: dict[str, int]
    waiting: dict[str, list[Waiting]]
    links: dict[str, list[str]]
    kept: dict[str, Cut]
    trail: bytes
    touches: int
    backfill: int
    healthy: int
    day: int
    today: int
    yesterday: int
    weight: int
    edges: dict[str, int]


decode_row = msgspec.msgpack.Decoder(Stored).decode
decode_records = msgspec.msgpack.Decoder(dict[str, list[Step]]).decode
decode_trail = msgspec.msgpack.Decoder(list[tuple[int, tuple[str, str, str, str]]]).decode
encode_row = msgspec.msgpack.Encoder().encode
