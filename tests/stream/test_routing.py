"""Who is woken by what: the gates, one by one, and what delivery says of them.

Covers stream/crews.py, stream/line.py, stream/summaries.py, stream/memory.py, stream/timed.py.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stream.claims import Severity
from stream.definitions import DAY, HOUR, MINUTE, Calendar, Definitions
from stream.notices import route
from stream.policy import Maintenance, Policy, Team
from stream.summaries import BUDGET, INCIDENT, OWN, WAITED
from tests.support.alerts import alert, page
from tests.support.delivery import Delivery

NINE = 9 * HOUR  # 1970-01-01 was a Thursday
OFFICE = Definitions(calendars={"default": Calendar()})


def test_beyond_the_budget_pages_are_queued_and_said_once_an_hour() -> None:
    d = Delivery(Policy(budget=2, group_pages=99))
    d.hear(*(page(f"p{i}", NINE + i) for i in range(9)), page("other", NINE + 20, team="sales"))
    assert [d.routed(f"p{i}") for i in range(4)] == [("page", "")] * 2 + [("queue", "budget")] * 2
    assert d.routed("other") == ("page", "")
    held = d.fold.held("p3")
    assert held is not None and held.routing is not None
    assert held.routing.why == "queued, not paged: care had its 2 pages of this hour"
    told = d.own(BUDGET)
    assert [(change, severity, numbers) for change, severity, _, numbers in told] == [
        ("opened", "page", {"alerts": 1}),
        ("amended", "page", {"alerts": 2}),
        ("amended", "page", {"alerts": 4}),
    ]
    d.hear(page("next", NINE + HOUR))
    assert d.routed("next") == ("page", "")
    assert d.own(BUDGET)[3:] == [
        ("resolved", "page", "care had its 2 pages of this hour: 7 more went to the queue", {"alerts": 7})
    ]
    assert d.fold.pages == {"paged": 4, "budget": 7}


def test_a_budget_may_be_a_teams_own() -> None:
    d = Delivery(Policy(budget=0, teams={"care": Team(budget=1)}))
    d.hear(page("a", NINE), page("b", NINE, team="sales"))
    assert (d.routed("a"), d.routed("b")) == (("page", ""), ("queue", "budget"))


@pytest.mark.parametrize(
    ("quiet", "customer", "watch"),
    [("none", "page", "page"), ("customers", "queue", "page"), ("all", "queue", "queue")],
)
def test_out_of_hours_a_team_is_told_what_it_wants(quiet: Any, customer: str, watch: str) -> None:
    d = Delivery(Policy(quiet=quiet), OFFICE)
    d.hear(page("a", 8 * HOUR), page("w", 8 * HOUR, signal="kpi_fell", subject="team:care"))
    assert (d.routed("a")[0], d.routed("w")[0]) == (customer, watch)


def test_what_waited_and_is_still_open_is_said_once_when_the_hours_begin() -> None:
    d = Delivery(Policy(quiet="all"), OFFICE)
    d.hear(page("a", HOUR), page("b", 2 * HOUR, signal="sla_at_risk"), page("c", 3 * HOUR, signal="renewal_at_risk"))
    d.hear(page("b", 4 * HOUR, version=2, status="resolved", signal="sla_at_risk"))
    held = d.fold.held("a")
    assert held is not None and held.routing is not None
    assert held.routing.why == "queued, not paged: quiet hours of care until 1970-01-01 09:00 UTC"
    d.tick(NINE - 1)
    assert d.changes == []
    d.tick(NINE + MINUTE)
    [(change, severity, text, numbers)] = d.own(WAITED)
    assert (change, severity, numbers) == ("opened", "page", {"alerts": 2})
    assert text.startswith("2 pages of care were held back and are still open: 3 contacts about billing within 7 d; 3")
    assert d.changes[0].opened == NINE  # not when the tick came
    d.tick(NINE + 2 * HOUR)
    assert [change for change, *_ in d.own(WAITED)] == ["opened", "resolved"]


def test_nothing_is_said_after_quiet_hours_in_which_all_ended() -> None:
    d = Delivery(Policy(quiet="all"), OFFICE)
    d.hear(page("a", HOUR), page("a", 2 * HOUR, version=2, status="resolved"))
    d.tick(NINE + HOUR)
    assert d.changes == []


def test_maintenance_holds_back_everything_of_its_teams_and_signals() -> None:
    window = Maintenance(
        "1970-01-01T10:00:00+01:00", "1970-01-01T12:00:00Z", teams=("care",), signals=("missed_promise",)
    )
    d = Delivery(Policy(maintenance={"move": window}))
    d.hear(page("a", NINE - 1), page("b", NINE), page("c", NINE, team="sales"), page("e", NINE, signal="kpi_fell"))
    assert [d.routed(id) for id in "abce"] == [("page", ""), ("queue", "maintenance"), ("page", ""), ("page", "")]
    d.tick(12 * HOUR)
    assert [numbers for *_, numbers in d.own(WAITED)] == [{"alerts": 1}]


def test_what_waited_for_maintenance_waits_on_for_the_teams_hours() -> None:
    window = Maintenance("1970-01-01T09:00:00Z", "1970-01-01T20:00:00Z")
    d = Delivery(Policy(quiet="all", maintenance={"move": window}), OFFICE)
    d.hear(page("a", NINE))
    d.tick(21 * HOUR)
    assert d.changes == []
    d.tick(DAY + NINE)
    assert [numbers for *_, numbers in d.own(WAITED)] == [{"alerts": 1}]


def test_an_incident_in_quiet_hours_waits_like_a_page() -> None:
    d = Delivery(Policy(quiet="all"), OFFICE)
    d.hear(*(page(f"p{i}", HOUR + i) for i in range(3)))
    [incident] = [a for a in d.changes if a.signal == INCIDENT]
    assert d.routed(incident.id) == ("queue", "quiet")


@pytest.mark.parametrize(
    ("given", "late", "reason"),
    [({"backfill": True}, 0, "backfill"), ({}, 15 * MINUTE, "old_news"), ({}, 15 * MINUTE - 1, "")],
)
def test_history_pages_nobody_and_spends_no_budget(given: dict[str, Any], late: int, reason: str) -> None:
    d = Delivery(Policy(budget=1))
    d.hear(*(page(f"p{i}", NINE, **given) for i in range(5 if reason else 1)), at=NINE + late)
    assert d.routed("p0")[1] == reason
    assert d.changes == []
    d.hear(page("news", NINE + 2 * HOUR))
    assert d.routed("news") == ("page", "")


def test_a_decision_stands_for_its_episode_and_severity() -> None:
    d = Delivery(Policy(budget=1))
    d.hear(page("a", NINE), page("b", NINE + 1))
    d.hear(page("b", NINE + 2 * HOUR, version=2), page("a", NINE + 2 * HOUR, version=2))
    assert (d.routed("a"), d.routed("b")) == (("page", ""), ("queue", "budget"))
    later = NINE + 3 * HOUR
    d.hear(page("b", later, version=3, severity="queue"), page("b", later, version=4))
    assert d.routed("b") == ("page", "")
    assert d.fold.pages == {"paged": 2, "budget": 1}


def test_what_somebody_was_told_of_already_ranks_with_the_queue() -> None:
    d = Delivery(Policy(budget=1))
    d.hear(*(page(f"p{i}", NINE + i) for i in range(3)), page("over", NINE + 9, signal="renewal_at_risk"))
    d.hear(alert("old", subject="customer-9", opened=HOUR, changed=NINE + 10))
    order = [ranked.alert.id for ranked in d.fold.queue() if ranked.alert.signal not in OWN]
    assert order == ["over", "old", "p0", "p1", "p2"]
    [over] = [ranked for ranked in d.fold.queue() if ranked.alert.id == "over"]
    assert over.terms == {"severity": 1_000 * DAY}


@pytest.mark.parametrize(("time", "caught_up", "now", "wanted"), [
    ("append", True, NINE + HOUR, True),
    ("append", True, NINE + HOUR - 1, False),
    ("append", False, NINE + HOUR, False),
    ("record", True, NINE + HOUR, False),
])  # fmt: skip
def test_a_tick_is_written_when_something_is_due(time: Any, caught_up: bool, now: int, wanted: bool) -> None:
    d = Delivery(Policy(budget=0), Definitions(time=time))
    assert d.fold.tick(NINE, caught_up=True) is None
    d.hear(page("a", NINE))
    assert (d.fold.tick(now, caught_up=caught_up) is not None) == wanted
    if wanted:
        assert d.fold.tick(now + 1, caught_up=caught_up) is None  # it is on its way
        d.tick(now)
        assert d.fold.tick(now + MINUTE, caught_up=caught_up) is None


def test_what_is_shown_says_how_it_was_told() -> None:
    d = Delivery(Policy(budget=1))
    d.hear(page("a", NINE), page("b", NINE + 1))
    first, second = (d.fold.line.shown(held) for id in "ab" if (held := d.fold.held(id)) is not None)
    assert [first[name] for name in ("told", "reason", "routing", "group")] == ["page", "", "", ""]
    assert (second["told"], second["reason"]) == ("queue", "budget")
    assert second["routing"] == "queued, not paged: care had its 1 pages of this hour"
    assert second["terms"] == {"severity": 1_000 * DAY}


def test_what_is_open_is_gathered_by_journey() -> None:
    d = Delivery()
    given: dict[str, Any] = {"subject": "customer-1"}
    d.hear(alert("a", **given), alert("b", signal="reopened", opened=999_999, **given), page("c", 1_000_000, **given))
    d.hear(alert("x", subject="customer-2"))
    found = d.fold.line.journey("customer-1")
    assert found is not None
    assert (found["alerts"], found["signals"]) == (["c", "b", "a"], ["missed_promise", "reopened", "repeat_contact"])
    assert d.fold.line.journey("customer-3") is None


def test_what_chance_may_have_brought_pages_when_it_no_longer_may() -> None:
    """Its page is news from then on, and until then takes in no customer's."""
    d = Delivery()
    doubtful = page("w", NINE, signal="falling_ces_segment", subject="segment:x", cut={"segment": "x"}, doubtful=True)
    customer: dict[str, Any] = {"signal": "low_score", "cut": {"segment": "x"}}
    d.hear(doubtful, page("a", NINE + 1, **customer))
    assert (d.routed("w"), d.routed("a")) == (("queue", "chance"), ("page", ""))
    sure = {"version": 2, "change": "amended", "doubtful": False, "changed": NINE + 3 * HOUR}
    d.hear(msgspec.structs.replace(doubtful, **sure), page("b", NINE + 3 * HOUR + 1, **customer))
    assert (d.routed("w"), d.routed("b")) == (("page", ""), ("queue", "grouped"))
    held = d.fold.held("w")
    assert held is not None and held.raised == NINE + 3 * HOUR
    assert route(held, NINE + 3 * HOUR + MINUTE, 15 * MINUTE)[0] is Severity.page
