"""Session KPIs: what a session is, and when it counts.

Covers stream/kpis/bounce_rate.py, stream/kpis/pages_per_session.py, stream/sessions.py.
"""

from __future__ import annotations

import pytest

from stream.definitions import DAY, HOUR, MINUTE
from tests.support.builders import Told, customer, run, viewed

HALF = 30 * MINUTE
BOUNCED, STAYED = {"num": 1, "den": 1}, {"den": 1}


@pytest.mark.parametrize(
    ("events", "bounces", "pages"),
    [
        ([viewed(0)], {HALF: BOUNCED}, {HALF: {"sum": 1, "n": 1}}),
        ([viewed(0, key=True)], {HALF: STAYED}, {HALF: {"sum": 1, "n": 1}}),
        ([viewed(0), viewed(HALF)], {HOUR: STAYED}, {HOUR: {"sum": 2, "n": 1}}),
        (
            [viewed(0), viewed(HALF + 1)],
            {HALF: BOUNCED, HOUR: BOUNCED},
            {HALF: {"sum": 1, "n": 1}, HOUR: {"sum": 1, "n": 1}},
        ),
        # a late view joins two sessions that were counted
        (
            [viewed(0), viewed(HOUR), viewed(HALF, log=7 * DAY)],
            {HOUR + HALF: STAYED},
            {HOUR + HALF: {"sum": 3, "n": 1}},
        ),
        ([viewed(0, "V1"), viewed(2 * HOUR, "V1")], {2 * HOUR + HALF: STAYED}, {2 * HOUR + HALF: {"sum": 2, "n": 1}}),
        ([viewed(0, "V1"), viewed(0, "V2")], {HALF: {"num": 2, "den": 2}}, {HALF: {"sum": 2, "n": 2}}),
        ([viewed(0, "V1"), viewed(0, "V1", subject="c2")], {HALF: {"num": 2, "den": 2}}, {HALF: {"sum": 2, "n": 2}}),
    ],
)
def test_sessions(events: list[Told], bounces: dict[int, dict[str, int]], pages: dict[int, dict[str, int]]) -> None:
    found = run(*events, until=8 * DAY, of=("bounce_rate", "pages_per_session"))
    assert found.panes("bounce_rate") == bounces
    assert found.panes("pages_per_session") == pages


def test_a_session_counts_when_the_clock_reaches_its_end() -> None:
    assert run(viewed(0), until=HALF - 1, of="bounce_rate").panes("bounce_rate") == {}
    assert run(viewed(0), until=HALF, of="bounce_rate").panes("bounce_rate") == {HALF: BOUNCED}


def test_the_segment_is_that_of_the_end() -> None:
    found = run(viewed(0), customer(MINUTE, segment="new"), until=DAY, of="bounce_rate")
    assert list(found.cuts("bounce_rate")) == ["segment=new"]


def test_forgotten_sessions_stay_counted_and_leave_no_row() -> None:
    events = [viewed(0), viewed(2 * HOUR), viewed(4 * HOUR, "V1"), viewed(5 * DAY)]
    found = run(*events, until=66 * DAY, of="bounce_rate")
    assert found.total("bounce_rate") == {"num": 4, "den": 4}
    assert found.rows == {}
