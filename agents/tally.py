"""Counts that outlive what counted them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any


def drain(counted: MutableMapping[Any, int], into: MutableMapping[Any, int]) -> None:
    """Moves counts by name."""
    for name, n in counted.items():
        into[name] = into.get(name, 0) + n
    counted.clear()
