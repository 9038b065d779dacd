"""What stands in Redis: the open alerts and their queue, and the readings of KPIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from stream.delivering import DeliveryPartition
from stream.infra.redis_side import Row
from stream.infra.reviews import REVIEWABLE, Reviewable
from stream.notices import Held
from stream.record import Append
from stream.summaries import OWN

_encode = msgspec.json.Encoder().encode
_reviewable = msgspec.json.Decoder(Reviewable).decode


class AlertsView:
    """`<base>:alerts`, a hash of open alerts by id; `<base>:queue`, their ids, the most urgent first;
    `<base>:journeys`, a hash of what is open of each subject.

    `<base>:reviewable`: what a verdict needs to know of each alert of the log that is remembered, over or not.
    """

    def __init__(self, fold: DeliveryPartition, base: str) -> None:
        self.name = "alerts"
        self.keys = (f"{base}:alerts", f"{base}:queue", f"{base}:journeys", f"{base}:{REVIEWABLE}")
        self._fold = fold
        self._touched: dict[str, None] = {}
        self._whose: dict[str, None] = {}  # subjects of which something changed

    def heard(self, append: Append) -> None:
        """After an append of the fold: its alerts, and those whose rank they change."""
        for key, _ in append.puts:
            self._touched[id := key.decode()] = None
            if (held := self._fold.held(id)) is not None:
                self._whose[held.head.subject] = None
                self._touched.update((beside, None) for beside in self._fold.line.beside(held.head.subject))

    def everything(self) -> Iterator[Row]:
        for id in self._fold.ids():
            yield from (row for row in self._rows(id, self._fold.held(id)) if row.value is not None)
        yield from map(self._journey, self._fold.line.subjects())

    def changes(self) -> list[Row]:
        (touched, self._touched), (whose, self._whose) = (self._touched, {}), (self._whose, {})
        rows = [row for id in touched for row in self._rows(id, self._fold.held(id))]
        return rows + [self._journey(subject) for subject in whose]

    def _journey(self, subject: str) -> Row:
        found = self._fold.line.journey(subject)
        return Row(self.keys[2], subject, None if found is None else _encode(found))

    def about(self) -> dict[str, int]:
        return {"clock": self._fold.meta.clock, "next": self._fold.meta.next}

    def _rows(self, id: str, held: Held | None) -> Iterator[Row]:
        alerts, queue, _, known = self.keys
        yield Row(known, id, None if held is None or held.head.signal in OWN else _encode(_reviewable(held.body)))
        if held is None or not held.head.is_open:
            yield Row(alerts, id, None)
            yield Row(queue, id, None, ranked=True)
            return
        as_if, _ = self._fold.line.rank(held.head)
        # Put into the alert's own JSON object, which is known to be one: reading it would cost ten times as much.
        yield Row(alerts, id, _encode(self._fold.line.shown(held))[:-1] + b"," + held.body.lstrip()[1:])
        yield Row(queue, id, as_if, ranked=True)


class Reading(Protocol):
    """What the field's name is made of; the value is its JSON (`stream.readings.Reading`)."""

    @property
    def window(self) -> str: ...
    @property
    def cut(self) -> dict[str, str]: ...


class ReadingsView:
    """`<base>:readings:<kpi>`, a hash of the newest readings by window and cut, for the KPIs of one partition."""

    def __init__(self, partition: int, kpis: Iterable[str], base: str) -> None:
        self.name = f"readings/{partition}"
        self._keys = {kpi: f"{base}:readings:{kpi}" for kpi in kpis}
        self.keys = tuple(self._keys.values())
        self.clock = 0  # closed clock of the partition, ms; its owner sets it
        self._rows: dict[str, dict[str, bytes]] = {kpi: {} for kpi in self._keys}
        self._touched: dict[tuple[str, str], None] = {}

    def replace(self, kpi: str, readings: Iterable[Reading]) -> None:
        """All that is now known of a KPI; what is not among it any more is taken away."""
        new = {field(reading): _encode(reading) for reading in readings}
        old, self._rows[kpi] = self._rows[kpi], new
        self._touched.update(((kpi, name), None) for name in old if name not in new)
        self._touched.update(((kpi, name), None) for name, value in new.items() if old.get(name) != value)

    def everything(self) -> Iterator[Row]:
        for kpi, key in self._keys.items():
            for name in list(self._rows[kpi]):
                if (value := self._rows[kpi].get(name)) is not None:
                    yield Row(key, name, value)

    def changes(self) -> list[Row]:
        touched, self._touched = self._touched, {}
        return [Row(self._keys[kpi], name, self._rows[kpi].get(name)) for kpi, name in touched]

    def about(self) -> dict[str, int]:
        return {"clock": self.clock}


def field(reading: Reading) -> str:
    """`24h|` for all, `24h|segment=smb`, `24h|segment=smb,team=a`."""
    return f"{reading.window}|{','.join(f'{name}={value}' for name, value in sorted(reading.cut.items()))}"
