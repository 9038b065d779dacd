"""Customers active in use on the last complete day / in the 28 d to its end. Article 000: daily of monthly users.

Days of the reporting time zone, read now. A day in use is one fact in its own day (`num`), and holds for 28 days
(`den`); both under the segment and stage that the customer had when a day was over. Corrected by a use heard late, in
its own day.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import held
from stream.claims import Fact, Window
from stream.days import days_in
from stream.definitions import DAY, MINUTE
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import Usage, merged

NUM, DEN = (("num", 1),), (("den", 1),)


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
        cut, days = who.cut, self.days * DAY
        found: list[Fact]
        runs: list[tuple[int, int]]  # first use of the first day, end of the last
        found, runs = it.said.setdefault(self.name, ([], []))
        for step in it.steps[len(found) :]:  # new days come last
            at, end = step.at, step.data[1]
            found.append(Fact(at, NUM, None, cut(it, end - 1)))
            if runs and at - runs[-1][1] < days - 2 * DAY:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((at, end))
        zone = days_in(who.definitions.timezone)
        spans = [(start, zone.start(zone.of(end // MINUTE) + self.days - 1)) for start, end in runs]
        held_ = [held(who, it, start, until, DEN) for start, until in (spans if len(spans) == 1 else merged(spans))]
        return [*found, *(fact for facts in held_ for fact in facts)]

    def parts(self, p: Window) -> dict[str, int]:
        start, end = p.last_day
        return {"num": p.between("num", start, end), "den": p.between("den", None, end)}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["num"] / den if (den := parts["den"]) else None

    def n(self, p: Window) -> int:
        return self.parts(p)["den"]


KPI = Stickiness()
