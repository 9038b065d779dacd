"""Every type of event: a good example, and what is said about bad ones. Decoding is total on any bytes.

Covers stream/payloads.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import event as events
from stream.event import FAMILIES, TYPES, decode, encode, millis, uid
from stream.record import Reason, Reject

TERMS = {"subscription": "S-1", "product": "pro", "amount": "49.90", "currency": "EUR", "interval": "month"}
INVOICE = {"invoice": "I-1", "amount": "-0.5", "currency": "USD"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "ticket.opened": {"ticket": "T-1", "channel": "chat", "topic": "billing", "promised_by": "2026-11-23T09:30:00Z"},
    "ticket.replied": {"ticket": "T-1", "author": "agent", "public": False},
    "ticket.transferred": {"ticket": "T-1", "to_team": "tier 2", "from_team": "tier 1", "partner": True},
    "ticket.waiting": {"ticket": "T-1", "on": "customer"},
    "ticket.info_requested": {"ticket": "T-1", "field": "serial number"},
    "ticket.updated": {"ticket": "T-1", "priority": "high"},
    "ticket.resolved": {"ticket": "T-1"},
    "ticket.reopened": {"ticket": "T-1"},
    "survey.sent": {"survey": "V-1", "kind": "nps", "delivered": False},
    "survey.answered": {"survey": "V-1", "kind": "nps", "score": 0, "comment": "slow"},
    "page.viewed": {"url": "https://example.org/help/1", "session": "W-1", "key_event": True},
    "help.searched": {"results": 0},
    "subscription.started": {**TERMS, "quantity": 3},
    "subscription.changed": TERMS,
    "subscription.renewed": {**TERMS, "interval": "year"},
    "subscription.cancelled": {"subscription": "S-1", "effective_at": "2026-12-31T23:59:59+01:00"},
    "renewal.due": {"subscription": "S-1", "due_at": "2026-12-31T00:00:00Z"},
    "invoice.paid": {**INVOICE, "amount": "999999999999999.999999999"},
    "invoice.refunded": INVOICE,
    "cost.recorded": {"kind": "retention", "amount": "100", "currency": "USD"},
    "feature.used": {"feature": "export"},
    "milestone.reached": {"milestone": "value"},
    "customer.updated": {"segment": "smb", "timezone": "Europe/Berlin"},
    "customer.merged": {"into": "customer-2"},
    "customer.unmerged": {"from": "customer-2"},
    "customer.erased": {},
    "alert.reviewed": {"alert": "a1", "signal": "reopened", "verdict": "noise"},
    "clock.ticked": {},
    "definitions.set": {"revision": "r2", "contents": {"surveys": {}}},
}
FIELDS = [(type_, field) for type_, data in EXAMPLES.items() for field in data]


def wire(type_: str, data: Any = None, **changes: Any) -> dict[str, Any]:
    """An event as its sender writes it; a change to None takes the attribute away."""
    attributes = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "desk",
        "type": type_,
        "time": "2026-11-22T09:30:00Z",
        "subject": "customer-42",
        "data": EXAMPLES.get(type_, {}) if data is None else data,
        **changes,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def heard(type_: str, data: Any = None, **changes: Any) -> Any:
    return decode(msgspec.json.encode(wire(type_, data, **changes)))


def test_there_is_an_example_of_every_type() -> None:
    """A new type comes with its example."""
    assert list(EXAMPLES) == list(TYPES) == list(FAMILIES)


@pytest.mark.parametrize("type_", TYPES)
def test_a_good_event_comes_back_as_it_went(type_: str) -> None:
    """What the sender wrote is what its struct says, and encoding keeps it."""
    event = heard(type_)
    assert not isinstance(event, Reject)
    assert (event.type, event.family, event.subject) == (type_, FAMILIES[type_], "customer-42")
    said = msgspec.json.decode(encode(event))
    assert said == wire(type_)
    assert decode(encode(event)) == event


@pytest.mark.parametrize(("type_", "field"), FIELDS)
def test_a_field_of_a_wrong_type_is_malformed_and_named(type_: str, field: str) -> None:
    """A list is no value for any field."""
    said = heard(type_, {**EXAMPLES[type_], field: [[]]})
    assert isinstance(said, Reject)
    assert said.reason is Reason.MALFORMED
    assert said.detail.startswith("Expected `") and said.detail.endswith(f"got `array` - at `$.data.{field}`")


@pytest.mark.parametrize(("type_", "field"), FIELDS)
def test_a_missing_field_is_named_unless_it_has_a_default(type_: str, field: str) -> None:
    """Required means: no default in the payload's struct."""
    data = {name: value for name, value in EXAMPLES[type_].items() if name != field}
    payload = TYPES[type_].__annotations__["data"]
    required = {f.encode_name for f in msgspec.structs.fields(payload) if f.required}
    said = heard(type_, data)
    if field in required:
        assert said == Reject(Reason.MALFORMED, f"Object missing required field `{field}` - at `$.data`")
    else:
        assert not isinstance(said, Reject)


