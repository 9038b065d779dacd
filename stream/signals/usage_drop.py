"""A customer uses it far less than before: 7-day days in use below half of a quarter of the own 28 days before.

The own baseline beats any absolute limit (product.md, section 2). Until back above, and 1 d more.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.drops import BEFORE, RECENT, drops
from stream.journey import Journey
from stream.signal import Plugin


class UsageDrop(Plugin):
    """Judged at the start of each day, over complete days. Who was in use on fewer days has no habit to fall from."""

    name = "usage_drop"
    needs = "usage"
    warns_of = "churn"
    of = Journey
    reads = frozenset({"usage"})
    linger = DAY

    least_days = 8  # in use, of the 28

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        for drop in drops(it, self.least_days):
            yield Finding(
                cause="usage",
                since=drop.since,
                until=drop.until,
                severity=Severity.queue,
                text=f"In use on {drop.recent} of {RECENT} days, after {drop.before} of the {BEFORE} before",
                numbers=(("recent_days", drop.recent), ("before_days", drop.before), ("least_days", self.least_days)),
                clears=f"days in use of {RECENT} d at or above an eighth of those of the {BEFORE} d before, for a day",
            )


SIGNAL = UsageDrop()
