"""`journeywatch events`: JSON Schema of every event, for those who send them."""

from __future__ import annotations

import argparse

import msgspec

from stream.event import UNION


def run(args: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())
    return 0


def schema() -> dict[str, object]:
    """JSON Schema 2020-12 of one event: one of the types, told apart by `type`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "journeywatch event",
        "description": "A CloudEvents 1.0 event in structured JSON mode. Unknown fields are ignored.",
        **msgspec.json.schema(UNION),
    }
