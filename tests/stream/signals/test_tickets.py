"""Signals on tickets and issues: opening, amendment, clearing, linger, withdrawal, new episodes.

Covers stream/signals/ping_pong.py, stream/signals/reopened.py, stream/signals/repeat_contact.py.
"""

from __future__ import annotations

import pytest

from stream.definitions import DAY, HOUR, MINUTE, SECOND
from tests.support.builders import Told, opened, reopened, replied, resolved, run, transferred, updated

Rows = list[tuple[int, str]]


def repeat(*events: Told, until: int = 60 * DAY) -> Rows:
    return [
        (at, what.removesuffix(" queue a #1"))
        for at, what in run(*events, until=until, of="repeat_contact").history("repeat_contact")
    ]


def issue(*days: int, topic: str | None = "a") -> list[Told]:
    return [opened(f"T{i}", day * DAY, topic=topic) for i, day in enumerate(days)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (issue(0, 1), []),
        (issue(0, 1, 7), [(7 * DAY, "opened"), (14 * DAY, "resolved")]),  # last - first <= 7 d
        ([*issue(0, 1), opened("T9", 7 * DAY + 1, topic="a")], []),
        (issue(0, 1, 2, 3), [(2 * DAY, "opened"), (3 * DAY, "amended"), (10 * DAY, "resolved")]),
        # a contact that meets no condition extends nothing
        ([*issue(0, 1, 2), opened("T9", 8 * DAY + HOUR, topic="a")], [(2 * DAY, "opened"), (9 * DAY, "resolved")]),
        ([*issue(0, 1), opened("T9", 2 * DAY, topic="b")], []),
        ([*issue(0, 1), opened("T9", 2 * DAY, topic="a", subject="c2")], []),
        ([*issue(0, 1), opened("T9", 2 * DAY, topic="b"), updated("T9", 3 * DAY, topic="a")],
         [(3 * DAY, "opened"), (9 * DAY, "resolved")]),  # heard at 3 d, holds since 2 d
        ([*issue(0, 1, 2), updated("T2", 3 * DAY, topic="b")], [(2 * DAY, "opened"), (3 * DAY, "withdrawn")]),
        ([*issue(0, 2), opened("T9", DAY, topic="a", log=5 * DAY)], [(5 * DAY, "opened"), (9 * DAY, "resolved")]),
        ([*issue(0, 1), opened("T9", 2 * DAY, topic="a", log=9 * DAY)], []),  # over when first heard
    ],
)  # fmt: skip
def test_three_contacts_within_7_d(events: list[Told], expected: Rows) -> None:
    assert repeat(*events) == expected


SOLVED = [opened("T1", 0, topic="a"), resolved("T1", DAY)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([opened("T2", 8 * DAY, topic="a")], [(8 * DAY, "opened"), (15 * DAY, "resolved")]),
        ([opened("T2", 8 * DAY + 1, topic="a")], []),
        ([opened("T2", DAY + 999, topic="a")], []),  # the same second
        ([opened("T2", DAY + SECOND, topic="a")], [(DAY + SECOND, "opened"), (8 * DAY + SECOND, "resolved")]),
        ([opened("T2", 2 * DAY)], []),
        ([replied("T1", 2 * DAY)], [(2 * DAY, "opened"), (9 * DAY, "resolved")]),
        ([replied("T1", 2 * DAY, public=False)], []),
        ([replied("T1", 2 * DAY, "agent")], []),
        # a resolve that was undone later counts too
        ([reopened("T1", DAY + HOUR), opened("T2", 3 * DAY, topic="a")], [(3 * DAY, "opened"), (10 * DAY, "resolved")]),
        # each return reaches 7 d on; beyond that it is a new episode
        ([replied("T1", 2 * DAY), replied("T1", 8 * DAY)],
         [(2 * DAY, "opened"), (8 * DAY, "amended"), (15 * DAY, "resolved")]),
        ([replied("T1", 2 * DAY), resolved("T1", 20 * DAY), opened("T2", 21 * DAY, topic="a"), resolved("T2", 22 * DAY),
          opened("T3", 23 * DAY, topic="a")],
         [(2 * DAY, "opened"), (9 * DAY, "resolved"), (23 * DAY, "opened queue a #2"),
          (30 * DAY, "resolved queue a #2")]),
    ],
)  # fmt: skip
def test_a_contact_after_a_resolve(events: list[Told], expected: Rows) -> None:
    assert repeat(*SOLVED, *events) == expected


def test_issues_are_apart_and_a_missing_topic_is_one() -> None:
    events = [*issue(0, 1, 2), *(opened(f"N{i}", i * DAY) for i in range(3))]
    assert run(*events, until=3 * DAY, of="repeat_contact").history("repeat_contact") == [
        (2 * DAY, "opened queue a #1"),
        (2 * DAY, "opened queue  #1"),
    ]


def test_repeat_contact_shows_what_it_saw() -> None:
    [alert] = run(*issue(0, 1, 2), until=3 * DAY, of="repeat_contact").alerts
    assert alert.text == "3 contacts about “a” within 3 d, not settled"
    assert alert.numbers == {"contacts": 3, "tickets": 3}
    assert [step["about"] for step in alert.evidence] == ["T0", "T1", "T2"]
    [alert] = run(*SOLVED, opened("T2", 8 * DAY, topic="a"), until=8 * DAY, of="repeat_contact").alerts
    assert alert.numbers == {"contacts": 1, "tickets": 1}
    assert alert.text == "1 contact about “a” within 1 d, not settled"