MEND = "write it with Z or an offset, as 2026-11-22T09:30:00Z"


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"specversion": None}, "malformed", "Object missing required field `specversion`"),
        ({"specversion": "0.3"}, "malformed", "Invalid enum value '0.3' - at `$.specversion`"),
        ({"id": None}, "malformed", "Object missing required field `id`"),
        ({"id": ""}, "malformed", "Expected `str` of length >= 1 - at `$.id`"),
        ({"source": None}, "malformed", "Object missing required field `source`"),
        ({"subject": None}, "malformed", "Object missing required field `subject`"),
        ({"subject": "x" * 257}, "malformed", "Expected `str` of length <= 256 - at `$.subject`"),
        ({"type": None}, "malformed", "Object missing required field `type`"),
        ({"type": 5}, "malformed", "Expected `str` - at `$.type`"),
        ({"type": "ticket.lost"}, "unknown_type", "type 'ticket.lost': see `journeywatch events` - at `$.type`"),
        ({"time": None}, "malformed", "Object missing required field `time`"),
        ({"time": "yesterday"}, "malformed", "Invalid RFC3339 encoded datetime - at `$.time`"),
        ({"time": 1763804400}, "malformed", "Expected `datetime`, got `int` - at `$.time`"),
        (
            {"time": "2026-11-22T09:30:00"},
            "naive_time",
            f"Expected `datetime` with a timezone component - at `$.time`: {MEND}",
        ),
        ({"time": "1969-12-31T23:59:59Z"}, "invalid", "time 1969-12-31T23:59:59+00:00 is before 1970 - at `$.time`"),
        ({"segment": 7}, "malformed", "Expected `str | null`, got `int` - at `$.segment`"),
        ({"backfill": "yes"}, "malformed", "Expected `bool`, got `str` - at `$.backfill`"),
        ({"data": "billing"}, "malformed", "Expected `object`, got `str` - at `$.data`"),
    ],
)
def test_a_bad_attribute(change: dict[str, Any], reason: str, detail: str) -> None:
    """The attributes that all events share, one row a fault."""
    assert heard("ticket.resolved", **change) == Reject(Reason(reason), detail)


PATTERN = "Expected `str` matching regex"


@pytest.mark.parametrize(
    ("type_", "data", "detail"),
    [
        ("ticket.opened", {"ticket": "T", "channel": ""}, "Expected `str` of length >= 1 - at `$.data.channel`"),
        ("ticket.replied", {"author": "boss"}, "Invalid enum value 'boss' - at `$.data.author`"),
        ("ticket.waiting", {"on": "weather"}, "Invalid enum value 'weather' - at `$.data.on`"),
        ("survey.answered", {"score": 4.5}, "Expected `int`, got `float` - at `$.data.score`"),
        ("survey.answered", {"score": "4"}, "Expected `int`, got `str` - at `$.data.score`"),
        ("survey.answered", {"score": True}, "Expected `int`, got `bool` - at `$.data.score`"),
        ("survey.answered", {"score": 10**7}, "Expected `int` <= 1000000 - at `$.data.score`"),
        ("survey.answered", {"comment": "x" * 20_001}, "Expected `str` of length <= 20000 - at `$.data.comment`"),
        ("help.searched", {"results": -1}, "Expected `int` >= 0 - at `$.data.results`"),
        ("subscription.started", {"quantity": 10**10}, "Expected `int` <= 1000000000 - at `$.data.quantity`"),
        ("subscription.started", {"interval": "week"}, "Invalid enum value 'week' - at `$.data.interval`"),
        ("subscription.started", {"amount": 49.9}, "Expected `str`, got `float` - at `$.data.amount`"),
        ("cost.recorded", {"kind": "party"}, "Invalid enum value 'party' - at `$.data.kind`"),
        ("alert.reviewed", {"verdict": "maybe"}, "Invalid enum value 'maybe' - at `$.data.verdict`"),
        ("customer.updated", {"timezone": 1}, "Expected `str | null`, got `int` - at `$.data.timezone`"),
    ],
)
def test_a_bad_value_in_the_payload(type_: str, data: dict[str, Any], detail: str) -> None:
    """One row a rule that is more than a JSON type."""
    assert heard(type_, {**EXAMPLES[type_], **data}) == Reject(Reason.MALFORMED, detail)


