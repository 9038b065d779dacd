"""CloudEvents 1.0 in structured JSON mode; in files one a line, alone or as {"at": append time, "event": {...}}."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from stream.event import decode, millis
from stream.mapping import Mapping
from stream.record import Heard, Reject
from stream.sources import SourceFault, opened


class _Line(Struct):
    """As much of a line as tells its append time."""

    at: Annotated[datetime, Meta(tz=True)] | None = None
    event: msgspec.Raw = msgspec.Raw()
    time: Annotated[datetime, Meta(tz=True)] | None = None


class CloudEvents:
    """Events that are canonical already."""

    name = "cloudevents"

    def parse(self, record: Heard) -> list[Any] | Reject:
        """One record is one event."""
        event = decode(record.value)
        return event if isinstance(event, Reject) else [event]

    def read(self, path: Path, mapping: Mapping | None = None) -> Iterator[tuple[int, bytes]]:
        """NDJSON. Without `at` the append time is the largest event time so far, also for a line that is no event.

        A bad line is a record like any other: whoever decodes it says what is wrong with it.
        """
        if mapping is not None:
            raise SourceFault(f"{path}: source {self.name} takes no mapping")
        with opened(path) as file:
            latest = 0
            for number, line in enumerate(file):
                value = line.strip(b"\xef\xbb\xbf \t\r\n" if not number else None)
                if value:
                    at, time, event = _split(value)
                    latest = max(latest, time)
                    yield latest if at is None else at, event


_decoder = msgspec.json.Decoder(_Line)


def _split(value: bytes) -> tuple[int | None, int, bytes]:
    """(append time, event time or 0, the event's bytes) of a line."""
    try:
        line = _decoder.decode(value)
        if line.at is None or not bytes(line.event):
            return None, 0 if line.time is None else millis(line.time), value
        inner = _decoder.decode(line.event)
        return millis(line.at), 0 if inner.time is None else millis(inner.time), bytes(line.event)
    except (ValueError, RecursionError):
        return None, 0, value


SOURCE = CloudEvents()
