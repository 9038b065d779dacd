"""Raw records become events by customer, or dead letters with their bytes untouched; never anything else."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.definitions import Definitions
from stream.event import decode
from stream.intake import KEPT, LIMIT, home, intake
from stream.record import DEADLETTERS, EVENTS, DeadLetter, Out, Reason, Record, murmur2
from stream.sources.cloudevents import SOURCE

LIVE, HISTORY = Definitions(partitions=5), Definitions(partitions=5, time="record")


def event(type_: str = "ticket.resolved", subject: str = "customer-42", **more: Any) -> bytes:
    whole = {"specversion": "1.0", "id": "e", "source": "desk", "type": type_, "time": "2026-11-22T09:30:00Z"}
    return msgspec.json.encode({**whole, "subject": subject, "data": {"ticket": "T"}, **more})


def taken(value: bytes | None, definitions: Definitions = LIVE, key: bytes | None = b"k") -> list[Out]:
    return intake(Record("raw.desk", 7, 31, 1_000, key, value), "raw.desk", 7, SOURCE, definitions)


def letter(out: list[Out]) -> DeadLetter:
    assert [o.topic for o in out] == [DEADLETTERS]
    return msgspec.json.decode(out[0].value, type=DeadLetter)


def test_an_event_goes_to_its_customers_partition_in_canonical_bytes() -> None:
    """Key = subject; the sender's key, order of fields and unknown fields do not matter."""
    (out,) = taken(event(subject="kundin-ä", mood="good"))
    key = "kundin-ä".encode()
    assert (out.topic, out.partition, out.key, out.timestamp) == (EVENTS, murmur2(key) % 5, key, None)
    assert out.value == taken(event(subject="kundin-ä"))[0].value
    assert decode(out.value) == decode(event(subject="kundin-ä"))


def test_history_keeps_the_records_own_time() -> None:
    """Only where the log's time is the record's own."""
    assert [o.timestamp for o in taken(event(), HISTORY)] == [1_000]


def test_junk_becomes_a_dead_letter_with_its_bytes() -> None:
    """Topic, partition, offset and append time say where it came from."""
    out = taken(b"\xff\x00junk")
    said = letter(out)
    assert (said.topic, said.partition, said.offset, said.at) == ("raw.desk", 7, 31, 1_000)
    assert (said.reason, said.key, said.value) == (Reason.MALFORMED, b"k", b"\xff\x00junk")
    assert (out[0].partition, out[0].key) == (7 % 5, b"raw.desk-7-31")
    assert msgspec.json.decode(out[0].value)["value"] == base64.b64encode(b"\xff\x00junk").decode()


def test_a_tombstone_is_a_dead_letter_without_bytes() -> None:
    said = letter(taken(None, key=None))
    assert (said.reason, said.key, said.value) == (Reason.MALFORMED, None, None)


@pytest.mark.parametrize("type_", ["clock.ticked", "definitions.set"])
def test_control_events_are_not_for_senders(type_: str) -> None:
    """The pipe ticks itself; a tick from outside would move its clock."""
    value = event(type_, data={"revision": "r", "contents": {}})
    said = letter(taken(value))
    assert (said.reason, said.detail) == (Reason.INVALID, f"{type_} is for the pipe itself to write - at `$.type`")
    assert said.value == value


def test_in_history_a_tick_ends_the_input_in_every_partition() -> None:
    """The clock of every partition reaches the record's time; rules still come from nobody."""
    out = taken(event("clock.ticked", subject="clock"), HISTORY)
    assert [(o.topic, o.partition, o.timestamp) for o in out] == [(EVENTS, p, 1_000) for p in range(5)]
    assert letter(taken(event("definitions.set", data={"revision": "r", "contents": {}}), HISTORY)).reason == "invalid"


def test_records_over_the_limit_are_not_looked_at() -> None:
    """Up to what a dead letter can hold the bytes are kept, beyond it the letter says where they are."""
    assert taken(event(data={"ticket": "T", "note": "x" * (LIMIT - 1_000)}))[0].topic == EVENTS
    said = letter(taken(b"x" * (LIMIT + 1)))
    assert (said.reason, said.detail, len(said.value or b"")) == ("over_limit", "more than 900,000 bytes", LIMIT + 1)
    said = letter(taken(b"x" * (KEPT + 1)))
    assert (said.key, said.value) == (None, None)
    assert said.detail.endswith("1,400,001 bytes are left in raw.desk[7] at offset 31")
    assert len(taken(b"x", key=b"y" * KEPT)[0].value) < 1_000


@given(st.binary(max_size=64) | st.none(), st.binary(max_size=8) | st.none())
def test_any_record_becomes_exactly_one_thing(value: bytes | None, key: bytes | None) -> None:
    """Random bytes are no event: one dead letter each, the bytes untouched."""
    said = letter(taken(value, key=key))
    assert (said.value, said.key) == (value, key)


@given(st.text(min_size=1, max_size=20).filter(str.isprintable), st.integers(1, 64))
def test_the_home_of_a_customer_is_murmur2(subject: str, partitions: int) -> None:
    key = subject.encode()
    assert home(key, partitions) == murmur2(key) % partitions
