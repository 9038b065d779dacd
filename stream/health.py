"""How well a customer does, 0..100: a weighted mean over what is known, and how much each measure gives.

A measure that is not known is left out of the mean, not counted as good or bad. Scores are whole points, half up.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from stream.account import Account, account
from stream.claims import Severity
from stream.days import days_in
from stream.definitions import DAY, MINUTE
from stream.journey import NEVER, Held, Journey
from stream.steps import ANSWERED, OPENED, REOPENED, RESOLVED, Step
from stream.subscriptions import Subscription
from stream.surveys import effort

WEIGHTS = {"usage": 3, "ces": 2, "csat": 1, "friction": 3, "tickets": 1, "renewal": 1}
MONTH, QUIET = 28, 56  # days: over which use is counted, after which it is not known any more
OFTEN = 12  # days in use of 28 that are as good as every day
RECENT, LAST = 90 * DAY, 3  # the answers that count
OLD = 7 * DAY  # a ticket open for longer weighs
MILLION = 1_000_000
_at, _QUEUE = attrgetter("at"), int(Severity.queue)

# What can change a measure of itself (`may_move`); a new day in use and an alert do too, and time.
MOVES = frozenset(
    {"ticket.opened", "ticket.resolved", "ticket.reopened", "survey.sent", "survey.answered", "renewal.due"}
    | {f"subscription.{what}" for what in ("started", "changed", "renewed", "cancelled")}
)

Answer = tuple[int, int, int, int]  # at (ms), score, uid, effort in millionths
Measures = tuple[int | None, ...]  # in the order of WEIGHTS; None = not known


def may_move(kind: int, family: str, steps: list[Step] | None, at: int, clock: int) -> bool:
    """Whether a step at `at` (ms) of an event of MOVES may change a measure today, at log clock `clock`, of a customer
    whose health is known: a ticket weighs once it is old, a survey when it is answered. `steps` = its record before.
    """
    if family == "tickets":
        return min(at, steps[0].at if steps else at) < clock - OLD + 2 * DAY  # `measures` looks no further than a day
    return family != "surveys" or kind == ANSWERED or steps is not None


def is_loud(held: Held) -> bool:
    """Whether an alert is friction to its customer."""
    return held.status == "open" and held.severity >= _QUEUE


def measures(who: Journey, clock: int) -> tuple[Measures | None, int]:
    """Each measure at log clock `clock` (ms), 0..100; None = nothing is known by which a customer could do well. And
    until when (ms) no measure changes by itself, by the end of the day.
    """
    quiet, month, end = _days(who.definitions.timezone, clock // MINUTE)
    if end <= clock:
        end = clock + MINUTE
    turns: list[int] = []  # times before `end` at which a measure may change by itself
    renewal, runs = _standing(account(who), clock, turns) if who.has("subscriptions") else (None, False)
    usage = _usage(who, quiet, month, runs=runs)
    ces, csat = _answers(who, clock, end, turns)
    old, lately = _tickets(who, clock, end, turns)
    until = min([end, *(at for at in turns if at > clock)]) if turns else end
    if usage is None and ces is None and csat is None and renewal is None and not lately:
        return None, until
    loud = sum(map(is_loud, who.alerts.values()))
    return (usage, ces, csat, max(0, 100 - 25 * loud), max(0, 100 - 20 * old), renewal), until


@lru_cache(4_096)
def score(found: Measures) -> int:
    """The weighted mean over the known measures."""
    total = weights = 0
    for weight, value in zip(WEIGHTS.values(), found, strict=True):
        if value is not None:
            total += weight * value
            weights += weight
    return _half_up(total, weights)


def _tickets(who: Journey, clock: int, end: int, turns: list[int]) -> tuple[int, bool]:
    """How many are old, and whether there was one lately, as steps tell it: none needs to be derived for it."""
    old, lately = 0, False
    for steps in who.records("tickets").values():
        head: Step | None = steps[0]
        if steps[0].kind != OPENED:
            head = next((s for s in steps if s.kind == OPENED), None)
        if head is None:
            continue
        if head.at > end - OLD:  # most often: not old yet, nor today
            lately = True
            continue
        last = steps[-1]
        is_open = last is head or _is_open(steps, head)
        old += is_open and head.at < clock - OLD
        lately = lately or is_open or last.at > clock - RECENT
        turns += (head.at + OLD + 1, last.at + RECENT)
    return old, lately


def _is_open(steps: list[Step], head: Step) -> bool:
    for step in reversed(steps):
        if step.kind == RESOLVED:
            return False
        if step is head or step.kind == REOPENED:
            break
    return True


def _usage(who: Journey, quiet: int, month: int, *, runs: bool) -> int | None:
    """100 x days in use of the last 28 / 12, at most 100; 0 for a customer who subscribes and does nothing."""
    steps = who.records("usage").get("")
    if not steps or steps[-1].at < quiet:
        return 0 if runs else None
    used = len(steps) if steps[0].at >= month else len(steps) - bisect_left(steps, month, key=_at)
    return min(100, _half_up(100 * used, OFTEN))


@lru_cache(4_096)
def _days(timezone: str, minute: int) -> tuple[int, int, int]:
    """Starts of the `QUIET` and of the `MONTH` days that end with the day of a minute, and its end, ms."""
    days = days_in(timezone)
    today = days.of(minute)
    return days.start(today - QUIET + 1), days.start(today - MONTH + 1), days.start(today + 1)


def _answers(who: Journey, clock: int, end: int, turns: list[int]) -> tuple[int | None, int | None]:
    """100 x (1 - mean effort, or its like, of the last 3 answers of 90 d): of ces, of csat."""
    surveys = who.records("surveys")
    if not surveys:
        return None, None
    ces: list[Answer] = []
    csat: list[Answer] = []
    scales, since = who.definitions.surveys, clock - RECENT
    for steps in surveys.values():
        if steps[0].at < end - RECENT:
            turns += [step.at + RECENT for step in steps]
        last: Step | None = steps[-1]
        if steps[-1].kind != ANSWERED:
            last = next((s for s in reversed(steps) if s.kind == ANSWERED), None)
        if last is not None and last.at > since:
            scale = scales[steps[-1].data[0]]
            if scale.family != "nps":
                answer = last.at, last.data[1], last.uid, effort(scale, last.data[1])
                (ces if scale.family == "ces" else csat).append(answer)
    return _mean(ces), _mean(csat)


def _mean(answers: list[Answer]) -> int | None:
    if not answers:
        return None
    if len(answers) > LAST:
        answers = sorted(answers)[-LAST:]
    n = len(answers)
    return _half_up(100 * (n * MILLION - sum([hard for *_, hard in answers])), n * MILLION)


class Standing(NamedTuple):
    """Of subscriptions, in [since, until) ms, in which nothing of them changes: `_renewal`, and whether one has not
    ended.
    """

    since: int
    until: int
    found: tuple[int | None, bool]


def _standing(held: Account, clock: int, turns: list[int]) -> tuple[int | None, bool]:
    """How they stand at `clock`: derived once for all times until that changes; mostly that is far ahead."""
    known: Standing | None = held.standing
    if known is None or not known.since <= clock < known.until:
        own: list[int] = []
        renewal = _renewal(held.subscriptions, clock, own)
        runs = any(one.ended is None or clock < one.ended for one in held.subscriptions)
        since = max((at for at in own if at <= clock), default=0)
        until = min((at for at in own if at > clock), default=NEVER)
        known = held.standing = Standing(since, until, (renewal, runs))
    turns.append(known.until)
    return known.found


def _renewal(subscriptions: list[Subscription], clock: int, turns: list[int]) -> int | None:
    """100; a renewal due within 90 d and not renewed 50; within 30 d, or up to 14 d ago, 25."""
    found = None
    for one in subscriptions:
        turns += [one.started, *([] if one.ended is None else [one.ended])]
        for said, due, _ in one.dues[-1:]:
            turns += [said, due - 90 * DAY, due - 30 * DAY, due + 14 * DAY + 1]
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
