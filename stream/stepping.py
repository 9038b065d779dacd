"""An event becomes a step of its record; and whoever may see a change looks again."""

from __future__ import annotations

from typing import Any

from stream import forgetting, room
from stream.definitions import DAY, Definitions
from stream.event import uid
from stream.fold import Fold
from stream.health import may_move
from stream.journey import FAMILY, Journey, Waiting
from stream.looking import is_new_use, look, looks, used
from stream.plan import Plan
from stream.record import Heard, Reason, Reject
from stream.steps import REVIEWED, Step
from stream.tallies import Tallies
from stream.way import Way, ways


class Stepper:
    """Takes steps into journeys; `ways` by event type; `tallies` counts what it lets go or hears twice."""

    __slots__ = ("_days", "_definitions", "_few", "_least", "_plan", "_tallies", "ways")

    def __init__(self, definitions: Definitions, plan: Plan, tallies: Tallies) -> None:
        self._definitions = definitions
        self._plan = plan
        self._tallies = tallies
        self.ways = ways(plan, definitions.surveys)
        self._few = min(definitions.limit, definitions.busy_records)
        self._least, self._days = definitions.keep.least, definitions.keep.usage

    def take(self, fold: Fold, event: Any, at: int, record: Heard, clock: int) -> Reject | None:
        """Make the event, that happened at `at`, a step, at log clock `clock` (ms); or say why not."""
        way, data, journey = self.ways[event.type], event.data, fold.journey
        family, size = way.family, min(len(record.value or b""), room.STEP)
        id_ = str(at // DAY) if way.daily else way.record(data)
        if way.trimmed:
            fold.trim(family, id_, clock)
        steps = journey.row.attributes if family == "customer" else journey.opened[family].get(id_)
        if way.kinds and not (steps and family == "surveys" and _is_mixed(steps, data.kind)):
            way = way.kinds.get(data.kind, way)
        row = journey.row
        if (  # whether there may be a bound to this event: hardly ever, so nothing more is asked of most
            row.edges or row.waiting or row.weight + size > self._definitions.row_bytes
            or len(journey.opened[family] if steps is None else steps) >= self._few
            or (way.headed and steps and steps[-1].at < clock - self._least)
        ):  # fmt: skip
            if refused := self._refused(fold, event, way, id_, steps, at, size, clock):
                return refused
            if family != "customer":
                steps = journey.opened[family].get(id_)
        step = Step(at, way.kind, uid(event.source, event.id), event.segment, event.stage, way.data(data))
        if self._add(fold, event, way, id_, steps, step, record, clock):
            room.count(journey.row, clock, size, backfill=event.backfill)
        else:
            self._tallies.repeats += 1
        return None

    def _add(
        self,
        fold: Fold,
        event: Any,
        way: Way,
        id_: str,
        steps: list[Step] | None,
        step: Step,
        record: Heard,
        clock: int,
    ) -> bool:
        """Whether there is a new step now, and those have looked whom it may concern; False: it was a repeat."""
        journey, at = fold.journey, step.at
        is_use = way.use(event.data) and (event.backfill or at >= clock - self._days)
        is_new = is_use and is_new_use(journey, at, clock, day := journey.lately(at))
        found = looks(journey, self._plan, way, event, step, id_, steps, clock)
        if is_new:
            fold.trim("usage", "", clock)
            found += used(journey, self._plan, found)
        if steps is None:
            fold.facts.begin(found[0][0])
        fold.facts.before(found, clock)
        if not journey.put(way.family, id_, step):
            return False
        if is_use and (not day or is_new or at > day.data[0]):
            journey.use(at, None if is_new else day)
        if way.headed and (journey.row.waiting if way.head else not journey.seen.get(found[0][0])):
            _await_head(journey, way, id_, step, record, clock)
        journey.remember(at, event, id_)
        if event.backfill:
            fold.fill_in(clock)
        fold.after(found, clock)
        if at > clock:
            fold.expect(found, at)
        if is_new or clock >= journey.row.healthy or (way.moves and may_move(way.kind, way.family, steps, at, clock)):
            fold.glance = clock
        return True

    def review(self, fold: Fold, event: Any, at: int, clock: int) -> None:
        """Keep a verdict for what is counted by the time at which its alert opened (by the log; else the verdict's)."""
        alert, journey = event.data.alert, fold.journey
        known = journey.records("reviews")
        if alert not in known and len(known) >= room.most(journey):
            self._free(fold, "reviews", clock)
        held = journey.alerts.get(alert)
        opened = held.opened if held is not None and held.episode else at
        data = (event.data.signal, event.data.verdict, opened)
        looks = [look(self._plan, f"r:{alert}")]
        fold.facts.before(looks, clock)
        if journey.put(
            "reviews", alert, Step(at, REVIEWED, uid(event.source, event.id), event.segment, event.stage, data)
        ):
            fold.after(looks, clock)

    def _refused(
        self, fold: Fold, event: Any, way: Way, id_: str, steps: list[Step] | None, at: int, size: int, clock: int,
    ) -> Reject | None:  # fmt: skip
        """Hold one customer's state in bounds (stream.room): what is closed and old makes room for what is new."""
        family, journey, limit = way.family, fold.journey, self._definitions.limit
        if not event.backfill and room.went(journey, family, steps, at):
            return Reject(Reason.OVER_LIMIT, f"there were too many {family}: those up to then were let go early")
        if refused := self._full(fold, (family, id_), steps, clock):
            return refused
        if family == "tickets" and steps and not event.backfill and forgetting.is_frozen(journey, id_, clock):
            kept = self._definitions.keep.records // DAY
            return Reject(Reason.HEADLESS, f"ticket {id_!r} was kept {kept} d after its last step - at `$.data.ticket`")
        if (waiting := journey.row.waiting) and not room.may_wait(waiting, self._definitions):
            return Reject(
                Reason.OVER_LIMIT, f"{limit} steps of this customer wait for their heads already, or they are large"
            )
        return self._over_weight(fold, way, size, clock)

    def _full(self, fold: Fold, place: tuple[str, str], steps: list[Step] | None, clock: int) -> Reject | None:
        """Make room for one more record, or step of it; or why there is none."""
        (family, id_), journey, limit = place, fold.journey, self._definitions.limit
        if steps is None:
            if len(journey.records(family)) >= room.most(journey):
                self._free(fold, family, clock)
            if len(journey.records(family)) >= limit:
                return Reject(Reason.OVER_LIMIT, f"the customer has {limit} open {family} already")
        elif family in room.LONG and len(steps) >= (most := room.most(journey)):
            self._shorten(fold, family, id_, most - max(1, most // 4), clock)
        elif len(steps) >= limit:
            return Reject(Reason.OVER_LIMIT, f"{family} {id_!r} has {limit} steps already")
        return None

    def _free(self, fold: Fold, family: str, clock: int) -> None:
        if items := room.first_out(fold.journey, family, room.most(fold.journey)):
            fold.freeze(items, clock)
            self._tallies.forgotten[f"{family}_early"] += len(items)

    def _shorten(self, fold: Fold, family: str, record: str, left: int, clock: int) -> None:
        self._tallies.forgotten[f"{family}_steps_early"] += fold.shorten(family, record, left, clock)

    def _over_weight(self, fold: Fold, way: Way, size: int, clock: int) -> Reject | None:
        """Whether a customer would weigh too much, though all went that may."""
        journey, most = fold.journey, self._definitions.row_bytes
        row = journey.row
        if row.weight + size <= most:
            return None
        row.weight = room.weigh(journey)
        if row.weight + size > most:
            while row.weight + size > most - most // 4 and (items := room.largest(journey)):
                fold.freeze(items, clock)
                self._tallies.forgotten[f"{FAMILY[items[0][0]]}_early"] += len(items)
                row.weight = room.weigh(journey)
        if row.weight + size <= (2 * most if way.closes else most):
            return None
        return Reject(Reason.OVER_LIMIT, f"what is open of this customer fills its {most:,} bytes already")


def _is_mixed(steps: list[Step], kind: str) -> bool:
    """Whether a survey has been of another kind, too: then it matters to more than those of its kind."""
    return any(step.data[0] != kind for step in steps)


def _await_head(journey: Journey, way: Way, id_: str, step: Step, record: Heard, clock: int) -> None:
    """A step whose head is unknown keeps its bytes until the head comes."""
    item = way.item + id_
    if way.head:
        journey.row.waiting.pop(item, None)
    elif not journey.views(item):
        waiting = Waiting(clock, step.uid, record.offset, record.value or b"")
        journey.row.waiting.setdefault(item, []).append(waiting)
