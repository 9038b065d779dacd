"""What the KPIs said of a journey, and what they say now: passed on as differences, once a beat.

An event only marks who is to be asked anew. Those whose facts may lie ahead are asked with it all the same, for the
times at which something begins or ends by itself (docs/adr/0005-facts-once-a-beat.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.claims import Fact
from stream.journey import Journey
from stream.looking import Look
from stream.plan import Group, Plan
from stream.sums import Said, Sums, pass_on

Found = dict[str, tuple[Fact, ...]]  # by KPI, those who say something


class Facts:
    """Of one journey in hand. `stale` = by item, the KPIs that are to be asked anew, as a mask (`Plan.bits`)."""

    __slots__ = ("_journey", "_noted", "_plan", "_said", "_soon", "stale")

    def __init__(self, journey: Journey, plan: Plan) -> None:
        self._journey = journey
        self._plan = plan
        self._said: dict[str, Said] = {}  # by item
        self._noted: dict[str, int] = {}  # by item: the KPIs of which is known what they said
        self._soon: dict[str, Found] = {}  # by item: facts that were asked for with the event
        self.stale: dict[str, int] = {}

    def before(self, looks: Sequence[Look], clock: int) -> None:
        """Note what items say before a step changes them."""
        noted = self._noted
        for item, eyes in looks:
            mask = eyes.mask
            if mask:
                known = noted.get(item, 0)
                if mask & ~known:
                    noted[item] = known | mask
                    self._note(item, mask & ~known, clock)

    def _note(self, item: str, missing: int, clock: int) -> None:
        views = views_of(self._journey, item)
        if views and (found := self._ask(views, self._plan.groups[missing], clock, [])):
            said = self._said.setdefault(item, {})
            for name, facts in found.items():
                said[name] = facts, clock

    def begin(self, item: str) -> None:
        """A record of which nothing was known: nobody said anything of it."""
        self._noted[item] = -1

    def _ask(self, views: Sequence[Any], groups: Sequence[Group], clock: int, later: list[int]) -> Found:
        """What KPIs say of an item, but for what has not begun at `clock`: that is added to the times of `later`."""
        journey = self._journey
        found: Found = {}
        for view in views:
            for begins, asks in groups:
                if begins:
                    first: int | None = getattr(view, begins)
                    if first is None:
                        continue
                    if first > clock:
                        later.append(first)
                        continue
                for name, say in asks:
                    if facts := tuple(say(view, journey)):
                        found[name] = (*found[name], *facts) if name in found else facts
        return found

    def look_ahead(self, item: str, views: Sequence[Any], groups: Sequence[Group], clock: int) -> list[int]:
        """Ask those whose facts may lie ahead; the times at which they begin and end by themselves."""
        ahead: list[int] = []
        found = self._ask(views, groups, clock, ahead)
        for facts in found.values():
            for fact in facts:
                if fact.at > clock:
                    ahead.append(fact.at)
                if fact.until is not None and fact.until > clock:
                    ahead.append(fact.until)
        soon = self._soon.setdefault(item, found)
        if soon is not found and (soon or found):  # in this beat it was looked at before
            for _, asks in groups:
                for name, _ in asks:
                    soon.pop(name, None)
            soon |= found
        return ahead

    def lie_ahead(self, item: str, clock: int) -> bool:
        """Whether facts of an item, lately looked at, begin or end after `clock`."""
        return any(
            fact.at > clock or (fact.until or 0) > clock
            for facts in self._soon.get(item, {}).values()
            for fact in facts
        )

    def unsay(self, looks: Sequence[Look]) -> None:
        """What these items say next counts as said already. Account first."""
        for item, _ in looks:
            self._said.pop(item, None)
            self._noted.pop(item, None)

    def account(self, sums: Sums, clock: int) -> None:
        """Add what changed since it was last passed on to `sums`."""
        journey, plan, seen = self._journey, self._plan, self._journey.seen
        groups, at_once = plan.groups, ~plan.soon
        for item, mask in self.stale.items():
            found: Found = self._soon.get(item, {})
            if mask & at_once:
                views = seen.get(item) or views_of(journey, item)
                found = self._ask(views, groups[mask & at_once], clock, []) | found
            said = self._said.get(item)
            if said:
                for name in said:
                    if name not in found and plan.bits[name] & mask:
                        found[name] = ()
            elif found:
                said = self._said[item] = {}
            if said is not None:
                pass_on(sums, said, found, clock)
        self.stale.clear()
        self._soon.clear()


def views_of(journey: Journey, item: str) -> Sequence[Any]:
    """What the plug-ins of an item look at."""
    return journey.seen.get(item) or ((journey,) if item[0] == "j" else journey.views(item))
