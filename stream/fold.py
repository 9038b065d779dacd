"""One journey in hand during an append: what it said before, what it says now, what falls due.

An item is what plug-ins look at: a record ("t:T-1"), an issue ("i:billing"), or the whole journey for one plug-in
("j:nps"). Facts of an item are passed on as differences; its findings are judged after every event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream import alerts, sessions
from stream.claims import Alert, Cut, Fact, Finding
from stream.definitions import DAY, Definitions
from stream.journey import Held, Journey, Ticket
from stream.plan import CODE, FAMILY, Plan
from stream.steps import Step

Said = list[tuple[str, Fact]]
Sums = dict[tuple[str, int, Cut], dict[str, int]]
MINUTE = 60_000


class Fold:
    """A journey being folded. `told` = changes of alerts, in order, to be published with the append."""

    __slots__ = ("definitions", "dirty", "journey", "now", "plan", "said", "told")

    def __init__(self, journey: Journey, plan: Plan) -> None:
        self.journey = journey
        self.definitions: Definitions = journey.definitions
        self.plan = plan
        self.said: dict[str, tuple[Said, int]] = {}  # facts already passed on, and the clock at which
        self.now: dict[str, Said] = {}
        self.dirty: dict[str, None] = {}
        self.told: list[Alert] = []

    # -- items -------------------------------------------------------------------------------------------------

    def affected(self, family: str, record: str, topics: tuple[str | None, ...] = ()) -> list[str]:
        """Items whose facts or findings a step of this record can change."""
        if family == "customer":
            return self.items()
        found = [f"{CODE[family]}:{record}"] if family in CODE else []
        if family == "tickets":
            found += [issue_item(t) for t in topics]
            found += [f"s:{survey}" for survey in self.journey.row.links.get(record, ())]
        return found + self.plan.wide_reads.get(family, [])

    def items(self) -> list[str]:
        """All items of the journey."""
        found = [f"{code}:{record}" for code, family in FAMILY.items() for record in self.journey.records(family)]
        found += [issue_item(t) for t in self.journey.topics]
        return found + [f"j:{name}" for name in (*self.plan.wide_kpis, *self.plan.wide_signals)]

    def views(self, item: str) -> list[Any]:
        """What the plug-ins of an item look at: none while a record's head is unknown."""
        code, _, id_ = item.partition(":")
        journey = self.journey
        if code == "v":
            return list(journey.session(id_))
        if code == "i":
            return [journey.issue(id_ if ":" in item else None)]
        view = {"t": journey.ticket, "s": journey.survey, "u": journey.subscription}[code](id_)
        return [] if view is None else [view]

    def facts(self, item: str) -> Said:
        """All facts that an item stands for, as it is now known."""
        journey = self.journey
        if item.startswith("j:"):
            kpi = self.plan.wide_kpis.get(item[2:])
            return [(kpi.name, f) for f in kpi.facts(journey, journey)] if kpi else []
        kpis = self.plan.kpis[item[0]]
        if not kpis:
            return []
        return [(kpi.name, f) for view in self.views(item) for kpi in kpis for f in kpi.facts(view, journey)]

    def before(self, items: list[str], clock: int) -> None:
        """Note what items say before a step changes them."""
        for item in items:
            if item not in self.said:
                self.said[item] = (self.facts(item), clock)

    def after(self, items: list[str], clock: int, *, backfill: bool = False) -> None:
        """Take items as they now are: facts for the next account, findings for alerts, the next due time.

        `backfill`: what opens now comes from history, and never pages.
        """
        quiet = self.journey.row.backfill > 0
        dues = self.journey.row.dues
        for item in items:
            facts = self.facts(item)
            self.now[item] = facts
            self.dirty[item] = None
            due = self._ahead(facts, clock)
            due = _least(due, self._judge(item, clock, quiet=quiet, backfill=backfill))
            due = _least(due, self._ends(item, clock))
            if due is None:
                dues.pop(item, None)
            else:
                dues[item] = due

    def _ahead(self, facts: Said, clock: int) -> int | None:
        due: int | None = None
        for _, fact in facts:
            if fact.at > clock:
                due = _least(due, fact.at)
            if fact.until is not None and fact.until > clock:
                due = _least(due, fact.until)
        return due

    # -- findings ----------------------------------------------------------------------------------------------

    def _judge(self, item: str, clock: int, *, quiet: bool, backfill: bool) -> int | None:
        journey = self.journey
        due: int | None = None
        if item.startswith("j:"):
            signals = [s] if (s := self.plan.wide_signals.get(item[2:])) else []
            views: list[Any] = [journey]
        else:
            signals = self.plan.signals[item[0]]
            views = self.views(item) if signals else []
        for signal in signals:
            found: dict[str, list[Finding]] = {}
            for view in views:
                for finding in signal.find(view, journey):
                    found.setdefault(finding.cause, []).append(finding)
            for held in journey.row.alerts.values():
                if held.item == item and held.signal == signal.name:
                    found.setdefault(held.cause, [])
            for cause, findings in found.items():
                due = _least(due, alerts.ahead(findings, clock, signal.linger))
                if not quiet:
                    self._bring(signal, item, cause, findings, clock, backfill=backfill)
        return due

    def _bring(
        self, signal: Any, item: str, cause: str, findings: list[Finding], clock: int, *, backfill: bool
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
        trail = journey.row.trail
        self.told.append(
            alerts.tell(held, change, signal, journey.subject, clock, trail=trail, vip=vip, segment=segment,
                        run=self.definitions.run)
        )  # fmt: skip
        if held.status != "open":
            held.finding = None  # only its counters are needed for the next episode

    # -- time passing ------------------------------------------------------------------------------------------

    def fall_due(self, clock: int, sums: Sums) -> Iterator[tuple[str, str, Any]]:
        """Let happen what is due at `clock`; yields (family, record, waiting step) for each headless step given up,
        and (family, record, None) for each record forgotten.
        """
        row = self.journey.row
        items = [item for item, due in row.dues.items() if due <= clock]
        backfill = "b" in items
        if backfill:
            del row.dues["b"]
            row.backfill = 0
            items = self.items()
        for item in items:
            row.dues.pop(item, None)
        self.before(items, clock - 1)
        for item in items:
            if item in row.waiting:
                yield from self._give_up(item, clock)
        self.after(items, clock, backfill=backfill)
        for item in items:
            if item[0] in FAMILY and self._is_over(item, clock):
                self.account(sums, clock)
                yield from self._forget(item, clock)

    def _ends(self, item: str, clock: int) -> int | None:
        """When a record is next looked at for being over, or its steps for having no head."""
        if item in self.journey.row.waiting:
            return min(w.heard for w in self.journey.row.waiting[item]) + self.definitions.grace
        end = self._over_at(item)
        if end is None or end > clock:
            return end
        return end + ((clock - end) // DAY + 1) * DAY  # it could not be dropped: look again in a day

    def _over_at(self, item: str) -> int | None:
        """Event time at which a record has been kept long enough; None while it is open or no record."""
        if item[0] not in FAMILY:
            return None
        keep = self.definitions.keep
        views = self.views(item)
        if not views:
            return None
        view = views[0]
        last: int = view.steps[-1].at
        if item[0] == "v":
            return last + keep.sessions
        if item[0] == "t" and view.is_open:
            return None
        if item[0] == "u":
            return None if view.ended is None else max(last, view.ended) + keep.records
        return last + keep.records

    def _is_over(self, item: str, clock: int) -> bool:
        end = self._over_at(item)
        if end is None or end > clock or self.journey.row.backfill:
            return False
        if any(f.at > clock or (f.until or 0) > clock for _, f in self.now.get(item, ())):
            return False
        family = FAMILY[item[0]]
        for held in self.journey.row.alerts.values():
            if held.status == "open" and family in self.plan.signal_by_name[held.signal].reads:
                return False
        return item[0] != "t" or self._is_alone(item, clock)

    def _is_alone(self, item: str, clock: int) -> bool:
        """No younger ticket of the issue can still look back at this one: its facts would change without cause."""
        (ticket,) = self.views(item)
        reach = ticket.steps[-1].at + 7 * DAY
        return not any(
            other.id != ticket.id and other.topic == ticket.topic and other.opened <= reach and self._lives(other, clock)
            for other in self.journey.tickets
        )

    def _lives(self, ticket: Ticket, clock: int) -> bool:
        return ticket.is_open or ticket.steps[-1].at + self.definitions.keep.records > clock

    def _forget(self, item: str, clock: int) -> Iterator[tuple[str, str, Any]]:
        """Drop a record; to forget is to freeze: what it said stays said."""
        journey, row = self.journey, self.journey.row
        code, _, record = item.partition(":")
        family = FAMILY[code]
        topics = (journey.ticket(record).topic,) if code == "t" else ()  # type: ignore[union-attr]
        others = [i for i in self.affected(family, record, topics) if i != item]
        if code == "t":
            self._keep_dims(record)
        records = journey.records(family)
        if code == "v" and not record and len(runs := sessions.split(records[record])) > 1:
            records[record] = [s for run in runs[1:] for s in run]
        else:
            del records[record]
            for id_ in [i for i, held in row.alerts.items() if held.item == item]:
                del row.alerts[id_]
            self._unlink(code, record)
        journey.touch(family)
        for i in (item, *others):  # what the others say without it counts as said
            self.said[i] = (self.facts(i), clock)
        self.after([item, *others], clock)
        yield family, record, None

    def freeze_oldest(self, family: str, clock: int, sums: Sums) -> bool:
        """Make room: forget the closed record that was quiet longest, early. False if none is closed."""
        code = CODE[family]
        closed = [
            (end, item)
            for record in self.journey.records(family)
            if (end := self._over_at(item := f"{code}:{record}")) is not None
        ]
        if not closed:
            return False
        self.account(sums, clock)
        for _ in self._forget(min(closed)[1], clock):
            pass
        return True

    def _keep_dims(self, ticket: str) -> None:
        """Surveys keep the channel, topic and team of a forgotten ticket."""
        journey = self.journey
        for id_ in journey.row.links.pop(ticket, ()):
            survey = journey.survey(id_)
            if survey is not None and survey.ticket == ticket and id_ not in journey.row.kept:
                journey.row.kept[id_] = survey.dims

    def _unlink(self, code: str, record: str) -> None:
        row = self.journey.row
        if code == "s":
            row.kept.pop(record, None)
            for ticket, linked in list(row.links.items()):
                if record in linked:
                    linked.remove(record)
                    if not linked:
                        del row.links[ticket]

    def _give_up(self, item: str, clock: int) -> Iterator[tuple[str, str, Any]]:
        """Steps whose head was not heard within the grace leave as dead letters."""
        journey, waiting = self.journey, self.journey.row.waiting
        code, _, record = item.partition(":")
        family = FAMILY[code]
        over = [w for w in waiting[item] if w.heard + self.definitions.grace <= clock]
        gone = {w.uid for w in over}
        records = journey.records(family)
        records[record] = [s for s in records[record] if s.uid not in gone]
        if not records[record]:
            del records[record]
        waiting[item] = [w for w in waiting[item] if w.uid not in gone]
        if not waiting[item]:
            del waiting[item]
        journey.touch(family)
        for w in over:
            yield family, record, w

    # -- differences -------------------------------------------------------------------------------------------

    def account(self, sums: Sums, clock: int) -> None:
        """Add what changed since it was last passed on to `sums`."""
        for item in self.dirty:
            now = self.now[item]
            said, then = self.said.get(item, ([], clock))
            same = said == now
            paired = same or len(said) == len(now)
            for i, (name, fact) in enumerate(said):
                if not (paired and (same or now[i] == said[i]) and not _crosses(fact, then, clock)):
                    _pass_on(sums, name, fact, then, -1)
            for i, (name, fact) in enumerate(now):
                if not (paired and (same or now[i] == said[i]) and not _crosses(fact, then, clock)):
                    _pass_on(sums, name, fact, clock, 1)
            self.said[item] = (now, clock)
        self.dirty.clear()


def issue_item(topic: str | None) -> str:
    return "i" if topic is None else f"i:{topic}"


def _least(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)


def _crosses(fact: Fact, then: int, clock: int) -> bool:
    """Whether it began or ended in (then, clock]."""
    return then < fact.at <= clock or (fact.until is not None and then < fact.until <= clock)


def _pass_on(sums: Sums, name: str, fact: Fact, clock: int, sign: int) -> None:
    """Add a fact as far as it has begun and ended at `clock`, `sign` times."""
    if fact.at > clock:
        return
    into = sums.setdefault((name, fact.at // MINUTE, fact.cut), {})
    for part, amount in fact.parts:
        into[part] = into.get(part, 0) + sign * amount
    if fact.until is not None and fact.until <= clock:
        out = sums.setdefault((name, fact.until // MINUTE, fact.cut), {})
        for part, amount in fact.parts:
            out[part] = out.get(part, 0) - sign * amount


__all__ = ["Fold", "Step", "Sums", "issue_item"]
