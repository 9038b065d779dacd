"""Customers active in use on the last complete day / in the 28 d to its end. Article 000: daily of monthly users.

Days of the reporting time zone, read now. A day in use is one fact in its own day (`num`), and holds for 28 days
(`den`); both under the segment and stage that the customer had when a day was over. A day heard late counts where it
was.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import spread
from stream.claims import Fact, Window
from stream.days import days_in
from stream.definitions import MINUTE
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import Usage


class Stickiness(Plugin):
    name = "stickiness"
    unit = "ratio"
    better = "higher"
    of = Usage
    reads = frozenset({"usage", "customer"})
    flows = ("num",)
    levels = ("den",)
    windows = LEVEL
    days = 28

    def facts(self, it: Usage, who: Journey) -> Iterable[Fact]:
        days = days_in(who.definitions.timezone)
        spans: list[tuple[int, int]] = []
        for step in it.steps:
            day = days.of(step.data[1] // MINUTE) - 1
            start, end = days.start(day), days.start(day + self.days)
            yield Fact(start, (("num", 1),), cut=who.cut(it, step.data[1] - 1))
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        for span in spans:
            yield from spread(lambda at: who.cut(it, at), who.turns(it, *span), span, (("den", 1),))

    def parts(self, p: Window) -> dict[str, int]:
        start, end = p.last_day
        return {"num": p.between("num", start, end), "den": p.between("den", None, end)}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["num"] / den if (den := parts["den"]) else None

    def n(self, p: Window) -> int:
        return self.parts(p)["den"]


KPI = Stickiness()
