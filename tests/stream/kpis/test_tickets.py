"""Ticket KPIs, row by row: what happened, what is counted and when, and the correction that hurts most.

Covers stream/kpis/fcr.py, stream/kpis/reopen_rate.py, stream/kpis/resolution_time.py,
stream/kpis/resolution_time_first.py, stream/kpis/ticket_share.py, stream/kpis/ticket_volume.py,
stream/kpis/transfers.py.
"""

from __future__ import annotations

import pytest

from stream.definitions import DAY, HOUR, MINUTE, SECOND
from stream.histogram import bucket
from tests.support.builders import Told, customer, opened, reopened, replied, resolved, run, transferred, updated
from tests.support.reading import read

BASE = [opened("T1", 0, topic="a"), resolved("T1", DAY)]
WIN, LOSS = {"num": 1, "den": 1}, {"den": 1}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], WIN),
        ([reopened("T1", 4 * DAY)], LOSS),
        ([reopened("T1", 8 * DAY)], LOSS),
        ([reopened("T1", 8 * DAY + 1)], WIN),
        ([reopened("T1", DAY // 2)], WIN),  # not resolved then: changes nothing
        ([opened("T2", 8 * DAY, topic="a")], LOSS),
        ([opened("T2", 8 * DAY + 1, topic="a")], WIN),
        ([opened("T2", 2 * DAY, topic="b")], WIN),
        ([opened("T2", 2 * DAY)], WIN),  # a missing topic equals only a missing one
        ([opened("T2", 2 * DAY, topic="a", subject="c2")], WIN),
        ([opened("T2", DAY - 1, topic="a")], WIN),  # opened before
        ([opened("T2", DAY + 999, topic="a")], WIN),  # in the same second
        ([opened("T2", DAY + 1000, topic="a")], LOSS),
        ([replied("T1", 2 * DAY)], LOSS),
        ([replied("T1", DAY + 1)], LOSS),  # the same second is for openings
        ([replied("T1", 2 * DAY, public=False)], WIN),
        ([replied("T1", 2 * DAY, "agent")], WIN),
        ([replied("T1", DAY // 2)], WIN),  # on an open ticket: no contact
        ([opened("T2", 2 * DAY, topic="b"), updated("T2", 9 * DAY, topic="a")], LOSS),  # the topic changed afterwards
        ([opened("T2", 2 * DAY, topic="a"), updated("T2", 9 * DAY, topic="b")], WIN),
        ([updated("T1", 9 * DAY, topic="b"), opened("T2", 2 * DAY, topic="a")], WIN),
        ([opened("T2", 2 * DAY, topic="a", log=9 * DAY)], LOSS),  # heard late
    ],
)
def test_fcr(events: list[Told], expected: dict[str, int]) -> None:
    assert run(*BASE, *events, until=30 * DAY, of="fcr").panes("fcr") == {DAY: expected}


def test_fcr_of_two_tickets_of_an_issue() -> None:
    """The second ticket takes the success of the first, and stands for itself."""
    both = run(*BASE, opened("T2", 2 * DAY, topic="a"), resolved("T2", 3 * DAY), until=30 * DAY, of="fcr")
    assert both.panes("fcr") == {DAY: LOSS, 3 * DAY: WIN}


def test_fcr_is_known_at_once_and_taken_back_when_it_fails() -> None:
    early = run(*BASE, until=DAY, of="fcr")
    assert early.panes("fcr") == {DAY: WIN}
    late = run(*BASE, reopened("T1", 4 * DAY), until=4 * DAY, of="fcr")
    assert late.panes("fcr") == {DAY: LOSS}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], {"channel=chat topic=a": WIN}),
        ([transferred("T1", 9 * DAY, "t2")], {"channel=chat team=t2 topic=a": WIN}),  # the team changed afterwards
        ([updated("T1", 9 * DAY, topic="b")], {"channel=chat topic=b": WIN}),
        ([customer(0, segment="old"), customer(9 * DAY, segment="new")], {"channel=chat segment=old topic=a": WIN}),
        ([customer(2 * DAY, segment="new")], {"channel=chat topic=a": WIN}),  # a flow keeps the segment of its time
        ([customer(0, segment="old", log=9 * DAY)], {"channel=chat segment=old topic=a": WIN}),  # heard late
        (
            [replied("T1", -1, segment="own", log=0), customer(0, segment="old")],
            {"channel=chat segment=own topic=a": WIN},
        ),
    ],
)
def test_a_flow_takes_the_cut_as_now_known(events: list[Told], expected: dict[str, dict[str, int]]) -> None:
    assert run(*BASE, *events, until=30 * DAY, of="fcr").cuts("fcr") == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], {}),
        ([resolved("T1", DAY)], {DAY: LOSS}),
        ([resolved("T1", DAY), reopened("T1", 60 * DAY)], {DAY: WIN}),  # ever
        ([resolved("T1", DAY), reopened("T1", 2 * DAY), resolved("T1", 3 * DAY), reopened("T1", 4 * DAY)], {DAY: WIN}),
        ([reopened("T1", HOUR), resolved("T1", DAY)], {DAY: LOSS}),
        # an earlier resolve, heard late, moves the ticket to another day
        ([resolved("T1", 3 * DAY), reopened("T1", 2 * DAY), resolved("T1", DAY, log=5 * DAY)], {DAY: WIN}),
    ],
)
def test_reopen_rate(events: list[Told], expected: dict[int, dict[str, int]]) -> None:
    assert run(opened("T1", 0), *events, until=70 * DAY, of="reopen_rate").panes("reopen_rate") == expected


