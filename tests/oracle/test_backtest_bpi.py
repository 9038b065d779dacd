"""What is known of transfers in the BPI 2013 log, from the file alone, and what a backtest says of it.

The definitions that give the published numbers: of the tickets whose first resolve came more than 24 h after their
opening (3,245), the transfers of the first 24 h against two or more later ones, and against a first resolve after 14 d.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.scorecard import verdict
from stream import mapping
from stream.backtest import Backtest
from stream.definitions import Definitions
from stream.outcomes.further_transfers import OUTCOME as FURTHER
from stream.outcomes.long_resolution import OUTCOME as LONG
from stream.record import Record
from stream.score import Score, Worth
from stream.sources.xes import SOURCE
from tests.oracle import bpi
from tests.oracle.logs import DAY
from tests.support.backtests import signal
from tests.support.tools import ROOT


class Seen(NamedTuple):
    """A ticket 24 h after its opening, and what became of it."""

    transfers: int  # in the first 24 h
    back: bool  # to an earlier team, in the first 24 h
    later: int
    resolved: int | None  # ms from the opening to the first resolve


def seen(steps: list[bpi.Step]) -> Seen:
    opened = steps[0].at
    early = [step for step in steps if step.at <= opened + DAY]
    teams, whole = bpi.fold(early).moves, bpi.fold(steps)
    resolved = None if whole.first_resolved is None else whole.first_resolved - opened
    return Seen(len(teams) - 1, len(set(teams)) < len(teams), len(whole.moves) - len(teams), resolved)


@pytest.fixture(scope="module")
def log(shared_data: Path) -> Path:
    return shared_data / "bpi_challenge_2013_incidents.xes.gz"


@pytest.fixture(scope="module")
def tickets(log: Path) -> list[Seen]:
    """Those still open after 24 h."""
    found = [seen(steps) for steps in bpi.read(log)]
    return [one for one in found if one.resolved is None or one.resolved > DAY]


def counted(
    tickets: list[Seen], is_warned: Callable[[Seen], bool], happened: Callable[[Seen], bool]
) -> tuple[int, ...]:
    warned = [one for one in tickets if is_warned(one)]
    return len(tickets), len(warned), sum(map(happened, tickets)), sum(map(happened, warned))


def further(one: Seen) -> bool:
    return one.later >= 2


def late(one: Seen) -> bool:
    return one.resolved is not None and one.resolved > 14 * DAY


def test_what_is_known(tickets: list[Seen]) -> None:
    """The published rates, recounted without any of the project's code."""
    resolved = [one for one in tickets if one.resolved is not None]
    assert len(resolved) == 3_245
    rules: dict[str, Callable[[Seen], bool]] = {
        "none": lambda one: not one.transfers, "two": lambda one: one.transfers >= 2, "back": lambda one: one.back,
    }  # fmt: skip
    for outcome, rates in (
        (further, {"none": 13.2, "two": 31.4, "back": 38.8}),
        (late, {"none": 25.7, "two": 28.1, "back": 28.9}),
    ):
        found = {name: counted(resolved, rule, outcome) for name, rule in rules.items()}
        assert {
            name: pytest.approx(100 * both / warned, abs=0.06) for name, (_, warned, _, both) in found.items()
        } == rates


@pytest.fixture(scope="module")
def heard(log: Path) -> Backtest:
    """ping_pong by its `teams`: three teams, or back to an earlier one, are two transfers or more; 999 is ping-pong."""
    rules = ROOT / "examples/bpi_challenge_2013.toml"
    tried = [({"teams": n}, signal("ping_pong", teams=n)) for n in (2, 3, 999)]
    found = Backtest(Definitions(partitions=1, kpi_partitions=1), tried)
    for i, (at, value) in enumerate(SOURCE.read(log, mapping.parse(rules.read_text(), str(rules)))):
        found.take(SOURCE, Record("raw.xes", 0, i, at, None, value), "raw.xes", 0)
    found.finish()
    return found


@pytest.mark.slow
def test_transfers_warn_of_further_transfers(heard: Backtest, tickets: list[Seen]) -> None:
    """Every count as the file has it; two or more: 31.4 % against 13.2 % after none, 2.4 times."""
    one, two, back = heard.scores(FURTHER)
    known = [seen for seen in tickets if seen.resolved is not None]
    assert _cells(one) == counted(known, lambda seen: seen.transfers >= 1, further)
    assert _cells(two) == counted(known, lambda seen: seen.transfers >= 2, further)
    assert _cells(back) == counted(known, lambda seen: seen.back, further)
    assert two.quiet == (116, 876)
    assert [score.table.precision for score in (two, back)] == pytest.approx([0.314, 0.388], abs=0.0006)
    assert two.quiet[0] / two.quiet[1] == pytest.approx(0.132, abs=0.0006)
    assert (two.against_quiet, back.against_quiet) == pytest.approx((2.4, 2.9), abs=0.05)
    assert [score.table.worth for score in (one, two, back)] == [Worth.BARELY, Worth.WARNS, Worth.WARNS]


@pytest.mark.slow
def test_transfers_do_not_warn_of_a_long_resolution(heard: Backtest, tickets: list[Seen]) -> None:
    """28 % against 27 % of all: useless, in so many words."""
    two = heard.scores(LONG)[1]
    n, warned, happened, both = counted([t for t in tickets if t.resolved], lambda seen: seen.transfers >= 2, late)
    unresolved = two.table.n - n  # open for longer than that at the end of the log
    assert 0 <= unresolved <= 8
    assert two.table.happened == happened + unresolved
    assert warned <= two.table.warned <= warned + unresolved
    assert both <= two.table.both <= both + unresolved
    assert (two.table.precision, two.table.base) == pytest.approx((0.281, 0.27), abs=0.001)
    assert two.table.lift == pytest.approx(1.04, abs=0.01)
    said = verdict(two, "ping_pong with teams = 3", LONG)
    assert said.startswith("For long_resolution, ping_pong with teams = 3 is useless: 28.1 % of those warned against")


def _cells(score: Score) -> tuple[int, ...]:
    return score.table.n, score.table.warned, score.table.happened, score.table.both
