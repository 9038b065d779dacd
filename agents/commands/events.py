"""`journeywatch events`: JSON Schema of every event, for those who send them, and of alerts and dead letters."""

from __future__ import annotations

import argparse

import msgspec

from agents.schema import schema


def run(args: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())
    return 0
