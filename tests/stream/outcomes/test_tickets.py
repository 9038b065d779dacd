"""Outcomes of tickets, row by row: who is looked at, what happened to whom, and from when on that is known.

Covers stream/outcomes/further_transfers.py, stream/outcomes/long_resolution.py, stream/outcomes/reopened.py.
"""

from __future__ import annotations

from stream.definitions import DAY, HOUR
from stream.journey import NEVER
from stream.outcomes.further_transfers import OUTCOME as FURTHER
from stream.outcomes.long_resolution import OUTCOME as LONG
from stream.outcomes.reopened import OUTCOME as REOPENED
from tests.support.backtests import cases
from tests.support.builders import START, Told, opened, reopened, resolved, transferred

END = 40 * DAY
NOT_KNOWN = NEVER - START


def handed(*hours: int, resolve: int | None = 10 * DAY) -> list[Told]:
    """A ticket handed on at these hours, each time to another team."""
    moves = [transferred("T", hour * HOUR, f"team{i}", from_team="front") for i, hour in enumerate(hours)]
    return [opened("T", 0, team="front"), *moves, *([] if resolve is None else [resolved("T", resolve)])]


def test_further_transfers_counts_what_comes_after_the_look() -> None:
    """At the very look still counts as before; the second one later is when it happens."""
    assert cases(FURTHER, *handed(1, 2, 24), until=END) == [(0, DAY, 10 * DAY, None)]
    assert cases(FURTHER, *handed(1, 24, 25), until=END) == [(0, DAY, 10 * DAY, None)]
    assert cases(FURTHER, *handed(24, 25, 30, 48), until=END) == [(0, DAY, 10 * DAY, 30 * HOUR)]


def test_further_transfers_of_a_ticket_that_stays_open_are_not_known() -> None:
    """Also where it happened already: else what happens early would count for more."""
    assert cases(FURTHER, *handed(25, 30, resolve=None), until=END) == [(0, DAY, NOT_KNOWN, 30 * HOUR)]


def test_a_ticket_that_was_resolved_by_the_look_is_no_case() -> None:
    quick = [opened("T", 0), resolved("T", DAY), reopened("T", 2 * DAY)]
    for outcome in (FURTHER, LONG, REOPENED):
        assert cases(outcome, *quick, until=END) == []
        assert cases(outcome, opened("T", END - HOUR), until=END) == []  # its look lies ahead


def test_long_resolution_is_known_when_the_limit_passes_or_it_is_resolved() -> None:
    """In the ms of the limit is in time; a reopen changes nothing."""
    for at, found in (
        (14 * DAY, (0, DAY, 14 * DAY, None)),
        (14 * DAY + 1, (0, DAY, 14 * DAY, 14 * DAY)),
        (2 * DAY, (0, DAY, 2 * DAY, None)),
    ):
        assert cases(LONG, opened("T", 0), resolved("T", at), until=END) == [found]
    again = [opened("T", 0), resolved("T", 2 * DAY), reopened("T", 3 * DAY)]
    assert cases(LONG, *again, until=END) == [(0, DAY, 2 * DAY, None)]
    assert cases(LONG, opened("T", 0), until=2 * DAY) == [
        (0, DAY, 14 * DAY, 14 * DAY)
    ]  # open: the log can not tell yet


def test_reopened_within_a_week_of_the_first_resolve() -> None:
    for at, happened in ((9 * DAY, 9 * DAY), (9 * DAY + 1, None)):
        story = [opened("T", 0), resolved("T", 2 * DAY), reopened("T", at)]
        assert cases(REOPENED, *story, until=END) == [(0, DAY, 9 * DAY, happened)]
    assert cases(REOPENED, opened("T", 0), until=END) == [(0, DAY, NOT_KNOWN, None)]


def test_a_horizon_beyond_the_limit_leaves_nobody() -> None:
    """Whoever is not resolved then is late already: there is nothing left to warn of."""
    late = type(LONG)()
    late.horizon_ms = 14 * DAY
    assert cases(late, opened("T", 0), until=END) == []
    assert late.whom == "tickets not resolved 14 d after they were opened"
