"""Scores beside the thin set. Covers stream/kpis/ces_net.py, stream/kpis/nps_answers.py,
stream/kpis/survey_response_rate.py, stream/kpis/feedback_themes.py.
"""

from msgspec.structs import replace

from stream.definitions import DAY, HOUR, Survey
from tests.support.builders import DEFINITIONS, Told, answered, event, opened, sent
from tests.support.reading import read


def test_ces_net_is_easy_less_hard_and_a_rerating_moves_it() -> None:
    rows = [answered("S1", HOUR, 7), answered("S2", HOUR, 5), answered("S3", HOUR, 4), answered("S4", HOUR, 3)]
    assert read("ces_net", *rows).parts("all") == {"easy": 2, "hard": 1, "n": 4}
    assert read("ces_net", *rows).value("all") == 25
    again = read("ces_net", *rows, answered("S1", 2 * HOUR, 1))
    assert again.parts("all") == {"easy": 1, "hard": 2, "n": 4}
    assert again.value("all") == -25


def test_ces_net_pools_only_the_definitions_of_one_scale() -> None:
    old = Survey("ces", 1, 5, "low")
    d = replace(DEFINITIONS, surveys={**DEFINITIONS.surveys, "ces1": old})
    r = read("ces_net", answered("S1", HOUR, 7), answered("S2", HOUR, 5, kind="ces1"), d=d)
    assert r.parts("all") == {"easy": 1, "hard": 0, "n": 1}


def test_nps_answers_counts_every_survey_of_a_customer_once() -> None:
    rows = [answered("S1", HOUR, 9, kind="nps"), answered("S2", DAY, 6, kind="nps"), answered("S3", DAY, 8, kind="nps")]
    r = read("nps_answers", *rows)
    assert r.parts("all") == {"promoters": 1, "detractors": 1, "n": 3}
    assert r.value("all") == 0
    assert read("nps_answers", *rows, answered("S2", 2 * DAY, 10, kind="nps")).parts("all")["promoters"] == 2


def test_a_survey_answered_within_seven_days_of_sending_is_a_response() -> None:
    rows = [sent("S1", 0), sent("S2", 0), sent("S3", 0, kind="nps")]
    rows += [answered("S1", 7 * DAY, 5), answered("S2", 7 * DAY + 1, 5)]
    r = read("survey_response_rate", *rows)
    assert r.parts("all") == {"num": 1, "den": 3}
    assert r.cuts("all", "den") == {"": 3, "kind=ces": 2, "kind=nps": 1}
    assert r["2026-06"].status == "provisional"


def test_the_earliest_answer_decides_and_one_heard_late_amends_the_month_it_was_sent() -> None:
    late = answered("S1", 6 * DAY, 5, log=13 * DAY)
    assert read("survey_response_rate", sent("S1", 0), until=12 * DAY).parts("all") == {"num": 0, "den": 1}
    assert read("survey_response_rate", sent("S1", 0), late).parts("all") == {"num": 1, "den": 1}
    rows = [sent("S1", 0), answered("S1", 8 * DAY, 5), answered("S1", 2 * DAY, 1, log=9 * DAY)]
    assert read("survey_response_rate", *rows).parts("all") == {"num": 1, "den": 1}


def test_what_was_not_delivered_or_not_sent_is_no_survey_sent() -> None:
    lost = event("survey.sent", 0, {"survey": "S1", "kind": "ces", "delivered": False})
    r = read("survey_response_rate", lost, sent("S2", 0), answered("S3", HOUR, 5))
    assert r.parts("all") == {"num": 0, "den": 1}


def test_a_response_rate_takes_the_dimensions_of_its_ticket_as_now_known() -> None:
    rows = [opened("T1", 0, topic="billing"), sent("S1", HOUR, ticket="T1"),
            event("ticket.updated", DAY, {"ticket": "T1", "topic": "login"})]  # fmt: skip
    r = read("survey_response_rate", *rows)
    assert r.parts("all", "topic=login") == {"num": 0, "den": 1}
    assert r.parts("all", "topic=billing") == {}


def comment(survey: str, at: int, text: str | None) -> Told:
    return event("survey.answered", at, {"survey": survey, "kind": "ces", "score": 5, "comment": text})


THEMES = {"price": ["price", "too dear"], "wait": ["slow"]}


def test_a_theme_holds_where_a_word_or_phrase_of_it_stands_whole() -> None:
    said = ["The PRICE!", "much too  dear, and slow", "priceless", None]
    rows = [comment(f"S{i}", HOUR, text) for i, text in enumerate(said)]
    r = read("feedback_themes", *rows, themes=THEMES)
    assert r.parts("all") == {"num": 2, "den": 4}
    assert r.parts("all", "theme=price") == {"num": 2, "den": 4}
    assert r.parts("all", "theme=wait") == {"num": 1, "den": 4}
    assert r.value("all", "theme=wait") == 0.25


def test_another_comment_on_the_same_survey_changes_its_themes() -> None:
    r = read("feedback_themes", comment("S1", HOUR, "slow"), comment("S1", DAY, "the price"), themes=THEMES)
    assert r.parts("all", "theme=price") == {"num": 1, "den": 1}
    assert r.parts("all", "theme=wait") == {"num": 0, "den": 1}


def test_without_themes_every_answer_is_without_one() -> None:
    assert read("feedback_themes", comment("S1", HOUR, "slow")).parts("all") == {"num": 0, "den": 1}
