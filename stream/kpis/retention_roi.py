"""Calendar month: (MRR at its end of those active at its start x margin - cost) / cost of retention. Article 000.

Parts `mrr`, `cost` (minor units of the reporting currency), `customers` (active at the start); the value comes from
them, so it merges. `margin` comes from the settings. Corrected by what corrects `nrr` and `retention_cost`: money or
costs heard late, in their own month.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import Moved
from stream.claims import Fact, Window
from stream.costs import costs
from stream.journey import Journey
from stream.kpi import MonthRevenue


class RetentionRoi(MonthRevenue):
    name = "retention_roi"
    needs = ""  # costs belong to no subscription
    bounds = (None, None)
    reads = frozenset({"subscriptions", "costs", "customer"})
    flows = ("moved", "cost")
    margin = 0.8  # of revenue

    def worth(self, moved: Moved) -> int:
        return moved.state.mrr

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        yield from super().facts(it, who)
        yield from costs(who, "retention", "cost")

    def parts(self, p: Window) -> dict[str, int]:
        mrr = p.start("mrr") + p.sum("moved")
        return {"mrr": mrr, "cost": p.sum("cost"), "customers": p.start("customers")}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        cost = parts["cost"]
        return (parts["mrr"] * self.margin - cost) / cost if cost else None


KPI = RetentionRoi()
