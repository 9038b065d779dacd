"""The way of an event type into a journey, made once at start: what its step is, who looks, what can be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from stream.forgetting import TRIMMED
from stream.health import MOVES
from stream.plan import VIEW, VIEWED, Eyes, Plan, Reach, Wide
from stream.steps import OPENED, SHAPES, UPDATED, Shape

HEADED = frozenset({"tickets", "subscriptions"})  # families whose steps wait for a head
DIMS = frozenset({"ticket.opened", "ticket.updated", "ticket.transferred"})  # surveys show these of their ticket
ROOMY = frozenset({"ticket.resolved", "subscription.cancelled"})  # with them what fills a customer can go
SIMPLE = frozenset({"sessions", "searches", "surveys", "invoices", "costs", "milestones"})


class Way(Struct, frozen=True, gc=False):
    """What is known of an event by its type alone."""

    family: str
    kind: int
    record: Callable[[Any], str]
    data: Callable[[Any], tuple[Any, ...]]
    use: Callable[[Any], bool]
    daily: bool
    head: bool
    headed: bool
    trimmed: bool
    closes: bool
    moves: bool  # may change how the customer does
    names_a_topic: bool
    opens: bool  # a ticket
    dims: bool
    simple: bool  # only its record, and what looks at the whole journey, see it
    item: str  # of its record, without the id; "" = it has no record of its own
    codes: dict[str, Eyes]  # who look, by code of the items
    fresh: dict[str, Eyes]  # the same for a record that was not there before
    wide: Wide
    kinds: dict[str, Way]  # of page views: the ways of the kinds that plug-ins name


def ways(plan: Plan) -> dict[str, Way]:
    """By event type, for those that become steps."""
    found = {type_: _way(type_, shape, plan, plan.reach[type_], {}) for type_, shape in SHAPES.items()}
    view = SHAPES[VIEW]
    kinds = {kind: _way(VIEW, view, plan, plan.reach[name], {}) for kind, name in plan.views.items()}
    return found | {VIEW: _way(VIEW, view, plan, plan.reach[VIEWED], kinds)}


def _way(type_: str, shape: Shape, plan: Plan, reach: Reach, kinds: dict[str, Way]) -> Way:
    family = shape.family
    return Way(
        family=family,
        kind=shape.kind,
        record=shape.record,
        data=shape.data,
        use=shape.use if plan.counts_days else _never,
        daily=shape.daily,
        head=shape.head,
        headed=family in HEADED,
        trimmed=family in TRIMMED,
        closes=type_ in ROOMY,
        moves=type_ in MOVES,
        names_a_topic=family == "tickets" and shape.kind in (OPENED, UPDATED),
        opens=family == "tickets" and shape.kind == OPENED,
        dims=type_ in DIMS,
        simple=family in SIMPLE,
        item=reach.item,
        codes=reach.codes,
        fresh=reach.fresh,
        wide=reach.wide,
        kinds=kinds,
    )


def _never(_: Any) -> bool:
    return False
