"""A journey as its bytes: families and trail stay packed until something asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from stream.definitions import Definitions
from stream.row import Held, Row, decode_records, decode_row, encode_row
from stream.steps import Step
from stream.timeline import NOTHING, Timeline

NEVER = (1 << 64) - 1
HEALTH = "h:"  # the item of how a customer does


class Records(dict[str, dict[str, list[Step]]]):
    """The records of each family by id, decoded when first asked for."""

    __slots__ = ("row",)

    def __init__(self, row: Any) -> None:
        self.row = row

    def __missing__(self, family: str) -> dict[str, list[Step]]:
        stored = self.row.families.get(family)
        found: dict[str, list[Step]] = {} if stored is None else decode_records(stored)
        self[family] = found
        return found


class Packed(Timeline):
    """The stored part of a journey. Whoever changes records names their family in `_changed`.

    `alerts` = what was said, by alert id. `records(family)` = steps by record id; whoever changes them says so by
    `touch`. It is asked for most of all, so it is a plain look-up.
    """

    __slots__ = ("_changed", "alerts", "opened", "records")

    def __init__(self, definitions: Definitions, value: bytes | None) -> None:
        self.definitions = definitions
        self.row: Any = Row() if value is None else decode_row(memoryview(value)[8:])
        self.alerts: dict[str, Held] = self.row.alerts
        self.opened = Records(self.row)
        self.records: Callable[[str], dict[str, list[Step]]] = self.opened.__getitem__
        self._changed: dict[str, None] = {}
        self.begin_trail()
        self.story = NOTHING
        if self.row.attributes:
            self.tell()

    def encode(self) -> bytes | None:
        """The stored form; None when nothing is left."""
        if self.is_empty:
            return None
        row = self.packed().row
        self.keep_trail()
        dues = row.dues
        if (look := dues.pop(HEALTH, None)) is not None:
            dues[HEALTH] = look  # the last: it is set once a beat and append, and a row may not show where that was cut
        due = min(dues.values()) if dues else NEVER
        return due.to_bytes(8, "big") + encode_row(row)

    def _close(self) -> None:
        """Put the families that changed into the row."""
        families, opened, known = self.row.families, self.opened, len(self.row.families)
        for family in self._changed:
            if records := opened[family]:
                families[family] = Raw(encode_row(records))
            elif family in families:
                del families[family]
                known -= 1
        if len(families) > known:  # sorted: the order of arrival may not show in a row
            self.row.families = dict(sorted(families.items()))
        self._changed.clear()

    def packed(self) -> Packed:
        """Itself, with every family in the row."""
        if self._changed:
            self._close()
        return self

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left (of a trail alone there is nothing to tell)."""
        row, opened = self.row, self.opened
        if row.attributes or row.alerts or row.verdicts or row.backfill:
            return False
        return row.families.keys() <= opened.keys() and not any(opened.values())

    def start_anew(self) -> None:
        """As if it had been stored and read again now that it is empty: what was only counted of it is gone, too."""
        self.row = self.opened.row = Row(alerts=self.alerts)
        self.begin_trail()

    def has(self, family: str) -> bool:
        """Whether there is any record of a family."""
        return bool(self.opened.get(family, family in self.row.families))

    @property
    def due(self) -> int:
        """When something next happens by itself, log clock ms."""
        return min(self.row.dues.values(), default=NEVER)
