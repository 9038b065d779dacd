"""How often signals speak on the two real logs, as counted from the log files alone (product.md, sections 2 and 5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.definitions import HOUR
from tests.support.rates import Rate, base_rates
from tests.support.tools import ROOT

SIGNALS = ("missed_promise", "no_next_step", "ping_pong", "reopened", "sla_at_risk", "stalled_handoff")
TUNING = {"sla_at_risk": {"resolution_ms": 40 * HOUR}}


def rates(data: Path, log: str, rules: str) -> dict[str, Rate]:
    return base_rates(data / log, ROOT / "examples" / rules, SIGNALS, TUNING)


@pytest.mark.slow
def test_the_incidents_of_bpi_2013(shared_data: Path) -> None:
    """7,554 tickets, 514 of them reopened; a rule for all hand-overs would speak of half of them."""
    found = rates(shared_data, "bpi_challenge_2013_incidents.xes.gz", "bpi_challenge_2013.toml")
    assert found["reopened"].subjects == 514
    assert found["reopened"].share == pytest.approx(0.068, abs=0.001)
    assert 0.166 < found["ping_pong"].share < 0.2  # back to an earlier team 16.7 %, or four teams
    assert found["stalled_handoff"].share < 0.506  # tickets that were handed on at all
    assert found["missed_promise"].alerts == 0  # nothing was promised in this log
    assert all(rate.withdrawn <= 1 for rate in found.values())  # a log in order takes next to nothing back


@pytest.mark.slow
def test_the_help_desk(shared_data: Path) -> None:
    """4,580 tickets of one team: 3.4 % are reopened, and there is nobody to hand anything to."""
    found = rates(shared_data, "helpdesk.xes.gz", "helpdesk.toml")
    assert found["reopened"].share == pytest.approx(0.034, abs=0.001)
    assert found["ping_pong"].alerts == found["stalled_handoff"].alerts == 0
