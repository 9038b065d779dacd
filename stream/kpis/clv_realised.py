"""Customer lifetime value so far: (paid - refunded) / customers who ever paid, a level. Articles 001, 003.

In minor units of the reporting currency, over all time: the ledger is never dropped. A refund, however late, takes
back what was paid; refunds of a customer who never paid count nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import spread
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import Ledger, Own, worth_of


class ClvRealised(Plugin):
    name = "clv_realised"
    unit = "money"
    better = "higher"
    of = Ledger
    reads = frozenset({"invoices", "customer"})
    levels = ("sum", "n")
    windows = LEVEL

    def facts(self, it: Ledger, who: Journey) -> Iterable[Fact]:
        if (paid := it.paid) is None:
            return
        for step in it.steps:
            own = Own(step.segment, step.stage)
            yield from spread(who, own, (max(step.at, paid), None), (("sum", worth_of(step, who.definitions)),))
        first = next(step for step in it.steps if step.at == paid)
        yield from spread(who, Own(first.segment, first.stage), (paid, None), (("n", 1),))

    def value(self, p: Window) -> float | None:
        return p.end("sum") / n if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = ClvRealised()
