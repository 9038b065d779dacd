"""Calendar month: costs of retention / customers active at its start and end. Articles 000, 002.

Parts `sum` (minor units of the reporting currency) and `n` (customers retained). A cost belongs to the month of its
event; one of no customer (`company:acme`) is in all, one of `segment:smb` in that segment too. Corrected by a cost
heard late, in its own month; what corrects `retention_rate`.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account
from stream.claims import Fact, Window
from stream.costs import costs
from stream.journey import Journey
from stream.kpi import OfAccounts


class RetentionCost(OfAccounts):
    name = "retention_cost"
    needs = ""  # costs belong to no subscription
    unit = "money"
    better = "lower"
    reads = frozenset({"subscriptions", "costs", "customer"})
    flows = ("sum", "lost")
    levels = ("n",)
    windows = ("month",)

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        yield from held.active(who, (("n", 1),), early=1)
        for moved in held.moves(who):
            if not moved.state.active:
                yield Fact(moved.at, (("lost", 1),), moved.until, held.cut(who, moved.began))
        yield from costs(who, "retention", "sum")

    def parts(self, p: Window) -> dict[str, int]:
        return {"sum": p.sum("sum"), "n": p.start("n") - p.sum("lost")}

    def value(self, p: Window) -> float | None:
        parts = self.parts(p)
        return parts["sum"] / n if (n := parts["n"]) else None

    def n(self, p: Window) -> int:
        return p.start("n") - p.sum("lost")


KPI = RetentionCost()
