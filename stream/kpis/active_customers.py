"""Customers with a subscription running: a level. Article 001.

Under the segment and stage of the time. Corrected by a start heard late; a cancel moved, or taken back by a renewal.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.account import account
from stream.claims import Fact, Window
from stream.journey import Journey
from stream.kpi import OfAccounts


class ActiveCustomers(OfAccounts):
    name = "active_customers"
    unit = "customers"
    better = "higher"
    levels = ("n",)

    def facts(self, it: Journey, who: Journey) -> Iterable[Fact]:
        yield from account(who).active(who, (("n", 1),))

    def value(self, p: Window) -> float | None:
        return p.end("n") or None

    def n(self, p: Window) -> int:
        return p.end("n")


KPI = ActiveCustomers()
