"""Active customers who have not been active in use for 28 d / active customers: a level. Articles 001, 002.

Who has just become active (again) has 28 d before silence counts. Corrected by a use heard late, which takes the
silence back from its own time on; a cancel taken back.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account, outside
from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.journey import Journey
from stream.kpi import OfAccounts
from stream.plain import merged


class ChurnActivity(OfAccounts):
    name = "churn_activity"
    unit = "ratio"
    better = "lower"
    reads = frozenset({"subscriptions", "usage", "customer"})
    levels = ("num", "den")
    silent = 28 * DAY

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        if not held.spans:
            return
        yield from held.active(who, (("den", 1),))
        usage = who.plain("usage")
        heard = usage.held(self.silent) if usage else []
        known = merged([*heard, *((start, start + self.silent) for start, _ in held.spans)])
        for span in outside(held.spans, known):
            yield from held.spread(who, span, (("num", 1),))

    def value(self, p: Window) -> float | None:
        return p.end("num") / den if (den := p.end("den")) else None

    def n(self, p: Window) -> int:
        return p.end("den")


KPI = ChurnActivity()
