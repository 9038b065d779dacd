"""One journey in hand during an append: what it said before, what it says now, what falls due.

An item is what plug-ins look at: a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in
("j:nps"). Facts of an item are passed on as differences; its findings are judged after every event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stream import alerts, forgetting, health
from stream.about import about
from stream.claims import Alert, Fact, Finding, Signal
from stream.journey import Held, Journey, Waiting
from stream.looking import Look, all_looks, issue_item, look
from stream.plan import CODE, FAMILY, Ask, Eyes, Plan
from stream.sums import Sums, differ

BACKFILL = "b"  # among the dues: the end of a backfill, which is no item


class Fold:
    """A journey being folded. `told` = changes of alerts, in order, to be published with the append."""

    __slots__ = ("definitions", "journey", "now", "plan", "said", "told")

    def __init__(self, journey: Journey, plan: Plan) -> None:
        self.journey = journey
        self.definitions = journey.definitions
        self.plan = plan
        # by item and KPI: the facts passed on, and the clock at which; the facts to be passed on next
        self.said: dict[tuple[str, str], tuple[Sequence[Fact], int]] = {}
        self.now: dict[tuple[str, str], list[Fact]] = {}
        self.told: list[Alert] = []

    def views(self, item: str) -> Sequence[Any]:
        """What the plug-ins of an item look at."""
        return (self.journey,) if item[0] == "j" else self.journey.views(item)

    def before(self, looks: Sequence[Look], clock: int) -> None:
        """Note what items say before a step changes them."""
        said = self.said
        for item, eyes in looks:
            views: Sequence[Any] | None = None
            for ask in eyes.asks:
                key = (item, ask[0])
                if key not in said:
                    views = self.views(item) if views is None else views
                    said[key] = (self._facts(ask, views, clock, []), clock)

    def _facts(self, ask: Ask, views: Sequence[Any], clock: int, ahead: list[int]) -> list[Fact]:
        """What one KPI says of an item, but for what has not begun at `clock`; `ahead` takes the times to come."""
        _, say, begins = ask
        journey = self.journey
        facts: list[Fact] = []
        for view in views:
            if begins:
                first: int | None = getattr(view, begins)
                if first is None:
                    continue
                if first > clock:
                    ahead.append(first)
                    continue
            facts += say(view, journey)
        for fact in facts:
            if fact.at > clock:
                ahead.append(fact.at)
            if fact.until is not None and fact.until > clock:
                ahead.append(fact.until)
        return facts

    def after(self, looks: Sequence[Look], clock: int, *, backfill: bool = False) -> None:
        """Take items as they now are: facts for the next account, findings for alerts, the next due time.

        `backfill`: what opens now comes from history, and never pages.
        """
        journey = self.journey
        quiet, dues = journey.row.backfill > 0, journey.row.dues
        for item, eyes in looks:
            views = self.views(item)
            ahead: list[int] = []
            for ask in eyes.asks:
                self.now[item, ask[0]] = self._facts(ask, views, clock, ahead)
            for signal in eyes.signals:
                ahead += self._judge(signal, item, views, clock, quiet=quiet, backfill=backfill)
            if item[0] in FAMILY and (end := forgetting.looked_at(journey, item, clock)) is not None:
                ahead.append(end)
            if not eyes.all and (known := dues.get(item, 0)) > clock:
                ahead.append(known)  # of plug-ins that did not look now; too early does no harm
            if ahead:
                dues[item] = min(ahead)
            else:
                dues.pop(item, None)

    # -- findings ----------------------------------------------------------------------------------------------

    def _judge(
        self, signal: Signal, item: str, views: Sequence[Any], clock: int, *, quiet: bool, backfill: bool
    ) -> list[int]:
        """Bring a signal's alerts on an item up to the clock; the times at which that is next to be done."""
        journey = self.journey
        found: dict[str, list[Finding]] = {}
        for view in views:
            for finding in signal.find(view, journey):
                found.setdefault(finding.cause, []).append(finding)
        for held in journey.row.alerts.values():
            if held.item == item and held.signal == signal.name:
                found.setdefault(held.cause, [])
        ahead: list[int] = []
        for cause, findings in found.items():
            ahead += alerts.ahead(findings, clock, signal.linger)
            if not quiet:
                self._bring(signal, item, cause, findings, clock, backfill=backfill)
        return ahead

    def _bring(
        self, signal: Signal, item: str, cause: str, findings: list[Finding], clock: int, *, backfill: bool
    ) -> None:
        journey = self.journey
        id_ = alerts.alert_id(signal.name, journey.subject, cause)
        held = journey.row.alerts.get(id_) or Held(signal.name, cause, item)
        verdict = journey.row.verdicts.get(id_, 0)
        change = alerts.judge(held, findings, clock, signal.linger, verdict, backfill=backfill)
        if change is None:
            return
        journey.row.alerts[id_] = held
        vip = journey.attribute("tier", clock) in self.definitions.vip_tiers
        cut = about(journey, item, clock)
        trail, run, segment = journey.trail, self.definitions.run, dict(cut).get("segment")
        self.told.append(
            alerts.tell(
                held, change, signal, journey.subject, clock, trail=trail, vip=vip, segment=segment, run=run, cut=cut
            )
        )
        if held.status != "open":
            held.finding = None  # only its counters are needed for the next episode

    # -- time passing ------------------------------------------------------------------------------------------

    def fall_due(self, clock: int, sums: Sums) -> Iterator[tuple[str, str, Waiting | None]]:
        """Let happen what is due at `clock`; yields (family, record, waiting step) for each headless step given up,
        and (family, record, None) for each record forgotten.
        """
        row = self.journey.row
        looks = [look(self.plan, item) for item, due in row.dues.items() if due <= clock and item != BACKFILL]
        if backfill := 0 < row.backfill <= clock:
            row.backfill = 0
            del row.dues[BACKFILL]
            looks = all_looks(self.journey, self.plan)
        if [item for item, _ in looks] == [forgetting.HEALTH] and forgetting.is_daily(self.journey, clock):
            row.dues[forgetting.HEALTH] = forgetting.daily(self.journey, clock)
        elif looks:
            yield from self._happen(looks, clock, sums, backfill=backfill)
        if looks:
            self.look_at_health(clock, sums)
        if self.journey.is_empty:
            row.trail.clear()

    def _happen(
        self, looks: Sequence[Look], clock: int, sums: Sums, *, backfill: bool
    ) -> Iterator[tuple[str, str, Waiting | None]]:
        row = self.journey.row
        self.before(looks, clock - 1)
        for item, _ in looks:
            row.dues.pop(item, None)
            if item in row.waiting:
                for waiting in forgetting.give_up(self.journey, item, clock):
                    yield FAMILY[item[0]], item[2:], waiting
        self.after(looks, clock, backfill=backfill)
        for item, eyes in looks:
            if forgetting.is_over(self.journey, item, clock, self.plan) and not self._lies_ahead(item, eyes, clock):
                self.account(sums, clock)
                self.forget(item, clock)
                yield FAMILY[item[0]], item[2:], None

    def look_at_health(self, clock: int, sums: Sums) -> None:
        """How the customer does now, if anybody asks; a change is a step of the record of its health."""
        if not self.plan.eyes["h"].kpis:
            return
        self.trim("health", "", clock, sums)
        found = health.measures(self.journey, clock)
        data = () if found is None else (health.score(found), *found)
        steps = self.journey.records("health").get("", [])
        if data == (steps[-1].data if steps else ()):
            return
        looks = [look(self.plan, forgetting.HEALTH)]
        self.before(looks, clock)
        self.journey.see(clock, data)
        self.after(looks, clock)
        if not data:
            self.account(sums, clock)
            self.forget(forgetting.HEALTH, clock)

    def _lies_ahead(self, item: str, eyes: Eyes, clock: int) -> bool:
        facts = [f for kpi in eyes.kpis for f in self.now.get((item, kpi.name), ())]
        return any(f.at > clock or (f.until or 0) > clock for f in facts)

    def forget(self, item: str, clock: int) -> None:
        """Drop a record; to forget is to freeze: what it said stays said. Account first."""
        code, record = item[0], item[2:]
        family = FAMILY[code]
        ticket = self.journey.ticket(record) if code == "t" else None
        others = [(issue_item(ticket.topic), self.plan.eyes["i"])] if ticket else []
        others += [look(self.plan, f"s:{survey}") for survey in self.journey.row.links.get(record, ()) if ticket]
        others += [(i, e) for i, e in self.plan.wide.items() if e.read(family)]
        for held in [h for h in self.journey.row.alerts.values() if h.item == item and h.status == "open"]:
            self._bring(self.plan.signal_by_name[held.signal], item, held.cause, [], clock, backfill=False)
        forgetting.drop(self.journey, item)
        affected = [look(self.plan, item), *others]
        for other, eyes in affected:  # what they say without it counts as said
            for kpi in eyes.kpis:
                self.said.pop((other, kpi.name), None)
        self.before(affected, clock)
        self.after(affected, clock)

    def trim(self, family: str, record: str, clock: int, sums: Sums) -> None:
        """Let go of old steps of a long record, if there are some weeks of them; what they said stays said."""
        if not forgetting.stale(self.journey, family, record, clock):
            return
        if forgetting.bears_alert(self.journey, family, self.plan):
            return
        self.account(sums, clock)
        forgetting.trim(self.journey, family, record, clock)
        wide = [(i, e) for i, e in self.plan.wide.items() if e.read(family)]
        looks = [look(self.plan, f"{CODE[family]}:{record}"), *wide]
        for item, eyes in looks:
            for kpi in eyes.kpis:
                self.said.pop((item, kpi.name), None)
        self.before(looks, clock)

    def freeze_oldest(self, family: str, clock: int, sums: Sums) -> bool:
        """Make room: forget the closed record that was quiet longest, early. False if none is closed."""
        closed = forgetting.closed(self.journey, family)
        if not closed:
            return False
        self.account(sums, clock)
        self.forget(min(closed)[1], clock)
        return True

    # -- differences -------------------------------------------------------------------------------------------

    def account(self, sums: Sums, clock: int) -> None:
        """Add what changed since it was last passed on to `sums`."""
        for key, now in self.now.items():
            said, then = self.said.get(key, ((), clock))
            if said or now:
                self.said[key] = (now, clock)
                differ(sums, key[1], said, then, now, clock)
        self.now.clear()
