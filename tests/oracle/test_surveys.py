"""Survey KPIs on logs of a few rows whose numbers are known by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle.logs import DAY, HOUR, NOON, SECOND, Said, at, log
from tests.oracle.oracle import SURVEYS, Readings, Survey, compute


def sent(after: int, kind: str, survey: str = "s", **data: Any) -> Said:
    return NOON + after, "survey.sent", {"survey": survey, "kind": kind, **data}


def answer(after: int, kind: str, score: int, survey: str = "s", **data: Any) -> Said:
    return NOON + after, "survey.answered", {"survey": survey, "kind": kind, "score": score, **data}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(*rows: Any, end: int = 60 * DAY, **options: Any) -> Readings:
        return compute([log(tmp_path / "log.ndjson", *rows, end=NOON + end)], **options)

    return run


def test_the_latest_answer_is_the_score_and_counts_at_its_time(read: Any) -> None:
    """A survey rated again in another month moves there; order of arrival does not matter."""
    found = read(answer(40 * DAY, "ces", 2), answer(0, "ces", 7), answer(0, "ces", 5, "other"))
    assert at(found, "ces").parts == {"sum": 7, "n": 2}
    assert (at(found, "ces", "2026-01").value, at(found, "ces", "2026-02").value) == (5.0, 2.0)
    assert at(found, "ces_easy").value == 0.5
    assert at(found, "ces_net").value == 0.0


def test_four_of_seven_is_neither_easy_nor_hard(read: Any) -> None:
    """Easy 5 to 7, hard 1 to 3."""
    found = read(*(answer(score, "ces", score, f"s{score}") for score in range(1, 8)), answer(9, "ces", 7, "more"))
    assert (at(found, "ces_easy").parts, at(found, "ces_net").value) == ({"num": 4, "den": 8}, 12.5)


def test_effort_pools_every_scale_and_the_native_score_only_its_own(read: Any) -> None:
    """1-5 with 1 easy beside 1-7 with 7 easy; effort in millionths, half up."""
    kinds = {**SURVEYS, "ces1": Survey("ces", 1, 5, easy_high=False)}
    found = read(answer(1, "ces", 5), answer(2, "ces1", 4, "t"), surveys=kinds)
    assert at(found, "effort").parts == {"sum": 333_333 + 750_000, "n": 2, "sq": 333_333**2 + 750_000**2}
    assert at(found, "ces").parts == {"sum": 5, "n": 1}


def test_a_score_off_the_scale_and_an_unknown_kind_are_nothing(read: Any) -> None:
    """Neither counts as an answer in time either."""
    found = read(sent(0, "csat"), answer(1, "csat", 6), answer(2, "smile", 3, "t"), sent(3, "smile", "t"))
    assert at(found, "csat").n == 0
    assert at(found, "survey_response_rate").parts == {"num": 0, "den": 1}


def test_csat_and_its_top_two(read: Any) -> None:
    """4 and 5 of 5."""
    found = read(*(answer(i, "csat", score, f"s{i}") for i, score in enumerate((2, 3, 4, 5, 5))))
    assert (at(found, "csat").value, at(found, "csat_top2").value) == (3.8, 0.6)


def test_nps_is_the_latest_answer_of_each_customer_for_ninety_days(read: Any) -> None:
    """All answers flow; a customer's later one replaces the earlier; after ninety days none is left."""
    rows = (
        answer(0, "nps", 10, "a"),
        answer(DAY, "nps", 0, "b"),
        (*answer(DAY, "nps", 9, "c"), "other"),
        (*answer(DAY, "nps", 8, "d"), "third"),
    )
    ends = [NOON + n for n in (DAY, DAY + 1, 91 * DAY, 91 * DAY + 1)]
    found = read(*rows, ends=ends, end=100 * DAY)
    assert at(found, "nps_answers").parts == {"up": 2, "down": 1, "n": 4}
    assert [(at(found, "nps", f"@{end}").value, at(found, "nps", f"@{end}").n) for end in ends] == [
        (100.0, 1),
        (0.0, 3),
        (0.0, 3),
        (None, 0),
    ]


RESPONSES: list[tuple[str, list[Said], dict[str, int]]] = [
    ("at the last moment", [sent(0, "csat"), answer(7 * DAY, "csat", 5)], {"num": 1, "den": 1}),
    ("too late", [sent(0, "csat"), answer(7 * DAY + 1, "csat", 5)], {"num": 0, "den": 1}),
    ("again, late", [sent(0, "csat"), answer(DAY, "csat", 5), answer(9 * DAY, "csat", 1)], {"num": 1, "den": 1}),
    ("not delivered", [sent(0, "csat", delivered=False), answer(DAY, "csat", 5)], {}),
    ("never sent", [answer(DAY, "csat", 5)], {}),
]


@pytest.mark.parametrize(("name", "rows", "parts"), RESPONSES, ids=[case[0] for case in RESPONSES])
def test_the_response_rate_is_of_those_delivered(read: Any, name: str, rows: list[Said], parts: dict[str, int]) -> None:
    """By the time of sending; the earliest answer decides; cut by kind too."""
    found = read(*rows)
    assert at(found, "survey_response_rate").parts == parts
    assert at(found, "survey_response_rate", kind="csat").parts == parts


def test_a_survey_takes_what_its_ticket_is_now_known_to_be(read: Any) -> None:
    """Channel, topic and team; one about an unknown ticket has none."""
    found = read(
        (NOON, "ticket.opened", {"ticket": "t", "channel": "chat", "topic": "login", "team": "a"}),
        sent(HOUR, "csat", ticket="t"),
        answer(2 * HOUR, "csat", 4),
        (NOON + DAY, "ticket.updated", {"ticket": "t", "topic": "billing"}),
        (NOON + DAY, "ticket.transferred", {"ticket": "t", "to_team": "b"}),
        answer(3 * HOUR, "csat", 2, "u", ticket="gone"),
    )
    assert [at(found, "csat", **cut).n for cut in ({"channel": "chat"}, {"topic": "billing"}, {"team": "b"})] == [
        1,
        1,
        1,
    ]
    assert (at(found, "csat").n, at(found, "csat", topic="login").n) == (2, 0)
    assert at(found, "survey_response_rate", team="b", topic="billing").n == 1


def test_themes_are_shares_of_all_answers(read: Any) -> None:
    """Whole words of the latest comment, in any case; another score leaves it as it is."""
    rows = (
        answer(0, "csat", 1, "a", comment="So SLOW, and the wrong invoice"),
        answer(SECOND, "csat", 2, "b", comment="slowly getting there"),
        answer(2 * SECOND, "nps", 9, "c"),
        answer(3 * SECOND, "csat", 4, "d", comment="bill was late"),
        answer(4 * SECOND, "csat", 5, "d"),
    )
    found = read(*rows, themes={"speed": ["slow", "late"], "billing": ["invoice", "bill"]})
    assert at(found, "feedback_themes").parts == {"num": 2, "den": 4}
    assert at(found, "feedback_themes", theme="speed").value == 0.5
    assert at(found, "feedback_themes", theme="billing").parts == {"num": 2, "den": 4}
