"""Many more tickets than usual in a channel or on a topic: the closed hour against the same hour of the last 4 weeks.

Holds from an hour with at least 20 tickets and 3 sigma above the mean of those four, until two successive hours are
below 2 sigma. Sigma is theirs (n - 1), but at least the root of the mean, and at least 1: four quiet hours in a row
do not make the fifth a surge. In the first 4 weeks of a log nobody knows what is usual: silent.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from math import sqrt
from typing import ClassVar

from stream.claims import Finding, Kpi, Panes, Severity
from stream.definitions import DAY, HOUR

WEEK = 7 * DAY


class VolumeSurge:
    """Counts of opened tickets. `reach` = how far back the hour that began a surge is looked for."""

    name = "volume_surge"
    version = 1
    warns_of = "-"
    kpi = "ticket_volume"
    cut: str | None = "topic"
    grain = HOUR
    min_n = 20
    linger = 0

    dims: ClassVar[tuple[str, ...]] = ("channel", "topic")
    weeks = 4
    sigmas = 3
    calm_sigmas = 2
    calm_hours = 2
    reach = 7 * DAY

    def each(self, kpis: Mapping[str, Kpi]) -> Iterable[VolumeSurge]:
        """One watch for each dimension."""
        for dim in self.dims:
            one = copy.copy(self)
            one.cut = dim
            yield one

    def find(self, panes: Panes, closed: int) -> Iterable[Finding]:
        """Looks back for the hour that began it: none, once enough calm hours lie in between."""
        calm = 0
        for end in range(closed, closed - self.reach, -self.grain):
            if end - self.grain - self.weeks * WEEK < panes.began:
                return
            n = self._count(panes, end)
            calm += 1
            if n >= min(self.min_n, self.calm_sigmas):  # else it is calm whatever is usual: sigma is at least 1
                mean, sigma = self._usual(panes, end)
                if n >= self.min_n and n >= mean + self.sigmas * sigma:
                    yield self._finding(panes, closed, end, n, mean, sigma)
                    return
                calm = calm if n < mean + self.calm_sigmas * sigma else 0
            if calm == self.calm_hours:
                return

    def _usual(self, panes: Panes, end: int) -> tuple[float, float]:
        """Mean and sigma of the tickets in the same hour of the weeks before the one that ends at `end`."""
        usual = [self._count(panes, end - week * WEEK) for week in range(1, self.weeks + 1)]
        total = sum(usual)
        mean = total / self.weeks
        variance = (self.weeks * sum(n * n for n in usual) - total * total) / (self.weeks * (self.weeks - 1))
        return mean, max(sqrt(variance), sqrt(mean), 1.0)

    def _count(self, panes: Panes, end: int) -> int:
        return panes.sums(end - self.grain, end).get("n", 0)

    def _finding(self, panes: Panes, closed: int, end: int, n: int, mean: float, sigma: float) -> Finding:
        subject = " ".join(f"{dim} {label}" for dim, label in panes.cut)
        return Finding(
            cause=self.kpi,
            since=closed,
            severity=Severity.page,
            text=f"{n} tickets of {subject} in an hour; usual at this hour of the week are {mean:.1f} (+- {sigma:.1f})",
            numbers=(
                ("n", n),
                ("mean_thousandths", round(mean * 1000)),
                ("sigma_thousandths", round(sigma * 1000)),
                ("hour_ended_ms", end),
            ),
            clears=f"{self.calm_hours} successive hours below {self.calm_sigmas} sigma",
        )


WATCH = VolumeSurge()
