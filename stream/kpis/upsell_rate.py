"""Calendar month: customers whose MRR of a product they had rises by its end / active at its start. Article 000.

A price or a quantity may have risen; a rise taken back within the month was none. Corrected by a start, cancel,
renewal or change heard late, or a cancel taken back, also in a month that is over.
"""

from __future__ import annotations

from stream.account import Moved
from stream.kpi import MonthShare


class UpsellRate(MonthShare):
    name = "upsell_rate"
    better = "higher"

    def has_moved(self, moved: Moved) -> bool:
        had = moved.base.products
        return any(mrr > had[product] for product, mrr in moved.state.products.items() if product in had)


KPI = UpsellRate()
