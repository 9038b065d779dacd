"""Renewals done / due, by when they were due. Articles 000, 004: how many leave around renewal time.

Done = renewed after it was announced, from 90 d before the due date to 14 d after it; one renewal does one, the
earliest that it can. A due date announced anew before it passed, with no renewal in between, was moved: it counts at
the newer date alone. Who cancels after the announcement was due and did not renew; announced after the end, nothing
is due. Corrected by a renewal or cancel heard late, by its own time; a due date that is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.claims import Fact
from stream.definitions import DAY
from stream.journey import Journey, Subscription
from stream.kpi import OF_ALL, Ratio

EARLY = 90 * DAY  # before it is due


class RenewalRate(Ratio):
    name = "renewal_rate"
    better = "higher"
    of = Subscription
    reads = frozenset({"subscriptions"})
    on = frozenset({"subscription.started", "subscription.renewed", "subscription.cancelled", "renewal.due"})
    windows = ("30d", "month")
    cuts = OF_ALL
    matures = 14 * DAY  # also how late a renewal may come

    def facts(self, it: Subscription, who: Journey) -> Iterable[Fact]:
        left = list(it.renewals)
        for said, due in sorted(_due(it), key=lambda each: each[1]):
            done = next((at for at in left if at > said and -EARLY <= at - due <= self.matures), None)
            if done is not None:
                left.remove(done)
            yield Fact(due, (("num", int(done is not None)), ("den", 1)), cut=who.cut(it, due))


def _due(it: Subscription) -> Iterator[tuple[int, int]]:
    """(first announced, due) of each due date that was not moved, while it runs."""
    first: dict[int, int] = {}
    for said, due, _ in it.dues:
        if it.started <= said and (it.ended is None or said < it.ended):
            first.setdefault(due, said)
    told = [(said, due) for due, said in first.items()]
    for i, (said, due) in enumerate(told):
        newer = told[i + 1][0] if i + 1 < len(told) else None
        if newer is None or newer > due or any(said < at <= newer for at in it.renewals):
            yield said, due


KPI = RenewalRate()
