"""Confidence bounds of ratios and means, from integer sums. Floats, but the same on every replay."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, sqrt

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


def of_ratio(sums: Mapping[str, int], z: float = Z) -> tuple[int, float, Bounds]:
    """(n, value, bounds) of the parts `num` and `den`; den > 0."""
    num, den = sums.get("num", 0), sums["den"]
    return den, num / den, wilson(num, den, z)


def of_mean(sums: Mapping[str, int], z: float = Z) -> tuple[int, float, Bounds]:
    """(n, value, bounds) of the parts `sum`, `n` and `sq`; n > 1."""
    total, n = sums.get("sum", 0), sums["n"]
    return n, total / n, mean(total, n, sums.get("sq", 0), z)


def lift(both: int, warned: int, happened: int, n: int, z: float = Z) -> Bounds:
    """Interval of the lift (both / warned) / (happened / n), the part against the whole it belongs to; warned,
    happened > 0.

    The delta method on the logarithm, for the four cells of the table as one multinomial draw: the variance is
    1/both - 1/warned - 1/happened + 2 both/(warned happened) - 1/n. Where nothing coincides: Wilson's upper bound of
    both / warned, over the base rate.
    """
    if not both:
        return 0.0, wilson(0, warned, z)[1] * n / happened
    value = both * n / (warned * happened)
    variance = 1 / both - 1 / warned - 1 / happened + 2 * both / (warned * happened) - 1 / n
    spread = exp(z * sqrt(max(variance, 0.0)))
    return value / spread, value * spread


def ratio(a: int, n: int, b: int, m: int, z: float = Z) -> Bounds:
    """Interval of the ratio of two independent rates, (a / n) / (b / m), on the logarithm (D. Katz et al. 1978);
    a, b > 0.
    """
    spread = exp(z * sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 0.0)))
    value = a * m / (n * b)
    return value / spread, value * spread
