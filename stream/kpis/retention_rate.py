"""Calendar month: customers active at its start and at its end / active at its start. Article 002.

1 - `churn_rate`, from parts of its own. Corrected by what corrects `churn_rate`: a start or cancel heard late, a
cancel taken back.
"""

from __future__ import annotations

from stream.account import Moved
from stream.claims import Window
from stream.kpi import MonthShare


class RetentionRate(MonthShare):
    name = "retention_rate"
    better = "higher"

    def has_moved(self, moved: Moved) -> bool:
        return not moved.state.active

    def parts(self, p: Window) -> dict[str, int]:
        den = p.start("den")
        return {"num": den - p.sum("num"), "den": den}


KPI = RetentionRate()
