"""Business time. Covers stream/kpis/first_response_time_business.py, stream/kpis/resolution_time_business.py."""

from msgspec.structs import replace

from stream.definitions import DAY, HOUR, Calendar
from tests.support.builders import DEFINITIONS, event, opened, reopened, replied, resolved, transferred
from tests.support.reading import read

OFFICE = replace(DEFINITIONS, calendars={"default": Calendar(), "late": Calendar("UTC", {"tue": ("20:00-22:00",)},
                                                                                    teams=("late",))})  # fmt: skip
T = "T1"  # START is a Monday


def test_the_first_response_counts_the_hours_of_the_team() -> None:
    rows = [opened(T, 16 * HOUR, team="a"), replied(T, DAY + 10 * HOUR, "agent")]
    assert read("first_response_time_business", *rows, d=OFFICE).parts("all") == {"sum": 2 * 3600, "n": 1}
    assert read("first_response_time_business", *rows).parts("all") == {"sum": 18 * 3600, "n": 1}


def test_the_calendar_is_that_of_the_team_that_has_it_now() -> None:
    rows = [opened(T, 16 * HOUR, team="a"), replied(T, DAY + 21 * HOUR, "agent")]
    moved = transferred(T, DAY + 22 * HOUR, "late")
    assert read("first_response_time_business", *rows, d=OFFICE).parts("all") == {"sum": 9 * 3600, "n": 1}
    assert read("first_response_time_business", *rows, moved, d=OFFICE).parts("all") == {"sum": 3600, "n": 1}


def test_waiting_on_the_customer_is_no_time_of_ours() -> None:
    rows = [opened(T, 9 * HOUR), event("ticket.waiting", 11 * HOUR, {"ticket": T, "on": "customer"}),
            replied(T, DAY + 12 * HOUR), resolved(T, DAY + 13 * HOUR)]  # fmt: skip
    assert read("resolution_time_business", *rows, d=OFFICE).parts("all") == {"sum": 3 * 3600, "n": 1}
    assert read("resolution_time_business", *rows).parts("all") == {"sum": 3 * 3600, "n": 1}


def test_a_reopen_takes_it_back_until_the_next_resolve() -> None:
    rows = [opened(T, 9 * HOUR), resolved(T, 10 * HOUR), reopened(T, 11 * HOUR)]
    assert read("resolution_time_business", *rows, d=OFFICE).value("all") is None
    r = read("resolution_time_business", *rows, resolved(T, DAY + 10 * HOUR), d=OFFICE)
    assert r.parts("all") == {"sum": 9 * 3600, "n": 1}
