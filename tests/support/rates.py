"""How often each signal speaks on a log: its base rate, what a threshold costs before anyone has looked at an alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stream import mapping
from stream.definitions import DAY, Definitions
from stream.infra.plugins import discover, is_watch, tuned
from stream.replay import Replay
from stream.sources.xes import SOURCE
from tests.support.builders import KPIS_FOUND, SIGNALS_FOUND

WATCHES_FOUND = {n: w for n, w in discover("stream.signals", "SIGNAL", "WATCH").items() if is_watch(w)}


class Rate(NamedTuple):
    """`alerts` = episodes opened, `subjects` = customers with one; in these logs a customer is one ticket."""

    alerts: int
    subjects: int
    customers: int  # in the log
    peak: int  # alerts opened on the worst day (UTC)
    withdrawn: int

    @property
    def share(self) -> float:
        """Of all customers, those with an alert."""
        return self.subjects / self.customers


def base_rates(
    log: Path, rules: Path, names: tuple[str, ...] = (), tuning: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Rate]:
    """{signal: rate} over a process log, read as `rules` (a mapping file) say; `tuning` = fields by signal."""
    signals = [
        tuned(signal, (tuning or {}).get(name, {}))[0]
        for name, signal in SIGNALS_FOUND.items()
        if name in names or not names
    ]
    watches = [w for name, w in WATCHES_FOUND.items() if name in names or not names]
    kpis = {name: kpi for name, kpi in KPIS_FOUND.items() if any(w.kpi == name for w in watches)}
    replay = Replay(Definitions(partitions=1, kpi_partitions=1), kpis, signals, watches)
    records = list(SOURCE.read(log, mapping.parse(rules.read_text(), str(rules))))
    subjects = len({value.split(b'"subject":"')[1].split(b'"')[0] for _, value in records})
    replay.raw(SOURCE, records)
    replay.finish()
    return {p.name: _rate(p.name, replay, subjects) for p in (*signals, *watches)}


def _rate(name: str, replay: Replay, subjects: int) -> Rate:
    opened = [alert for alert in replay.alerts() if alert.signal == name]
    days = Counter(alert.opened // DAY for alert in opened)
    seen = len({alert.subject for alert in opened})
    withdrawn = sum(alert.status == "withdrawn" for alert in opened)
    return Rate(len(opened), seen, subjects, max(days.values(), default=0), withdrawn)
