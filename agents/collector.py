"""Python's garbage collector, set for a process that makes and drops many small objects and hardly a cycle."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 200_000, 20, 100  # objects, collections, collections


def relax() -> None:
    """Look for cycles rarely, and never among what is loaded now: a fifth of the fold's time (docs/performance.md)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
