"""Predicted customer lifetime value: arpc x margin / churn_rate_30d, the lifetime at most 60 months. Article 002.

A level, from parts of its own that merge: `sum` (MRR) and `n` of active customers, `lost` and `base` of 30 d ago. No
churn means 60 months; no customers 30 d ago mean no value. `margin` and `months` come from the settings. Corrected by
what corrects `arpc` and `churn_rate_30d`: a start, change or cancel heard late.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account, ago
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import OfAccounts


class ClvPredicted(OfAccounts):
    name = "clv_predicted"
    unit = "money"
    better = "higher"
    levels = ("sum", "n", "lost", "base")
    margin = 0.8  # of revenue
    months = 60  # the longest lifetime

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        yield from held.level(who, lambda state: (("sum", state.mrr), ("n", 1)))
        yield from ago(held, who, "base", "lost")

    def value(self, p: Window) -> float | None:
        n, base, lost = p.end("n"), p.end("base"), p.end("lost")
        if not n or not base:
            return None
        return p.end("sum") / n * self.margin * (min(base / lost, self.months) if lost else self.months)

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = ClvPredicted()
