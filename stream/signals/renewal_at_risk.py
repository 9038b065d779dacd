"""A renewal is due within 90 d while something is wrong: a ticket open for over 3 d, a low score within 60 d, or a
drop of use.

Until renewed, cancelled, or 14 d past due; a page within 30 d of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream.account import account
from stream.claims import Finding, Severity
from stream.definitions import DAY
from stream.drops import drops
from stream.journey import Journey, Subscription
from stream.signal import SHOWN, Plugin
from stream.surveys import is_low

Trouble = tuple[int, int | None, str, int]  # from, until, what, uid (0 = no one step)


class RenewalAtRisk(Plugin):
    name = "renewal_at_risk"
    needs = "subscriptions"
    warns_of = "non-renewal"
    of = Journey
    reads = frozenset({"subscriptions", "tickets", "surveys", "usage"})

    before_ms = 90 * DAY
    page_before_ms = 30 * DAY
    after_ms = 14 * DAY
    open_ms = 3 * DAY
    low_ms = 60 * DAY
    least_days = 8  # in use, of 28: below it no use is usual

    def find(self, it: Journey, who: Journey) -> Iterable[Finding]:
        troubles: list[Trouble] | None = None
        if not any(one.dues for one in account(it).subscriptions):
            return  # as mostly
        for subscription in it.subscriptions:
            for opens, due, uid, end in self._dues(subscription):
                troubles = self._troubles(it) if troubles is None else troubles
                yield from self._at(subscription.id, opens, due, uid, end, troubles)

    def _dues(self, it: Subscription) -> Iterator[tuple[int, int, int, int]]:
        """(opens, due, uid, end) of each renewal; one announced anew before it was settled takes the newer date.

        A renewal settles what was announced before it: the next term of a monthly one is due within 90 d as well.
        """
        for i, (said, due, uid) in enumerate(it.dues):
            first = min(at for at, same, _ in it.dues if same == due)
            ends = [at for at in it.renewals if at > first and at >= due - self.before_ms]
            if it.cancelled is not None:
                ends.append(it.cancelled)
            end = min([due + self.after_ms, *ends])
            newer = it.dues[i + 1][0] if i + 1 < len(it.dues) else None
            if newer is None or any(said < at <= newer for at in it.renewals) or end <= newer:
                begun = max([at for at in it.renewals if at <= first], default=it.started)
                yield max(begun, due - self.before_ms), due, uid, end

    def _troubles(self, it: Journey) -> list[Trouble]:
        found: list[Trouble] = []
        for ticket in it.tickets:
            for start, end in ticket.periods:
                since = max(start, ticket.opened + self.open_ms)
                if end is None or end > since:
                    found.append((since, end, f"ticket {ticket.id} open for over 3 d", ticket.opened_uid))
        for survey in it.surveys:
            for i, (at, score, uid) in enumerate(survey.answers):
                if is_low(survey.definition, score):
                    newer = survey.answers[i + 1][0] if i + 1 < len(survey.answers) else at + self.low_ms
                    found.append((at, min(at + self.low_ms, newer), f"answered {score} to {survey.kind}", uid))
        for drop in drops(it, self.least_days):
            what = f"in use on {drop.recent} of 7 days, after {drop.before} of the 28 before"
            found.append((drop.since, drop.until, what, 0))
        return sorted(found, key=lambda t: (t[0], t[3]))

    def _at(self, id_: str, opens: int, due: int, uid: int, end: int, troubles: list[Trouble]) -> Iterator[Finding]:
        seen = [t for t in troubles if t[0] < end and (t[1] is None or t[1] > max(t[0], opens))][:SHOWN]
        if not seen:
            return
        since = max(opens, min(t[0] for t in seen))
        if since >= end:
            return
        page = due - self.page_before_ms
        turns = sorted({since, *(t for t in (page, *(t[0] for t in seen)) if since < t < end)})
        for start, stop in zip(turns, [*turns[1:], end], strict=True):
            known = [t for t in seen if t[0] <= start]
            severity = Severity.page if start >= page else Severity.queue
            days = (self.page_before_ms if start >= page else self.before_ms) // DAY
            yield Finding(
                cause=id_,
                since=start,
                until=stop,
                severity=severity,
                text=f"Renewal of {id_} is due within {days} d: " + "; ".join(what for _, _, what, _ in known[:3]),
                evidence=(uid, *(t[3] for t in known if t[3])),
                numbers=(("due_at_ms", due), ("troubles", len(known))),
                clears="renewed, cancelled, or 14 d past due",
            )


SIGNAL = RenewalAtRisk()
