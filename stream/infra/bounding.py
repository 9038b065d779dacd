"""The section [limits] of a settings file."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from stream.definitions import Definitions
from stream.faults import Positive

_BY_DEFAULT = Definitions()

Bytes = Annotated[int, Meta(ge=10_000, le=1_000_000)]  # a row and what waits beside it fit into 16 MiB


class Limits(Struct, frozen=True):
    """Bounds: `records` a family and customer; `busy_records` that are closed, where more than `busy_events` came in a
    day; `row_bytes` a customer; `trail` touchpoints kept, `labels` a dimension, `shown` of them.
    """

    records: Positive = _BY_DEFAULT.limit
    busy_events: Positive = _BY_DEFAULT.busy
    busy_records: Positive = _BY_DEFAULT.busy_records
    row_bytes: Bytes = _BY_DEFAULT.row_bytes
    trail: Positive = _BY_DEFAULT.trail
    labels: Positive = _BY_DEFAULT.label_limit
    shown: Positive = _BY_DEFAULT.label_shown

    def within(self, made: Definitions) -> Definitions:
        """The definitions with these bounds."""
        return replace(
            made, limit=self.records, busy=self.busy_events, busy_records=self.busy_records, row_bytes=self.row_bytes,
            trail=self.trail, label_limit=self.labels, label_shown=self.shown,
        )  # fmt: skip
