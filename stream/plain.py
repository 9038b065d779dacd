"""Records that are little more than their steps: searches, feature use, milestones, invoices, costs, days in use."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, ClassVar

from stream import steps as S
from stream.claims import Cut
from stream.days import Days
from stream.definitions import DAY, Definitions
from stream.money import minor
from stream.steps import Step

WEEK = 7 * DAY
_at = attrgetter("at")


class Plain:
    """Derived from sorted steps; never stored. Times ms."""

    code: ClassVar[str]  # of its items
    family: ClassVar[str]
    __slots__ = ("cuts", "id", "segment", "stage", "steps")

    def __init__(self, id_: str, steps: list[Step]) -> None:
        self.id = id_
        self.steps = steps
        self.segment, self.stage = steps[0].segment, steps[0].stage
        self.cuts: dict[int, tuple[Cut, Cut]] = {}


class Own:
    """The segment and stage that one step came with, as a cut is made of."""

    __slots__ = ("cuts", "segment", "stage")

    def __init__(self, segment: str | None, stage: str | None) -> None:
        self.segment, self.stage = segment, stage
        self.cuts: dict[int, tuple[Cut, Cut]] = {}


class Searches(Plain):
    """Searches for help in one day (UTC)."""

    code, family = "q", "searches"
    __slots__ = ()


class Feature(Plain):
    """The use of one feature, as far as it tells when it had been used within the last two weeks or longer."""

    code, family = "f", "features"
    __slots__ = ("_held", "said")

    def __init__(self, id_: str, steps: list[Step]) -> None:
        super().__init__(id_, steps)
        self._held: dict[int, list[tuple[int, int]]] = {}
        self.said: dict[str, Any] = {}  # by KPI: what it remembers of it

    def held(self, for_: int) -> list[tuple[int, int]]:
        """When it had been used within the last `for_` ms (two weeks at least)."""
        found = self._held.get(for_)
        if found is None:
            found = self._held[for_] = held([(step.at, step.at) for step in self.steps], for_)
        return found


class Milestone(Plain):
    """The times at which one milestone was reached; the first counts."""

    code, family = "o", "milestones"
    __slots__ = ()

    @property
    def reached(self) -> int:
        return self.steps[0].at


class Ledger(Plain):
    """What one customer paid and got back; of what is older than can still change, the sums (`S.BALANCE`)."""

    code, family = "m", "invoices"
    __slots__ = ()

    @property
    def first_paid(self) -> Step | None:
        """The first step in which anything was paid."""
        return next((s for s in self.steps if s.kind == S.PAID or (s.kind == S.BALANCE and s.data[1])), None)


class Costs(Plain):
    """Costs recorded in one day (UTC)."""

    code, family = "c", "costs"
    __slots__ = ()


class Usage(Plain):
    """Days in use, in the reporting time zone: a step at the first use of each, with (last use, end of the day)."""

    code, family = "d", "usage"
    __slots__ = ("said",)

    def __init__(self, id_: str, steps: list[Step]) -> None:
        super().__init__(id_, steps)
        self.said: dict[str, Any] = {}  # by KPI: what it remembers of the days so far

    def held(self, for_: int) -> list[tuple[int, int]]:
        """When the customer had been active in use within the last `for_` ms (more than 25 h)."""
        return held([(step.at, step.data[0]) for step in self.steps], for_)


class Review(Plain):
    """People's verdicts on one alert, with (signal, verdict, when it opened by the log); the latest holds."""

    code, family = "r", "reviews"
    __slots__ = ()


class Health(Plain):
    """How a customer did at each look by the log that found a change: (score, *measures), nothing = not known."""

    code, family = "h", "health"
    __slots__ = ()


KINDS: tuple[type[Plain], ...] = (Searches, Feature, Milestone, Ledger, Costs, Usage, Review, Health)
BY_FAMILY = {kind.family: kind for kind in KINDS}
FAMILY_OF = {kind.code: kind.family for kind in KINDS}


def held(uses: list[tuple[int, int]], for_: int) -> list[tuple[int, int]]:
    """The union of [first, last + for_) over sorted uses."""
    spans: list[tuple[int, int]] = []
    for first, last in uses:
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], last + for_)
        else:
            spans.append((first, last + for_))
    return spans


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union of spans, ascending."""
    union: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def counted(spans: list[tuple[int, int]], name: Callable[[int], str]) -> Iterator[tuple[int, int, str]]:
    """Where any spans lie, told apart by the name of how many do: (from, until, name), ascending."""
    changes: dict[int, int] = {}
    for start, end in spans:
        changes[start] = changes.get(start, 0) + 1
        changes[end] = changes.get(end, 0) - 1
    many, since, named = 0, 0, ""
    for at in sorted(changes):
        many += changes[at]
        now = name(many) if many else ""
        if now != named:
            if named:
                yield since, at, named
            since, named = at, now


def balance(steps: list[Step], definitions: Definitions) -> list[Step]:
    """The sums of invoices in steps of their own, one for each segment and stage that events named.

    Data: (paid less refunded in minor units of the reporting currency, whether any was paid).
    """
    sums: dict[tuple[str | None, str | None], Step] = {}
    for step in steps:
        worth, paid = worth_of(step, definitions), step.kind == S.PAID or (step.kind == S.BALANCE and step.data[1])
        known = sums.get((step.segment, step.stage))
        if known is None:
            sums[step.segment, step.stage] = Step(step.at, S.BALANCE, 0, step.segment, step.stage, (worth, paid))
        else:
            at = step.at if paid and not known.data[1] else known.at
            known.at, known.data = at, (known.data[0] + worth, known.data[1] or paid)
    return sorted(sums.values(), key=lambda step: step.at)


def worth_of(step: Step, definitions: Definitions) -> int:
    """What a step of a ledger adds, in minor units of the reporting currency."""
    if step.kind == S.BALANCE:
        return int(step.data[0])
    amount = minor(step.data[0], step.data[1], definitions)
    return amount if step.kind == S.PAID else -amount


def thin(steps: list[Step]) -> None:
    """Between two uses no further apart than a week a third tells nothing: take it out."""
    for i in range(len(steps) - 3, -1, -1):  # new uses come at the end
        if steps[i + 2].at - steps[i].at <= WEEK:
            del steps[i + 1]
            return


def is_told(steps: list[Step], at: int, clock: int) -> bool:
    """Whether a use at `at` only moves what lies ahead of the log clock: it was used before, and lately."""
    i = bisect_right(steps, at, key=_at)
    return i > 0 and steps[i - 1].at > clock - 2 * WEEK


def is_day_told(steps: list[Step], at: int) -> bool:
    """Whether the day of `at` is known among the steps of a `Usage`, and its first use is no later."""
    last = steps[-1]
    if at >= last.at:
        return bool(at < last.data[1])
    i = bisect_right(steps, at, key=_at) - 1
    return i >= 0 and at < steps[i].data[1]


def extend(steps: list[Step], at: int, days: Days) -> None:
    """Note a use at `at` (ms) among the steps of a `Usage`."""
    i = len(steps) if steps and at >= steps[-1].at else bisect_right(steps, at, key=_at)
    if i and at < steps[i - 1].data[1]:
        last, end = steps[i - 1].data
        steps[i - 1].data = (max(last, at), end)
        return
    _, end = days.span(at)
    if i < len(steps) and steps[i].data[1] == end:
        steps[i].at = at
    else:
        steps.insert(i, Step(at, S.USED, 0, None, None, (at, end)))
