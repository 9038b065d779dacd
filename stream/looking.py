"""Where an event makes somebody look: the items that it can change, each with the plug-ins that look at them.

An item is a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in ("j:nps").
"""

from __future__ import annotations

from collections.abc import Sequence

from stream.definitions import DAY
from stream.journey import FAMILY, Journey, issue_item
from stream.plain import is_day_told
from stream.plan import NOBODY, Eyes, Plan

Look = tuple[str, Eyes]
RECENT = 8 * DAY
DIMS = frozenset({"ticket.opened", "ticket.updated", "ticket.transferred"})  # surveys show these of their ticket


def looks(
    journey: Journey,
    plan: Plan,
    type_: str,
    family: str,
    record: str,
    topics: Sequence[str | None] = (),
    *,
    whole: bool = False,
    fresh: bool = False,
) -> list[Look]:
    """What an event of a record can change: items, each with the plug-ins that look. `whole` = all plug-ins;
    `fresh` = nothing of the record is known yet.
    """
    if family == "customer":
        return all_looks(journey, plan)
    reach = plan.reach[type_]
    codes = plan.eyes if whole else reach.fresh if fresh else reach.codes
    found = [(reach.item + record, codes[reach.item[0]])] if reach.item else []
    if family == "tickets":
        found += [(issue_item(topic), codes["i"]) for topic in topics]
        if type_ in DIMS and (linked := journey.row.links.get(record)):
            found += [(f"s:{survey}", plan.eyes["s"]) for survey in linked]
            found += [pair for pair in plan.dims.items() if pair[0] not in reach.wide.items]
    elif family == "subscriptions":  # they are kept, and go, together
        found += [(f"u:{id_}", NOBODY) for id_ in journey.records(family) if id_ != record]
    return found + reach.wide.looks(journey)


def viewed(journey: Journey, plan: Plan, opened: Sequence[int]) -> list[Look]:
    """Sessions in whose 24 h a ticket was opened: their content may have led to it."""
    eyes = plan.reach["ticket.opened"].codes["v"]
    if not eyes.kpis and not eyes.signals:
        return []
    sessions = journey.records("sessions").items()
    return [
        (f"v:{id_}", eyes) for id_, steps in sessions if any(steps[0].at <= at <= steps[-1].at + DAY for at in opened)
    ]


def used(journey: Journey, plan: Plan) -> list[Look]:
    """What looks at days in use when there is a new one."""
    return [("d:", plan.eyes["d"]), *plan.days.looks(journey)]


def is_new_use(journey: Journey, at: int, clock: int) -> bool:
    """Whether a use at `at` (ms) tells anything new before it falls due by itself: its day was not known as one.

    A later use on a known day only moves what lies 28 d ahead: that is looked at when it would have been due.
    """
    steps = journey.records("usage").get("")
    return not steps or not is_day_told(steps, at) or at <= clock - RECENT


def all_looks(journey: Journey, plan: Plan) -> list[Look]:
    """Every item of the journey, with every plug-in."""
    eyes = plan.eyes
    found = [(f"{code}:{id_}", eyes[code]) for code, family in FAMILY.items() for id_ in journey.records(family)]
    found += [(issue_item(topic), eyes["i"]) for topic in journey.topics]
    known = dict.fromkeys(item for item, _ in found)
    left = dict.fromkeys(h.item for h in journey.alerts.values() if h.item not in known and h.item[0] != "j")
    found += [look(plan, item) for item in left]  # an alert may stand on an issue that lost its tickets
    return found + plan.everybody.looks(journey)


def look(plan: Plan, item: str) -> Look:
    """An item with all its plug-ins."""
    return item, plan.wide.get(item, NOBODY) if item[0] == "j" else plan.eyes.get(item[0], NOBODY)
