"""Customer health, 0-100: a level per customer, the mean over customers. Article 001.

Each customer's score is the weighted mean over its known measures (stream/health.py): days in use, effort,
satisfaction, alerts, old tickets, renewal. It is looked at on each event of the customer and once a day, by the log;
the last looks are kept as a record of the journey, with every measure, so that a drop explains itself. Parts
`sum`, `n`, `green` (70 or more), `yellow` (40 or more), `red`. Corrected by nothing: what is heard late counts from
when it is heard, in the next look.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import held
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import Health


class HealthScore(Plugin):
    name = "health"
    bounds = (0, 100)
    unit = "points"
    better = "higher"
    of = Health
    reads = frozenset(
        {"tickets", "surveys", "sessions", "searches", "subscriptions", "product", "customer", "verdicts"}
    )
    levels = ("sum", "n", "green", "yellow", "red")
    windows = LEVEL
    green = 70  # points or more
    yellow = 40

    def facts(self, it: Health, who: Journey) -> Iterable[Fact]:
        own, steps = who.everybody, it.steps
        found: list[Fact] = []
        for i, step in enumerate(steps, 1):
            if step.data:
                points = step.data[0]
                colour = "green" if points >= self.green else "yellow" if points >= self.yellow else "red"
                until = steps[i].at if i < len(steps) else None
                found += held(who, own, step.at, until, (("sum", points), ("n", 1), (colour, 1)))
        return found

    def value(self, p: Window) -> float | None:
        return p.end("sum") / n if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = HealthScore()
