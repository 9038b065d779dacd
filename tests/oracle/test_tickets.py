"""Ticket KPIs on logs of a few rows whose numbers are known by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle.logs import DAY, HOUR, MINUTE, NOON, SECOND, Said, at, event, log, write
from tests.oracle.oracle import Readings, compute


def said(after: int, kind: str, ticket: str = "t", **data: Any) -> Said:
    """A step of a ticket, `after` ms past noon; an opening comes by mail about billing, to the front desk."""
    opening = {"channel": "email", "topic": "billing", "team": "front"} if kind == "opened" else {}
    return NOON + after, f"ticket.{kind}", {"ticket": ticket, **opening, **data}


def reply(after: int, author: str, ticket: str = "t", **data: Any) -> Said:
    return said(after, "replied", ticket, author=author, **data)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(*rows: Said, end: int = 60 * DAY, **options: Any) -> Readings:
        return compute([log(tmp_path / "log.ndjson", *rows, end=NOON + end)], **options)

    return run


def test_a_reopened_ticket_has_a_first_and_a_last_resolve(read: Any) -> None:
    """Durations are whole seconds; the last resolve gives its month the ticket."""
    found = read(
        said(0, "opened"),
        said(HOUR + 999, "resolved"),
        said(HOUR + 5_000, "resolved"),  # resolved already: nothing
        said(2 * HOUR, "reopened"),
        said(3 * HOUR, "reopened"),  # open already: nothing
        said(40 * DAY, "resolved"),
    )
    assert at(found, "resolution_time_first").parts == {"sum": 3_600, "n": 1}
    assert at(found, "resolution_time").parts == {"sum": 40 * 86_400, "n": 1}
    assert (at(found, "resolution_time", "2026-01").n, at(found, "resolution_time", "2026-02").n) == (0, 1)
    assert (at(found, "reopen_rate").value, at(found, "fcr").value, at(found, "backlog", "now").n) == (1.0, 0.0, 0)


def test_a_ticket_that_is_open_again_has_no_last_resolve(read: Any) -> None:
    """It is in the backlog, its age counts from its opening, its first resolve stays."""
    found = read(said(0, "opened"), said(HOUR, "resolved"), said(2 * HOUR, "reopened"), end=4 * DAY)
    assert (at(found, "resolution_time").n, at(found, "resolution_time_first").n) == (0, 1)
    age = at(found, "open_age", "now")
    assert (age.value, age.n) == (4 * 86_400, 1)
    assert [age.parts[f"over_{days}d"] for days in (1, 3, 7, 30)] == [1, 1, 0, 0]
    assert at(found, "backlog", "now", team="front").n == 1


OTHER = [said(-DAY, "opened", "u", team="tech"), said(-HOUR, "resolved", "u")]
FIRST_CONTACT: list[tuple[str, list[Said], int]] = [
    ("nothing more", [], 1),
    ("the same issue a day later", [said(DAY, "opened", "u")], 0),
    ("another topic", [said(DAY, "opened", "u", topic="login")], 1),
    ("no topic is another topic", [said(DAY, "opened", "u", topic=None)], 1),
    ("at the last moment", [said(7 * DAY + HOUR, "opened", "u")], 0),
    ("a moment later", [said(7 * DAY + HOUR + 1, "opened", "u")], 1),
    ("in the same second", [said(HOUR + 900, "opened", "u")], 1),
    ("opened before", [said(HOUR - 1, "opened", "u")], 1),
    (
        "made the same issue later",
        [said(DAY, "opened", "u", topic="x"), said(9 * DAY, "updated", "u", topic="billing")],
        0,
    ),
    ("a reply after the resolve", [reply(DAY, "customer")], 0),
    ("a note nobody saw", [reply(DAY, "customer", public=False)], 1),
    ("an agent's reply", [reply(DAY, "agent")], 1),
    ("a reply before the resolve", [reply(MINUTE, "customer")], 1),
    ("a reply on another ticket, resolved before", [*OTHER, reply(DAY, "customer", "u")], 0),
    ("the same, at the moment of the resolve", [*OTHER, reply(HOUR, "customer", "u")], 1),
    ("a reply on another ticket, still open", [OTHER[0], reply(DAY, "customer", "u")], 1),
    ("reopened", [said(DAY, "reopened")], 0),
    ("reopened late", [said(8 * DAY, "reopened")], 1),
]


@pytest.mark.parametrize(("name", "rows", "right"), FIRST_CONTACT, ids=[case[0] for case in FIRST_CONTACT])
def test_first_contact_resolution(read: Any, name: str, rows: list[Said], right: int) -> None:
    """Of the ticket t, resolved an hour after noon; other tickets of its team stay open."""
    found = read(said(0, "opened"), said(HOUR, "resolved"), *rows)
    assert at(found, "fcr", team="front").parts == {"num": right, "den": 1}


def test_one_contact_asks_for_no_ticket_before(read: Any) -> None:
    """An earlier ticket of the issue within seven days before the opening spoils it, an older one does not."""
    one, other = said(0, "opened"), said(HOUR, "resolved")
    assert at(read(said(-7 * DAY, "opened", "u"), one, other), "one_contact").value == 0.0
    assert at(read(said(-7 * DAY - 1, "opened", "u"), one, other), "one_contact").value == 1.0
    assert at(read(said(-DAY, "opened", "u"), one, other), "fcr").value == 1.0
    nameless = (said(-DAY, "opened", "u", topic=None), said(0, "opened", topic=None), other)
    assert at(read(*nameless), "one_contact").value == 0.0


def test_strict_and_one_touch_look_at_replies(read: Any) -> None:
    """Strict: no public customer reply. One touch: exactly one public agent reply; bots and notes do not count."""
    ends = (said(0, "opened"), said(HOUR, "resolved"))
    quiet = read(*ends, reply(1, "bot"), reply(2, "agent"), reply(3, "agent", public=False))
    assert (at(quiet, "fcr_strict").value, at(quiet, "fcr_one_touch").value) == (1.0, 1.0)
    talk = read(*ends, reply(1, "agent"), reply(2, "agent"), reply(3, "customer"))
    assert (at(talk, "fcr_strict").value, at(talk, "fcr_one_touch").value) == (0.0, 0.0)
    assert at(read(*ends), "fcr_one_touch").value == 0.0


def test_first_response_is_the_first_public_human_reply(read: Any) -> None:
    """Without a resolve as well; business time without a calendar is the same."""
    found = read(said(0, "opened"), reply(10, "bot"), reply(20, "agent", public=False), reply(5_500, "agent"))
    assert at(found, "first_response_time").parts == {"sum": 5, "n": 1}
    assert at(found, "first_response_time_business").parts == {"sum": 5, "n": 1}


def test_waiting_on_the_customer_is_no_business_time(read: Any) -> None:
    """From the waiting to the customer's reply; waiting on a vendor counts."""
    found = read(
        said(0, "opened"),
        said(HOUR, "waiting", on="customer"),
        reply(2 * HOUR, "agent"),
        reply(3 * HOUR, "customer"),
        said(4 * HOUR, "waiting", on="vendor"),
        said(6 * HOUR, "waiting", on="customer"),
        said(10 * HOUR, "resolved"),
    )
    assert at(found, "resolution_time_business").parts["sum"] == 4 * 3_600
    assert at(found, "resolution_time").parts["sum"] == 10 * 3_600


