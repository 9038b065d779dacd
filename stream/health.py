"""How well a customer does, 0..100: a weighted mean over what is known, and how much each measure gives.

A measure that is not known is left out of the mean, not counted as good or bad. Scores are whole points, half up.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from stream.claims import Severity
from stream.days import days_in
from stream.definitions import DAY, MINUTE
from stream.journey import Journey
from stream.steps import ANSWERED, OPENED, REOPENED, RESOLVED, Step
from stream.surveys import effort

WEIGHTS = {"usage": 3, "ces": 2, "csat": 1, "friction": 3, "tickets": 1, "renewal": 1}
MONTH, QUIET = 28, 56  # days: over which use is counted, after which it is not known any more
OFTEN = 12  # days in use of 28 that are as good as every day
RECENT, LAST = 90 * DAY, 3  # the answers that count
OLD = 7 * DAY  # a ticket open for longer weighs
MILLION = 1_000_000
_at, _ENDS = attrgetter("at"), frozenset({RESOLVED, REOPENED})

# What can change a measure of itself; a new day in use and a change of alerts do too, and time (`stays`).
MOVES = frozenset(
    {"ticket.opened", "ticket.resolved", "ticket.reopened", "survey.sent", "survey.answered", "renewal.due"}
    | {f"subscription.{what}" for what in ("started", "changed", "renewed", "cancelled")}
)

Tickets = list[tuple[int, bool, int]]  # (opened, whether it is open, its last step), ms
Measures = tuple[int | None, ...]  # in the order of WEIGHTS; None = not known


def stays(who: Journey, tickets: Tickets, clock: int) -> int:
    """Until when no measure changes by itself, at log clock `clock`, or earlier (ms): by the end of the day."""
    days = days_in(who.definitions.timezone)
    times = [days.start(days.of(clock // MINUTE) + 1)]
    for steps in who.records("surveys").values():
        times += [step.at + RECENT for step in steps]
    for opened, _, last in tickets:
        times += (opened + OLD + 1, last + RECENT)
    for one in who.subscriptions:
        times += [one.started, *([] if one.ended is None else [one.ended])]
        for said, due, _ in one.dues[-1:]:
            times += [said, due - 90 * DAY, due - 30 * DAY, due + 14 * DAY + 1]
    return min([time for time in times if time > clock], default=clock + MINUTE)


def measures(who: Journey, tickets: Tickets, clock: int) -> Measures | None:
    """Each measure at log clock `clock` (ms), 0..100; None = nothing is known by which a customer could do well."""
    usage, (ces, csat) = _usage(who, clock), _answers(who, clock)
    renewal = _renewal(who, clock)
    known = [1 for _, is_open, last in tickets if is_open or last > clock - RECENT]
    if not known and usage is None and ces is None and csat is None and renewal is None:
        return None
    old = len([1 for opened, is_open, _ in tickets if is_open and opened < clock - OLD])
    loud = len([1 for held in who.alerts.values() if held.status == "open" and held.severity >= Severity.queue])
    return usage, ces, csat, max(0, 100 - 25 * loud), max(0, 100 - 20 * old), renewal


def tickets_of(who: Journey) -> Tickets:
    """All that are known, as their steps tell it: none needs to be derived for it."""
    found: Tickets = []
    for steps in who.records("tickets").values():
        opened, is_open = None, True
        for step in steps:
            kind = step.kind
            if opened is None:
                opened = step.at if kind == OPENED else None
            elif kind in _ENDS:
                is_open = kind == REOPENED
        if opened is not None:
            found.append((opened, is_open, steps[-1].at))
    return found


def score(found: Measures) -> int:
    """The weighted mean over the known measures."""
    total = weights = 0
    for weight, value in zip(WEIGHTS.values(), found, strict=True):
        if value is not None:
            total += weight * value
            weights += weight
    return _half_up(total, weights)


def _usage(who: Journey, clock: int) -> int | None:
    """100 x days in use of the last 28 / 12, at most 100; 0 for a customer who subscribes and does nothing."""
    days, steps = days_in(who.definitions.timezone), who.records("usage").get("")
    today = days.of(clock // MINUTE)
    if not steps or steps[-1].at < days.start(today - QUIET + 1):
        return 0 if any(s.ended is None or clock < s.ended for s in who.subscriptions) else None
    since = days.start(today - MONTH + 1)
    return min(100, _half_up(100 * (len(steps) - bisect_left(steps, since, key=_at)), OFTEN))


def _answers(who: Journey, clock: int) -> tuple[int | None, int | None]:
    """100 x (1 - mean effort, or its like, of the last 3 answers of 90 d): of ces, of csat."""
    known: dict[str, list[tuple[int, int, int, int]]] = {"ces": [], "csat": [], "nps": []}
    for steps in who.records("surveys").values():
        last: Step | None = steps[-1]
        if steps[-1].kind != ANSWERED:
            last = next((s for s in reversed(steps) if s.kind == ANSWERED), None)
        if last is not None and last.at > clock - RECENT:
            scale = who.definitions.surveys[steps[-1].data[0]]
            known[scale.family].append((last.at, last.data[1], last.uid, effort(scale, last.data[1])))
    return _mean(known["ces"]), _mean(known["csat"])


def _mean(answers: list[tuple[int, int, int, int]]) -> int | None:
    if not answers:
        return None
    found = sorted(answers)[-LAST:]
    return _half_up(100 * sum(MILLION - hard for *_, hard in found), len(found) * MILLION)


def _renewal(who: Journey, clock: int) -> int | None:
    """100; a renewal due within 90 d and not renewed 50; within 30 d, or up to 14 d ago, 25."""
    found = None
    for one in who.subscriptions:
        if one.started > clock or (one.ended is not None and one.ended <= clock):
            continue
        value = 100
        for said, due, _ in one.dues[-1:]:
            renewed = any(at > said and at >= due - 90 * DAY for at in one.renewals)
            if not renewed and clock <= due + 14 * DAY:
                value = 25 if due - clock <= 30 * DAY else 50 if due - clock <= 90 * DAY else 100
        found = value if found is None else min(found, value)
    return found


def _half_up(over: int, under: int) -> int:
    return (2 * over + under) // (2 * under)