@pytest.mark.parametrize(
    "amount", ["1e3", "1,000", "", "1.", ".5", "+1", " 1", "1\n", "NaN", "1.0123456789", "1" * 16, "١"]
)
def test_a_bad_amount(amount: str) -> None:
    """Amounts are plain decimal strings: no exponent, no grouping, at most 15 digits before and 9 after the point."""
    said = heard("invoice.paid", {**INVOICE, "amount": amount})
    assert (said.reason, said.detail[:29], said.detail[-20:]) == (
        Reason.MALFORMED,
        PATTERN,
        " - at `$.data.amount`"[-20:],
    )


@pytest.mark.parametrize("currency", ["usd", "US", "EURO", "USD\n", "€€€"])
def test_a_bad_currency(currency: str) -> None:
    """Three capital letters."""
    said = heard("invoice.paid", {**INVOICE, "currency": currency})
    assert said.reason is Reason.MALFORMED and said.detail.endswith("at `$.data.currency`")


@pytest.mark.parametrize(
    ("type_", "field"),
    [("ticket.opened", "promised_by"), ("subscription.cancelled", "effective_at"), ("renewal.due", "due_at")],
)
def test_naive_times_in_the_payload_are_refused_too(type_: str, field: str) -> None:
    """A time without a zone is no instant, wherever it stands."""
    said = heard(type_, {**EXAMPLES[type_], field: "2026-12-01T00:00:00"})
    assert said.reason is Reason.NAIVE_TIME
    assert f"at `$.data.{field}`: write it with Z" in said.detail


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (None, "no value: a tombstone is no event"),
        (b"", "not JSON: Input data was truncated"),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "Expected `object`, got `array`"),
        (b"\xff", "not JSON: JSON is malformed: invalid character (byte 0)"),
        (b'{"type":"ticket.lost", junk', "not JSON: JSON is malformed: object keys must be strings (byte 23)"),
        (b'{"type":"\xff"}', "not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_what_is_no_event_at_all(value: bytes | None, detail: str) -> None:
    """Junk is malformed, and the detail says where."""
    assert decode(value) == Reject(Reason.MALFORMED, detail)


def test_unknown_fields_are_ignored_and_optional_data_may_be_missing() -> None:
    """Extensions come and go; an erasure and an update need no payload."""
    plain = heard("ticket.resolved")
    assert heard("ticket.resolved", {"ticket": "T-1", "mood": "good"}, traceparent="00-1") == plain
    for type_ in ("customer.erased", "customer.updated", "clock.ticked"):
        assert not isinstance(
            decode(msgspec.json.encode({k: v for k, v in wire(type_).items() if k != "data"})), Reject
        )


def test_details_are_bounded() -> None:
    """A detail is written to a log line: a sender does not choose its length."""
    for said in (heard("x" * 10_000), heard("ticket.waiting", {"ticket": "T", "on": "y" * 10_000})):
        assert len(said.detail) <= 400


def test_milliseconds_are_rounded_down() -> None:
    """Also for times before the epoch, as a promise may be."""
    assert millis(datetime(1970, 1, 1, 1, 0, 0, 1999, tzinfo=timezone(timedelta(hours=1)))) == 1
    assert millis(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_the_name_of_an_event_is_fixed_for_ever() -> None:
    """State holds it: another hash would make every repeat a new event."""
    assert uid("zendesk/acme", "01J") == 17367969529301188723 != uid("zendesk/acme", "01K")


@given(st.binary(max_size=300))
def test_decoding_is_total_on_bytes(value: bytes) -> None:
    """Any bytes are an event or a reject."""
    assert isinstance(decode(value), Reject)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(TYPES)), st.data())
def test_decoding_is_total_on_damaged_events(type_: str, data: st.DataObject) -> None:
    """A good event with one value replaced and its bytes cut or flipped: an event that encodes again, or a reject."""
    whole = wire(type_)
    where = whole["data"] if whole["data"] and data.draw(st.booleans()) else whole
    name = data.draw(st.sampled_from(sorted(where)))
    damaged = {**where, name: data.draw(JSON)}
    value = bytearray(msgspec.json.encode({**whole, "data": damaged} if where is not whole else damaged))
    if data.draw(st.booleans()):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    said = decode(bytes(value[: data.draw(st.integers(len(value) // 2, len(value)))]))
    if isinstance(said, Reject):
        assert said.reason in Reason and said.detail
    else:
        assert decode(encode(said)) == said


def test_every_member_is_found_by_its_module() -> None:
    """So that a type checker and a debugger can name them."""
    assert {made.__module__ for made in TYPES.values()} == {events.__name__}
