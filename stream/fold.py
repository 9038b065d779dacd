"""One journey in hand during an append: what it said before, what it says now, what falls due.

An item is what plug-ins look at: a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in
("j:nps"). Findings are judged after every event; facts are taken once a beat (stream/facts.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stream import forgetting, health
from stream.definitions import BEAT
from stream.facts import Facts, views_of
from stream.findings import Findings
from stream.journey import CODE, FAMILY, NEVER, Journey, Waiting, issue_item
from stream.looking import Look, all_looks, look
from stream.packed import HEALTH
from stream.plan import Eyes, Plan
from stream.sums import Sums

BACKFILL = "b"  # among the dues: the end of a backfill, which is no item


class Fold:
    """A journey being folded."""

    __slots__ = (
        "_least", "beat", "clock", "definitions", "facts", "findings", "glance", "journey", "plan", "soonest",
        "sums",
    )  # fmt: skip

    def __init__(self, journey: Journey, plan: Plan) -> None:
        self.journey = journey
        self.definitions = journey.definitions
        self.plan = plan
        self.facts = Facts(journey, plan)
        self._least = self.definitions.keep.least
        self.findings = Findings(journey)
        self.glance = 0  # the clock at which its health is to be looked at; 0 = it was
        self.soonest = NEVER  # when something is next due, or earlier
        self.clock = self.beat = -1  # log clock of what happened last (ms), and its beat; -1 = nothing happened yet
        self.sums: Sums  # of that beat

    def after(self, looks: Sequence[Look], clock: int, *, backfill: bool = False) -> None:
        """Take items as they now are: findings for alerts, the next due time; facts wait for the next account.

        `backfill`: what opens now comes from history, and never pages.
        """
        journey, stale = self.journey, self.facts.stale
        seen, dues = journey.seen, journey.row.dues
        for item, eyes in looks:
            if mask := eyes.mask:
                stale[item] = stale.get(item, 0) | mask
            if eyes.idle and (item[0] not in FAMILY or dues.get(item, 0) > clock):
                continue  # nothing of it lies ahead, but for what is known
            views = seen.get(item) or views_of(journey, item)
            ahead = self.facts.look_ahead(item, views, eyes.soon, clock) if eyes.soon else []
            if eyes.signals:
                self.findings.judge(eyes, item, views, clock, ahead, backfill=backfill)
            if ahead or item[0] in FAMILY or item in dues:  # else nothing of it lies ahead, nor did
                self._schedule(item, eyes, views, ahead, clock)

    def _schedule(self, item: str, eyes: Eyes, views: Sequence[Any], ahead: list[int], clock: int) -> None:
        """When an item is next looked at."""
        dues = self.journey.row.dues
        known = dues.get(item, 0)
        due = min(ahead) if ahead else NEVER
        if clock < known < due and (not eyes.all or known <= clock + self.definitions.future):
            due = known  # of plug-ins that did not look now, or of a step ahead; too early does no harm
        if item[0] in FAMILY and not (views and due <= views[0].steps[-1].at + self._least):
            end = forgetting.looked_at(self.journey, item, clock)
            if end is not None and end < due:
                due = end
        if due != NEVER:
            dues[item] = due
            self.soonest = min(self.soonest, due)
        elif known:
            del dues[item]

    def fill_in(self, clock: int) -> None:
        """An event of history came: the customer is in backfill for a while."""
        row = self.journey.row
        ends = row.backfill = row.dues[BACKFILL] = clock + self.definitions.backfill
        self.soonest = min(ends, self.soonest)

    def expect(self, looks: Sequence[Look], at: int) -> None:
        """A step lies ahead of the log clock, at `at` ms: its items are looked at when it is reached."""
        dues = self.journey.row.dues
        for item, _ in looks:
            dues[item] = min(at, dues.get(item, at))
        self.soonest = min(at, self.soonest)

    # -- time passing ------------------------------------------------------------------------------------------

    def fall_due(self, clock: int) -> Iterator[tuple[str, str, Waiting | None]]:
        """Let happen what is due at `clock`; yields (family, record, waiting step) for each headless step given up,
        and (family, record, None) for each record forgotten.
        """
        self._glance()
        row = self.journey.row
        looks = [look(self.plan, item) for item, due in row.dues.items() if due <= clock and item != BACKFILL]
        if backfill := 0 < row.backfill <= clock:
            row.backfill = 0
            del row.dues[BACKFILL]
            looks = all_looks(self.journey, self.plan)
        items, forgot = [item for item, _ in looks], False
        if items == [HEALTH] and forgetting.is_daily(self.journey, clock):
            row.dues[HEALTH] = forgetting.daily(self.journey, clock)
        elif looks:
            for happened in self._happen(looks, clock, backfill=backfill):
                forgot = forgot or happened[2] is None
                yield happened
        if HEALTH in items or backfill or forgot:
            self._look_daily(clock)
        if self.journey.is_empty:
            self.journey.start_anew()

    def _happen(
        self, looks: Sequence[Look], clock: int, *, backfill: bool
    ) -> Iterator[tuple[str, str, Waiting | None]]:
        row = self.journey.row
        self.facts.before(looks, clock - 1)
        for item, _ in looks:
            row.dues.pop(item, None)
            if item in row.waiting:
                for waiting in forgetting.give_up(self.journey, item, clock):
                    yield FAMILY[item[0]], item[2:], waiting
        self.after(looks, clock, backfill=backfill)
        for item, _ in looks:
            if forgetting.is_over(self.journey, item, clock, self.plan) and not self.facts.lie_ahead(item, clock):
                self._account()
                self.forget([item], clock)
                yield FAMILY[item[0]], item[2:], None

    def settle(self) -> None:
        """Account for what happened so far: its beat is over, or its append."""
        if self.clock >= 0:
            self._glance()
            self._account()

    def _account(self) -> None:
        self.facts.account(self.sums, self.clock)

    def _glance(self) -> None:
        """Look at the health that an event asked for."""
        if self.glance:
            clock, self.glance = self.glance, 0
            self._look_at_health(clock)

    def _look_at_health(self, clock: int) -> None:
        """How the customer does at `clock`, if anybody asks; a change is a step of the record of its health.

        It is dated by its beat, in which the last look counts: so it does not matter where an append was cut.
        """
        if not self.plan.eyes["h"].kpis:
            return
        journey, beat = self.journey, clock // BEAT * BEAT
        found, until = health.measures(journey, clock)
        journey.row.healthy = 0 if found is None else until
        data = () if found is None else (health.score(found), *found)
        last = journey.health()
        if data == (() if last is None else last.data):
            return
        looks = [look(self.plan, HEALTH)]
        if last is None:
            self.facts.begin(HEALTH)
        elif last.at == beat:
            self.facts.before(looks, clock)
            journey.unsee()
            self.after(looks, clock)
            last = journey.health()
        if data != (() if last is None else last.data):
            self.facts.before(looks, clock)
            journey.see(beat, data)
            self.after(looks, clock)

    def _look_daily(self, clock: int) -> None:
        """As every day; a customer of whom nothing is known any more has no health.

        Old looks go then: a look within a day may be taken back, and may not show in what is left.
        """
        self.trim("health", "", clock)
        self._look_at_health(clock)
        last = self.journey.health()
        if last is not None and not last.data:
            self._account()
            self.forget([HEALTH], clock)

    def forget(self, items: Sequence[str], clock: int) -> None:
        """Drop records; to forget is to freeze: what they said stays said. Account first."""
        journey, eyes = self.journey, self.plan.eyes
        affected = dict.fromkeys(items, Eyes())
        for item in items:
            affected[item] = look(self.plan, item)[1]
            if item[0] == "t" and (ticket := journey.ticket(item[2:])):
                affected[issue_item(ticket.topic)] = eyes["i"]
                affected |= {f"s:{survey}": eyes["s"] for survey in journey.row.links.get(ticket.id, ())}
        for family in dict.fromkeys(FAMILY[item[0]] for item in items):
            affected |= self.plan.readers[family]
        gone = dict.fromkeys(items)
        for held in [h for h in journey.alerts.values() if h.item in gone and h.status == "open"]:
            self.findings.bring(self.plan.signal_by_name[held.signal], held.item, held.cause, [], clock, backfill=False)
        for item in items:
            forgetting.drop(journey, item)
        self.findings.forgot()
        journey.row.healthy = 0
        looks = list(affected.items())
        self.facts.unsay(looks)  # what they say without it counts as said
        self.facts.before(looks, clock)
        self.after(looks, clock)

    def trim(self, family: str, record: str, clock: int) -> None:
        """Let go of old steps of a long record, if there are some weeks of them; what they said stays said."""
        if not forgetting.stale(self.journey, family, record, clock):
            return
        if forgetting.bears_alert(self.journey, family, self.plan):
            return
        self._account()
        forgetting.trim(self.journey, family, record, clock)
        self._shortened(family, record, clock)

    def freeze(self, items: Sequence[str], clock: int) -> None:
        """Make room: forget closed records of one family, early."""
        self._account()
        row, family = self.journey.row, FAMILY[items[0][0]]
        quiet = max(self.journey.views(item)[0].steps[-1].at for item in items)
        row.edges[family] = max(row.edges.get(family, 0), quiet)
        self.forget(items, clock)

    def shorten(self, family: str, record: str, left: int, clock: int) -> int:
        """Make room in a long record: its oldest steps go, early; how many."""
        self._account()
        gone = forgetting.shorten(self.journey, family, record, left)
        self.after(self._shortened(family, record, clock), clock)
        return gone

    def _shortened(self, family: str, record: str, clock: int) -> list[Look]:
        """What looks at a record that has lost steps; what it says without them counts as said."""
        looks = [look(self.plan, f"{CODE[family]}:{record}"), *self.plan.readers[family].items()]
        self.facts.unsay(looks)
        self.facts.before(looks, clock)
        return looks
