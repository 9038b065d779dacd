"""Calendar month: customers who by its end have a product that they had not / active at its start. Article 000.

A new product that is gone again within the month was none. Corrected by a start, cancel, renewal or change heard
late, or a cancel taken back, also in a month that is over.
"""

from __future__ import annotations

from stream.account import Moved
from stream.kpi import MonthShare


class CrossSellRate(MonthShare):
    name = "cross_sell_rate"
    better = "higher"

    def has_moved(self, moved: Moved) -> bool:
        return any(product not in moved.base.products for product in moved.state.products)


KPI = CrossSellRate()