def test_business_time_is_what_overlaps_the_shifts_of_the_team(read: Any) -> None:
    """The team that has the ticket now; other teams keep the hours of all."""
    hours = {"front": [(NOON + HOUR, NOON + 3 * HOUR), (NOON + 9 * HOUR, NOON + 12 * HOUR)], "": [(NOON, NOON + HOUR)]}
    steps = (
        said(0, "opened"),
        reply(2 * HOUR, "agent"),
        said(2 * HOUR, "waiting", on="customer"),
        reply(10 * HOUR, "customer"),
        said(11 * HOUR, "resolved"),
    )
    found = read(*steps, shifts=hours)
    assert at(found, "first_response_time_business").parts["sum"] == 3_600
    assert at(found, "resolution_time_business").parts["sum"] == 2 * 3_600
    found = read(*steps, said(12 * HOUR, "transferred", to_team="tech"), shifts=hours)
    assert at(found, "resolution_time_business").parts["sum"] == 3_600


def test_a_merged_customer_is_the_other_one_until_that_is_undone(tmp_path: Path) -> None:
    """Its ticket is a repeat contact of the other's; undone, both are first contacts."""
    rows = [
        event("1", NOON, "ticket.opened", {"ticket": "t", "topic": "x"}, "a"),
        event("2", NOON + HOUR, "ticket.resolved", {"ticket": "t"}, "a"),
        event("3", NOON + DAY, "ticket.opened", {"ticket": "u", "topic": "x"}, "c"),
        event("4", NOON + DAY, "customer.merged", {"into": "b"}, "a"),
        event("5", NOON + DAY, "customer.merged", {"into": "b"}, "c"),
    ]
    later = event("6", NOON + 2 * DAY, "customer.unmerged", {"from": "b"}, "c")
    for more, value in (([], 0.0), ([later], 1.0)):
        path = write(tmp_path / "log.ndjson", [(NOON + 3 * DAY, row) for row in rows + more])
        assert at(compute([path]), "fcr").value == value


