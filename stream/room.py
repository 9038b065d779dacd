"""How much of one customer is kept at most, so that none makes events dear, or a row too large to be written.

Of a family `limit` records. Of a customer with more events in a day than `busy`, only `busy_records` that are closed:
then it is a program, or a crowd under one name, and each event asks about all that is there. And `row_bytes` in all.
What has to go for that is frozen early, the longest quiet first: what it said stays said, counted by name. What would
begin a record dated before that is refused, so that a repeat of what went can not count twice.
"""

from __future__ import annotations

from typing import Any

from stream.definitions import DAY, Definitions
from stream.forgetting import closed
from stream.journey import Journey
from stream.row import Waiting, encode_row
from stream.steps import Step

LONG = frozenset({"sessions", "searches"})  # families of which a long record lets its oldest steps go
FREED = frozenset({"tickets", "surveys", "sessions", "searches", "subscriptions", "costs", "reviews", "milestones"})
AT_ONCE = 100  # records let go for one event, at most
STEP = 100_000  # bytes of a step, at most: those of the record it came in, or fewer


def count(row: Any, clock: int, weight: int, *, backfill: bool) -> None:
    """Note an event of so many bytes, at log clock `clock` (ms); history that is filled in makes nobody busy."""
    row.weight += weight
    if not backfill:
        day = clock // DAY
        if day != row.day:
            row.yesterday = row.today if day == row.day + 1 else 0
            row.day, row.today = day, 0
        row.today += 1


def is_busy(journey: Journey) -> bool:
    """Whether it had more events than most, today or on the day before."""
    row = journey.row
    busy: bool = max(row.today, row.yesterday) > journey.definitions.busy
    return busy


def most(journey: Journey) -> int:
    """Closed records of a family that are kept at most, and steps of a long record."""
    d = journey.definitions
    return min(d.limit, d.busy_records) if is_busy(journey) else d.limit


def went(journey: Journey, family: str, steps: list[Step] | None, at: int) -> bool:
    """Whether a step at `at` (ms) would begin a record, or a long one earlier, where some had to go."""
    edge: int | None = journey.row.edges.get(family)
    return edge is not None and at <= edge and (steps is None or (family in LONG and at <= steps[0].at))


def first_out(journey: Journey, family: str, limit: int) -> list[str]:
    """The closed records of a full family that are to go, longest quiet first: a quarter more than is needed."""
    over = len(journey.records(family)) - limit + max(1, limit // 4)
    return oldest(journey, family)[: min(over, AT_ONCE)]


def oldest(journey: Journey, family: str) -> list[str]:
    """The closed records of a family, longest quiet first, derived once; as items."""
    found = journey.closed.get(family)
    if found is None:
        found = journey.closed[family] = [item for _, item in sorted(closed(journey, family))]
    return found


def weigh(journey: Journey) -> int:
    """Bytes of its records and alerts; only of what every cut of the log knows alike."""
    return sum(_weights(journey).values()) + len(encode_row(journey.alerts))


def _weights(journey: Journey) -> dict[str, int]:
    families = journey.packed().row.families
    return {family: len(raw) for family, raw in families.items() if family in FREED}


def largest(journey: Journey) -> list[str]:
    """What is to go next: a quarter of what is closed of the family that weighs most and has any."""
    weights = _weights(journey)
    for family in sorted(weights, key=lambda f: (-weights[f], f)):
        if items := oldest(journey, family):
            return items[: min(len(items) // 4 + 1, AT_ONCE)]
    return []


def may_wait(waiting: dict[str, list[Waiting]], definitions: Definitions) -> bool:
    """Whether one more step may wait for its head: they are kept with the bytes they came in."""
    sizes = [len(one.value) for steps in waiting.values() for one in steps]
    return len(sizes) < definitions.limit and sum(sizes) < 4 * definitions.row_bytes
