"""The canonical event: a CloudEvents 1.0 JSON event, one tagged union on `type`, decoded once at the edge.

Unknown fields are ignored (CloudEvents extensions come and go); unknown types, naive times and wrong shapes are
rejected with the field's path. A new field needs a default; a type never changes (docs/adr).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import Meta, Struct, ValidationError

from stream.record import Reason, Reject

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Label = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=20_000)]
Time = Annotated[datetime, Meta(tz=True)]
Amount = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$", description="a decimal string, major units")]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Count = Annotated[int, Meta(ge=0, le=2**53)]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def millis(time: datetime) -> int:
    """Whole ms since the epoch of an aware time, rounded down."""
    return (time - _EPOCH) // _MS


class Data(Struct, frozen=True, omit_defaults=True):
    """Payload of an event."""


class TicketOpened(Data, frozen=True):
    ticket: Id
    channel: Label
    topic: Label | None = None
    team: Label | None = None
    priority: Label | None = None
    promised_by: Time | None = None
    content: Label | None = None


class TicketReplied(Data, frozen=True):
    ticket: Id
    author: Literal["customer", "agent", "bot"]
    channel: Label | None = None
    public: bool = True


class TicketTransferred(Data, frozen=True):
    ticket: Id
    to_team: Label
    from_team: Label | None = None
    to_owner: Label | None = None
    partner: bool = False


class TicketWaiting(Data, frozen=True):
    ticket: Id
    on: Literal["customer", "vendor", "team"]


class TicketInfoRequested(Data, frozen=True):
    ticket: Id
    field: Label


class TicketUpdated(Data, frozen=True):
    ticket: Id
    topic: Label | None = None
    priority: Label | None = None
    promised_by: Time | None = None


class TicketResolved(Data, frozen=True):
    ticket: Id


class TicketReopened(Data, frozen=True):
    ticket: Id


class SurveySent(Data, frozen=True):
    survey: Id
    kind: Label
    ticket: Id | None = None
    delivered: bool = True


class SurveyAnswered(Data, frozen=True):
    survey: Id
    kind: Label
    score: int
    ticket: Id | None = None
    comment: Text | None = None


class PageViewed(Data, frozen=True):
    url: Text
    session: Id | None = None
    content: Label | None = None
    kind: Label = "product"
    key_event: bool = False


class HelpSearched(Data, frozen=True):
    results: Count
    session: Id | None = None


class SubscriptionTerms(Data, frozen=True):
    subscription: Id
    product: Label
    amount: Amount
    currency: CurrencyCode
    interval: Literal["month", "quarter", "year"]
    quantity: Annotated[int, Meta(ge=0, le=10**9)] = 1


class SubscriptionCancelled(Data, frozen=True):
    subscription: Id
    effective_at: Time | None = None
    reason: Text | None = None


class RenewalDue(Data, frozen=True):
    subscription: Id
    due_at: Time


class Invoice(Data, frozen=True):
    invoice: Id
    amount: Amount
    currency: CurrencyCode


class CostRecorded(Data, frozen=True):
    kind: Literal["retention", "support", "acquisition"]
    amount: Amount
    currency: CurrencyCode


class FeatureUsed(Data, frozen=True):
    feature: Label


class MilestoneReached(Data, frozen=True):
    milestone: Label


class CustomerUpdated(Data, frozen=True):
    segment: Label | None = None
    stage: Label | None = None
    tier: Label | None = None
    team: Label | None = None
    timezone: Label | None = None


class CustomerMerged(Data, frozen=True):
    into: Id


class CustomerUnmerged(Data, frozen=True):
    from_: Id = msgspec.field(name="from")


class Nothing(Data, frozen=True):
    """No payload."""


class AlertReviewed(Data, frozen=True):
    alert: Id
    signal: Label
    verdict: Literal["useful", "noise", "known"]
    by: Label | None = None


class DefinitionsSet(Data, frozen=True):
    revision: Label
    contents: dict[str, Any]


class Base(Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True):
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
    made = msgspec.defstruct(name, list(default), bases=(Base,), tag=type_, frozen=True, kw_only=True, module=__name__)
    made.family = family  # type: ignore[attr-defined]
    made.type = type_  # type: ignore[attr-defined]
    return made


TYPES: dict[str, type[Base]] = {
    type_: _event(type_, data, family, optional=data in (Nothing, CustomerUpdated))
    for family, members in {
        "tickets": {
            "ticket.opened": TicketOpened,
            "ticket.replied": TicketReplied,
            "ticket.transferred": TicketTransferred,
            "ticket.waiting": TicketWaiting,
            "ticket.info_requested": TicketInfoRequested,
            "ticket.updated": TicketUpdated,
            "ticket.resolved": TicketResolved,
            "ticket.reopened": TicketReopened,
        },
        "surveys": {"survey.sent": SurveySent, "survey.answered": SurveyAnswered},
        "sessions": {"page.viewed": PageViewed},
        "searches": {"help.searched": HelpSearched},
        "subscriptions": {
            "subscription.started": SubscriptionTerms,
            "subscription.changed": SubscriptionTerms,
            "subscription.renewed": SubscriptionTerms,
            "subscription.cancelled": SubscriptionCancelled,
            "renewal.due": RenewalDue,
        },
        "money": {"invoice.paid": Invoice, "invoice.refunded": Invoice, "cost.recorded": CostRecorded},
        "product": {"feature.used": FeatureUsed, "milestone.reached": MilestoneReached},
        "customer": {
            "customer.updated": CustomerUpdated,
            "customer.merged": CustomerMerged,
            "customer.unmerged": CustomerUnmerged,
            "customer.erased": Nothing,
        },
        "verdicts": {"alert.reviewed": AlertReviewed},
        "control": {"clock.ticked": Nothing, "definitions.set": DefinitionsSet},
    }.items()
    for type_, data in members.items()
}
FAMILIES: dict[str, str] = {type_: made.family for type_, made in TYPES.items()}  # type: ignore[attr-defined]


class Event(Base, frozen=True, kw_only=True):
    """What a decoded event looks like to a type checker; each real one is a member of the union."""

    data: Any


UNION: Any = Union[tuple(TYPES.values())]
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
    if "timezone" in message:
        return Reject(Reason.NAIVE_TIME, f"{message}: write it with Z or an offset, as 2026-11-22T09:30:00Z")
    if message.endswith("`$.type`"):
        peek = msgspec.json.decode(value, type=_Peek)
        return Reject(Reason.UNKNOWN_TYPE, f"type {peek.type!r:.80} is not one of {', '.join(TYPES)} - at `$.type`")
    if message.endswith("missing required field `type`"):
        return Reject(Reason.MALFORMED, "Object missing required field `type`")
    return Reject(Reason.MALFORMED, message)


def encode(event: Any) -> bytes:
    """The canonical bytes of an event, defaults left out as they came."""
    return _encoder.encode(event)


def uid(source: str, id_: str) -> int:
    """The 64-bit name of an event: what makes a repeat a repeat."""
    return int.from_bytes(blake2b(f"{source}\0{id_}".encode(), digest_size=8).digest())
