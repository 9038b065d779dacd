"""A subscription whose renewal falls due is cancelled, or not renewed by 14 d past due."""

from __future__ import annotations

from collections.abc import Iterator

from stream.definitions import DAY
from stream.journey import Journey, Subscription
from stream.outcome import About, Case
from stream.signal import words


class NonRenewal:
    """Each due date is looked at `horizon_ms` ahead, if the subscription runs then, and is neither cancelled nor
    renewed for it. Warned: by an alert that was open in the 90 d before the due date, up to the look.
    """

    name = "non_renewal"
    version = 1
    horizon_ms = 30 * DAY  # before the due date
    before_ms = 90 * DAY  # a renewal in it is one for this due date
    grace_ms = 14 * DAY  # after the due date

    @property
    def whom(self) -> str:
        return (
            f"renewals looked at {words(self.horizon_ms)} before they were due, neither cancelled nor renewed by then"
        )

    @property
    def what(self) -> str:
        return f"is cancelled, or not renewed {words(self.grace_ms)} past due"

    def cases(self, who: Journey, end: int) -> Iterator[Case]:
        for subscription in who.subscriptions:
            for due in dict.fromkeys(due for _, due, _ in subscription.dues):
                look = due - self.horizon_ms
                if look <= end and self._is_due(subscription, due - self.before_ms, look):
                    yield self._case(subscription, due, look)

    def _is_due(self, it: Subscription, since: int, look: int) -> bool:
        gone = it.cancelled is not None and it.cancelled <= look
        return it.started <= look and not gone and not any(since <= at <= look for at in it.renewals)

    def _case(self, it: Subscription, due: int, look: int) -> Case:
        known = due + self.grace_ms
        renewed = any(look < at <= known for at in it.renewals)
        cancelled = it.cancelled if it.cancelled is not None and it.cancelled <= known else known
        happened = None if renewed else cancelled
        return Case(due - self.before_ms, look, known, happened, About(subscription=it.id))


OUTCOME = NonRenewal()
