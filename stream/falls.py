"""When a KPI got worse: a window's confidence bound beyond that of its baseline (CATALOGUE, `kpi_fell`).

At the pane that ends at E the watch looks at the three windows that end at E, E - grain and E - 2 grains, as they
are known now. It holds while at least two of the three have fallen, which is the same as: until two have not.
A window has fallen if n >= min_n in it, n >= 10 x min_n in the 28 d before it (else nobody knows what is usual),
and its bound on the good side is still beyond the baseline's bound on the bad side. Too little data = not fallen.

Windows of 24 h looked at every hour, in many cuts, fall by chance: bounds of 1.96 are beyond each other's about once a
month and cut in a KPI that stays as it is. Such a finding is doubtful until two of the three have fallen by `sure_z`
(3.3, chance 1 in 1,000 an interval) too: what is known to be beyond chance once stays so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from stream.bounds import Bounds, Z, of_mean, of_ratio
from stream.claims import Finding, Panes, Severity
from stream.definitions import DAY, HOUR

SUCCESSIVE = 3
MILLION = 1_000_000
Measured = tuple[int, float, Bounds]


class KpiFell:
    """Base of the watches over one KPI. `scale` turns its sums' ratio into its unit (millionths: 1e6).

    `lag`: how long before the judged pane the newest window ends. A KPI that looks worse while it is young (answers
    still to come) is looked at when it is mature; one that looks better (tickets still to come) needs no lag.
    """

    name: str
    version: int = 1
    warns_of: str
    kpi: str
    cut: str | None = None
    better: Literal["higher", "lower"]
    kind: Literal["ratio", "mean"] = "ratio"  # parts num, den; or sum, n, sq
    scale: int = 1
    severity: Severity = Severity.page

    grain = HOUR
    lag = 0
    window = DAY
    baseline = 28 * DAY
    min_n = 30
    sure_z = 3.3  # bounds so wide: beyond them it is not by chance
    linger = 0

    def find(self, panes: Panes, closed: int) -> Iterable[Finding]:
        """The finding that holds at the pane that ends at `closed` (ms), if one does."""
        if (last := self._two(panes, closed, Z)) is not None:
            doubtful = self._two(panes, closed, self.sure_z) is None
            yield self._finding(panes, closed, *last, doubtful=doubtful)

    def _two(self, panes: Panes, closed: int, z: float) -> tuple[Measured, Measured] | None:
        """The newest fall, if at least two of the three windows have fallen."""
        fallen = 0
        last: tuple[Measured, Measured] | None = None
        for step in range(SUCCESSIVE):
            if fallen + SUCCESSIVE - step < 2:
                return None
            seen = self._fallen(panes, closed - self.lag - step * self.grain, z)
            fallen += seen is not None
            last = last or seen
        return last if fallen >= 2 else None

    def _fallen(self, panes: Panes, end: int, z: float) -> tuple[Measured, Measured] | None:
        """(window, baseline) if the window that ends at `end` has fallen."""
        now = self._measure(panes, end - self.window, end, self.min_n, z)
        if now is None:
            return None
        before = self._measure(panes, end - self.window - self.baseline, end - self.window, 10 * self.min_n, z)
        if before is None:
            return None
        (low, high), (usual_low, usual_high) = now[2], before[2]
        worse = low > usual_high if self.better == "lower" else high < usual_low
        return (now, before) if worse else None

    def _measure(self, panes: Panes, start: int, end: int, least: int, z: float) -> Measured | None:
        sums = panes.sums(start, end)
        if sums.get("den" if self.kind == "ratio" else "n", 0) < max(least, 2):
            return None
        return of_ratio(sums, z) if self.kind == "ratio" else of_mean(sums, z)

    def _finding(self, panes: Panes, closed: int, now: Measured, before: Measured, *, doubtful: bool) -> Finding:
        (n, value, (low, high)), (usual_n, usual, (usual_low, usual_high)) = now, before
        bound, limit = (low, usual_high) if self.better == "lower" else (high, usual_low)
        numbers = {"n": n, "baseline_n": usual_n, "value_millionths": value, "baseline_millionths": usual,
                   "bound_millionths": bound, "limit_millionths": limit}  # fmt: skip
        return Finding(
            cause=self.kpi,
            since=closed,
            severity=self.severity,
            text=self._text(panes, now, before),
            numbers=tuple((k, self._integer(k, v)) for k, v in numbers.items()),
            clears=f"two of three {self.window // HOUR} h windows in which {self.kpi} is not beyond its baseline",
            doubtful=doubtful,
        )

    def _text(self, panes: Panes, now: Measured, before: Measured) -> str:
        subject = " ".join(f"{dim} {label}" for dim, label in panes.cut) or "all"
        way = "up" if self.better == "lower" else "down"
        return (
            f"{self.kpi} of {subject} is {way} from {before[1] / self.scale:.3g} over {self.baseline // DAY} d to "
            f"{now[1] / self.scale:.3g} in {self.window // HOUR} h (n {now[0]}), beyond its usual spread"
        )

    def _integer(self, name: str, value: float) -> int:
        return round(value * MILLION / self.scale) if name.endswith("millionths") else int(value)
