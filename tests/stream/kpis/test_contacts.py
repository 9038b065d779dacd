"""What a ticket took: replies, contacts, waiting. Covers stream/kpis/fcr_strict.py, stream/kpis/fcr_one_touch.py,
stream/kpis/one_contact.py, stream/kpis/first_response_time.py, stream/kpis/open_age.py.
"""

import pytest

from stream.definitions import DAY, HOUR, MINUTE
from tests.support.builders import START, Told, customer, opened, reopened, replied, resolved, transferred
from tests.support.reading import read

T = "T1"
SOLVED = [opened(T, 0, team="first"), replied(T, HOUR, "agent"), resolved(T, 2 * HOUR)]


@pytest.mark.parametrize(
    ("more", "strict", "one_touch"),
    [
        ([], 1, 1),
        ([replied(T, HOUR // 2, "bot")], 1, 1),
        ([replied(T, HOUR // 2, "customer", public=False)], 1, 1),
        ([replied(T, HOUR // 2, "agent", public=False)], 1, 1),
        ([replied(T, HOUR // 2, "customer")], 0, 1),
        ([replied(T, 30 * DAY, "customer")], 0, 1),
        ([replied(T, HOUR // 2, "agent")], 1, 0),
        ([reopened(T, 3 * DAY)], 0, 0),
    ],
)
def test_first_contact_by_strict_and_by_one_touch(more: list[Told], strict: int, one_touch: int) -> None:
    assert read("fcr_strict", *SOLVED, *more).parts("all") == {"num": strict, "den": 1}
    assert read("fcr_one_touch", *SOLVED, *more).parts("all") == {"num": one_touch, "den": 1}


def test_a_reply_heard_a_week_late_takes_the_first_contact_back() -> None:
    late = replied(T, HOUR // 2, "customer", log=7 * DAY)
    assert read("fcr_strict", *SOLVED, until=6 * DAY).parts("all") == {"num": 1, "den": 1}
    assert read("fcr_strict", *SOLVED, late).parts("all") == {"num": 0, "den": 1}


def test_no_reply_at_all_is_no_one_touch_and_an_open_ticket_counts_nowhere() -> None:
    assert read("fcr_one_touch", opened(T, 0), resolved(T, HOUR)).parts("all") == {"num": 0, "den": 1}
    assert read("fcr_one_touch", opened(T, 0), replied(T, HOUR, "agent")).value("all") is None


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ([opened("T0", DAY, topic="a", log=9 * DAY)], {"num": 0, "den": 1}),
        ([opened("T0", DAY - 1, topic="a", log=9 * DAY)], {"num": 1, "den": 1}),
        ([opened("T0", 2 * DAY, topic="b", log=9 * DAY)], {"num": 1, "den": 1}),
        ([opened("T0", 8 * DAY, topic="a", log=9 * DAY)], {"num": 1, "den": 1}),
        ([opened("T0", 15 * DAY, topic="a")], {"num": 0, "den": 1}),
        ([opened("T0", 16 * DAY, topic="a")], {"num": 1, "den": 1}),
    ],
)
def test_one_contact_looks_seven_days_back_and_ahead(other: list[Told], found: dict[str, int]) -> None:
    rows = [opened("T1", 8 * DAY, topic="a", log=9 * DAY), resolved("T1", 8 * DAY + HOUR, log=9 * DAY), *other]
    assert read("one_contact", *rows, until=17 * DAY).parts("all") == found


def test_an_earlier_ticket_heard_late_takes_the_one_contact_back() -> None:
    rows = [opened("T2", 5 * DAY), resolved("T2", 6 * DAY)]
    assert read("one_contact", *rows, until=6 * DAY).parts("all") == {"num": 1, "den": 1}
    assert read("one_contact", *rows, opened("T1", DAY, log=7 * DAY)).parts("all") == {"num": 0, "den": 1}


def test_the_first_public_word_of_an_agent_is_the_response() -> None:
    rows = [
        opened(T, 0),
        replied(T, 1000, "bot"),
        replied(T, 2000, "agent", public=False),
        replied(T, HOUR + 999, "agent"),
    ]
    r = read("first_response_time", *rows, replied(T, 2 * HOUR, "agent"))
    assert r.parts("all") == {"sum": 3600, "n": 1}
    assert r.value("all") == 3600
    earlier = replied(T, MINUTE, "agent", log=3 * HOUR)
    assert read("first_response_time", *rows, earlier).parts("all") == {"sum": 60, "n": 1}


def test_open_tickets_have_a_mean_age_and_counts_of_the_older() -> None:
    rows = [opened("T1", 0), opened("T2", 30 * DAY), opened("T3", 32 * DAY), resolved("T3", 32 * DAY + HOUR)]
    r = read("open_age", *rows, until=33 * DAY)
    assert r.parts("now") == {"n": 2, "opened": 2 * START + 30 * DAY, "over_1d": 2, "over_3d": 1, "over_7d": 1,
                              "over_30d": 1}  # fmt: skip
    assert r.value("now") == 18 * DAY / 1000
    assert r.windows == ["now"]


def test_an_open_ticket_is_of_its_age_to_the_minute_and_of_its_team_of_now() -> None:
    rows = [
        opened(T, 0, team="a"),
        customer(0, segment="smb"),
        customer(HOUR, segment="big"),
        transferred(T, HOUR, "b"),
    ]
    assert read("open_age", *rows, until=DAY).parts("now")["over_1d"] == 0
    r = read("open_age", *rows, until=DAY + MINUTE)
    assert r.cuts("now", "over_1d") == {"": 1, "channel=chat": 1, "segment=smb": 1, "team=b": 1}


def test_a_reopened_ticket_is_as_old_as_its_opening() -> None:
    rows = [opened(T, 0), resolved(T, DAY), reopened(T, 4 * DAY)]
    assert read("open_age", *rows, until=2 * DAY).value("now") is None
    assert read("open_age", *rows).value("now") == 4 * DAY / 1000
