"""One journey in hand during an append: what it said before, what it says now, what falls due.

An item is what plug-ins look at: a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in
("j:nps"). Facts of an item are passed on as differences; its findings are judged after every event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stream import alerts, forgetting
from stream.claims import Alert, Cut, Fact, Finding, Signal
from stream.definitions import MINUTE
from stream.journey import Held, Journey, Waiting
from stream.plan import CODE, FAMILY, Plan

Said = list[tuple[str, Fact]]
Sums = dict[tuple[str, int, Cut], dict[str, int]]


class Fold:
    """A journey being folded. `told` = changes of alerts, in order, to be published with the append."""

    __slots__ = ("definitions", "dirty", "journey", "now", "plan", "said", "told")

    def __init__(self, journey: Journey, plan: Plan) -> None:
        self.journey = journey
        self.definitions = journey.definitions
        self.plan = plan
        self.said: dict[str, tuple[Said, int]] = {}  # facts already passed on, and the clock at which
        self.now: dict[str, Said] = {}
        self.dirty: dict[str, None] = {}
        self.told: list[Alert] = []

    # -- items -------------------------------------------------------------------------------------------------

    def affected(self, family: str, record: str, topics: Sequence[str | None] = ()) -> list[str]:
        """Items whose facts or findings a step of this record can change."""
        if family == "customer":
            return self.items()
        found = [f"{CODE[family]}:{record}"] if family in CODE else []
        wide = self.plan.wide_reads
        if family == "tickets":
            found += [issue_item(t) for t in topics]
            if linked := self.journey.row.links.get(record):  # surveys show their ticket's dimensions
                found += [f"s:{survey}" for survey in linked]
                found += [i for i in wide.get("surveys", ()) if i not in wide.get("tickets", ())]
        return found + wide.get(family, [])

    def items(self) -> list[str]:
        """All items of the journey."""
        found = [f"{code}:{record}" for code, family in FAMILY.items() for record in self.journey.records(family)]
        found += [issue_item(t) for t in self.journey.topics]
        return found + [f"j:{name}" for name in (*self.plan.wide_kpis, *self.plan.wide_signals)]

    def views(self, item: str) -> Sequence[Any]:
        """What the plug-ins of an item look at."""
        return (self.journey,) if item[0] == "j" else self.journey.views(item)

    def facts(self, item: str, views: Sequence[Any] | None = None) -> Said:
        """All facts that an item stands for, as it is now known."""
        kpis = self.plan.kpis_of(item)
        if not kpis:
            return []
        journey = self.journey
        return [
            (kpi.name, fact)
            for view in (self.views(item) if views is None else views)
            for kpi in kpis
            for fact in kpi.facts(view, journey)
        ]

    def before(self, items: Sequence[str], clock: int) -> None:
        """Note what items say before a step changes them."""
        said = self.said
        for item in items:
            if item not in said:
                said[item] = (self.facts(item), clock)

    def after(self, items: Sequence[str], clock: int, *, backfill: bool = False) -> None:
        """Take items as they now are: facts for the next account, findings for alerts, the next due time.

        `backfill`: what opens now comes from history, and never pages.
        """
        quiet = self.journey.row.backfill > 0
        dues = self.journey.row.dues
        for item in items:
            views = self.views(item)
            facts = self.now[item] = self.facts(item, views)
            self.dirty[item] = None
            ahead = [fact.at for _, fact in facts if fact.at > clock]
            ahead += [until for _, fact in facts if (until := fact.until) is not None and until > clock]
            for signal in self.plan.signals_of(item):
                ahead += self._judge(signal, item, views, clock, quiet=quiet, backfill=backfill)
            if item[0] in FAMILY and (end := forgetting.looked_at(self.journey, item, clock)) is not None:
                ahead.append(end)
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
        segment = journey.attribute("segment", clock)
        trail, run = journey.row.trail, self.definitions.run
        self.told.append(
            alerts.tell(held, change, signal, journey.subject, clock, trail=trail, vip=vip, segment=segment, run=run)
        )
        if held.status != "open":
            held.finding = None  # only its counters are needed for the next episode

    # -- time passing ------------------------------------------------------------------------------------------

    def fall_due(self, clock: int, sums: Sums) -> Iterator[tuple[str, str, Waiting | None]]:
        """Let happen what is due at `clock`; yields (family, record, waiting step) for each headless step given up,
        and (family, record, None) for each record forgotten.
        """
        row = self.journey.row
        items = [item for item, due in row.dues.items() if due <= clock]
        if backfill := "b" in items:
            del row.dues["b"]
            row.backfill = 0
            items = self.items()
        self.before(items, clock - 1)
        for item in items:
            row.dues.pop(item, None)
            if item in row.waiting:
                for waiting in forgetting.give_up(self.journey, item, clock):
                    yield FAMILY[item[0]], item[2:], waiting
        self.after(items, clock, backfill=backfill)
        for item in items:
            if forgetting.is_over(self.journey, item, clock, self.plan) and not self._lies_ahead(item, clock):
                self.account(sums, clock)
                self.forget(item, clock)
                yield FAMILY[item[0]], item[2:], None

    def _lies_ahead(self, item: str, clock: int) -> bool:
        return any(f.at > clock or (f.until or 0) > clock for _, f in self.now.get(item, ()))

    def forget(self, item: str, clock: int) -> None:
        """Drop a record; to forget is to freeze: what it said stays said. Account first."""
        code, record = item[0], item[2:]
        ticket = self.journey.ticket(record) if code == "t" else None
        affected = self.affected(FAMILY[code], record, (ticket.topic,) if ticket else ())
        forgetting.drop(self.journey, item)
        for other in affected:  # what they say without it counts as said
            self.said[other] = (self.facts(other), clock)
        self.after(affected, clock)

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
        for item in self.dirty:
            now = self.now[item]
            said, then = self.said.get(item, ([], clock))
            self.said[item] = (now, clock)
            paired = len(said) == len(now)
            for i, one in enumerate(said):
                if not (paired and now[i] == one and (then == clock or not _crosses(one[1], then, clock))):
                    _pass_on(sums, one, then, -1)
            for i, one in enumerate(now):
                if not (paired and said[i] == one and (then == clock or not _crosses(one[1], then, clock))):
                    _pass_on(sums, one, clock, 1)
        self.dirty.clear()


def issue_item(topic: str | None) -> str:
    """The item of an issue: "i:<topic>", "i" for tickets without one."""
    return "i" if topic is None else f"i:{topic}"


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _pass_on(sums: Sums, one: tuple[str, Fact], clock: int, sign: int) -> None:
    """Add a fact as far as it has begun and ended at `clock`, `sign` times."""
    name, fact = one
    if fact.at > clock:
        return
    _add(sums, (name, fact.at // MINUTE, fact.cut), fact, sign)
    if fact.until is not None and fact.until <= clock:
        _add(sums, (name, fact.until // MINUTE, fact.cut), fact, -sign)


def _add(sums: Sums, at: tuple[str, int, Cut], fact: Fact, sign: int) -> None:
    into: Any = sums.get(at)
    if into is None:
        into = sums[at] = {}
    for part, amount in fact.parts:
        into[part] = into.get(part, 0) + sign * amount
