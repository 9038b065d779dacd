"""A KPI fell: `kpi_fell` on the KPIs that settings name, each by one dimension or over all (stream/falls.py).

Those named by default say something at once. What matures late (fcr, reopen_rate) looks better while it is young: it
can be watched, and is slow to tell.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from stream.bounds import Z
from stream.claims import Kpi, Panes
from stream.definitions import HOUR
from stream.falls import MILLION, KpiFell, Measured


class KpisFell(KpiFell):
    """`watched` = "KPI" or "KPI by dimension"; `thresholds` = by KPI, in its unit: beyond it is a fall too.

    A ratio is known by its parts num and den; a mean by sum, n and sq, which are in millionths.
    """

    name = "kpi_fell"
    warns_of = "-"
    kpi = "csat_top2"
    better: Literal["higher", "lower"] = "higher"
    threshold: float | None = None

    watched: tuple[str, ...] = ("ces_easy", "csat_top2", "search_failure")
    thresholds: ClassVar[dict[str, float]] = {}

    def each(self, kpis: Mapping[str, Kpi]) -> Iterable[KpisFell]:
        """One watch for each of `watched`. Raises ValueError for a KPI that is not there, or has no such bounds."""
        for said in self.watched:
            name, _, dim = said.partition(" by ")
            kpi = kpis.get(name)
            if kpi is None and said in type(self).watched:
                continue  # a run with a choice of KPIs
            if kpi is None or (dim and dim not in kpi.cuts):
                raise ValueError(f"watched: there is no {said!r}")
            kind = "ratio" if {"num", "den"} <= {*kpi.flows} else "mean" if {"sum", "n", "sq"} <= {*kpi.flows} else ""
            if not kind or kpi.better not in ("higher", "lower"):
                raise ValueError(
                    f"watched: {name} is no ratio, nor a mean with squares, with a better side: it has no bounds"
                )
            one = copy.copy(self)
            vars(one).update(kpi=name, cut=dim or None, better=kpi.better, kind=kind,
                             scale=MILLION if kind == "mean" else 1, threshold=self.thresholds.get(name))  # fmt: skip
            yield one

    def _fallen(self, panes: Panes, end: int, z: float) -> tuple[Measured, Measured] | None:
        if (fallen := super()._fallen(panes, end, z)) or self.threshold is None:
            return fallen
        now = self._measure(panes, end - self.window, end, self.min_n, Z)  # nothing was chosen by chance: no doubt
        if now is None:
            return None
        limit, (low, high) = self.threshold * self.scale, now[2]
        worse = low > limit if self.better == "lower" else high < limit
        return (now, (0, limit, (limit, limit))) if worse else None

    def _text(self, panes: Panes, now: Measured, before: Measured) -> str:
        if before[0]:
            return super()._text(panes, now, before)
        side = "above" if self.better == "lower" else "below"
        about = " ".join(f"{dim} {label}" for dim, label in panes.cut) or "all"
        return (
            f"{self.kpi} of {about} is {now[1] / self.scale:.3g} in {self.window // HOUR} h (n {now[0]}), "
            f"{side} the limit of {before[1] / self.scale:g}"
        )


WATCH = KpisFell()
