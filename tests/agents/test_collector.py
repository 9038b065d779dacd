"""Covers agents/collector.py."""

from __future__ import annotations

import gc

from agents import collector


def test_it_collects_rarely_and_leaves_alone_what_is_loaded() -> None:
    before = gc.get_threshold()
    try:
        collector.relax()
        assert gc.get_threshold() == (collector.YOUNG, collector.MIDDLE, collector.OLD)
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
