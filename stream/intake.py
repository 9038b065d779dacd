"""Raw records into the log: each becomes canonical events, by customer, or a dead letter. Pure, and total on junk."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from stream.definitions import Definitions
from stream.event import encode
from stream.record import DEADLETTERS, EVENTS, DeadLetter, Heard, Out, Reason, Reject, murmur2
from stream.sources import Source

LIMIT = 900_000  # bytes of a raw record that are looked at
KEPT = 1_400_000  # bytes that a dead letter holds: as base64 they fit into the topic's 2 MiB

_letter = msgspec.json.Encoder().encode


def intake(record: Heard, topic: str, partition: int, source: Source, definitions: Definitions) -> list[Out]:
    """What a record of `topic` becomes on journey.events, or its dead letter on journey.deadletters.

    With `[log] time = "record"` the outcome carries the record's own timestamp, and a `clock.ticked` ends the
    input: one goes to every partition. Otherwise only the pipe itself ticks.
    """
    if len(record.value or b"") > LIMIT:
        reject = Reject(Reason.OVER_LIMIT, f"more than {LIMIT:,} bytes")
        return [dead(record, topic, partition, reject, definitions.partitions)]
    events = source.parse(record)
    if isinstance(events, Reject):
        return [dead(record, topic, partition, events, definitions.partitions)]
    stamp = record.timestamp if definitions.time == "record" else None
    out: list[Out] = []
    for event in events:
        if event.family == "control":
            if event.type != "clock.ticked" or stamp is None:
                reject = Reject(Reason.INVALID, f"{event.type} is for the pipe itself to write - at `$.type`")
                return [dead(record, topic, partition, reject, definitions.partitions)]
            out += _everywhere(event, definitions.partitions, stamp)
        else:
            key = event.subject.encode()
            out.append(Out(EVENTS, home(key, definitions.partitions), key, encode(event), stamp))
    return out


@lru_cache(maxsize=1 << 16)
def home(key: bytes, partitions: int) -> int:
    """The partition of a key, as Kafka's own clients in Java choose it."""
    return murmur2(key) % partitions


def dead(record: Heard, topic: str, partition: int, reject: Reject, partitions: int) -> Out:
    """The dead letter of a raw record, its bytes untouched; what is too large for the topic stays where it was."""
    key, value, detail = record.key, record.value, reject.detail
    if len(key or b"") + len(value or b"") > KEPT:
        detail += f"; its {len(value or b''):,} bytes are left in {topic}[{partition}] at offset {record.offset}"
        key = value = None
    letter = DeadLetter(
        reason=reject.reason,
        detail=detail,
        topic=topic,
        partition=partition,
        offset=record.offset,
        at=record.timestamp,
        key=key,
        value=value,
    )
    place = f"{topic}-{partition}-{record.offset}".encode()
    return Out(DEADLETTERS, partition % partitions, place, _letter(letter))


def _everywhere(event: Any, partitions: int, stamp: int) -> list[Out]:
    key, value = event.subject.encode(), encode(event)
    return [Out(EVENTS, p, key, value, stamp) for p in range(partitions)]
