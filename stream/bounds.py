"""Confidence bounds of ratios and means, from integer sums. Floats, but the same on every replay."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

Bounds = tuple[float, float]  # lower, upper
Z = 1.96


def wilson(num: int, den: int, z: float = Z) -> Bounds:
    """Score interval of a ratio num / den in 0..1 (E. B. Wilson 1927); den > 0."""
    p, zz = num / den, z * z
    centre = (p + zz / (2 * den)) / (1 + zz / den)
    half = z * sqrt(p * (1 - p) / den + zz / (4 * den * den)) / (1 + zz / den)
    return centre - half, centre + half


def mean(total: int, n: int, squares: int, z: float = Z) -> Bounds:
    """mean +- z standard errors from the sum, the number and the sum of squares; n > 1.

    The variance is the sample's (n - 1), its numerator in integers: no cancellation.
    """
    variance = (n * squares - total * total) / (n * (n - 1))
    half = z * sqrt(max(variance, 0.0) / n)
    return total / n - half, total / n + half


def of_ratio(sums: Mapping[str, int]) -> tuple[int, float, Bounds]:
    """(n, value, bounds) of the parts `num` and `den`; den > 0."""
    num, den = sums.get("num", 0), sums["den"]
    return den, num / den, wilson(num, den)


def of_mean(sums: Mapping[str, int]) -> tuple[int, float, Bounds]:
    """(n, value, bounds) of the parts `sum`, `n` and `sq`; n > 1."""
    total, n = sums.get("sum", 0), sums["n"]
    return n, total / n, mean(total, n, sums.get("sq", 0))
