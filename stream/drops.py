"""When a customer uses it far less than before, against the customer's own habit: for usage_drop and renewal_at_risk.

At the start of a day the last 7 complete days are compared with the 28 before them; the day that is running never
counts (a day that has only begun looks like a drop). Days are those of the reporting time zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from stream.days import days_in
from stream.definitions import MINUTE
from stream.journey import Journey

RECENT, BEFORE = 7, 28  # days


class Drop(Struct, frozen=True):
    """It holds in [since, until), ms; days in use as they were when it began."""

    since: int
    until: int
    recent: int
    before: int


def drops(it: Journey, least: int) -> list[Drop]:
    """While days in use of 7 d are below half of a quarter of those of the 28 d before, those being `least` or more."""
    known = [step for steps in it.records("usage").values() for step in steps]
    if len(known) < least:
        return []
    days = days_in(it.definitions.timezone)
    used = [days.of(step.at // MINUTE) for step in known]
    return [
        Drop(days.start(first), days.start(end), recent, before)
        for first, end, recent, before in spans(sorted(dict.fromkeys(used)), least)
    ]


def spans(used: Sequence[int], least: int) -> Iterator[tuple[int, int, int, int]]:
    """(first day, day after the last, days in use recently, days in use before) of each drop; `used` ascends."""
    if len(used) < max(least, 1):
        return
    mask = 0
    for day in used:
        mask |= 1 << (day - used[0])
    begun: tuple[int, int, int] | None = None
    end = used[-least] + RECENT + BEFORE + 1 if least else used[-1] + RECENT + BEFORE + 1
    for day in range(used[0] + RECENT + 1, end + 1):
        recent, before = _counts(mask, day - used[0])
        if before >= least and 8 * recent < before:
            begun = begun or (day, recent, before)
        elif begun is not None:
            yield begun[0], day, begun[1], begun[2]
            begun = None


def _counts(mask: int, day: int) -> tuple[int, int]:
    """Days in use in the 7 days before bit `day`, and in the 28 before those."""
    past = mask & ((1 << day) - 1)
    recent = past >> max(day - RECENT, 0)
    before = (past & ((1 << max(day - RECENT, 0)) - 1)) >> max(day - RECENT - BEFORE, 0)
    return recent.bit_count(), before.bit_count()
