"""One journey in hand during an append: what it said before, what it says now, what falls due.

An item is what plug-ins look at: a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in
("j:nps"). Facts of an item are passed on as differences; its findings are judged after every event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stream import alerts, forgetting
from stream.claims import Alert, Cut, Fact, Finding, Signal
from stream.definitions import DAY, MINUTE
from stream.journey import Held, Journey, Waiting
from stream.plan import Ask, CODE, FAMILY, Eyes, Plan, reads

Look = tuple[str, Eyes]
Sums = dict[tuple[str, int, Cut], dict[str, int]]
RECENT = 8 * DAY
NOBODY = Eyes()
BACKFILL = "b"  # among the dues: the end of a backfill, which is no item
DIMS = frozenset({"ticket.opened", "ticket.updated", "ticket.transferred"})  # surveys show these of their ticket


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

    # -- items -------------------------------------------------------------------------------------------------

    def looks(
        self,
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
            return self.all_looks()
        reach, plan = self.plan.reach[type_], self.plan
        codes = plan.eyes if whole else reach.fresh if fresh else reach.codes
        found = [(f"{CODE[family]}:{record}", codes[CODE[family]])] if family in CODE else []
        if family == "tickets":
            found += [(issue_item(topic), codes["i"]) for topic in topics]
            if type_ in DIMS and (linked := self.journey.row.links.get(record)):
                found += [(f"s:{survey}", plan.eyes["s"]) for survey in linked]
                found += [pair for pair in plan.dims.items() if pair[0] not in reach.wide]
        elif family == "subscriptions":  # they are kept, and go, together
            found += [(f"u:{id_}", NOBODY) for id_ in self.journey.records(family) if id_ != record]
        return found + list(reach.wide.items())

    def viewed(self, opened: Sequence[int]) -> list[Look]:
        """Sessions in whose 24 h a ticket was opened: their content may have led to it."""
        eyes = self.plan.reach["ticket.opened"].codes["v"]
        if not eyes.kpis and not eyes.signals:
            return []
        sessions = self.journey.records("sessions").items()
        return [
            (f"v:{id_}", eyes)
            for id_, steps in sessions
            if any(steps[0].at <= at <= steps[-1].at + DAY for at in opened)
        ]

    def used(self, at: int, clock: int) -> list[Look]:
        """What looks at days in use, if a use at `at` (ms) tells anything new before it falls due by itself.

        A later use on a known day only moves what lies 28 d ahead: that is looked at when it would have been due.
        """
        usage = self.journey.plain("usage")
        if usage is not None and usage.tells(at) and at > clock - RECENT:
            return []
        return [("d:", self.plan.eyes["d"]), *self.plan.days.items()]

    def all_looks(self) -> list[Look]:
        """Every item of the journey, with every plug-in."""
        eyes, journey = self.plan.eyes, self.journey
        found = [(f"{code}:{id_}", eyes[code]) for code, family in FAMILY.items() for id_ in journey.records(family)]
        found += [(issue_item(topic), eyes["i"]) for topic in journey.topics]
        known = dict.fromkeys(item for item, _ in found)
        left = dict.fromkeys(h.item for h in journey.row.alerts.values() if h.item not in known and h.item[0] != "j")
        found += [self.look(item) for item in left]  # an alert may stand on an issue that lost its tickets
        return found + list(self.plan.wide.items())

    def look(self, item: str) -> Look:
        """An item with all its plug-ins."""
        return item, self.plan.wide.get(item, NOBODY) if item[0] == "j" else self.plan.eyes.get(item[0], NOBODY)

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
        segment = journey.attribute("segment", clock)
        trail, run = journey.trail, self.definitions.run
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
        looks = [self.look(item) for item, due in row.dues.items() if due <= clock and item != BACKFILL]
        if backfill := 0 < row.backfill <= clock:
            row.backfill = 0
            del row.dues[BACKFILL]
            looks = self.all_looks()
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
        if self.journey.is_empty:
            row.trail.clear()

    def _lies_ahead(self, item: str, eyes: Eyes, clock: int) -> bool:
        facts = [f for kpi in eyes.kpis for f in self.now.get((item, kpi.name), ())]
        return any(f.at > clock or (f.until or 0) > clock for f in facts)

    def forget(self, item: str, clock: int) -> None:
        """Drop a record; to forget is to freeze: what it said stays said. Account first."""
        code, record = item[0], item[2:]
        family = FAMILY[code]
        ticket = self.journey.ticket(record) if code == "t" else None
        others = [(issue_item(ticket.topic), self.plan.eyes["i"])] if ticket else []
        others += [self.look(f"s:{survey}") for survey in self.journey.row.links.get(record, ()) if ticket]
        others += [(i, e) for i, e in self.plan.wide.items() if any(reads(p, family) for p in (*e.kpis, *e.signals))]
        for held in [h for h in self.journey.row.alerts.values() if h.item == item and h.status == "open"]:
            self._bring(self.plan.signal_by_name[held.signal], item, held.cause, [], clock, backfill=False)
        forgetting.drop(self.journey, item)
        affected = [self.look(item), *others]
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
        wide = [(i, e) for i, e in self.plan.wide.items() if any(reads(p, family) for p in (*e.kpis, *e.signals))]
        looks = [self.look(f"{CODE[family]}:{record}"), *wide]
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
                _differ(sums, key[1], said, then, now, clock)
        self.now.clear()


def issue_item(topic: str | None) -> str:
    """The item of an issue: "i:<topic>", "i" for tickets without one."""
    return "i" if topic is None else f"i:{topic}"


def _differ(sums: Sums, name: str, said: Sequence[Fact], then: int, now: Sequence[Fact], clock: int) -> None:
    """Take back what was said at `then`, say what is so at `clock`; what is in both alike is left alone."""
    if said == now:
        said = now = [f for f in now if _crosses(f, then, clock)]
    elif len(said) == len(now):
        pairs = [(a, b) for a, b in zip(said, now, strict=True) if a != b or _crosses(a, then, clock)]
        said, now = [a for a, _ in pairs], [b for _, b in pairs]
    for fact in said:
        _pass_on(sums, name, fact, then, -1)
    for fact in now:
        _pass_on(sums, name, fact, clock, 1)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _pass_on(sums: Sums, name: str, fact: Fact, clock: int, sign: int) -> None:
    """Add a fact as far as it has begun and ended at `clock`, `sign` times."""
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
