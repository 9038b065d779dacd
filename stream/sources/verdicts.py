"""Verdicts of people on alerts: canonical `alert.reviewed` events, and nothing else.

A topic of their own, so that whoever takes verdicts (docs/sinks.md) needs no right to write any other event.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stream.event import decode
from stream.mapping import Mapping
from stream.record import Heard, Reason, Reject
from stream.sources import SourceFault, ndjson


class Verdicts:
    """One record is one CloudEvents JSON event."""

    name = "verdicts"

    def parse(self, record: Heard) -> list[Any] | Reject:
        event = decode(record.value)
        if isinstance(event, Reject):
            return event
        if event.type != "alert.reviewed":
            return Reject(Reason.INVALID, f"{event.type} is no verdict: only alert.reviewed is - at `$.type`")
        return [event]

    def read(self, path: Path, mapping: Mapping | None = None) -> Iterator[tuple[int, bytes]]:
        """One event a line."""
        if mapping is not None:
            raise SourceFault(f"{path}: source {self.name} takes no mapping")
        return ndjson(path)


SOURCE = Verdicts()
