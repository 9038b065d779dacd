"""Time from a customer's first start of a subscription to the milestone `value`, within 30 d. Article 001.

By that start, so a month is the cohort that started in it. The mean and the quantiles (`sum`, `n`, `h`) are of those
who reached it in time; `started` counts all, so n / started is the share that did: those who never do are not left
out of sight. The milestone that is meant comes from the settings. Corrected by a milestone heard late, by its own
time; an earlier start heard late.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from stream.account import account
from stream.claims import Fact
from stream.definitions import DAY
from stream.histogram import bucket
from stream.journey import Journey
from stream.kpi import SLOW, Duration


class TimeToValue(Duration):
    name = "time_to_value"
    needs = "subscriptions"
    of = Journey
    reads = frozenset({"subscriptions", "milestones", "customer"})
    on = frozenset({"subscription.started", "milestone.reached", "customer.updated"})
    flows = ("sum", "n", "h", "started")
    windows = SLOW
    matures = 30 * DAY  # also the time within which it must be reached
    milestone = "value"

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        start = min((s.started for s in who.subscriptions), default=None)
        if start is None:
            return
        parts = [("started", 1)]
        reached = who.plain("milestones", self.milestone)
        steps = reached.steps if reached else []
        i = bisect_left(steps, start, key=lambda step: step.at)
        if i < len(steps) and steps[i].at <= start + self.matures:
            seconds = (steps[i].at - start) // 1000
            parts += [("sum", seconds), ("n", 1), (bucket(seconds), 1)]
        yield Fact(start, tuple(parts), cut=account(who).cut(who, start))


KPI = TimeToValue()
