"""Customer lifetime value so far: (paid - refunded) / customers who ever paid, a level. Articles 001, 003.

In minor units of the reporting currency, over all time: the ledger is never dropped. Refunds of a customer who never
paid count nowhere. Corrected by a refund, however late; a payment heard late, from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.account import Parts, spread
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import LEVEL, Plugin
from stream.plain import Ledger, Own, worth_of
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
        if (paid := it.paid) is None:
            return
        for step in it.steps:
            yield from self._held(step, max(step.at, paid), (("sum", worth_of(step, who.definitions)),), who)
        first = next(step for step in it.steps if step.at == paid)
        yield from self._held(first, paid, (("n", 1),), who)

    def _held(self, step: Step, at: int, parts: Parts, who: Journey) -> Iterator[Fact]:
        own = Own(step.segment, step.stage)
        return spread(lambda at: who.cut(own, at), who.turns(own, at, None), (at, None), parts)

    def value(self, p: Window) -> float | None:
        return p.end("sum") / n if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = ClvRealised()
