"""What each type of event says: the payloads, `data` on the wire, by family (DESIGN section 2).

A new field needs a default; a field's type never changes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Label = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=20_000)]
Time = Annotated[datetime, Meta(tz=True)]
# `$` alone would let a newline follow.
Amount = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?(?!\n)$",
        description="decimal, major units",
    ),
]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}(?!\n)$", description="ISO 4217")]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Score = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]  # the scale itself is the survey definition's


class Data(Struct, frozen=True, omit_defaults=True, gc=False):
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
    score: Score
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


FAMILIES: dict[str, dict[str, type[Data]]] = {
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
    "money": {
        "invoice.paid": Invoice,
        "invoice.refunded": Invoice,
        "cost.recorded": CostRecorded,
    },
    "product": {"feature.used": FeatureUsed, "milestone.reached": MilestoneReached},
    "customer": {
        "customer.updated": CustomerUpdated,
        "customer.merged": CustomerMerged,
        "customer.unmerged": CustomerUnmerged,
        "customer.erased": Nothing,
    },
    "verdicts": {"alert.reviewed": AlertReviewed},
    "control": {"clock.ticked": Nothing, "definitions.set": DefinitionsSet},
}
