"""Monthly recurring revenue: a level, in minor units of the reporting currency. Article 001.

Sum over running subscriptions of amount x quantity / months, rounded half up. In "all" and each month also the
movements since its start, a customer and instant at a time, net: `new` (not active before), `reactivation` (active
within 90 d before), `expansion`, `contraction` (cancelling one of two subscriptions too), `churn` (no subscription is
left); all positive. Corrected by a start, change or cancel heard late, from its own time on, with the movements of
its own month.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar

from stream.account import Account, State, account
from stream.claims import Fact, Window
from stream.definitions import DAY
from stream.journey import Journey
from stream.kpi import OfAccounts


class Mrr(OfAccounts):
    name = "mrr"
    unit = "money"
    better = "higher"
    flows = ("new", "expansion", "contraction", "churn", "reactivation")
    levels = ("mrr", "customers")
    windows = ("now", "month")
    back_within = 90 * DAY  # as long as a subscription that ended is remembered for certain
    longest: ClassVar = {"back_within": 90 * DAY}

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        held = account(who)
        yield from held.level(who, lambda state: (("mrr", state.mrr), ("customers", 1)))
        for before, state in pairwise((State(0, {}), *held.states)):
            name, amount = _movement(held, before, state, self.back_within)
            if amount:
                yield Fact(state.at, ((name, amount),), cut=held.cut(who, state.at))

    def value(self, p: Window) -> float | None:
        return p.end("mrr") if p.end("customers") else None

    def n(self, p: Window) -> int:
        return p.end("customers")


def _movement(held: Account, before: State, state: State, within: int) -> tuple[str, int]:
    """What a change of an account is called, and how much it is."""
    if not before.active:
        was = any(end is not None and state.at - within <= end <= state.at for _, end in held.spans)
        return "reactivation" if was else "new", state.mrr
    if not state.active:
        return "churn", before.mrr
    by = state.mrr - before.mrr
    return ("expansion", by) if by > 0 else ("contraction", -by)


KPI = Mrr()
