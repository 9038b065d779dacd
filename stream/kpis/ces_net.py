"""Net effort: 100 x (easy - hard) / n, -100..100; easy 5-7 and hard 1-3 of 1-7. Article 003.

By answer time. Parts `easy`, `hard`, `n`. Corrected by another answer to the same survey (the latest counts).
"""

from __future__ import annotations

from stream.claims import Parts, Window
from stream.definitions import Survey as Scale
from stream.kpi import OfSurveys
from stream.surveys import is_easy, is_hard


class CesNet(OfSurveys):
    name = "ces_net"
    unit = "points"
    better = "higher"
    family = "ces"
    flows = ("easy", "hard", "n")

    def scored(self, score: int, scale: Scale) -> Parts:
        return (("easy", int(is_easy(scale, score))), ("hard", int(is_hard(scale, score))), ("n", 1))

    def value(self, p: Window) -> float | None:
        return 100 * (p.sum("easy") - p.sum("hard")) / n if (n := p.sum("n")) else None

    def n(self, p: Window) -> int:
        return p.sum("n")


KPI = CesNet()
