"""A segment's customers find it harder than they did: `kpi_fell` on effort, segment by segment."""

from __future__ import annotations

from typing import Literal

from stream.falls import MILLION, KpiFell


class FallingCesSegment(KpiFell):
    """Mean effort (0 = easy .. 1 = hard, in millionths) of 24 h above that of the 28 d before, by confidence bounds."""

    name = "falling_ces_segment"
    warns_of = "churn"
    kpi = "effort"
    cut: str | None = "segment"
    better: Literal["higher", "lower"] = "lower"
    kind: Literal["ratio", "mean"] = "mean"
    scale = MILLION


WATCH = FallingCesSegment()
