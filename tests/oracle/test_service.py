"""Self-service KPIs on logs of a few rows whose numbers are known by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle.logs import DAY, HOUR, MINUTE, NOON, Said, at, log
from tests.oracle.oracle import Readings, compute


def view(after: int, **data: Any) -> Said:
    return NOON + after, "page.viewed", {"url": "/", **data}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(*rows: Any, end: int = DAY, **options: Any) -> Readings:
        return compute([log(tmp_path / "log.ndjson", *rows, end=NOON + end)], **options)

    return run


def test_views_without_a_session_belong_together_while_gaps_are_short(read: Any) -> None:
    """A gap of thirty minutes joins, a longer one parts; other customers are apart."""
    found = read(view(0), view(30 * MINUTE), view(60 * MINUTE + 1), (*view(1), "other"))
    assert at(found, "pages_per_session").parts == {"sum": 4, "n": 3}
    assert at(found, "bounce_rate").parts == {"num": 2, "den": 3}


def test_a_named_session_is_one_whatever_the_gap(read: Any) -> None:
    """The name holds for a customer; views without it are apart."""
    found = read(view(0, session="x"), view(5 * HOUR, session="x"), view(1), (*view(2, session="x"), "other"))
    assert at(found, "pages_per_session").parts == {"sum": 4, "n": 3}


def test_one_view_with_a_key_event_is_no_bounce(read: Any) -> None:
    """Nor does a search make or end a session."""
    found = read(view(0, key_event=True), (NOON, "help.searched", {"results": 3, "session": "s"}))
    assert at(found, "bounce_rate").parts == {"num": 0, "den": 1}


def test_a_session_counts_half_an_hour_after_its_last_view(read: Any) -> None:
    """Not before, and in the window of that time."""
    assert at(read(view(0), end=30 * MINUTE - 1), "bounce_rate").n == 0
    assert at(read(view(0), end=30 * MINUTE), "bounce_rate").n == 1
    midnight = 21 * DAY + 12 * HOUR
    found = read(view(midnight - MINUTE), end=30 * DAY)
    assert (at(found, "bounce_rate", "2026-01").n, at(found, "bounce_rate", "2026-02").n) == (0, 1)


def test_content_fails_when_a_ticket_follows_within_a_day(read: Any) -> None:
    """Any ticket of the same customer; each view of a content counts."""
    opened = (NOON + DAY + HOUR, "ticket.opened", {"ticket": "t", "channel": "web"})
    views = (view(HOUR - 1, content="a"), view(HOUR, content="a"), view(DAY + 2 * HOUR, content="b"), view(HOUR))
    found = read(*views, opened, end=9 * DAY)
    assert at(found, "content_to_ticket").parts == {"num": 1, "den": 3}
    assert at(found, "content_to_ticket", content="a").parts == {"num": 1, "den": 2}


def test_a_search_fails_without_results(read: Any) -> None:
    """Of all searches."""
    rows = [(NOON + i, "help.searched", {"results": results}) for i, results in enumerate((0, 1, 30))]
    assert at(read(*rows), "search_failure").parts == {"num": 1, "den": 3}
