"""CloudEvents 1.0 in structured JSON mode; in files one a line, alone or as {"at": append time, "event": {...}}."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stream.event import decode
from stream.mapping import Mapping
from stream.record import Heard, Reject
from stream.sources import SourceFault, ndjson


class CloudEvents:
    """Events that are canonical already."""

    name = "cloudevents"

    def parse(self, record: Heard) -> list[Any] | Reject:
        """One record is one event."""
        event = decode(record.value)
        return event if isinstance(event, Reject) else [event]

    def read(self, path: Path, mapping: Mapping | None = None) -> Iterator[tuple[int, bytes]]:
        """One event a line."""
        if mapping is not None:
            raise SourceFault(f"{path}: source {self.name} takes no mapping")
        return ndjson(path)


SOURCE = CloudEvents()
