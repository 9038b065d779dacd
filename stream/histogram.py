"""Durations as log buckets: parts named `h:<i>` that add up over panes, and quantiles read from them.

Bucket i holds the whole seconds v with 1.1**i <= v < 1.1**(i + 1); zero has the bucket `z` of its own.
A quantile is shown as its bucket's geometric middle: right within sqrt(1.1) - 1 < 5 %.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import ceil

ZERO = "z"
# ceil(1.1**i), in exact arithmetic so that no platform's logarithm decides a bucket; up to about 300 years.
_EDGES = [-(-(11**i) // 10**i) for i in range(242)]


@cache
def _name(i: int, part: str) -> str:
    return f"{part}:{i}"


def bucket(value: int, part: str = "h") -> str:
    """The part that counts a duration of `value` whole seconds; what is below 1 s counts as zero."""
    if value < 1:
        return f"{part}:{ZERO}"
    return _name(bisect_right(_EDGES, value) - 1, part)


def middle(label: str) -> float:
    """Geometric middle, in seconds, of a bucket named as after the colon of its part."""
    return 0.0 if label == ZERO else 1.1 ** (int(label) + 0.5)


def buckets(sums: Mapping[str, int], part: str = "h") -> dict[str, int]:
    """`{label: count}` of the histogram `part` among `sums`, from the smallest bucket up."""
    prefix = part + ":"
    found = ((name[len(prefix) :], n) for name, n in sums.items() if name.startswith(prefix) and n)
    return dict(sorted(found, key=lambda item: -1 if item[0] == ZERO else int(item[0])))


def quantile(sums: Mapping[str, int], q: float, part: str = "h") -> float | None:
    """The ceil(q n)-th smallest, in seconds; None without data. `q` in (0, 1]."""
    counts = buckets(sums, part)
    n = sum(counts.values())
    rank = max(1, ceil(Fraction(str(q)) * n))  # exact: in floats 0.9 * 10 may come out above 9
    for label, count in counts.items():
        rank -= count
        if rank <= 0:
            return middle(label)
    return None
