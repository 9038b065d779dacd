"""Calendar month: customers active at its start and not at its end / active at its start. Articles 001, 002.

A subscription that ends as a month ends is lost in that month. Who is back by the month's end was not lost. An
announced cancel counts from when it takes effect; one taken back counts nowhere. Corrected by a start or
cancel heard late, or a cancel taken back, also in a month that is over.
"""

from __future__ import annotations

from stream.account import Moved
from stream.kpi import MonthShare


class ChurnRate(MonthShare):
    name = "churn_rate"
    better = "lower"

    def has_moved(self, moved: Moved) -> bool:
        return not moved.state.active


KPI = ChurnRate()
