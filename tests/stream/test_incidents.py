"""What is said once for many: bursts of pages, surges of the queue, and what a watch's page explains."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stream.claims import Alert
from stream.definitions import DAY, HOUR
from stream.summaries import INCIDENT
from tests.support.alerts import alert, page
from tests.support.delivery import Delivery

NINE = 9 * HOUR


def test_a_burst_of_pages_is_one_incident_with_a_count() -> None:
    """Those that came before it are taken in too, so that a sink which was not told of them yet never is."""
    d = Delivery()
    d.hear(*(page(f"p{i:03}", NINE + i) for i in range(500)))
    assert {d.routed(f"p{i:03}") for i in range(500)} == {("queue", "grouped")}
    counts = [numbers["alerts"] for _, _, _, numbers in d.own(INCIDENT)]
    assert counts == [3, 6, 12, 24, 48, 96, 192, 384]
    d.tick(NINE + 499 + HOUR)
    assert d.own(INCIDENT)[-1] == (
        "resolved", "page", "500 alerts of team care, each within 1 h of the one before: 500 missed_promise",
        {"alerts": 500},
    )  # fmt: skip
    assert d.fold.pages == {"paged": 3, "grouped": 498}  # two by themselves at first, and the incident


@pytest.mark.parametrize(
    ("others", "together"),
    [
        ([{"at": NINE + 1}, {"at": NINE + 2}], True),
        ([{"at": NINE + 1, "team": "sales"}, {"at": NINE + 2}], False),
        ([{"at": NINE + 1, "signal": "renewal_at_risk"}, {"at": NINE + 2}], False),
        ([{"at": NINE + HOUR // 2}, {"at": NINE + HOUR}], False),
        ([{"at": NINE + 1, "cut": {"topic": "x", "team": "b"}}, {"at": NINE + 2, "cut": {"topic": "x"}}], True),
    ],
)
def test_what_makes_pages_one_incident(others: list[dict[str, Any]], together: bool) -> None:
    d = Delivery()
    first = page("a", NINE, cut={"team": "care", "topic": "x"})
    d.hear(first, *(page(f"b{i}", **given) for i, given in enumerate(others)))
    assert bool(d.own(INCIDENT)) == together


def test_a_second_signal_under_the_same_label_joins_the_incident() -> None:
    d = Delivery()
    d.hear(*(page(f"a{i}", NINE + i) for i in range(3)))
    d.hear(*(page(f"b{i}", NINE + 10 + i, signal="renewal_at_risk") for i in range(3)))
    assert [numbers for _, _, _, numbers in d.own(INCIDENT)] == [{"alerts": 3}, {"alerts": 6}]
    assert d.own(INCIDENT)[-1][2].endswith("3 missed_promise, 3 renewal_at_risk")


def week_of(n: int, **given: Any) -> list[Alert]:
    """`n` alerts of the queue in one hour of each of 8 days."""
    return [
        alert(f"q{day}-{i}", opened=day * DAY + i, changed=day * DAY + i, **given) for day in range(8) for i in range(n)
    ]


def burst(n: int, at: int, **given: Any) -> list[Alert]:
    return [alert(f"s{i}", opened=at + i, changed=at + i, **given) for i in range(n)]


@pytest.mark.parametrize(("usual", "now", "found"), [(3, 19, False), (3, 20, True), (15, 29, False), (15, 30, True)])
def test_alerts_of_the_queue_are_an_incident_when_they_are_far_too_many(usual: int, now: int, found: bool) -> None:
    """At least 20 in an hour, and twice the busiest hour of the last 7 d."""
    d = Delivery()
    d.hear(*week_of(usual, cut={"topic": "x"}), *burst(now, 8 * DAY + NINE, cut={"topic": "x"}))
    assert [change for change, *_ in d.own(INCIDENT)] == ["opened"] * found
    if found:
        words = f"{now} alerts of topic x, each within 1 h of the one before: {now} repeat_contact"
        assert d.own(INCIDENT)[0][1:] == ("page", words, {"alerts": now})


def test_in_the_first_week_nobody_knows_what_is_usual() -> None:
    d = Delivery()
    d.hear(*burst(500, NINE, cut={"topic": "x"}))
    assert d.own(INCIDENT) == []


def test_a_watchs_page_takes_in_the_pages_that_it_explains() -> None:
    d = Delivery()
    surge = page("w", NINE, signal="volume_surge", subject="topic:x", cut={"topic": "x"})
    explained, other = page("a", NINE + 1, cut={"topic": "x"}), page("b", NINE + 1, cut={"topic": "y"})
    unrelated = page("c", NINE + 1, signal="renewal_at_risk", cut={"topic": "x"})
    d.hear(surge, explained, other, unrelated)
    assert [d.routed(id) for id in "wabc"] == [("page", ""), ("queue", "grouped"), ("page", ""), ("page", "")]
    held = d.fold.held("a")
    assert held is not None and held.routing is not None and held.routing.group == "w"
    d.hear(msgspec.structs.replace(surge, version=2, status="resolved", changed=NINE + HOUR))
    d.hear(page("d", NINE + HOUR + 1, cut={"topic": "x"}))
    assert d.routed("d") == ("page", "")


def test_a_surge_of_a_day_is_found_though_no_hour_of_it_is_loud() -> None:
    d = Delivery()
    usual = [alert(f"u{day}-{i}", opened=day * DAY + i * HOUR, changed=day * DAY + i * HOUR, cut={"team": "a"})
             for day in range(8) for i in range(9)]  # fmt: skip
    now = [alert(f"n{i}", opened=8 * DAY + i * HOUR, changed=8 * DAY + i * HOUR, cut={"team": "a"}) for i in range(24)]
    d.hear(*usual, *now)
    [(change, severity, text, _)] = d.own(INCIDENT)
    assert (change, severity) == ("opened", "page")
    assert text.endswith("of team a, each within 1 d of the one before: 20 repeat_contact")
    d.tick(8 * DAY + 23 * HOUR + DAY)
    assert d.own(INCIDENT)[-1][::3] == ("resolved", {"alerts": 24})


def test_what_is_counted_under_labels_that_come_and_go_is_let_go_of() -> None:
    d = Delivery()
    d.hear(*(alert(f"a{i}", opened=i, changed=i, cut={"team": f"t{i}"}) for i in range(30)))
    d.hear(*(page(f"p{i}", 100 + i, team=f"t{i}") for i in range(30)))
    rows = sum(key[:1] == b"~" for key in d.fold.rows)
    d.hear(alert("z", opened=9 * DAY, changed=9 * DAY, cut={"team": "z"}))
    assert rows > 60
    assert sum(key[:1] == b"~" for key in d.fold.rows) < 5
