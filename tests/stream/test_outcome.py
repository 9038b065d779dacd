"""What an alert and a case have in common; laws that every outcome keeps, over whatever is discovered.

Covers stream/outcome.py, stream/past.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from stream.definitions import DAY
from stream.infra.plugins import discover, fields
from stream.outcome import About
from stream.past import journeys
from tests.support.backtests import remembered
from tests.support.builders import SIGNALS_FOUND, START, opened, resolved
from tests.support.tools import ROOT
from tests.support.worlds import SPAN, World

OUTCOMES: dict[str, Any] = discover("stream.outcomes", "OUTCOME")
PAGE = (ROOT / "docs/backtest.md").read_text()
LATE = SPAN + 200 * DAY
# Claims for which there is no outcome to measure them by, yet.
UNMEASURED = {"abandonment", "breach", "repeat contact"}

every = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        (About(), About("T", ("a",)), True),  # of the whole customer
        (About("T"), About("T", ("a",)), True),
        (About("T"), About("U", ("a",)), False),
        (About(issue=("a",)), About("T", ("a",)), True),
        (About(issue=(None,)), About("T", ("a",)), False),  # a missing topic equals only a missing topic
        (About(issue=(None,)), About("T", (None,)), True),
        (About("T"), About(subscription="U"), True),
        (About(subscription="U"), About(subscription="V"), False),
    ],
)
def test_what_meets(one: About, other: About, *, meets: bool) -> None:
    assert one.meets(other) is other.meets(one) is meets


@every
def test_cases_are_asked_before_it_happens(outcome: Any) -> None:
    """since <= look < happened, integers, and no look after the end of the log."""
    count = 0
    for seed in range(8):
        past = remembered(*sorted(World(seed).events, key=lambda one: one.log), until=LATE)
        for who in journeys(past):
            for case in outcome.cases(who, START + LATE):
                count += 1
                assert all(type(at) is int for at in (case.since, case.look, case.known))
                assert case.since <= case.look <= START + LATE
                assert case.look <= case.known
                assert case.happened is None or case.look < case.happened
    assert count


@every
def test_it_says_what_it_is(outcome: Any) -> None:
    assert outcome.whom and outcome.what
    assert outcome.version >= 1


@every
def test_its_page_has_it_with_its_parameters(outcome: Any) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{outcome.name}` |")]
    lengths = {name for name in fields(outcome) if name not in ("before_ms", "horizon_ms")}  # said for several at once
    assert all(f"`{name}`" in row for name in lengths)


def test_every_claim_of_a_signal_can_be_measured() -> None:
    claims = {claim.strip() for signal in SIGNALS_FOUND.values() for claim in signal.warns_of.split(",")}
    assert {claim for claim in claims if claim.replace(" ", "_").replace("-", "_") not in OUTCOMES} == UNMEASURED


def test_a_memory_forgets_nothing() -> None:
    """A ticket that a live pipe dropped long ago is still there to be asked."""
    past = remembered(opened("T", 0), resolved("T", DAY), opened("U", 900 * DAY), until=1_000 * DAY)
    assert [[ticket.id for ticket in who.tickets] for who in journeys(past)] == [["T", "U"]]
