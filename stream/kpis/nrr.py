"""Net revenue retention, calendar month: MRR at end / MRR at start, of those active at the start. Article 002.

As `grr` without the min: expansion counts, new customers do not. Corrected by a start, cancel, renewal or change
heard late, or a cancel taken back, also in a month that is over.
"""

from __future__ import annotations

from stream.account import Moved
from stream.kpi import MonthRevenue


class Nrr(MonthRevenue):
    name = "nrr"
    bounds = (0, None)

    def worth(self, moved: Moved) -> int:
        return moved.state.mrr


KPI = Nrr()
