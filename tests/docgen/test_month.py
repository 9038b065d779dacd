"""The month in a generated company: what people were told is held against what is true. Covers docgen/month_page.py."""

from __future__ import annotations

from typing import Any

import pytest

from docgen import month, month_page
from docgen.month import Plan, Told, delivered, incidents, judged, written
from stream.claims import Alert
from stream.definitions import DAY, HOUR
from stream.policy import Policy
from tests.support.alerts import alert, page

PLAN = Plan(customers=10)
BEGINS = PLAN.begins


def watch(id: str, at: int, **given: Any) -> Alert:
    [(dim, label)] = given["cut"].items()
    return page(id, at, subject=f"{dim}:{label}", **given)


@pytest.fixture
def told() -> list[Alert]:
    """An article found at once, a decline found late, a page about nothing, and one about a customer."""
    article, *_, decline = incidents(PLAN)
    return [
        watch("early", BEGINS - DAY, signal="content_failing", cut={"content": "x"}),
        watch("a", article.start + HOUR, signal="content_failing", severity="queue", cut=dict(article.labels[:1])),
        watch("b", article.start + 2 * HOUR, signal="volume_surge", cut=dict(article.labels[1:2])),
        page("c", article.start + 3 * HOUR, cut={"topic": "none"}),
        watch("d", decline.start + 9 * DAY, signal="falling_ces_segment", cut={"segment": "smb"}),
        watch("e", decline.start + 9 * DAY + 1, signal="falling_ces_segment", cut={"segment": "mid"}),
        alert("f", opened=PLAN.end - 1, changed=PLAN.end - 1),
    ]


def test_each_incident_has_the_first_that_was_said_of_it(told: list[Alert]) -> None:
    found = judged(PLAN, delivered(PLAN, told, Policy()))
    first, *between, last = found.found
    assert first.page is not None and first.queue is not None and last.page is not None
    assert (first.page.alert.id, first.queue.alert.id, last.page.alert.id) == ("b", "a", "d")
    assert [one.page for one in between] == [None] * 3
    assert [one.alert.id for one in found.pages] == ["b", "c", "d", "e"]
    assert [one.alert.id for one in found.false] == ["e"]


def test_what_is_one_incident_to_people_is_one_page(told: list[Alert]) -> None:
    at = BEGINS + DAY
    many = [page(f"m{i}", at + i, team="sales") for i in range(40)]
    found = judged(PLAN, delivered(PLAN, sorted([*told, *many], key=lambda a: a.changed), Policy()))
    own = [one for one in found.pages if one.at < at + DAY]
    assert [one.alert.signal for one in own] == ["missed_promise", "missed_promise", "incident"]
    assert found.false[0].alert.cut == {"team": "sales"}


def test_what_delivery_groups_by_a_segment_says_nothing_of_its_ces(told: list[Alert]) -> None:
    *_, decline = incidents(PLAN)
    grouped = page("g", decline.start + HOUR, signal="incident", cut={"segment": "smb"})
    found = judged(PLAN, [Told(one.changed, "page", one) for one in sorted([*told, grouped], key=lambda a: a.changed)])
    assert found.found[-1].page is not None
    assert found.found[-1].page.alert.id == "d"
    assert "g" in [one.alert.id for one in found.false]


def test_the_page_says_it(told: list[Alert]) -> None:
    text = month_page.page(written(judged(PLAN, delivered(PLAN, told, Policy()))))
    assert "| a broken article | `volume_surge`: 3 contacts about billing within 7 d | 2 h |" in text
    assert "| a team that stops answering | none | - | none | - |" in text
    assert "| in all | 4: 0.1 a day, 2 on the worst |" in text
    assert "| false: about many, of nothing that went wrong | 1 |" in text


def test_the_log_is_the_same_at_every_call_and_ends_with_the_month() -> None:
    rows = list(month.log(Plan(20, days=10)))
    assert rows == list(month.log(Plan(20, days=10)))
    assert BEGINS + 9 * DAY < rows[-1][0] <= BEGINS + 10 * DAY


def test_the_pages_say_what_was_last_run() -> None:
    last = month_page.read()
    assert (month_page.ROOT / "docs/month.md").read_text("utf-8") == month_page.page(last), "run `make month`"
    assert month_page.section() in (month_page.ROOT / "docs/signals.md").read_text("utf-8"), "run `make docs`"
    assert last.customers >= 2_000 and last.days == 30


def test_half_a_month_in_a_small_company_finds_what_can_be_found_there() -> None:
    """150 customers and two weeks: seconds, not minutes. A team with a ticket a day that stops is not noticed there;
    with 2,000 customers it is (docs/month.md), and so in tests/stream/test_piles.py.
    """
    found = month.run(Plan(150, days=15, history=30, surveys=150, readers=60))
    assert [one.incident.name for one in found.found if not (one.page or one.queue)] == ["a team that stops answering"]
    assert [one.alert.cut for one in found.false] == [{"segment": "smb"}]  # three renewals at risk, each in an hour
    assert len(found.pages) < 15
