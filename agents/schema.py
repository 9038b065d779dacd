"""JSON Schema of what goes in and what comes out: every event, alerts, dead letters, what sinks refused."""

from __future__ import annotations

from typing import Any

import msgspec

from agents import schema_notes as notes
from stream.claims import Alert
from stream.event import FAMILIES, TYPES
from stream.infra.undelivered import Undelivered
from stream.record import DeadLetter

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def name(type_: str) -> str:
    """The name of an event type among the definitions: `ticket.info_requested` is `TicketInfoRequested`."""
    return TYPES[type_].__name__


def definitions() -> dict[str, Schema]:
    """One schema for each event type, by `name`; then `Alert`, `DeadLetter`, `Undelivered`. None refers to another."""
    out = {Alert: notes.ALERT, DeadLetter: notes.DEAD_LETTER, Undelivered: notes.UNDELIVERED}
    _, found = msgspec.json.schema_components([*TYPES.values(), *out], ref_template="{name}")
    made = {name(type_): _event(type_, _whole(found, _key(TYPES[type_], found))) for type_ in TYPES}
    for kind, said in out.items():
        one = _whole(found, _key(kind, found))
        one["description"] = " ".join(one["description"].split())
        _describe(one["properties"], said)
        for field in one["properties"].values():
            field.pop("default", None)
        made[kind.__name__] = one | {"required": list(one["properties"])}  # what we write, we write whole
    for field, words in notes.ALERT_WORDS.items():
        made["Alert"]["properties"][field]["enum"] = list(words)
    return made


def schema() -> Schema:
    """JSON Schema 2020-12. Its root is one event; `$defs` has `Alert`, `DeadLetter` and `Undelivered` too."""
    return {
        "$schema": DIALECT,
        "title": "journeywatch event",
        "description": "A CloudEvents 1.0 event in structured JSON mode. Unknown fields are ignored. "
        "What comes out is beside the events: #/$defs/Alert, #/$defs/DeadLetter, #/$defs/Undelivered.",
        "anyOf": [{"$ref": f"#/$defs/{name(type_)}"} for type_ in TYPES],
        "discriminator": {
            "propertyName": "type",
            "mapping": {type_: f"#/$defs/{name(type_)}" for type_ in TYPES},
        },
        "$defs": definitions(),
    }


def _key(kind: type, found: dict[str, Schema]) -> str:
    """The key of a type: its name, or with its module where two have that name."""
    return kind.__name__ if kind.__name__ in found else f"{kind.__module__}.{kind.__name__}"


def _whole(found: dict[str, Schema], key: str) -> Any:
    """A schema with what it refers to in the place of the reference."""

    def made(value: Any) -> Any:
        if isinstance(value, list):
            return [made(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return made(found[value["$ref"]])
        return _nullable({name: made(item) for name, item in value.items()})

    return made(found[key])


def _nullable(one: Schema) -> Schema:
    """A type or null in the shorter form."""
    kinds = one.get("anyOf", ())
    if len(kinds) != 2 or kinds[1] != {"type": "null"} or "type" not in kinds[0]:
        return one
    made: Schema = kinds[0] | {"type": [kinds[0]["type"], "null"]} | {key: one[key] for key in one if key != "anyOf"}
    return made


def _event(type_: str, one: Schema) -> Schema:
    fields = one["properties"]
    data = fields["data"]
    data.pop("title", None)
    data.pop("default", None)
    _describe(fields, notes.ATTRIBUTES)
    _describe(data["properties"], notes.FIELDS | notes.SPECIAL.get(type_, {}))
    return one | {"title": type_, "description": f"{notes.TYPES[type_]} (Family: {FAMILIES[type_]}.)"}


def _describe(fields: dict[str, Schema], said: dict[str, str]) -> None:
    for key, field in fields.items():
        field["description"] = said[key]
