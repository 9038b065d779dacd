"""Customers active 30 d ago and not now / active 30 d ago: rolling, read now. Article 001.

Both are levels that lie 30 d after the subscriptions they tell of, under the segment of 30 d ago; a variant may look
back by another time. Corrected by a start or cancel heard late, or a cancel taken back, 30 d after its own time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from stream.account import account, ago
from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.journey import Journey
from stream.kpi import OfAccounts


class ChurnRate30d(OfAccounts):
    name = "churn_rate_30d"
    unit = "ratio"
    better = "lower"
    levels = ("num", "den")
    back = 30 * DAY  # how long ago
    longest: ClassVar = {"back": 90 * DAY}  # what ended is remembered for so long

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        yield from ago(account(who), who, "den", "num", self.back)

    def value(self, p: Window) -> float | None:
        return p.end("num") / den if (den := p.end("den")) else None

    def n(self, p: Window) -> int:
        return p.end("den")


KPI = ChurnRate30d()
