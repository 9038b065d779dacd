"""Whether an event may come in: its route, its time, its definition. Judged against the log clock, in journeys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stream.definitions import DAY, Definitions
from stream.event import FAMILIES
from stream.money import LIMIT, minor
from stream.record import Reason, Reject, murmur2

NOT_YET = frozenset({"customer.merged", "customer.unmerged", "customer.erased", "definitions.set"})
DATED = {
    "ticket.opened": "promised_by",
    "ticket.updated": "promised_by",
    "subscription.cancelled": "effective_at",
    "renewal.due": "due_at",
}  # types whose data holds a date: field
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # of such dates: calendars end
WEIGHED = frozenset({"surveys", "subscriptions", "money"})
DEFINED = NOT_YET | DATED.keys() | {type_ for type_, family in FAMILIES.items() if family in WEIGHED}  # `fits` judges
SHORT = frozenset({"sessions", "searches"})  # families kept for `keep.sessions`


def routed(event: Any, key: bytes | None, partition: int, definitions: Definitions, *, known: bool) -> Reject | None:
    """Whether it came to the partition of its subject; `known` = its key has been here before."""
    subject: bytes = event.subject.encode()
    if subject != key:
        return Reject(Reason.MISROUTED, f"subject {event.subject!r} is not the record's key - at `$.subject`")
    if not known and murmur2(subject) % definitions.partitions != partition:
        return Reject(Reason.MISROUTED, f"subject {event.subject!r} belongs to another partition - at `$.subject`")
    return None


def timely(event: Any, at: int, clock: int, definitions: Definitions) -> Reject | None:
    """Whether its time `at` is neither ahead of the log clock nor older than what is kept (ms)."""
    if at > clock:
        if at <= clock + definitions.future:
            return None
        return Reject(Reason.FUTURE, f"time is {(at - clock) // 1000} s after the log clock - at `$.time`")
    kept = _kept(event, definitions)
    if at >= clock - kept or event.backfill:
        return None
    return Reject(
        Reason.TOO_LATE,
        f"time is {(clock - at) // DAY} d before the log clock and {kept // DAY} d are kept: "
        "mark history with `backfill` - at `$.time`",
    )


def _kept(event: Any, definitions: Definitions) -> int:
    keep = definitions.keep
    if event.family in SHORT:
        return keep.sessions
    return keep.usage if event.type == "feature.used" else keep.records


def fits(event: Any, definitions: Definitions) -> Reject | None:
    """Whether a well-formed event lies inside its definition (DESIGN section 2: `invalid`)."""
    if event.type in NOT_YET:
        return Reject(Reason.INVALID, f"{event.type} is not handled by this version: redrive it after an upgrade")
    if event.type in DATED:
        return _fits_date(event.data, DATED[event.type])
    if event.family == "surveys":
        return _fits_survey(event.data, definitions)
    if getattr(event.data, "currency", None) is not None:
        return _fits_money(event.data, definitions)
    return None


def _fits_date(data: Any, field: str) -> Reject | None:
    """A date far off is a mistake, or means never: leave it out."""
    date = getattr(data, field)
    if date is None or FIRST <= date < LAST:
        return None
    return Reject(Reason.INVALID, f"{field} {date.isoformat()} is not between 1970 and 2200 - at `$.data.{field}`")


def _fits_money(data: Any, definitions: Definitions) -> Reject | None:
    """An amount has a rate, is not negative (a refund says so by its type), and is no more than can be added up."""
    if data.currency not in definitions.currencies:
        return Reject(Reason.INVALID, f"currency {data.currency} has no rate in the settings - at `$.data.currency`")
    if data.amount.startswith("-"):
        return Reject(Reason.INVALID, f"amount {data.amount} is negative - at `$.data.amount`")
    if minor(data.amount, data.currency, definitions) * getattr(data, "quantity", 1) > LIMIT:
        return Reject(Reason.INVALID, f"amount {data.amount} is beyond {LIMIT} minor units - at `$.data.amount`")
    return None


def _fits_survey(data: Any, definitions: Definitions) -> Reject | None:
    survey = definitions.surveys.get(data.kind)
    if survey is None:
        known = ", ".join(sorted(definitions.surveys))
        return Reject(Reason.INVALID, f"survey kind {data.kind!r} is not one of {known} - at `$.data.kind`")
    score = getattr(data, "score", None)
    if score is not None and not survey.low <= score <= survey.high:
        scale = f"{survey.low}..{survey.high} of {data.kind}"
        return Reject(Reason.INVALID, f"score {score} is outside {scale} - at `$.data.score`")
    return None
