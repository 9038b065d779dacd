"""What others reach: the marks that a KPI's readings are held against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct


class Benchmark(NamedTuple):
    """A mark, in the KPI's own unit. A plug-in's or a setting's; `source` says who measured it, or who wants it."""

    name: str
    value: float
    source: str = ""
    year: int | None = None


class Distance(Struct, frozen=True):
    """A reading beside a benchmark: `distance` = the reading's value less `value`; None without a reading's value."""

    name: str
    value: float
    distance: float | None
    source: str
    year: int | None


def benchmarks(kpi: object) -> tuple[Benchmark, ...]:
    """Optional attribute of a KPI: its benchmarks, each as (name, value[, source[, year]])."""
    given: Iterable[tuple[str, float]] = getattr(kpi, "benchmarks", ())
    return tuple(Benchmark(*one) for one in given)


def distances(kpi: object, value: float | None) -> tuple[Distance, ...]:
    """How far a value of the KPI is from each of its benchmarks."""
    return tuple(
        Distance(one.name, one.value, None if value is None else _less(value, one.value), one.source, one.year)
        for one in benchmarks(kpi)
    )


def _less(value: float, mark: float) -> float:
    """1 - 0.7 = 0.3, to as many digits as anybody measures."""
    return round(value - mark, 9)
