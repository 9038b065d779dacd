"""JSON Schema of events, alerts and dead letters: says what the decoder does, of every field.

Covers agents/schema_notes.py.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from agents import schema
from agents import schema_notes as notes
from stream import admission
from stream.claims import Alert
from stream.definitions import Definitions
from stream.event import TYPES, decode
from stream.infra.undelivered import Undelivered
from stream.record import DeadLetter, Reason, Reject
from tests.support.tools import ROOT

EXAMPLES = sorted((ROOT / "examples/events").glob("*.json"))
MADE = schema.schema()
EVENT = Draft202012Validator(MADE, format_checker=FormatChecker())


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**MADE["$defs"][name], "$defs": MADE["$defs"]})


def test_it_is_json_schema() -> None:
    Draft202012Validator.check_schema(MADE)


def test_every_type_has_an_example_and_no_other() -> None:
    assert {file.stem for file in EXAMPLES} == TYPES.keys()


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_what_it_is_called(file) -> None:
    """Valid by the schema, decoded, and inside the default definitions; all fields of the payload are in it."""
    value = file.read_bytes()
    event = decode(value)
    assert not isinstance(event, Reject), event
    assert event.type == file.stem
    assert value.count(b"\n") == 1, "one line, so that `send` and `check` read it"
    said = msgspec.json.decode(value)
    assert EVENT.is_valid(said)
    if event.type not in getattr(admission, "NOT_YET", ()):
        assert admission.fits(event, Definitions()) is None
    told = MADE["$defs"][schema.name(event.type)]["properties"]["data"]["properties"]
    assert said.get("data", {}).keys() <= told.keys()


def test_every_field_is_described_once() -> None:
    """Whole sentences; and no word about a field that is not there."""
    fields: set[str] = set()
    for type_ in TYPES:
        one = MADE["$defs"][schema.name(type_)]
        told = one["properties"]["data"]["properties"]
        fields |= told.keys()
        assert notes.SPECIAL.get(type_, {}).keys() <= told.keys()
        assert one["properties"].keys() == notes.ATTRIBUTES.keys()
        for field in (*one["properties"].values(), *told.values()):
            assert field["description"].endswith((".", "..."))
    assert notes.FIELDS.keys() == fields
    assert notes.TYPES.keys() == TYPES.keys()
    assert tuple(notes.ALERT) == Alert.__struct_fields__
    assert tuple(notes.DEAD_LETTER) == DeadLetter.__struct_fields__
    assert tuple(notes.UNDELIVERED) == Undelivered.__struct_fields__


def test_what_comes_out_is_valid() -> None:
    alert = Alert(
        id="a", signal="reopened", version=1, definition="reopened@1", subject="c", cause="T", episode=1,
        severity="queue", max_severity="page", status="open", change="opened", opened=1, changed=1,
    )  # fmt: skip
    letter = DeadLetter(Reason.MALFORMED, "why", "raw.x", 0, 7, 1, None, b"\xff")
    refusal = Undelivered(1, "slack", "a/1/1", "reopened", "open", "page", "410 Gone")
    for name, said in (("Alert", alert), ("DeadLetter", letter), ("Undelivered", refusal)):
        assert validator(name).is_valid(msgspec.json.decode(msgspec.json.encode(said)))
    closed = msgspec.to_builtins(alert) | {"status": "ajar"}
    assert not validator("Alert").is_valid(closed)


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just("2026-11-22T09:30:00Z"))


@given(st.data())
def test_the_schema_and_the_decoder_agree(data) -> None:
    """An example with any of its fields gone or replaced: both take it, or neither. Formats are the decoder's alone."""
    event = msgspec.json.decode(data.draw(st.sampled_from(EXAMPLES)).read_bytes())
    table = data.draw(st.sampled_from([part for part in (event, event.get("data")) if part]))
    name = data.draw(st.sampled_from(sorted(table)))
    table[name] = data.draw(JUNK)
    if table[name] is None and data.draw(st.booleans()):
        del table[name]
    said = decode(msgspec.json.encode(event))
    refused = isinstance(said, Reject)
    timely = not refused or ("RFC3339" not in said.detail and "timezone" not in said.detail)
    if timely and "64-bit" not in getattr(said, "detail", ""):
        assert EVENT.is_valid(event) != refused, (event, said)
