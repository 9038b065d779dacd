"""A promised time that passes."""

from tests.support.builders import START, customer, opened, reopened, resolved
from tests.support.desk import D, H, judge, opened_for, promised, said

NAME = "missed_promise"
OPENED = opened_for("T", 0, by=10 * H)
WARNED = (8 * H, "opened info T #1")
MISSED = (10 * H, "amended queue T #1")
OVER = (10 * H + 30 * D, "resolved queue T #1")


def test_it_warns_at_80_percent_and_opens_at_its_time_with_nothing_else_happening() -> None:
    run = judge(NAME, OPENED, until=60 * D)
    assert run.history(NAME) == [WARNED, MISSED, OVER]
    warning, missed, _ = run.alerts
    assert warning.text == "Ticket T: 80 % of the time promised for it has gone by, not resolved"
    assert missed.text == "Ticket T is not resolved, and the time promised for it has passed (10 h after its opening)"
    assert missed.numbers["promised_by_ms"] == START + 10 * H


def test_resolved_in_time_is_a_promise_kept() -> None:
    assert said(NAME, OPENED, resolved("T", 7 * H), until=60 * D) == []
    assert said(NAME, OPENED, resolved("T", 9 * H), until=60 * D) == [WARNED, (9 * H, "resolved info T #1")]


def test_a_late_resolve_ends_it() -> None:
    assert said(NAME, OPENED, resolved("T", D), until=60 * D) == [WARNED, MISSED, (D, "resolved queue T #1")]


def test_the_first_resolve_keeps_the_promise_whatever_comes_after() -> None:
    assert said(NAME, OPENED, resolved("T", 7 * H), reopened("T", 9 * H), until=60 * D) == []


def test_it_is_a_page_for_a_vip() -> None:
    assert said(NAME, customer(0, tier="vip"), OPENED, until=D) == [WARNED, (10 * H, "amended page T #1")]


def test_moved_before_it_passed_the_new_promise_is_in_force() -> None:
    events = (OPENED, promised("T", 5 * H, by=20 * H))
    assert said(NAME, *events, until=2 * D) == [(16 * H, "opened info T #1"), (20 * H, "amended queue T #1")]


def test_once_missed_it_stays_missed_though_moved_later() -> None:
    events = (OPENED, promised("T", 12 * H, by=90 * H), resolved("T", 80 * H))
    assert said(NAME, *events, until=9 * D) == [WARNED, MISSED, (80 * H, "resolved queue T #1")]


def test_missed_again_it_holds_for_30_d_from_the_newer_promise() -> None:
    events = (OPENED, promised("T", 12 * H, by=20 * D))
    assert said(NAME, *events, until=90 * D) == [WARNED, MISSED, (20 * D, "amended queue T #1"),
                                                 (50 * D, "resolved queue T #1")]  # fmt: skip


def test_a_promise_said_after_its_time_is_missed_when_it_is_said() -> None:
    assert said(NAME, opened("T", 0), promised("T", 12 * H, by=10 * H), until=D) == [(12 * H, "opened queue T #1")]


def test_a_late_event_does_not_overwrite_a_newer_promise() -> None:
    """The promise of 4 h was said before that of 5 h, though the log heard it after."""
    events = (OPENED, promised("T", 5 * H, by=20 * H), promised("T", 4 * H, by=6 * H, log=7 * H))
    assert said(NAME, *events, until=30 * H) == [(16 * H, "opened info T #1"), (20 * H, "amended queue T #1")]


def test_a_late_resolve_in_time_takes_it_back() -> None:
    assert said(NAME, OPENED, resolved("T", 7 * H, log=12 * H), until=D) == [
        WARNED,
        MISSED,
        (12 * H, "withdrawn queue T #1"),
    ]


def test_after_downtime_it_opens_once_at_its_time() -> None:
    assert said(NAME, OPENED, ticks=(20 * D,)) == [WARNED, MISSED]


def test_without_a_promise_nothing_is_missed() -> None:
    assert said(NAME, opened("T", 0), until=60 * D) == []
