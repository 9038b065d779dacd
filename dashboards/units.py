"""Numbers as Grafana writes them in the units that the dashboards use."""

from __future__ import annotations

import math

_SPANS = ((604_800, "weeks"), (86_400, "days"), (3_600, "h"), (60, "min"), (1, "s"), (0.001, "ms"))
_THOUSANDS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))
_BYTES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))


def words(value: float, unit: str) -> str:
    """`value` in a unit: none, short, percentunit, s, cps, bytes, Bps. Raises ValueError for another one."""
    if not math.isfinite(value):
        return "-"
    if unit == "percentunit":
        return f"{value:.3g}" if abs(value) > 100 else f"{100 * value:.3g} %"
    if unit == "s":
        return _scaled(value, _SPANS, " ") if value else "0 s"
    if unit in ("bytes", "Bps"):
        return _scaled(value, _BYTES, " ") + ("/s" if unit == "Bps" else "")
    if unit in ("none", "short", "cps"):
        short = f"{value:.3g}" if unit == "none" and abs(value) < 1000 else _scaled(value, _THOUSANDS, " ")
        return short + (" c/s" if unit == "cps" else "")
    raise ValueError(f"no words for the unit {unit}")


def _scaled(value: float, steps: tuple[tuple[float, str], ...], gap: str) -> str:
    """In the largest step that is not more than the value."""
    for size, name in steps:
        if abs(value) >= size:
            return f"{value / size:.3g}{gap}{name}"
    return f"{value:.3g}"
