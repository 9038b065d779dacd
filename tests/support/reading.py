"""One KPI read after a replay of hand-written events: what a user would see in readings.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream.claims import Kpi
from stream.definitions import Definitions
from stream.infra.tuning import tuned
from stream.readings import Reading
from stream.replay import Replay
from tests.support.builders import DEFINITIONS, KPIS_FOUND, START, Told, log_of


class Readings:
    """All readings of one KPI at the log's end. `r["2026-06"]` = all of a month, `r["now", "segment=smb"]` = a cut."""

    def __init__(self, found: list[Reading], dead_letters: list[bytes]) -> None:
        self.dead_letters = dead_letters
        self._found = {(r.window, " ".join(f"{k}={v}" for k, v in sorted(r.cut.items()))): r for r in found}

    def __getitem__(self, key: str | tuple[str, str]) -> Reading:
        return self._found[(key, "") if isinstance(key, str) else key]

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._found

    def value(self, window: str, cut: str = "") -> float | None:
        return self[window, cut].value if (window, cut) in self else None

    def parts(self, window: str, cut: str = "") -> dict[str, Any]:
        """Parts without histograms; none of a cut that nothing was ever said of."""
        if (window, cut) not in self:
            return {}
        return {name: n for name, n in self[window, cut].parts.items() if isinstance(n, int)}

    def cuts(self, window: str, part: str) -> dict[str, int]:
        """{cut: part} over all cuts of a window, where it is not zero."""
        return {cut: n for (name, cut), r in self._found.items() if name == window and (n := r.parts[part])}

    @property
    def windows(self) -> list[str]:
        return [window for window, cut in self._found if not cut]


def read(kpi: str, *events: Told, until: int | None = None, d: Definitions = DEFINITIONS, **tuning: Any) -> Readings:
    """Replay the events heard up to `until` (ms after START; else their end) and read one KPI."""
    plugin, wrong = tuned(KPIS_FOUND[kpi], tuning)
    assert not wrong, wrong
    return read_of({kpi: plugin}, *events, until=until, d=d)[kpi]


def read_of(
    kpis: Mapping[str, Kpi], *events: Told, until: int | None = None, d: Definitions = DEFINITIONS
) -> dict[str, Readings]:
    """Likewise, of several KPIs side by side."""
    replay = Replay(d, kpis, [], [])
    for partition, records in enumerate(log_of(events, partitions=d.partitions)):
        for record in records:
            if until is None or record.timestamp <= START + until:
                replay.hear(partition, record)
    replay.finish(None if until is None else START + until)
    found = list(replay.readings())
    return {kpi: Readings([r for r in found if r.kpi == kpi], replay.dead_letters) for kpi in kpis}
