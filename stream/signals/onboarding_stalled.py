"""A new customer has not reached a milestone in the time in which nine of ten do.

From the first `subscription.started` (as time_to_value counts), past the cohort's p90. Until reached, at most 60 d,
and not beyond the end of the customer's last subscription.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.journey import Journey, Subscription
from stream.signal import Plugin, words


class OnboardingStalled(Plugin):
    """`milestones` are those to be reached, maybe before the start; a cohort is those of one segment at their start."""

    name = "onboarding_stalled"
    needs = "subscriptions"
    warns_of = "churn"
    of = Journey
    reads = frozenset({"subscriptions", "product", "customer"})
    on = frozenset(
        {
            "customer.updated",
            "milestone.reached",
            "subscription.cancelled",
            "subscription.renewed",
            "subscription.started",
        }
    )

    milestones: tuple[str, ...] = ("value",)
    limit_ms = 30 * DAY
    limit_by_milestone_ms: ClassVar[dict[str, int]] = {}
    limit_by_segment_ms: ClassVar[dict[str, int]] = {}  # goes before the milestone's
    holds_ms = 60 * DAY

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        subscriptions = it.subscriptions
        if not subscriptions:
            return
        first = min(subscriptions, key=lambda s: (s.started, s.id))
        ends = [s.ended for s in subscriptions]
        end = None if None in ends else max(e for e in ends if e is not None)
        for milestone in self.milestones:
            yield from self._of(it, first, milestone, end)

    def _of(self, it: Journey, first: Subscription, milestone: str, end: int | None) -> Iterator[Finding]:
        segment = first.segment or it.attribute("segment", first.started) or ""
        limit = self.limit_by_segment_ms.get(segment, self.limit_by_milestone_ms.get(milestone, self.limit_ms))
        since = first.started + limit
        reached = [s.at for s in it.records("milestones").get(milestone, ())][:1]
        until = min([since + self.holds_ms, *reached, *([] if end is None else [end])])
        if until <= since:
            return
        begun = next(s.uid for s in first.steps if s.at == first.started)
        yield Finding(
            cause=milestone,
            since=since,
            until=until,
            severity=Severity.queue,
            text=f"{words(limit)} after the start of {first.id} the milestone {milestone} has not been reached",
            evidence=(begun,),
            numbers=(("limit_ms", limit), ("started_at_ms", first.started)),
            clears=f"the milestone is reached, or {words(self.holds_ms)}",
        )


SIGNAL = OnboardingStalled()
