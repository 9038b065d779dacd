"""A journey as its bytes: families, alerts and trail stay packed until something asks for them."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from stream.definitions import Definitions
from stream.row import Held, Row, decode_alerts, decode_records, decode_row, encode_row
from stream.steps import Step
from stream.timeline import Timeline

NEVER = (1 << 64) - 1
HEALTH = "h:"  # the item of how a customer does


class Records(dict[str, dict[str, list[Step]]]):
    """The records of each family by id, decoded when first asked for."""

    __slots__ = ("_row",)

    def __init__(self, row: Any) -> None:
        self._row = row

    def __missing__(self, family: str) -> dict[str, list[Step]]:
        stored = self._row.families.get(family)
        found: dict[str, list[Step]] = {} if stored is None else decode_records(stored)
        self[family] = found
        return found


class Packed(Timeline):
    """The stored part of a journey. Whoever changes records names their family in `_changed`."""

    __slots__ = ("_changed", "_open")

    def __init__(self, definitions: Definitions, value: bytes | None) -> None:
        self.definitions = definitions
        self.row: Any = Row() if value is None else decode_row(memoryview(value)[8:])
        if len(self.row.alerts) == 1 and value is not None:
            self.row.alerts = {}  # none: nothing to be opened
        self._open = Records(self.row)
        self._changed: dict[str, None] = {}

    def encode(self) -> bytes | None:
        """The stored form; None when nothing is left."""
        if self.is_empty:
            return None
        dues = self.row.dues
        if (look := dues.pop(HEALTH, None)) is not None:
            dues[HEALTH] = look  # the last: it is set once a beat and append, and a row may not show where that was cut
        due = min(dues.values()) if dues else NEVER
        return due.to_bytes(8, "big") + encode_row(self.row)

    def _close(self) -> None:
        """Encode the families that changed into the row."""
        families = self.row.families
        for family in self._changed:
            records = self._open[family]
            known = family in families
            if records:
                families[family] = Raw(encode_row(records))
            elif known:
                del families[family]
            if records and not known:  # sorted: the order of arrival may not show in a row
                self.row.families = families = {name: families[name] for name in sorted(families)}
        self._changed.clear()

    def packed(self) -> Packed:
        """Itself, with every family in the row."""
        if self._changed:
            self._close()
        return self

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left (of a trail alone there is nothing to tell)."""
        row = self.packed().row
        return not (row.families or row.attributes or row.alerts or row.verdicts or row.backfill)

    @property
    def alerts(self) -> dict[str, Held]:
        """What was said, by alert id."""
        if self.row.alerts.__class__ is Raw:
            self.row.alerts = decode_alerts(self.row.alerts)
        found: dict[str, Held] = self.row.alerts
        return found

    def has(self, family: str) -> bool:
        """Whether there is any record of a family."""
        opened = self._open.get(family)
        return family in self.row.families if opened is None else bool(opened)

    @property
    def due(self) -> int:
        """When something next happens by itself, log clock ms."""
        return min(self.row.dues.values(), default=NEVER)

    def records(self, family: str) -> dict[str, list[Step]]:
        """Steps by record id. Whoever changes them says so by `touch`."""
        return self._open[family]
