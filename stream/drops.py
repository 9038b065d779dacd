"""When a customer uses it far less than before, against the customer's own habit: for usage_drop and renewal_at_risk.

At the start of a day the last 7 complete days are compared with the 28 before them; the day that is running never
counts (a day that has only begun looks like a drop). Days are those of the reporting time zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from stream.days import days_in
from stream.definitions import MINUTE
from stream.journey import Journey

RECENT, BEFORE = 7, 28  # days
_WEEK, _MONTH = (1 << RECENT) - 1, (1 << BEFORE) - 1


class Drop(Struct, frozen=True):
    """It holds in [since, until), ms; days in use as they were when it began."""

    since: int
    until: int
    recent: int
    before: int


def drops(it: Journey, least: int) -> list[Drop]:
    """While days in use of 7 d are below half of a quarter of those of the 28 d before, those being `least` or more."""
    known = it.records("usage").get("", ())
    if len(known) < least:
        return []
    days = days_in(it.definitions.timezone)
    of = days.of
    return [
        Drop(days.start(first), days.start(end), recent, before)
        for first, end, recent, before in spans(sorted({of(step.at // MINUTE): None for step in known}), least)
    ]


def spans(used: Sequence[int], least: int) -> Iterator[tuple[int, int, int, int]]:
    """(first day, day after the last, days in use recently, days in use before) of each drop; `used` ascends."""
    if len(used) < max(least, 1):
        return
    first, mask = used[0], 0
    for day in used:
        mask |= 1 << (day - first)
    last = used[-least] - first if least else used[-1] - first
    soonest = used[max(least, 1) - 1] - first
    for begun, end, recent, before in _of_days(mask, soonest, last, least):
        yield first + begun, first + end, recent, before


@lru_cache(4_096)
def _of_days(mask: int, soonest: int, last: int, least: int) -> list[tuple[int, int, int, int]]:
    """As `spans`: a bit of `mask` a day; up to `soonest`, and after `last`, there are too few.

    Remembered, since several plug-ins ask for the same.
    """
    found: list[tuple[int, int, int, int]] = []
    begun: tuple[int, int, int] | None = None
    past = mask << BEFORE - 1 >> soonest  # from here on 28 bits are the days before, the next 7 are the recent ones
    for day in range(soonest + RECENT + 1, last + RECENT + BEFORE + 2):
        recent, before = (past >> BEFORE & _WEEK).bit_count(), (past & _MONTH).bit_count()
        past >>= 1
        if before >= least and 8 * recent < before:
            begun = begun or (day, recent, before)
        elif begun is not None:
            found.append((begun[0], day, begun[1], begun[2]))
            begun = None
    return found
