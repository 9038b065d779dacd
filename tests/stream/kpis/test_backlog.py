"""Backlog: a level, and its cut follows its time."""

from __future__ import annotations

from stream.definitions import DAY, HOUR
from tests.support.builders import Run, Told, customer, opened, reopened, resolved, run, transferred, updated


def backlog(*events: Told, until: int = 60 * DAY) -> Run:
    return run(*events, until=until, of="backlog")


def test_open_from_opening_to_resolve_and_again_from_a_reopen() -> None:
    found = backlog(opened("T1", 0), resolved("T1", DAY), reopened("T1", 2 * DAY), resolved("T1", 3 * DAY))
    assert found.panes("backlog") == {0: {"n": 1}, DAY: {"n": -1}, 2 * DAY: {"n": 1}, 3 * DAY: {"n": -1}}


def test_a_ticket_resolved_as_it_opened_was_never_open() -> None:
    assert backlog(opened("T1", 0), resolved("T1", 0)).panes("backlog") == {}


def test_the_level_is_split_where_team_or_topic_change_and_not_where_the_segment_does() -> None:
    found = backlog(
        opened("T1", 0, topic="a", team="t1"),
        transferred("T1", 1 * DAY, "t2"),
        updated("T1", 2 * DAY, topic="b"),
        customer(3 * DAY, segment="large"),
        resolved("T1", 4 * DAY),
    )
    assert found.level("backlog", 0) == {"channel=chat team=t1 topic=a": {"n": 1}}
    assert found.level("backlog", DAY) == {"channel=chat team=t2 topic=a": {"n": 1}}
    assert found.level("backlog", 2 * DAY) == {"channel=chat team=t2 topic=b": {"n": 1}}
    assert found.level("backlog", 3 * DAY) == {"channel=chat team=t2 topic=b": {"n": 1}}
    assert found.level("backlog", 4 * DAY) == {}


def test_two_changes_in_one_ms_split_once() -> None:
    found = backlog(opened("T1", 0, team="t1"), transferred("T1", DAY, "t2"), updated("T1", DAY, topic="b"))
    assert found.level("backlog", DAY) == {"channel=chat team=t2 topic=b": {"n": 1}}


def test_a_transfer_heard_late_moves_the_level_from_its_own_time() -> None:
    late = transferred("T1", HOUR, "t2", log=5 * DAY)
    found = backlog(opened("T1", 0, team="t1"), resolved("T1", DAY), late)
    assert found.cuts("backlog") == {}
    assert found.level("backlog", 0) == {"channel=chat team=t1": {"n": 1}}
    assert found.level("backlog", HOUR) == {"channel=chat team=t2": {"n": 1}}


def test_a_segment_of_its_own_does_not_follow_the_customer() -> None:
    found = backlog(opened("T1", 0, segment="own", stage="new"), customer(DAY, segment="large", stage="old"))
    assert found.cuts("backlog") == {"channel=chat segment=own stage=new": {"n": 1}}


def test_an_open_ticket_is_never_dropped() -> None:
    found = backlog(opened("T1", 0), until=900 * DAY)
    assert found.cuts("backlog") == {"channel=chat": {"n": 1}}
    assert found.rows
