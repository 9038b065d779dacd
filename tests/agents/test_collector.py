"""Covers agents/collector.py."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from agents import collector
from agents.collector import Sweeper
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*before)


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


def knot() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


def test_it_collects_rarely_and_leaves_alone_what_is_loaded() -> None:
    collector.relax()
    assert gc.get_threshold() == (collector.YOUNG, collector.MIDDLE, collector.OLD)
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()


async def test_a_sweeper_looks_after_a_rebalance_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sweeper, "EVERY", 0.01)
    happened = 0
    sweeper = Sweeper(lambda: happened)
    sweeper.start()
    try:
        assert not gc.isenabled()
        tied = knot()
        assert tied() is not None
        happened = 1
        await until(lambda: tied() is None)
    finally:
        await sweeper.stop()
    assert gc.isenabled()


def test_a_sweeper_looks_when_there_is_twice_as_much_as_after_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sweeper, "LEAST", 10)
    count = 1_000
    sweeper = Sweeper(lambda: 0, lambda: count)
    sweeper.sweep()  # the first look

    def found(now: int) -> bool:
        nonlocal count
        tied, count = knot(), now
        sweeper.sweep()
        return tied() is None

    gc.disable()
    assert [found(now) for now in (1_000, 1_999, 2_000, 2_100, 3_999, 4_000)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]
