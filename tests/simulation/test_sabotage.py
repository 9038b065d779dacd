"""The simulation can fail: with one guard of the engine taken out, some seed goes red."""

from __future__ import annotations

from typing import Any

import pytest

from agents.engine.position import Verdict
from tests.simulation.story import run
from tests.support.holes import append_unchecked

SEEDS = 80

GUARDS: dict[str, dict[str, Any]] = {
    "what is written where it was not expected does not count, and its writer stops": {
        "agents.engine.ledger._read_stamp": lambda offset, headers: (offset, 0),
        "agents.engine.producer.Producer.append": append_unchecked,
    },
    "an append counts once in the KPIs": {"stream.guards.is_next": lambda heard, seen: True},
    "what was written and perhaps not said is said again": {"agents.engine.ledger.Ledger.out": []},
    "a batch counts only where it goes on from the place": {
        "agents.engine.position.Position.judge": lambda self, first, last: Verdict.TAKE
    },
}


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_some_seed_fails(guard: str) -> None:
    with pytest.MonkeyPatch.context() as removed:
        for target, replacement in GUARDS[guard].items():
            removed.setattr(target, replacement)
        assert any(run(seed).differences for seed in range(SEEDS))
