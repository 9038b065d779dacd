"""Steps: the only memory of what was heard. A record is its steps, sorted; all else is derived from them."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from msgspec import Struct

from stream import event as events
from stream.event import millis


class Step(Struct, array_like=True, gc=False):
    """One heard event of a record. `kind` = rank * 16 + number; `data` = the payload without the record's id."""

    at: int  # event time, ms
    kind: int
    uid: int
    segment: str | None
    stage: str | None
    data: tuple[Any, ...]


OPENED, UPDATED, TRANSFERRED, WAITING, INFO_REQUESTED = 0x00, 0x10, 0x11, 0x12, 0x13
REPLIED, RESOLVED, REOPENED = 0x20, 0x30, 0x40
SENT, ANSWERED = 0x00, 0x10
VIEWED = 0x00
STARTED, CHANGED, RENEWED, CANCELLED, RENEWAL_DUE = 0x00, 0x10, 0x20, 0x30, 0x40
ATTRIBUTES = 0x00
SEARCHED, USED, REACHED, SPENT, REVIEWED, SEEN = 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
BALANCE, PAID, REFUNDED = 0x00, 0x10, 0x20


def order(step: Step) -> tuple[int, int, int]:
    """Steps of a record sort by (event time, rank of the kind, uid): CATALOGUE section 0."""
    return step.at, step.kind >> 4, step.uid


_uid = attrgetter("uid")


def insert(steps: list[Step], step: Step) -> bool:
    """Put a step in its place; False if it is there already (a repeat changes nothing)."""
    if step.uid in map(_uid, steps):
        return False
    if not steps or steps[-1].at < step.at or order(steps[-1]) < order(step):
        steps.append(step)
    else:
        insort(steps, step, key=order)
    return True


class Shape(Struct, frozen=True):
    """How an event type becomes a step: its family, kind, record id and payload."""

    family: str
    kind: int
    record: Callable[[Any], str]
    data: Callable[[Any], tuple[Any, ...]]
    head: bool = True  # False: waits, headless, until the record's head is heard
    daily: bool = False  # the record is the day (UTC) of the event
    use: Callable[[Any], bool] = lambda _: False  # whether the customer caused it: active in use


def _trim(*values: Any) -> tuple[Any, ...]:
    """Without the last ones that are None."""
    while values and values[-1] is None:
        values = values[:-1]
    return values


def _ms(time: Any) -> int | None:
    return None if time is None else millis(time)


def _terms(d: events.SubscriptionTerms) -> tuple[Any, ...]:
    return d.product, d.amount, d.currency, d.interval, d.quantity


def _view(d: Any) -> tuple[Any, ...]:
    if d.key_event or d.content is not None:
        return _trim(d.kind, d.key_event or None, d.content)
    return (d.kind,)


def _one(_: Any) -> str:
    return ""


def _always(_: Any) -> bool:
    return True


def _ticket(
    kind: int,
    data: Callable[[Any], tuple[Any, ...]],
    *,
    head: bool = False,
    use: Callable[[Any], bool] = lambda _: False,
) -> Shape:
    return Shape("tickets", kind, attrgetter("ticket"), data, head, use=use)


def _subscription(kind: int, data: Callable[[Any], tuple[Any, ...]], *, head: bool = False) -> Shape:
    return Shape("subscriptions", kind, attrgetter("subscription"), data, head)


SHAPES: dict[str, Shape] = {
    "ticket.opened": _ticket(
        OPENED,
        lambda d: _trim(d.channel, d.topic, d.team, d.priority, _ms(d.promised_by), d.content),
        head=True,
        use=_always,
    ),
    "ticket.replied": _ticket(
        REPLIED, lambda d: (d.author, d.public, d.channel), use=lambda d: bool(d.author == "customer")
    ),
    "ticket.transferred": _ticket(TRANSFERRED, lambda d: _trim(d.to_team, d.from_team, d.to_owner, d.partner or None)),
    "ticket.waiting": _ticket(WAITING, lambda d: (d.on,)),
    "ticket.info_requested": _ticket(INFO_REQUESTED, lambda d: (d.field,)),
    "ticket.updated": _ticket(UPDATED, lambda d: _trim(d.topic, d.priority, _ms(d.promised_by))),
    "ticket.resolved": _ticket(RESOLVED, lambda d: ()),
    "ticket.reopened": _ticket(REOPENED, lambda d: ()),
    "survey.sent": Shape("surveys", SENT, attrgetter("survey"), lambda d: _trim(d.kind, d.delivered, d.ticket)),
    "survey.answered": Shape(
        "surveys", ANSWERED, attrgetter("survey"), lambda d: _trim(d.kind, d.score, d.ticket, d.comment), use=_always
    ),
    "page.viewed": Shape(
        "sessions",
        VIEWED,
        lambda d: d.session or "",
        _view,
        use=_always,
    ),
    "help.searched": Shape("searches", SEARCHED, _one, lambda d: _trim(d.results, d.session), daily=True, use=_always),
    "subscription.started": _subscription(STARTED, _terms, head=True),
    "subscription.changed": _subscription(CHANGED, _terms),
    "subscription.renewed": _subscription(RENEWED, _terms),
    "subscription.cancelled": _subscription(CANCELLED, lambda d: _trim(_ms(d.effective_at), d.reason)),
    "renewal.due": _subscription(RENEWAL_DUE, lambda d: (millis(d.due_at),)),
    "invoice.paid": Shape("invoices", PAID, _one, lambda d: (d.amount, d.currency)),
    "invoice.refunded": Shape("invoices", REFUNDED, _one, lambda d: (d.amount, d.currency)),
    "cost.recorded": Shape("costs", SPENT, _one, lambda d: (d.kind, d.amount, d.currency), daily=True),
    "feature.used": Shape("features", USED, attrgetter("feature"), lambda d: (), use=_always),
    "milestone.reached": Shape("milestones", REACHED, attrgetter("milestone"), lambda d: ()),
    "alert.reviewed": Shape("reviews", REVIEWED, attrgetter("alert"), lambda d: (d.signal, d.verdict)),
    "customer.updated": Shape(
        "customer", ATTRIBUTES, _one, lambda d: _trim(d.segment, d.stage, d.tier, d.team, d.timezone)
    ),
}


def value(step: Step, i: int) -> Any:
    """The i-th payload value; None where it was left out."""
    return step.data[i] if i < len(step.data) else None


def of_kind(steps: list[Step], kind: int) -> Iterator[Step]:
    """The steps of one kind, in order."""
    return (s for s in steps if s.kind == kind)
