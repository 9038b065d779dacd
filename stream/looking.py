"""Where an event makes somebody look: the items that it can change, each with the plug-ins that look at them.

An item is a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in ("j:nps").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.definitions import DAY
from stream.journey import FAMILY, Journey, issue_item
from stream.plain import is_day_told, is_told
from stream.plan import NOBODY, Eyes, Plan
from stream.steps import OPENED, UPDATED, Step, order, value
from stream.way import Way

Look = tuple[str, Eyes]
RECENT = 8 * DAY


def looks(
    journey: Journey, plan: Plan, way: Way, event: Any, step: Step, id_: str, steps: list[Step] | None, clock: int
) -> list[Look]:
    """What an event can change: items, each with the plug-ins that look; the first is its record. `steps`: so far."""
    if way.family == "customer":
        return all_looks(journey, plan)
    codes = way.codes if steps else way.fresh
    if steps and step.at <= steps[0].at and order(step) < order(steps[0]):
        codes = plan.eyes  # the first step gives segment and stage
    found = [(way.item + id_, codes[way.code])]
    if way.family == "tickets":
        issue = codes["i"]
        if issue.mask or issue.signals:
            _add_issues(found, journey, way, event, steps, issue)
        if way.dims:
            _add_surveys(found, journey, plan, way, id_)
    elif way.family == "subscriptions":  # they are kept, and go, together
        found += [(f"u:{other}", NOBODY) for other in journey.records(way.family) if other != id_]
    elif way.family == "features" and steps and is_told(steps, step.at, clock):
        return found  # what lies ahead is looked at when it would have been due
    way.wide.add(found, journey)
    if way.opens:
        _add_sessions(found, journey, way, step, steps)
    return found


def _add_issues(
    found: list[Look], journey: Journey, way: Way, event: Any, steps: list[Step] | None, issue: Eyes
) -> None:
    """Every issue that the ticket may be of before or after this step; `issue` = who look at one."""
    if not way.names_a_topic:
        item = found[0][0]
        if known := journey.seen.get(item) or journey.views(item):
            found.append((issue_item(known[0].topic), issue))
            return
    elif way.opens and not steps:
        found.append((issue_item(event.data.topic), issue))
        return
    topics: dict[str | None, None] = {}
    for step in steps or ():
        if step.kind == OPENED or (step.kind == UPDATED and value(step, 0)):
            topics[value(step, 1 if step.kind == OPENED else 0)] = None
    if way.names_a_topic and (way.opens or event.data.topic):
        topics[event.data.topic] = None
    found += [(issue_item(topic), issue) for topic in topics]


def _add_surveys(found: list[Look], journey: Journey, plan: Plan, way: Way, ticket: str) -> None:
    """Those about a ticket, whose dimensions they show."""
    links = journey.row.links
    if links and (linked := links.get(ticket)):
        found += [(f"s:{survey}", plan.eyes["s"]) for survey in linked]
        found += [pair for pair in plan.dims.items() if pair[0] not in way.wide.items]


def _add_sessions(found: list[Look], journey: Journey, way: Way, step: Step, steps: list[Step] | None) -> None:
    """Those in whose 24 h a ticket was opened: their content may have led to it."""
    eyes = way.codes["v"]
    if not eyes.mask and not eyes.signals:
        return
    opened = [step.at, *[s.at for s in steps or () if s.kind == OPENED]]
    for id_, views in journey.records("sessions").items():
        first, last = views[0].at, views[-1].at + DAY
        for at in opened:
            if first <= at <= last:
                found.append((f"v:{id_}", eyes))
                break


def used(journey: Journey, plan: Plan, found: Sequence[Look]) -> list[Look]:
    """What looks at days in use when there is a new one, beside those that are `found`."""
    known = {item for item, _ in found}
    looks = [("d:", plan.eyes["d"])]
    plan.days.add(looks, journey)
    return [look for look in looks if look[0] not in known]


def is_new_use(journey: Journey, at: int, clock: int, day: Step | None) -> bool:
    """Whether a use at `at` (ms) tells anything new before it falls due by itself: its day was not known as one.
    `day` = the newest day in use, if it is of that.

    A later use on a known day only moves what lies 28 d ahead: that is looked at when it would have been due.
    """
    if at <= clock - RECENT:
        return True
    if day is not None:  # as mostly
        return False
    steps = journey.records("usage").get("")
    return not (steps and is_day_told(steps, at))


def all_looks(journey: Journey, plan: Plan) -> list[Look]:
    """Every item of the journey, with every plug-in."""
    eyes = plan.eyes
    found = [(f"{code}:{id_}", eyes[code]) for code, family in FAMILY.items() for id_ in journey.records(family)]
    found += [(issue_item(topic), eyes["i"]) for topic in journey.topics]
    known = dict.fromkeys(item for item, _ in found)
    left = dict.fromkeys(h.item for h in journey.alerts.values() if h.item not in known and h.item[0] != "j")
    found += [look(plan, item) for item in left]  # an alert may stand on an issue that lost its tickets
    plan.everybody.add(found, journey)
    return found


def look(plan: Plan, item: str) -> Look:
    """An item with all its plug-ins."""
    return item, plan.wide.get(item, NOBODY) if item[0] == "j" else plan.eyes.get(item[0], NOBODY)
