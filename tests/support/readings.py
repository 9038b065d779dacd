"""Readings as the kpis role makes them."""

from __future__ import annotations

from typing import Any

from stream.readings import Reading


def reading(kpi: str = "fcr", window: str = "24h", **given: Any) -> Reading:
    """6 of 8, in a window that ended at 1,000 ms, unless told otherwise."""
    fields: dict[str, Any] = {
        "version": 1,
        "end": 1_000,
        "cut": {},
        "value": 0.75,
        "n": 8,
        "parts": {"num": 6, "den": 8},
        "quantiles": {},
        "as_of": 1_000,
        "status": "final",
        "unit": "ratio",
        "small_n": True,
    }
    return Reading(kpi=kpi, window=window, **fields | given)
