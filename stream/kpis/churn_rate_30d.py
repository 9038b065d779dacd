"""Customers active 30 d ago and not now / active 30 d ago: rolling, read now. Article 001.

Both are levels that lie 30 d after the subscriptions they tell of, under the segment of 30 d ago. Corrected by a
start or cancel heard late, or a cancel taken back, 30 d after its own time.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account, ago
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import OfAccounts


class ChurnRate30d(OfAccounts):
    name = "churn_rate_30d"
    unit = "ratio"
    better = "lower"
    levels = ("num", "den")

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        yield from ago(account(who), who, "den", "num")

    def value(self, p: Window) -> float | None:
        return p.end("num") / den if (den := p.end("den")) else None

    def n(self, p: Window) -> int:
        return p.end("den")


KPI = ChurnRate30d()
