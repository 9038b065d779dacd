"""Limits that are relative to a team or a cohort, from history: how long nine or nineteen of twenty take.

The same definitions as the signals that read them: business time, without waits on the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import ceil
from typing import Any

from msgspec import Struct

from stream.calendar import of_team
from stream.definitions import MINUTE
from stream.journey import Journey, Ticket
from stream.moves import holder, moves, without

Sample = tuple[str, str, int | None]  # field, key in it, ms; None = not over by the end of the log


class Limit(Struct, frozen=True):
    """The value of `[signals.SIGNAL.FIELD] KEY`: the next whole minute after the `q` quantile of `n` cases, ms.

    (Who acts in the very ms of a limit has been alerted by then.) `unfinished` = cases that had not ended with the
    log and are not among the `n`; `value` = None: too few.
    """

    signal: str
    field: str
    key: str
    q: str
    n: int
    unfinished: int
    value: int | None


class Measure(Struct, frozen=True):
    """What one signal's limits are made of: `samples` of a journey, and the quantile that marks the slow ones."""

    signal: str
    q: str
    samples: Callable[[Journey, Any], Iterable[Sample]]


def dwells(who: Journey, signal: Any) -> Iterator[Sample]:
    """From each hand-over until the new owner acts, as `stalled_handoff` sees it."""
    for ticket in who.tickets:
        for at, _, to, _ in ticket.transfers:
            if holder(ticket, at) == to and _is_open(ticket, at):
                done = next((acted for acted, _ in moves(ticket).actions if acted > at), None)
                yield "limit_by_team_ms", to, None if done is None else _worked(who, ticket, to, (at, done))


def _is_open(ticket: Ticket, at: int) -> bool:
    return any(start <= at and (end is None or at < end) for start, end in ticket.periods)


def _worked(who: Journey, ticket: Ticket, team: str, span: tuple[int, int]) -> int:
    calendar = of_team(who.definitions, team)
    return sum(calendar.worked(a, b) for a, b in without(span, moves(ticket).waits) if b is not None)


def onboardings(who: Journey, signal: Any) -> Iterator[Sample]:
    """From the first start to each milestone, as `onboarding_stalled` sees it: by milestone, and by segment if there is
    one milestone only (a segment's limit goes before all of them).
    """
    if not who.subscriptions:
        return
    first = min(who.subscriptions, key=lambda s: (s.started, s.id))
    segment = first.segment or who.attribute("segment", first.started)
    for milestone in signal.milestones:
        reached = next((step.at for step in who.records("milestones").get(milestone, ())), None)
        took = None if reached is None else max(reached - first.started, 0)
        yield "limit_by_milestone_ms", milestone, took
        if segment and len(signal.milestones) == 1:
            yield "limit_by_segment_ms", segment, took


MEASURES = (Measure("stalled_handoff", "0.95", dwells), Measure("onboarding_stalled", "0.90", onboardings))


def limits(people: Iterable[Journey], signals: Any, least: int) -> list[Limit]:
    """All limits, by signal, field and key; those with fewer than `least` cases without a value."""
    found: dict[tuple[str, str, str, str], list[int | None]] = {}
    for who in people:
        for measure in MEASURES:
            for name, key, took in measure.samples(who, signals[measure.signal]):
                found.setdefault((measure.signal, name, key, measure.q), []).append(took)
    return [_limit(*place, took, least) for place, took in sorted(found.items(), key=lambda item: item[0])]


def _limit(signal: str, name: str, key: str, q: str, took: list[int | None], least: int) -> Limit:
    done = sorted(one for one in took if one is not None)
    value = None if len(done) < least else (quantile(done, q) // MINUTE + 1) * MINUTE
    return Limit(signal, name, key, q, len(done), len(took) - len(done), value)


def quantile(ascending: list[int], q: str) -> int:
    """The ceil(q n)-th smallest; `q` is a decimal, so that no float decides a rank."""
    return ascending[max(1, ceil(Fraction(q) * len(ascending))) - 1]