def took(seconds: int) -> dict[str, int]:
    return {"sum": seconds, "n": 1, bucket(seconds): 1} if seconds else {"n": 1, bucket(0): 1}


@pytest.mark.parametrize(
    ("events", "first", "last"),
    [
        ([], {}, {}),
        ([resolved("T1", 2 * HOUR + 999)], {2 * HOUR: took(7200)}, {2 * HOUR: took(7200)}),
        ([resolved("T1", 0)], {0: took(0)}, {0: took(0)}),
        ([resolved("T1", HOUR), resolved("T1", DAY)], {HOUR: took(3600)}, {HOUR: took(3600)}),  # resolved already
        ([resolved("T1", HOUR), reopened("T1", DAY)], {HOUR: took(3600)}, {}),  # the reopen takes it back
        (
            [resolved("T1", HOUR), reopened("T1", DAY), resolved("T1", 2 * DAY)],
            {HOUR: took(3600)},
            {2 * DAY: took(172800)},
        ),
        ([resolved("T1", HOUR), reopened("T1", HOUR)], {HOUR: took(3600)}, {}),  # in the same ms: first resolved
        (
            [resolved("T1", HOUR), opened("T1", -HOUR, log=DAY)],
            {HOUR: took(7200)},
            {HOUR: took(7200)},
        ),  # opened earlier
    ],
)
def test_resolution_times(
    events: list[Told], first: dict[int, dict[str, int]], last: dict[int, dict[str, int]]
) -> None:
    found = run(opened("T1", 0), *events, until=9 * DAY, of=("resolution_time", "resolution_time_first"))
    assert found.panes("resolution_time_first") == first
    assert found.panes("resolution_time") == last


@pytest.mark.parametrize(
    ("team", "moves", "expected"),
    [
        ("t1", [], {"n": 1}),
        (None, ["t1"], {"n": 1}),  # from no known team: no transfer
        ("t1", ["t1"], {"n": 1}),
        ("t1", ["t2"], {"n": 1, "sum": 1}),
        ("t1", ["t2", "t3"], {"n": 1, "sum": 2, "two": 1}),
        ("t1", ["t2", "t1"], {"n": 1, "sum": 2, "two": 1, "ping_pong": 1}),
        (None, ["t1", "t2", "t1"], {"n": 1, "sum": 2, "two": 1, "ping_pong": 1}),
        ("t1", ["t2", "t2", "t3", "t2"], {"n": 1, "sum": 3, "two": 1, "ping_pong": 1}),
    ],
)
def test_transfers(team: str | None, moves: list[str], expected: dict[str, int]) -> None:
    steps = [transferred("T1", (i + 1) * HOUR, to) for i, to in enumerate(moves)]
    found = run(opened("T1", 0, team=team), *steps, resolved("T1", DAY), until=DAY, of="transfers")
    assert found.total("transfers") == expected


def test_transfers_count_until_the_first_resolve() -> None:
    moves = [
        transferred("T1", DAY, "t2"),
        transferred("T1", DAY + 1, "t1"),
        transferred("T1", 2 * DAY, "t3", log=9 * DAY),
    ]
    found = run(opened("T1", 0, team="t1"), *moves, resolved("T1", DAY), until=9 * DAY, of="transfers")
    assert found.total("transfers") == {"n": 1, "sum": 1}
    assert list(found.cuts("transfers")) == ["channel=chat team=t3"]


def test_the_team_that_a_transfer_names_is_known() -> None:
    step = transferred("T1", HOUR, "t2", from_team="t1")
    found = run(opened("T1", 0), step, resolved("T1", DAY), until=DAY, of="transfers")
    assert found.total("transfers") == {"n": 1, "sum": 1}


def test_volume_and_share_count_by_opening() -> None:
    events = [opened("T1", MINUTE), opened("T1", SECOND, log=DAY), opened("T2", 5 * MINUTE, "mail", subject="c2")]
    found = run(*events, until=DAY, of=("ticket_volume", "ticket_share"))
    assert found.panes("ticket_volume") == {0: {"n": 1}, 5 * MINUTE: {"n": 1}}  # the earliest opening, once
    assert found.cuts("ticket_share") == {"channel=chat": {"num": 1}, "channel=mail": {"num": 1}}


def test_tickets_are_cut_by_the_content_that_they_come_from() -> None:
    rows = [opened("T1", 0, content="help"), opened("T2", 0, team="a", content="help"), opened("T3", 0)]
    assert read("ticket_volume", *rows).cuts("all", "n") == {"": 3, "channel=chat": 3, "content=help": 2, "team=a": 1}
    assert read("ticket_share", *rows).value("all", "content=help") == 2 / 3


def test_a_repeat_counts_nothing() -> None:
    twice = [one for event in BASE for one in (event, event._replace(log=event.log + HOUR))]
    assert run(*twice, until=DAY).sums == run(*BASE, until=DAY).sums


def test_a_transfer_to_the_team_that_had_it_unnamed_names_the_team() -> None:
    step = transferred("T1", HOUR, "t1", from_team="t1")
    found = run(opened("T1", 0), step, resolved("T1", DAY), until=DAY, of=("transfers", "ticket_volume"))
    assert found.cuts("ticket_volume") == {"channel=chat team=t1": {"n": 1}}
    assert found.total("transfers") == {"n": 1}
