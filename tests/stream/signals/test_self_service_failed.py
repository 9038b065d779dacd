"""Looked for help, then wrote."""

from tests.support.builders import event, opened, reopened, resolved, viewed
from tests.support.desk import D, H, judge, said

NAME = "self_service_failed"
VIEW = viewed(0, "s", kind="help", content="reset")
T = opened("T", 5 * H)
OPEN = (5 * H, "opened info reset #1")


def searched(at: int, results: int = 3):
    return event("help.searched", at, {"results": results})


def test_a_help_page_then_a_ticket_until_it_is_resolved() -> None:
    run = judge(NAME, VIEW, T, resolved("T", 9 * H), reopened("T", 12 * H), until=2 * D)
    assert run.history(NAME) == [OPEN, (9 * H, "resolved info reset #1")]
    alert = run.alerts[0]
    assert alert.text == "Ticket T was opened within 24 h of viewing reset"
    assert alert.numbers == {"looks": 1, "last_look_s_before": 5 * 3600}
    assert len(alert.evidence) == 2


def test_each_content_is_a_cause_and_a_product_page_is_none() -> None:
    events = (VIEW, viewed(H, "s", kind="help", content="login"), viewed(H, "s", content="prices"), T)
    assert said(NAME, *events, until=D) == [(5 * H, "opened info login #1"), OPEN]


def test_a_page_without_a_content_id() -> None:
    assert said(NAME, viewed(0, "s", kind="help"), T, until=D) == [(5 * H, "opened info help #1")]


def test_a_search_then_a_ticket() -> None:
    run = judge(NAME, searched(H), searched(2 * H), T, until=D)
    assert run.history(NAME) == [(5 * H, "opened info search #1")]
    assert run.alerts[0].text == "Ticket T was opened within 24 h of searching help"
    assert run.alerts[0].numbers["looks"] == 2


def test_24_h_and_not_before() -> None:
    assert said(NAME, VIEW, opened("T", 24 * H), until=2 * D) != []
    assert said(NAME, VIEW, opened("T", 24 * H + 1), until=2 * D) == []
    assert said(NAME, VIEW, opened("T", 0), until=2 * D) == []
    assert said(NAME, viewed(H, "s", kind="help", content="reset"), opened("T", 0), until=2 * D) == []


def test_a_view_heard_late_opens_it_and_a_ticket_found_to_be_earlier_takes_it_back() -> None:
    assert said(NAME, viewed(0, "s", kind="help", content="reset", log=7 * H), T, until=D) == [
        (7 * H, "opened info reset #1")
    ]
    earlier = opened("T", -H, id="earlier", log=8 * H)
    assert said(NAME, VIEW, T, earlier, until=D) == [OPEN, (8 * H, "withdrawn info reset #1")]


def test_it_outlives_the_view_while_it_is_open() -> None:
    """Views are kept for 8 d; an open alert keeps what it rests on."""
    assert said(NAME, VIEW, T, ticks=tuple(n * D for n in range(1, 30))) == [OPEN]
