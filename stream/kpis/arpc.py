"""Average revenue per customer: MRR / active customers, a level. Article 000.

Parts `sum` (minor units of the reporting currency) and `n`. Corrected by what corrects `mrr`: a start, change or
cancel heard late, a cancel taken back.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import OfAccounts


class Arpc(OfAccounts):
    name = "arpc"
    unit = "money"
    better = "higher"
    levels = ("sum", "n")

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        yield from account(who).level(who, lambda state: (("sum", state.mrr), ("n", 1)))

    def value(self, p: Window) -> float | None:
        return p.end("sum") / n if (n := p.end("n")) else None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = Arpc()
