"""Customer lifetime value so far: (paid - refunded) / customers who ever paid, a level. Articles 001, 003.

In minor units of the reporting currency, over all time: the ledger is never dropped. Refunds of a customer who never
paid count nowhere. All that a customer paid stands under its segment and stage of the time; else, while nothing else
names them, under those that its first payment came with: so a cut has the money and the customers of the same people.
Corrected by a refund, however late; a payment heard late, from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import spread
from stream.claims import Fact, Parts, Window
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import Ledger, worth_of
from stream.steps import Step


class ClvRealised(Plugin):
    name = "clv_realised"
    unit = "money"
    better = "higher"
    of = Ledger
    reads = frozenset({"invoices", "customer"})
    levels = ("sum", "n")
    windows = LEVEL

    def facts(self, it: Ledger, who: Journey) -> Iterable[Fact]:
        first = it.first_paid
        if first is None:
            return
        yield from _held(first, first.at, (("n", 1),), who)
        for step in it.steps:
            yield from _held(first, max(step.at, first.at), (("sum", worth_of(step, who.definitions)),), who)

    def value(self, p: Window) -> float | None:
        return p.end("sum") / n if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


def _held(first: Step, at: int, parts: Parts, who: Journey) -> Iterable[Fact]:
    return spread(lambda at: who.cut_of_customer(first, at), who.turns(who.everybody, at, None), (at, None), parts)


KPI = ClvRealised()
