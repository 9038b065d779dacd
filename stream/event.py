"""The canonical event: a CloudEvents 1.0 JSON event, one tagged union on `type`, decoded once at the edge.

Unknown fields are ignored (CloudEvents extensions come and go); unknown types, naive times and wrong shapes are
rejected with the field's path. A new field needs a default; a type never changes (docs/adr).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal, Union, cast

import msgspec
from msgspec import Struct, ValidationError

from stream import payloads
from stream.payloads import CustomerUpdated, Data, Id, Label, Nothing, Time
from stream.payloads import SubscriptionTerms as SubscriptionTerms
from stream.record import Reason, Reject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def millis(time: datetime) -> int:
    """Whole ms since the epoch of an aware time, rounded down."""
    since = time - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


class Base(Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """The attributes that all events share. `segment` and `stage` apply to the event's record."""

    specversion: Literal["1.0"]
    id: Id
    source: Id
    time: Time
    subject: Id
    segment: Label | None = None
    stage: Label | None = None
    backfill: bool = False


def _event(type_: str, data: type[Data], family: str, *, optional: bool = False) -> type[Base]:
    """One member of the union: `type_` on the wire, its payload, and its family."""
    name = "".join(part.capitalize() for part in type_.replace(".", "_").split("_"))
    default = (("data", data, msgspec.field(default_factory=data)),) if optional else (("data", data),)
    made = msgspec.defstruct(
        name, list(default), bases=(Base,), tag=type_, frozen=True, kw_only=True, gc=False, module=__name__
    )
    made.family = family  # type: ignore[attr-defined]
    made.type = type_  # type: ignore[attr-defined]
    return cast("type[Base]", made)


TYPES: dict[str, type[Base]] = {
    type_: _event(type_, data, family, optional=data in (Nothing, CustomerUpdated))
    for family, members in payloads.FAMILIES.items()
    for type_, data in members.items()
}
FAMILIES: dict[str, str] = {type_: made.family for type_, made in TYPES.items()}  # type: ignore[attr-defined]


class Event(Base, frozen=True, kw_only=True):
    """What a decoded event looks like to a type checker; each real one is a member of the union."""

    data: Any


UNION: Any = Union[tuple(TYPES.values())]  # noqa: UP007 - made at run time
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(UNION)
_encoder = msgspec.json.Encoder()


def decode(value: bytes | None) -> Any | Reject:
    """Bytes of one CloudEvents JSON event -> the event, or why not. Total on any bytes."""
    if value is None:
        return Reject(Reason.MALFORMED, "no value: a tombstone is no event")
    try:
        event = _decoder.decode(value)
    except ValidationError as error:
        return _reject(value, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Reject(Reason.MALFORMED, f"not JSON: {error}")
    if event.time < _EPOCH:
        return Reject(Reason.INVALID, f"time {event.time.isoformat()} is before 1970 - at `$.time`")
    return event


class _Peek(Struct):
    type: Any = None


def _reject(value: bytes, message: str) -> Reject:
    if "a timezone component" in message:
        return Reject(Reason.NAIVE_TIME, f"{message}: write it with Z or an offset, as 2026-11-22T09:30:00Z")
    if message.endswith("at `$.type`"):
        return _unknown(value, message)
    return Reject(Reason.MALFORMED, f"{message:.400}")


def _unknown(value: bytes, message: str) -> Reject:
    """The decoder stops at a type that it does not know; what follows may yet be no JSON."""
    try:
        peek = msgspec.json.decode(value, type=_Peek)
    except (ValueError, RecursionError) as error:
        return Reject(Reason.MALFORMED, f"not JSON: {error}")
    if not isinstance(peek.type, str):
        return Reject(Reason.MALFORMED, message)
    return Reject(Reason.UNKNOWN_TYPE, f"type {peek.type!r:.80}: see `journeywatch events` - at `$.type`")


def encode(event: Any) -> bytes:
    """The canonical bytes of an event, defaults left out as they came."""
    return _encoder.encode(event)


def uid(source: str, id_: str) -> int:
    """The 64-bit name of an event: what makes a repeat a repeat."""
    hashed = _begun(source).copy()
    hashed.update(id_.encode())
    return _number(hashed.digest())


_number = int.from_bytes


@lru_cache(1_024)
def _begun(source: str) -> Any:
    """A hash that has taken in the source: there are few, and many events of each."""
    return blake2b(f"{source}\0".encode(), digest_size=8)
