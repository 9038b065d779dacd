"""The way of an event type into a journey, made once at start: what its step is, who looks, what can be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from stream.definitions import Survey
from stream.forgetting import TRIMMED
from stream.health import MOVES
from stream.plan import VIEWED, Eyes, Plan, Reach, Wide
from stream.steps import OPENED, SHAPES, UPDATED, Shape

HEADED = frozenset({"tickets", "subscriptions"})  # families whose steps wait for a head
DIMS = frozenset({"ticket.opened", "ticket.updated", "ticket.transferred"})  # surveys show these of their ticket
ROOMY = frozenset({"ticket.resolved", "subscription.cancelled"})  # with them what fills a customer can go
PAGE, SURVEYED = "page.viewed", ("survey.sent", "survey.answered")


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
    item: str  # of its record, without the id; "" = it has no record of its own
    code: str  # the first letter of it
    codes: dict[str, Eyes]  # who look, by code of the items
    fresh: dict[str, Eyes]  # the same for a record that was not there before
    wide: Wide
    kinds: dict[str, Way] = {}  # of page views and surveys, by their kind


def ways(plan: Plan, surveys: Mapping[str, Survey]) -> dict[str, Way]:
    """By event type, for those that become steps; page views of kinds that a plug-in names, and the definitions of
    `surveys`, have their own.
    """
    found = {type_: _way(type_, shape, plan.reach[type_], plan) for type_, shape in SHAPES.items()}
    viewed = SHAPES[PAGE]
    kinds = {kind: _way(PAGE, viewed, plan.reach[name], plan) for kind, name in plan.views.items()}
    found[PAGE] = replace(_way(PAGE, viewed, plan.reach[VIEWED], plan), kinds=kinds)
    for type_ in SURVEYED:
        way = found[type_]
        own = {kind: replace(way, wide=way.wide.of_kind(kind, surveys)) for kind in surveys}
        found[type_] = replace(way, kinds=own)
    return found


def _way(type_: str, shape: Shape, reach: Reach, plan: Plan) -> Way:
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
        item=reach.item,
        code=reach.item[:1],
        codes=reach.codes,
        fresh=reach.fresh,
        wide=reach.wide,
    )


def _never(_: Any) -> bool:
    return False
