"""A customer gives notice to the last subscription within the next 30 d.

It happens when the cancel is said, not when it takes effect: from then on nobody needs a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from stream.definitions import DAY
from stream.journey import NEVER, Journey
from stream.outcome import Case
from stream.plain import merged
from stream.signal import words


class Churn:
    """A customer is looked at every period from its first start on, as long as some subscription runs uncancelled; so
    one customer is several cases. Warned: by an alert that was open in the period before the look.
    """

    name = "churn"
    version = 1
    period_ms = 30 * DAY  # between two looks; also how far a look reaches, back and ahead

    @property
    def whom(self) -> str:
        return f"customers with an uncancelled subscription, each looked at every {words(self.period_ms)}"

    @property
    def what(self) -> str:
        return f"cancels the last subscription within {words(self.period_ms)}"

    def cases(self, who: Journey, end: int) -> Iterator[Case]:
        spans = [(s.started, NEVER if s.cancelled is None else max(s.cancelled, s.started)) for s in who.subscriptions]
        if not spans:
            return
        period = self.period_ms
        first = min(spans)[0]
        for start, gone in merged(spans):
            look = first + max(-((first - start) // period), 1) * period  # the first look of the grid in this span
            while look <= end and look < gone:
                happened = gone if gone <= look + period else None
                yield Case(look - period, look, look + period, happened)
                look += period


OUTCOME = Churn()
