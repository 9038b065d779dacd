"""What the KPIs said of a journey, and what they say now: passed on as differences, once a beat.

An event only marks who is to be asked anew. Those whose facts may lie ahead are asked with it all the same, for the
times at which something begins or ends by itself (docs/adr/0005-facts-once-a-beat.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.journey import Journey
from stream.looking import Look
from stream.plan import Group, Plan
from stream.sums import Found, Said, Sums, add, differ, only


class Facts:
    """Of one journey in hand. `stale` = by item, the KPIs that are to be asked anew, as a mask (`Plan.bits`)."""

    __slots__ = ("_journey", "_noted", "_plan", "_said", "_soon", "stale")

    def __init__(self, journey: Journey, plan: Plan) -> None:
        self._journey = journey
        self._plan = plan
        self._said: dict[str, Said] = {}  # by item
        self._noted: dict[str, int] = {}  # by item: the KPIs of which is known what they said
        self._soon: dict[str, Found] = {}  # by item: facts that were asked for with the event, if any
        self.stale: dict[str, int] = {}

    def before(self, looks: Sequence[Look], clock: int) -> None:
        """Note what items say before a step changes them."""
        noted = self._noted
        for item, eyes in looks:
            if missing := eyes.mask & ~noted.get(item, 0):
                noted[item] = noted.get(item, 0) | missing
                if not eyes.needs or self._journey.has(eyes.needs):
                    self._note(item, missing, clock)

    def _note(self, item: str, missing: int, clock: int) -> None:
        if item[0] == "i" and not self._journey.has("tickets"):
            return  # its first ticket
        views = views_of(self._journey, item)
        if views and (found := self._ask(views, self._plan.groups[missing], clock)):
            self._said.setdefault(item, []).append((found, clock, missing))

    def begin(self, item: str) -> None:
        """A record of which nothing was known: nobody said anything of it."""
        self._noted[item] = -1

    def _ask(
        self, views: Sequence[Any], groups: Sequence[Group], clock: int, later: list[int] | None = None
    ) -> Found:  # fmt: skip
        """What KPIs say of an item, but for what begins after `clock`: `later` takes when."""
        journey = self._journey
        found: Found = []
        for view in views:
            for begins, cut_of, asks in groups:
                if begins and ((first := getattr(view, begins)) is None or first > clock):
                    if first is not None and later is not None:
                        later.append(first)
                elif cut_of is None:
                    for name, say in asks:
                        found += [(one.at, one.until, one.cut, ((name, one.parts),)) for one in say(view, journey)]
                elif pairs := [(name, parts) for name, count in asks if (parts := count(view, journey, first))]:
                    found.append((first, None, cut_of(view, journey, first), pairs))
        return found

    def look_ahead(self, item: str, views: Sequence[Any], groups: Sequence[Group], clock: int) -> list[int]:
        """Ask those whose facts may lie ahead; the times at which they begin and end by themselves."""
        soon = self._soon.get(item)
        if soon is None and len(groups) == len(views) == 1 and (begins := groups[0][0]):
            first = getattr(views[0], begins)
            if first is None or first > clock:  # nobody is to be asked, as of a session
                return [] if first is None else [first]
        ahead: list[int] = []
        found = self._ask(views, groups, clock, ahead)
        ahead += [told[0] for told in found if told[0] > clock]
        ahead += [until for told in found if (until := told[1]) is not None and until > clock]
        if soon:  # in this beat it was looked at before
            bits = self._plan.bits
            asked = sum(bits[name] for *_, asks in groups for name, _ in asks)
            self._soon[item] = only(soon, bits, ~asked) + found
        elif found:
            self._soon[item] = found
        return ahead

    def lie_ahead(self, item: str, clock: int) -> bool:
        """Whether facts of an item, lately looked at, begin or end after `clock`."""
        return any(at > clock or (until or 0) > clock for at, until, *_ in self._soon.get(item, ()))

    def unsay(self, looks: Sequence[Look]) -> None:
        """What these items say next counts as said already. Account first."""
        for item, _ in looks:
            self._said.pop(item, None)
            self._noted.pop(item, None)

    def account(self, sums: Sums, clock: int) -> None:
        """Add what changed since it was last passed on to `sums`."""
        journey, plan, seen, soon = self._journey, self._plan, self._journey.seen, self._soon
        groups, bits, at_once = plan.groups, plan.bits, ~plan.soon
        for item, mask in self.stale.items():
            rest = mask & at_once
            found = self._ask(seen.get(item) or views_of(journey, item), groups[rest], clock) if rest else []
            if item in soon:
                found += soon[item]
            if said := self._said.get(item):
                differ(sums, said, found, clock, (bits, mask))
            elif found:  # most often: a new record
                add(sums, found, clock)
                self._said[item] = [(found, clock, mask)]
        self.stale.clear()
        soon.clear()


def views_of(journey: Journey, item: str) -> Sequence[Any]:
    """What the plug-ins of an item look at."""
    return journey.seen.get(item) or ((journey,) if item[0] == "j" else journey.views(item))
