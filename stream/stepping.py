"""An event becomes a step of its record; and whoever may see a change looks again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream import forgetting, room
from stream.definitions import DAY, Definitions
from stream.event import uid
from stream.fold import BACKFILL, Fold
from stream.health import MOVES
from stream.journey import CODE, FAMILY, Journey, Waiting
from stream.looking import Look, is_new_use, look, looks, used, viewed
from stream.plain import is_told
from stream.plan import VIEWED, Plan
from stream.record import Heard, Reason, Reject
from stream.steps import OPENED, REVIEWED, UPDATED, Shape, Step, order, value
from stream.sums import Sums
from stream.tallies import Tallies

HEADED = frozenset({"tickets", "subscriptions"})  # families whose steps wait for a head
CLOSES = frozenset({"ticket.resolved", "subscription.cancelled"})  # with them what fills a customer can go
MAY_NAME_A_TOPIC = frozenset({"ticket.opened", "ticket.updated"})


class Stepper:
    """Takes steps into journeys; `tallies` counts what it lets go or hears twice."""

    __slots__ = ("_definitions", "_plan", "_tallies")

    def __init__(self, definitions: Definitions, plan: Plan, tallies: Tallies) -> None:
        self._definitions = definitions
        self._plan = plan
        self._tallies = tallies

    def take(
        self, fold: Fold, event: Any, shape: Shape, at: int, record: Heard, clock: int, sums: Sums
    ) -> Reject | None:
        """Make the event, that happened at `at`, a step, at log clock `clock` (ms); or say why not.

        `sums` takes what must be accounted for before a record is let go.
        """
        journey, family = fold.journey, shape.family
        id_ = str(at // DAY) if shape.daily else shape.record(event.data)
        if family in forgetting.TRIMMED:
            fold.trim(family, id_, clock, sums)
        steps = _steps(journey, family, id_)
        if refused := self._refused(fold, event, (family, id_), steps, at, room.size(record), clock, sums):
            return refused
        steps = _steps(journey, family, id_)
        step = Step(at, shape.kind, uid(event.source, event.id), event.segment, event.stage, shape.data(event.data))
        is_use = self._is_use(event, shape, at, clock)
        if is_new := is_use and is_new_use(journey, at, clock):
            fold.trim("usage", "", clock, sums)
        found = self._looks(journey, event, step, (family, id_), steps, clock, is_use=is_new)
        if steps is None:
            fold.facts.begin(found[0][0])
        fold.facts.before(found, clock)
        if not journey.put(family, id_, step):
            self._tallies.repeats += 1
            return None
        if is_use:
            journey.use(at)
        _await_head(journey, shape, id_, step, record, clock)
        room.count(journey, clock, room.size(record), backfill=event.backfill)
        self._taken(fold, event, id_, found, at, clock, is_new=is_new)
        return None

    def _taken(self, fold: Fold, event: Any, id_: str, found: list[Look], at: int, clock: int, *, is_new: bool) -> None:
        """Now that the step is there."""
        journey = fold.journey
        journey.remember(at, event, id_)
        if event.backfill:
            ends = journey.row.backfill = journey.row.dues[BACKFILL] = clock + self._definitions.backfill
            fold.soonest = min(ends, fold.soonest)
        fold.after(found, clock)
        if at > clock:
            fold.expect(found, at)
        if self._plan.eyes["h"].mask and (is_new or event.type in MOVES or clock >= journey.row.healthy):
            fold.glance = clock

    def review(self, fold: Fold, event: Any, at: int, clock: int, sums: Sums) -> None:
        """Keep a verdict for what is counted by the time at which its alert opened (by the log; else the verdict's)."""
        alert, journey = event.data.alert, fold.journey
        known = journey.records("reviews")
        if alert not in known and len(known) >= room.most(journey):
            self._free(fold, "reviews", clock, sums)
        held = journey.alerts.get(alert)
        opened = held.opened if held is not None and held.episode else at
        data = (event.data.signal, event.data.verdict, opened)
        looks = [look(self._plan, f"r:{alert}")]
        fold.facts.before(looks, clock)
        if journey.put(
            "reviews", alert, Step(at, REVIEWED, uid(event.source, event.id), event.segment, event.stage, data)
        ):
            fold.after(looks, clock)

    def _is_use(self, event: Any, shape: Shape, at: int, clock: int) -> bool:
        """Whether the customer caused it, and a day in use is kept for so long."""
        if not (self._plan.counts_days and shape.use(event.data)):
            return False
        return event.backfill or at >= clock - self._definitions.keep.usage

    def _looks(
        self, journey: Journey, event: Any, step: Step, record: tuple[str, str], steps: list[Step] | None, clock: int,
        *, is_use: bool,
    ) -> list[Look]:  # fmt: skip
        family, id_ = record
        topics = _topics(journey, id_, steps, event) if family == "tickets" else ()
        first = bool(steps) and order(step) < order(steps[0])  # type: ignore[index]  # it gives segment and stage
        plan, type_ = self._plan, event.type
        if family == "sessions":
            type_ = plan.views.get(event.data.kind, VIEWED)
        found = looks(journey, plan, type_, family, id_, topics, whole=first, fresh=not steps)
        if family == "features" and steps and is_told(steps, step.at, clock):
            del found[1:]  # what lies ahead is looked at when it would have been due
        if event.type == "ticket.opened":
            opened = [step.at, *(s.at for s in steps or () if s.kind == OPENED)]
            found += viewed(journey, self._plan, opened)
        if is_use:
            known = dict.fromkeys(item for item, _ in found)
            found += [look for look in used(journey, self._plan) if look[0] not in known]
        return found

    def _refused(
        self, fold: Fold, event: Any, place: tuple[str, str], steps: list[Step] | None, at: int, size: int, clock: int,
        sums: Sums,
    ) -> Reject | None:  # fmt: skip
        """Hold one customer's state in bounds (stream.room): what is closed and old makes room for what is new."""
        (family, id_), journey, limit = place, fold.journey, self._definitions.limit
        if not event.backfill and room.went(journey, family, steps, at):
            return Reject(Reason.OVER_LIMIT, f"there were too many {family}: those up to then were let go early")
        if refused := self._full(fold, place, steps, clock, sums):
            return refused
        if family == "tickets" and steps and not event.backfill and forgetting.is_frozen(journey, id_, clock):
            kept = self._definitions.keep.records // DAY
            return Reject(Reason.HEADLESS, f"ticket {id_!r} was kept {kept} d after its last step - at `$.data.ticket`")
        if (waiting := journey.row.waiting) and not room.may_wait(waiting, self._definitions):
            return Reject(
                Reason.OVER_LIMIT, f"{limit} steps of this customer wait for their heads already, or they are large"
            )
        return self._over_weight(fold, event, size, clock, sums)

    def _full(
        self, fold: Fold, place: tuple[str, str], steps: list[Step] | None, clock: int, sums: Sums
    ) -> Reject | None:
        """Make room for one more record, or step of it; or why there is none."""
        (family, id_), journey, limit = place, fold.journey, self._definitions.limit
        if steps is None:
            if len(journey.records(family)) >= room.most(journey):
                self._free(fold, family, clock, sums)
            if len(journey.records(family)) >= limit:
                return Reject(Reason.OVER_LIMIT, f"the customer has {limit} open {family} already")
        elif family in room.LONG and len(steps) >= (most := room.most(journey)):
            self._shorten(fold, family, id_, most - max(1, most // 4), clock, sums)
        elif len(steps) >= limit:
            return Reject(Reason.OVER_LIMIT, f"{family} {id_!r} has {limit} steps already")
        return None

    def _free(self, fold: Fold, family: str, clock: int, sums: Sums) -> None:
        if items := room.first_out(fold.journey, family, room.most(fold.journey)):
            fold.freeze(items, clock, sums)
            self._tallies.forgotten[f"{family}_early"] += len(items)

    def _shorten(self, fold: Fold, family: str, record: str, left: int, clock: int, sums: Sums) -> None:
        self._tallies.forgotten[f"{family}_steps_early"] += fold.shorten(family, record, left, clock, sums)

    def _over_weight(self, fold: Fold, event: Any, size: int, clock: int, sums: Sums) -> Reject | None:
        """Whether a customer would weigh too much, though all went that may."""
        journey, most = fold.journey, self._definitions.row_bytes
        row = journey.row
        if row.weight + size <= most:
            return None
        row.weight = room.weigh(journey)
        if row.weight + size > most:
            while row.weight + size > most - most // 4 and (items := room.largest(journey)):
                fold.freeze(items, clock, sums)
                self._tallies.forgotten[f"{FAMILY[items[0][0]]}_early"] += len(items)
                row.weight = room.weigh(journey)
        if row.weight + size <= (2 * most if event.type in CLOSES else most):
            return None
        return Reject(Reason.OVER_LIMIT, f"what is open of this customer fills its {most:,} bytes already")


def _steps(journey: Journey, family: str, id_: str) -> list[Step] | None:
    """Those of a record; None = there is no such record."""
    return journey.row.attributes if family == "customer" else journey.records(family).get(id_)


def _await_head(journey: Journey, shape: Shape, id_: str, step: Step, record: Heard, clock: int) -> None:
    """A step whose head is unknown keeps its bytes until the head comes."""
    if shape.family not in HEADED:
        return
    item = f"{CODE[shape.family]}:{id_}"
    if shape.head:
        journey.row.waiting.pop(item, None)
    elif not journey.views(item):
        waiting = Waiting(clock, step.uid, record.offset, record.value or b"")
        journey.row.waiting.setdefault(item, []).append(waiting)


def _topics(journey: Journey, id_: str, steps: list[Step] | None, event: Any) -> Sequence[str | None]:
    """Every topic that the ticket may have before or after this step."""
    if event.type not in MAY_NAME_A_TOPIC and (ticket := journey.ticket(id_)):
        return (ticket.topic,)
    topics: dict[str | None, None] = {}
    for step in steps or ():
        if step.kind == OPENED or (step.kind == UPDATED and value(step, 0)):
            topics[value(step, 1 if step.kind == OPENED else 0)] = None
    if event.type == "ticket.opened" or (event.type == "ticket.updated" and event.data.topic):
        topics[event.data.topic] = None
    return tuple(topics)
