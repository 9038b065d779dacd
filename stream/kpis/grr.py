"""Gross revenue retention, calendar month: sum of min(MRR at end, MRR at start) / MRR at start. Article 002.

A customer at a time, of those active at the start: one customer's growth never hides another's loss. Corrected by a
start, cancel, renewal or change heard late, or a cancel taken back, also in a month that is over.
"""

from __future__ import annotations

from stream.account import Moved
from stream.kpi import MonthRevenue


class Grr(MonthRevenue):
    name = "grr"

    def worth(self, moved: Moved) -> int:
        return min(moved.state.mrr, moved.base.mrr)


KPI = Grr()
