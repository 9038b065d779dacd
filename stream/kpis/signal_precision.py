"""How often a signal was worth it: alerts that people found useful / alerts that they reviewed, cut by signal.

By the time at which the alert opened (of a watch's alert, which opens elsewhere: by that of the verdict). An alert
counts once. Known and noise are not useful. Corrected by another verdict on the same alert, which replaces the
earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Fact
from stream.journey import Journey
from stream.kpi import RATIO, Ratio
from stream.plain import Review


class SignalPrecision(Ratio):
    name = "signal_precision"
    better = "higher"
    of = Review
    reads = frozenset({"verdicts"})
    cuts = ("segment", "signal", "stage")

    def facts(self, it: Review, who: Journey) -> Iterable[Fact]:
        signal, verdict, _ = it.steps[-1].data
        at = min(step.data[2] for step in it.steps)
        cut = tuple(sorted((*who.cut(it, at), ("signal", signal))))
        return (Fact(at, RATIO[verdict == "useful"], cut=cut),)


KPI = SignalPrecision()
