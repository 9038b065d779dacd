"""The whole pipe in simulated trouble: once the dust settles, all is as a replay of the log says, whatever the seed.

A seed that fails is run again, alone, with `python -m tests.simulation SEED`.
"""

from __future__ import annotations

import os

import pytest

from tests.simulation.story import run

FIRST, BLOCKS, EACH = int(os.environ.get("SIMULATION_SEED", "0")), 12, 10


@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_goes_wrong_the_pipe_comes_to_what_the_log_says(block: int) -> None:
    for seed in range(FIRST + block * EACH, FIRST + (block + 1) * EACH):
        result = run(seed)
        assert result.differences == [], f"seed {seed}: python -m tests.simulation {seed}"


def test_a_seed_is_always_the_same_run() -> None:
    assert run(4) == run(4)
