"""Help that helps. Covers stream/kpis/content_to_ticket.py, stream/kpis/search_failure.py."""

import pytest

from stream.definitions import DAY, HOUR
from tests.support.builders import Told, customer, event, opened, run, viewed
from tests.support.reading import read


def searched(at: int, results: int, **given: object) -> Told:
    return event("help.searched", at, {"results": results}, **given)


@pytest.mark.parametrize(("at", "led"), [(HOUR, 0), (HOUR + 1, 1), (HOUR + DAY, 1), (HOUR + DAY + 1, 0), (0, 0)])
def test_a_view_of_a_content_led_to_a_ticket_within_a_day(at: int, led: int) -> None:
    r = read("content_to_ticket", viewed(HOUR, content="reset"), opened("T1", at, log=2 * DAY), until=3 * DAY)
    assert r.parts("all") == {"num": led, "den": 1}


def test_each_view_counts_and_views_of_no_content_do_not() -> None:
    rows = [viewed(0, content="a"), viewed(1, "V", content="a"), viewed(2, "V", content="b"), viewed(3),
            opened("T1", HOUR), viewed(2 * HOUR, content="a"), opened("T2", HOUR, subject="other")]  # fmt: skip
    r = read("content_to_ticket", *rows)
    assert r.cuts("all", "den") == {"": 4, "content=a": 3, "content=b": 1}
    assert r.cuts("all", "num") == {"": 3, "content=a": 2, "content=b": 1}


def test_a_ticket_heard_a_week_late_corrects_the_views_before_it() -> None:
    view, ticket = viewed(0, "V", content="a"), opened("T1", DAY, log=8 * DAY)
    assert read("content_to_ticket", view, until=7 * DAY).parts("all") == {"num": 0, "den": 1}
    assert read("content_to_ticket", view, ticket).parts("all") == {"num": 1, "den": 1}


def test_a_ticket_that_was_opened_earlier_than_first_heard_leads_from_other_views() -> None:
    rows = [viewed(0, "V", content="a"), viewed(3 * DAY, "W", content="b"), opened("T1", 3 * DAY + HOUR),
            opened("T1", HOUR, log=4 * DAY)]  # fmt: skip
    assert read("content_to_ticket", *rows[:3]).cuts("all", "num") == {"": 1, "content=b": 1}
    assert read("content_to_ticket", *rows).cuts("all", "num") == {"": 1, "content=a": 1}


def test_a_search_without_results_failed_and_a_repeat_counts_once() -> None:
    failed = searched(0, 0)
    rows = [
        customer(0, segment="smb"),
        failed,
        searched(1, 3),
        searched(DAY, 0, segment="own"),
        failed._replace(log=DAY),
    ]
    r = read("search_failure", *rows)
    assert r.cuts("all", "num") == {"": 2, "segment=own": 1, "segment=smb": 1}
    assert r.cuts("all", "den") == {"": 3, "segment=own": 1, "segment=smb": 2}
    assert r.value("all") == 2 / 3


def test_forgotten_searches_stay_counted() -> None:
    found = run(searched(0, 0), searched(DAY, 1), until=90 * DAY, of="search_failure")
    assert found.total("search_failure") == {"num": 1, "den": 2}
    assert found.rows == {}