def test_transfers_are_changes_between_known_teams_until_the_first_resolve(read: Any) -> None:
    """To the team that holds it is none; later ones do not count, but move the ticket's team cut."""
    found = read(
        said(0, "opened"),
        said(1, "transferred", to_team="front"),
        said(2, "transferred", to_team="tech"),
        said(3, "transferred", to_team="front"),
        said(HOUR, "resolved"),
        said(HOUR + 1, "transferred", to_team="late"),
    )
    assert at(found, "transfers").parts == {"sum": 2, "n": 1, "two": 1, "ping_pong": 1}
    assert at(found, "transfers", team="late").n == 1
    assert at(found, "transfers", team="front").n == 0
    unknown = (said(0, "opened", team=None), said(1, "transferred", to_team="tech"), said(2, "resolved"))
    assert at(read(*unknown), "transfers").parts == {"sum": 0, "n": 1, "two": 0, "ping_pong": 0}
    told = (
        said(0, "opened", team=None),
        said(1, "transferred", to_team="tech", from_team="front"),
        said(2, "transferred", to_team="front", from_team="elsewhere"),
        said(3, "resolved"),
    )
    assert at(read(*told), "transfers").parts == {"sum": 2, "n": 1, "two": 1, "ping_pong": 1}


def test_the_backlog_follows_the_holder(read: Any) -> None:
    """Read just before each moment; a ticket without a team is in no team's backlog."""
    ends = [NOON + hours * HOUR for hours in (1, 3, 5, 6)]
    rows = (
        said(0, "opened", team=None),
        said(2 * HOUR, "transferred", to_team="tech"),
        said(5 * HOUR, "resolved"),
    )
    found = read(*rows, ends=ends)
    assert [at(found, "backlog", f"@{end}").n for end in ends] == [1, 1, 1, 0]
    assert [at(found, "backlog", f"@{end}", team="tech").n for end in ends] == [0, 1, 1, 0]


def test_volume_and_share_by_cut_and_rolling_window(read: Any) -> None:
    """A window holds [end - width, end); a share is of all of the window."""
    rows = (
        said(0, "opened", "a", channel="chat"),
        said(HOUR, "opened", "b"),
        said(2 * HOUR, "opened", "c"),
    )
    end = NOON + 2 * HOUR
    found = read(*rows, rolling={"1h": HOUR, "24h": DAY}, ends=[end])
    assert [at(found, "ticket_volume", f"{w}@{end}").n for w in ("1h", "24h")] == [1, 2]
    assert at(found, "ticket_share", channel="chat").value == pytest.approx(1 / 3)
    assert at(found, "ticket_share", f"24h@{end}", channel="chat").value == 0.5
    assert at(found, "ticket_volume", channel="chat", segment="smb").n == 0