def test_evidence_is_the_newest_and_bounded() -> None:
    alerts = run(*[opened(f"T{i}", i * HOUR, topic="a") for i in range(60)], until=5 * DAY, of="repeat_contact").alerts
    assert alerts[-1].numbers["contacts"] == 60
    assert len(alerts[-1].evidence) == 16
    assert alerts[-1].evidence[-1]["about"] == "T59"


ONCE = [opened("T1", 0), resolved("T1", HOUR), reopened("T1", 2 * HOUR)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], [(2 * HOUR, "opened queue T1 #1")]),
        # it lingers 1 h
        ([resolved("T1", DAY)], [(2 * HOUR, "opened queue T1 #1"), (DAY + HOUR, "resolved queue T1 #1")]),
        ([resolved("T1", DAY), reopened("T1", DAY + HOUR - 1)],  # again within the linger: amended, not a new episode
         [(2 * HOUR, "opened queue T1 #1"), (DAY + HOUR - 1, "amended queue T1 #1")]),
        ([resolved("T1", DAY), reopened("T1", DAY + HOUR)],
         [(2 * HOUR, "opened queue T1 #1"), (DAY + HOUR, "resolved queue T1 #1"), (DAY + HOUR, "opened queue T1 #2")]),
        # a second opening changes nothing
        ([opened("T1", 90 * MINUTE, log=3 * HOUR)], [(2 * HOUR, "opened queue T1 #1")]),
    ],
)  # fmt: skip
def test_reopened(events: list[Told], expected: Rows) -> None:
    assert run(*ONCE, *events, until=60 * DAY, of="reopened").history("reopened") == expected


def test_news_of_the_past_amends_or_changes_nothing() -> None:
    late = [opened("T1", 0), resolved("T1", 2 * HOUR), reopened("T1", 4 * HOUR), reopened("T1", 3 * HOUR, log=5 * HOUR)]
    found = run(*late, until=DAY, of="reopened")
    assert found.history("reopened") == [(4 * HOUR, "opened queue T1 #1"), (5 * HOUR, "amended queue T1 #1")]
    again = run(
        *ONCE[:2], reopened("T1", 2 * HOUR), resolved("T1", 90 * MINUTE, log=3 * HOUR), until=DAY, of="reopened"
    )
    assert again.history("reopened") == [(2 * HOUR, "opened queue T1 #1")]  # resolved already: changes nothing


def test_an_interval_that_is_over_when_heard_opens_nothing() -> None:
    events = [opened("T1", 0), resolved("T1", HOUR), reopened("T1", 2 * HOUR, log=5 * HOUR), resolved("T1", 3 * HOUR)]
    assert run(*events, until=DAY, of="reopened").history("reopened") == []
    soon = [*events[:2], reopened("T1", 2 * HOUR, log=4 * HOUR - 1), events[3]]  # still lingering
    assert run(*soon, until=DAY, of="reopened").history("reopened") == [
        (4 * HOUR - 1, "opened queue T1 #1"),
        (4 * HOUR, "resolved queue T1 #1"),
    ]


def test_the_second_reopen_says_so() -> None:
    again = [resolved("T1", 3 * HOUR), reopened("T1", 4 * HOUR)]
    [first, alert] = run(*ONCE, *again, until=5 * HOUR, of="reopened").alerts[-2:]
    assert (alert.text, alert.numbers) == ("Ticket T1 was reopened a second time", {"reopened_times": 2})
    assert (first.rank, alert.rank) == (0, 1)


def moved(*teams: str, first: str | None = "t1") -> list[Told]:
    return [opened("T1", 0, team=first), *(transferred("T1", (i + 1) * HOUR, team) for i, team in enumerate(teams))]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (moved("t2", "t3"), []),
        (moved("t2", "t1"), [(2 * HOUR, "opened queue T1 #1")]),
        (moved("t2", "t3", "t4"), [(3 * HOUR, "opened queue T1 #1")]),  # four teams
        (moved("t2", "t3", "t4", first=None), []),
        (moved("t2", "t1", "t3"), [(2 * HOUR, "opened queue T1 #1"), (3 * HOUR, "amended queue T1 #1")]),
        ([*moved("t2", "t1"), resolved("T1", DAY)], [(2 * HOUR, "opened queue T1 #1"), (DAY, "resolved queue T1 #1")]),
        ([*moved("t2", "t1"), resolved("T1", DAY), reopened("T1", 2 * DAY)],  # holds anew from a reopen
         [(2 * HOUR, "opened queue T1 #1"), (DAY, "resolved queue T1 #1"), (2 * DAY, "opened queue T1 #2")]),
        ([*moved("t2"), resolved("T1", DAY), transferred("T1", 2 * DAY, "t1"), reopened("T1", 3 * DAY)],
         [(3 * DAY, "opened queue T1 #1")]),  # went back while it was resolved
        # a transfer heard late shows that it did not go back
        ([*moved("t2", "t1"), transferred("T1", 0, "t0", from_team="t1", log=3 * HOUR)],
         [(2 * HOUR, "opened queue T1 #1"), (3 * HOUR, "amended queue T1 #1")]),
        ([opened("T1", 0, team="t1"), transferred("T1", 2 * HOUR, "t1"), transferred("T1", HOUR, "t2", log=4 * HOUR)],
         [(4 * HOUR, "opened queue T1 #1")]),
    ],
)  # fmt: skip
def test_ping_pong(events: list[Told], expected: Rows) -> None:
    assert run(*events, until=30 * DAY, of="ping_pong").history("ping_pong") == expected
