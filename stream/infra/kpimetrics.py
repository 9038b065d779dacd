"""KPIs as Prometheus gauges: value, n and parts of what this worker's partitions hold.

A KPI lives in one partition, so its series come from one worker. Parts are sums: `sum by (...)` of `num` and of `den`
before dividing is right over any labels; the values themselves must not be averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Protocol

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from stream.infra.metrics import counter, gauge
from stream.infra.telemetry import Telemetry

SERIES = 2_000  # about 10 us of a scrape each, in which the worker does nothing else
WINDOWS = ("now", "month", "24h", "7d", "1h", "30d", "90d", "5m")  # a KPI shows the first two of these that it has
_PLACE = {window: place for place, window in enumerate(WINDOWS)}
_BY = ("kpi", "window", "cut", "label")
_INFO = ("kpi", "version", "unit", "better")


class KpiReading(Protocol):
    """What is shown of a reading (`stream.readings.Reading`)."""

    @property
    def kpi(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def window(self) -> str: ...
    @property
    def end(self) -> int: ...
    @property
    def cut(self) -> Mapping[str, str]: ...
    @property
    def value(self) -> float | None: ...
    @property
    def n(self) -> int: ...
    @property
    def parts(self) -> Mapping[str, Any]: ...
    @property
    def quantiles(self) -> Mapping[str, float | None]: ...


Key = tuple[str, ...]


class _Shown:
    """The series of one scrape."""

    def __init__(self) -> None:
        self.values: dict[Key, float] = {}
        self.ns: dict[Key, float] = {}
        self.parts: dict[Key, float] = {}
        self.quantiles: dict[Key, float] = {}
        self.units: dict[str, tuple[str, str]] = {}  # version and unit, by KPI
        self._count = 0

    def add(self, reading: KpiReading, limit: int) -> int:
        """Takes in value, n and quantiles; or, where that would make more than `limit` series, returns how many."""
        quantiles = {name: q for name, q in reading.quantiles.items() if q is not None}
        if size := self._full(1 + (reading.value is not None) + len(quantiles), limit):
            return size
        self.units[reading.kpi] = str(reading.version), reading.unit
        key = _key(reading)
        if reading.value is not None:
            self.values[key] = reading.value
        self.ns[key] = reading.n
        self.quantiles.update(((*key, f"{int(name[1:]) / 100:g}"), q) for name, q in quantiles.items())
        return 0

    def add_parts(self, reading: KpiReading, limit: int) -> int:
        """Likewise its sums."""
        numbers = {name: n for name, n in reading.parts.items() if isinstance(n, int)}
        if size := self._full(len(numbers), limit):
            return size
        self.parts.update(((*_key(reading), name), n) for name, n in numbers.items())
        return 0

    def _full(self, size: int, limit: int) -> int:
        if self._count + size > limit:
            return size
        self._count += size
        return 0


def _key(reading: KpiReading) -> Key:
    return (reading.kpi, _window(reading), *next(iter(reading.cut.items()), ("all", "all")))


class KpiCollector(Collector):
    """`readings()` = the current readings of the owned partitions. Beyond `series` they are left out, and counted.

    No cut is `cut="all", label="all"`; cuts by two dimensions are not shown. `windows` names others for a KPI.
    `kpis` are the plug-ins by name: what they declare beside their numbers is shown too.
    """

    def __init__(
        self,
        readings: Callable[[], Iterable[KpiReading]],
        telemetry: Telemetry,
        *,
        series: int = SERIES,
        windows: Mapping[str, tuple[str, ...]] | None = None,
        kpis: Mapping[str, Any] | None = None,
    ) -> None:
        self._readings = readings
        self._telemetry = telemetry
        self._series = series
        self._windows = dict(windows or {})
        self._kpis = kpis or {}
        self._left_out: dict[tuple[str, str], int] = {}  # the most ever left out at once: a counter does not fall

    def collect(self) -> Iterator[Metric]:
        shown = _Shown()
        left_out: dict[tuple[str, str], int] = {}
        chosen = self._chosen()
        whole, cut = [r for r in chosen if not r.cut], [r for r in chosen if r.cut]
        for group, add in product((whole, cut), (shown.add, shown.add_parts)):  # parts are worth less than values
            for reading in group:
                if size := add(reading, self._series):
                    key = reading.kpi, next(iter(reading.cut), "all")
                    left_out[key] = left_out.get(key, 0) + size
        yield gauge("journey_kpi_value", "The KPI's value, in its unit.", _BY, shown.values.items())
        yield gauge("journey_kpi_n", "How many it rests on.", _BY, shown.ns.items())
        yield gauge("journey_kpi_part", "The sums that it is made of.", (*_BY, "part"), shown.parts.items())
        yield gauge("journey_kpi_quantile", "Quantiles of durations.", (*_BY, "q"), shown.quantiles.items())
        yield from self._declared(shown.units)
        yield self._overflow(left_out)

    def _declared(self, units: Mapping[str, tuple[str, str]]) -> Iterator[Metric]:
        """What dashboards draw by: each shown KPI's unit and direction, and its `benchmarks`, of which each
        begins with a name and a value.
        """
        info = ((kpi, *given, str(getattr(self._kpis.get(kpi), "better", ""))) for kpi, given in units.items())
        yield gauge("journey_kpi_info", "Unit and direction.", _INFO, ((labels, 1) for labels in info))
        benchmarks = ((kpi, *each) for kpi in units for each in getattr(self._kpis.get(kpi), "benchmarks", ()))
        rows = (((kpi, name), value) for kpi, name, value, *_ in benchmarks)
        yield gauge("journey_kpi_benchmark", "What others reach.", ("kpi", "benchmark"), rows)

    def _chosen(self) -> list[KpiReading]:
        """Single cuts of the KPI's windows: what is not cut first, then segments, then by size: always the same."""
        latest: dict[tuple[str, str, tuple[tuple[str, str], ...]], KpiReading] = {}
        had: dict[str, dict[str, None]] = {}
        for reading in self._readings():
            window = _window(reading)
            had.setdefault(reading.kpi, {})[window] = None
            key = (reading.kpi, window, tuple(reading.cut.items()))
            if len(reading.cut) <= 1 and (key not in latest or latest[key].end < reading.end):
                latest[key] = reading
        wanted = {kpi: self._windows.get(kpi) or _first_two(windows) for kpi, windows in had.items()}
        chosen = [(key, reading) for key, reading in latest.items() if key[1] in wanted[key[0]]]
        chosen.sort(key=_worth)
        return [reading for _, reading in chosen]

    def _overflow(self, left_out: Mapping[tuple[str, str], int]) -> Metric:
        for key, n in left_out.items():
            self._left_out[key] = max(n, self._left_out.get(key, 0))
        counts = dict(self._telemetry.labels_overflowed)
        for key, n in self._left_out.items():
            counts[key] = counts.get(key, 0) + n
        words = "Labels that became `other`, and KPI series left out of /metrics."
        return counter("journey_label_overflow", words, ("kpi", "cut"), counts.items())


def _worth(each: tuple[tuple[str, str, tuple[tuple[str, str], ...]], KpiReading]) -> tuple[Any, ...]:
    key, reading = each
    cut = key[2]
    return (len(cut), cut[0][0] != "segment", -reading.n, key) if cut else (0, False, 0, key)


def _window(reading: KpiReading) -> str:
    """Its name here: a calendar month is `month`, and only the last one is shown."""
    return "month" if reading.window[:4].isdecimal() else reading.window


def _first_two(windows: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted((window for window in windows if window in _PLACE), key=_PLACE.__getitem__)[:2])
