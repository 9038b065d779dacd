"""Samples of bad input, each with the reason for which it is refused: rows of docs/events.md, and of its test."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.admission import fits, timely
from stream.definitions import DAY, MINUTE, Definitions
from stream.event import decode, millis
from stream.intake import LIMIT, intake
from stream.record import DEADLETTERS, DeadLetter, Reason, Record, Reject
from stream.sources.cloudevents import SOURCE

CLOCK = 1_795_339_800_000  # the log clock at which samples are judged, ms: 2026-11-22T09:30:00Z
NOW, SOON, LONG_AGO = "2026-11-22T09:30:00Z", "2026-11-22T09:36:00Z", "2026-06-01T00:00:00Z"


def _event(type_: str = "ticket.resolved", data: Any = None, **attributes: Any) -> bytes:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "help-desk",
        "type": type_,
        "time": NOW,
        "subject": "customer-42",
    }
    event |= attributes
    return msgspec.json.encode(event | {"data": {"ticket": "T-1"} if data is None else data})


def _invoice(amount: str, currency: str) -> bytes:
    return _event("invoice.paid", {"invoice": "I-1", "amount": amount, "currency": currency})


def _answer(kind: str, score: int) -> bytes:
    return _event("survey.answered", {"survey": "V-1", "kind": kind, "score": score})


def _never() -> bytes:
    return _event("subscription.cancelled", {"subscription": "P-1", "effective_at": "9999-12-31T00:00:00Z"})


_TERMS = {"subscription": "P-1", "product": "core", "amount": "10", "currency": "USD", "interval": "month"}
CASES: tuple[tuple[str, Reason, bytes | None], ...] = (
    ("no value (a tombstone)", Reason.MALFORMED, None),
    ("no JSON", Reason.MALFORMED, b"hello"),
    ("a required field is missing", Reason.MALFORMED, _event("ticket.opened", {"ticket": "T-1"})),
    ("a field of another type", Reason.MALFORMED, _event(data={"ticket": 7})),
    ("a word that is not one of the list", Reason.MALFORMED, _event("ticket.waiting", {"ticket": "T-1", "on": "me"})),
    ("an empty or overlong name", Reason.MALFORMED, _event(subject="")),
    ("an amount that is no decimal text", Reason.MALFORMED, _invoice("1,50", "USD")),
    ("another version of CloudEvents", Reason.MALFORMED, _event(specversion="0.3")),
    ("a time without Z or an offset", Reason.NAIVE_TIME, _event(time="2026-11-22T09:30:00")),
    ("a type that is not in this page", Reason.UNKNOWN_TYPE, _event("ticket.exploded")),
    ("more than 900,000 bytes", Reason.OVER_LIMIT, b" " * (LIMIT + 1)),
    ("a time before 1970", Reason.INVALID, _event(time="1969-12-31T23:59:59Z")),
    ("a control event that a source sends", Reason.INVALID, _event("clock.ticked", {})),
    ("a survey kind that settings do not define", Reason.INVALID, _answer("mood", 3)),
    ("a score off its scale", Reason.INVALID, _answer("ces", 8)),
    ("a currency without a rate", Reason.INVALID, _invoice("10", "XTS")),
    ("a negative amount: a refund says so by its type", Reason.INVALID, _invoice("-10", "USD")),
    ("an amount that can only be a mistake", Reason.INVALID, _invoice("99999999999999", "USD")),
    ("an amount of more than 15 digits", Reason.MALFORMED, _invoice("1" * 16, "USD")),
    ("a negative quantity", Reason.MALFORMED, _event("subscription.started", _TERMS | {"quantity": -1})),
    ("a date in the data before 1970 or after 2200, also one that means never", Reason.INVALID, _never()),
    ("a time over 5 min ahead of the log clock (`log.future`)", Reason.FUTURE, _event(time=SOON)),
    ("a time longer ago than is kept (`[keep]`), not marked `backfill`", Reason.TOO_LATE, _event(time=LONG_AGO)),
)
# Reasons that depend on what the customer's state holds, tested in tests/stream; with the type that brings them.
JUDGED = {
    Reason.HEADLESS: ("a step of a ticket whose opening is not heard within 8 d of log clock (`log.grace`)", ""),
    Reason.ERASED: ("an event of a customer who was erased", "customer.erased"),
    Reason.MISROUTED: ("on `journey.events`, which only the pipe writes: a key that is not the subject", ""),
    Reason.MERGE_CYCLE: ("a merge that would lead back to where it began", "customer.merged"),
}


def judged(value: bytes | None) -> Reject:
    """Why a raw record of that value is refused at `CLOCK`, as intake and journeys judge it."""
    assert (Definitions().future, Definitions().grace) == (5 * MINUTE, 8 * DAY), "the words above say so"
    record = Record("raw.cloudevents", 0, 0, CLOCK, b"customer-42", value)
    [out, *_] = intake(record, record.topic, record.partition, SOURCE, Definitions())
    if out.topic == DEADLETTERS:
        letter = msgspec.json.decode(out.value, type=DeadLetter)
        return Reject(letter.reason, letter.detail.partition("; its ")[0])
    event: Any = decode(out.value)
    said = timely(event, millis(event.time), CLOCK, Definitions()) or fits(event, Definitions())
    assert said is not None, f"not refused: {value!r:.100}"
    return said