def test_steps_without_an_opening_or_dated_before_it_change_nothing(read: Any) -> None:
    """A resolve without a ticket counts nowhere; one dated before the opening leaves the ticket open."""
    found = read(said(0, "resolved", "ghost"), said(0, "resolved"), said(1, "opened"))
    assert (at(found, "ticket_volume").n, at(found, "fcr").n, at(found, "backlog", "now").n) == (1, 0, 1)


def test_repeats_are_dropped_by_source_and_id(tmp_path: Path) -> None:
    """The order of arrival does not matter either."""
    opened = event("a", NOON, "ticket.opened", {"ticket": "t", "channel": "web"})
    solved = event("b", NOON + SECOND, "ticket.resolved", {"ticket": "t"})
    rows = [(NOON + DAY, solved), (NOON + DAY, opened), (NOON + 2 * DAY, opened)]
    found = compute([write(tmp_path / "log.ndjson", rows)])
    assert (at(found, "ticket_volume").n, at(found, "resolution_time").parts["sum"]) == (1, 1)


def test_a_record_has_the_segment_of_its_earliest_event_else_the_customers_at_the_time(tmp_path: Path) -> None:
    """Without either it has no row in that cut."""
    rows = [
        event("s1", NOON, "customer.updated", {"segment": "smb", "stage": "new"}),
        event("s2", NOON + 2 * HOUR, "customer.updated", {"segment": "mid"}),
        event("a", NOON + HOUR, "ticket.opened", {"ticket": "a"}),
        event("b", NOON + 3 * HOUR, "ticket.resolved", {"ticket": "a"}),
        event("c", NOON + HOUR, "ticket.opened", {"ticket": "b"}, segment="vip"),
        event("d", NOON, "ticket.opened", {"ticket": "x"}, "stranger"),
    ]
    found = compute([write(tmp_path / "log.ndjson", [(NOON + DAY, row) for row in rows])])
    assert {k.cut: row.n for k, row in found.items() if k.kpi == "ticket_volume" and k.window == "all"} == {
        frozenset(): 3,
        frozenset({("segment", "smb")}): 1,
        frozenset({("segment", "vip")}): 1,
        frozenset({("stage", "new")}): 2,
    }
    assert at(found, "reopen_rate", segment="mid").n == 1


def test_quantiles_are_the_ceiling_ranked_times(read: Any) -> None:
    """Of ten tickets the fifth and the ninth."""
    rows = [step for i in range(1, 11) for step in (said(0, "opened", f"{i}"), said(i * SECOND, "resolved", f"{i}"))]
    assert at(read(*rows), "resolution_time").quantiles == {50: 5, 90: 9}


def test_what_is_dated_after_the_end_does_not_count_yet(read: Any, tmp_path: Path) -> None:
    """The end is the largest append time, or the one asked for."""
    rows = (said(0, "opened"), said(HOUR, "resolved"), said(2 * HOUR, "opened", "u"))
    found = read(*rows, end=3 * HOUR)
    assert (at(found, "ticket_volume").n, at(found, "fcr").value) == (2, 0.0)
    early = compute([tmp_path / "log.ndjson"], end=NOON + HOUR)
    assert (at(early, "ticket_volume").n, at(early, "fcr").value) == (1, 1.0)


def test_tickets_are_cut_by_the_content_that_they_come_from(read: Any) -> None:
    found = read(said(0, "opened", content="help"), said(1, "opened", "u"))
    assert [at(found, "ticket_volume", **cut).n for cut in ({}, {"content": "help"})] == [2, 1]
