"""The append in the making: its puts, which reach the store with it, and what it will say."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from stream.panes import Put
from stream.record import Append, Meta, Out

OVERHEAD = 20  # bytes of a record beside key and value, about


class Draft:
    """Collects puts and out. A later put of a key replaces an earlier one; with `keep` (no table) there are none."""

    def __init__(self, rows: dict[bytes, bytes], *, keep: bool) -> None:
        self.size = 0  # bytes of puts, about
        self.out: list[Out] = []
        self._rows, self._keep = rows, keep
        self._puts: dict[bytes, bytes | None] = {}

    def write(self, puts: Iterable[Put]) -> None:
        """Put rows; None takes one away."""
        if self._keep:
            return
        for row, value in puts:
            self._puts[row] = value
            self.size += len(row) + len(value or b"") + OVERHEAD

    def append(self, meta: Meta) -> Append:
        """All since the last append, now in the store too, as the next number in `meta`, which is copied."""
        meta.seq += 1
        for row, value in self._puts.items():
            if value is None:
                self._rows.pop(row, None)
            else:
                self._rows[row] = value
        append = Append(list(self._puts.items()), structs.replace(meta, seen=dict(meta.seen)), self.out)
        self._puts, self.out, self.size = {}, [], 0
        return append
