"""Routing: only news pages, and every sink is told each change once."""

from __future__ import annotations

import msgspec
import pytest

from stream.claims import Alert, Severity
from stream.definitions import DAY, HOUR, MINUTE, SECOND
from stream.notices import Held, Mark, Notice, head_of, merge, notice, route, span
from tests.support.alerts import alert

OLD = 15 * MINUTE
OPENED = 1_000_000


def held(*versions: Alert, sent: Mark | None = None) -> Held:
    row: Held | None = None
    for one in versions:
        row = merge(row, head_of(one), msgspec.json.encode(one), one.changed) or row
    assert row is not None
    if sent:
        row.sent["x"] = sent
    return row


def told(row: Held, now: int = OPENED, least: Severity = Severity.info) -> Notice | None:
    return notice(row, row.sent.get("x"), route(row, now, OLD), least)


def test_news_pages_and_old_news_is_queued_and_says_so() -> None:
    row = held(alert(severity="page"))
    assert route(row, OPENED + OLD - 1, OLD) == (Severity.page, "")
    assert route(row, OPENED + OLD, OLD) == (
        Severity.queue,
        "queued, not paged: 15 min old, pages are for the first 15 min",
    )


def test_a_backfill_never_pages() -> None:
    row = held(alert(severity="page", backfill=True))
    assert route(row, OPENED, OLD) == (Severity.queue, "queued, not paged: found in a backfill")


def test_age_counts_from_when_it_became_a_page() -> None:
    """An alert that has been in the queue for days and becomes a page now is news."""
    rose = OPENED + 3 * DAY
    row = held(
        alert(), alert(version=2, severity="page", changed=rose), alert(version=3, severity="page", changed=rose + OLD)
    )
    assert route(row, rose + 1, OLD) == (Severity.page, "")
    assert route(row, rose + OLD, OLD)[0] is Severity.queue


def test_what_pages_goes_on_paging_in_its_episode_only() -> None:
    row = held(alert(severity="page"), alert(version=2, severity="page"), sent=Mark(1, 1, Severity.page))
    assert route(row, OPENED + DAY, OLD) == (Severity.page, "")
    again = held(alert(severity="page", episode=2, version=3), sent=Mark(1, 1, Severity.page))
    assert route(again, OPENED + DAY, OLD)[0] is Severity.queue


@pytest.mark.parametrize(
    ("versions", "sent", "kind", "held_as"),
    [
        ([alert()], None, "open", None),
        ([alert(), alert(version=2)], Mark(1, 1, 2), "update", Severity.queue),
        ([alert(), alert(version=2, status="resolved")], Mark(1, 1, 2), "resolve", Severity.queue),
        ([alert(episode=2, version=3)], Mark(1, 2, 0), "open", None),
        ([alert(episode=2, version=3)], Mark(1, 1, 2), "open", Severity.queue),
        ([alert()], Mark(1, 1, 2), None, None),
        ([alert(status="resolved")], None, None, None),
        ([alert(), alert(version=2, status="resolved")], Mark(1, 2, 0), None, None),
    ],
)
def test_each_sink_is_told_what_it_does_not_know(
    versions: list[Alert], sent: Mark | None, kind: str | None, held_as: Severity | None
) -> None:
    found = told(held(*versions, sent=sent))
    assert (found and found.kind) == kind
    if found:
        assert found.held_as == held_as


def test_a_sink_is_not_told_what_is_too_quiet_for_it() -> None:
    assert told(held(alert(severity="info")), least=Severity.queue) is None
    fell = held(alert(), alert(version=2, severity="info"), sent=Mark(1, 1, 2))
    found = told(fell, least=Severity.queue)
    assert found is not None
    assert (found.kind, found.severity, found.mark()) == ("resolve", Severity.queue, Mark(1, 2, 0))


def test_the_key_and_the_mark_name_the_version() -> None:
    found = told(held(alert(episode=2, version=7, severity="page")))
    assert found is not None
    assert found.key == "a1/2/7"
    assert found.mark() == Mark(2, 7, Severity.page)


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (90 * SECOND, "1 min 30 s"),
        (2 * DAY + 3 * HOUR + 59 * MINUTE, "2 d 3 h"),
        (DAY + MINUTE, "1 d"),
    ],
)
def test_durations_in_words(ms: int, words: str) -> None:
    assert span(ms) == words
