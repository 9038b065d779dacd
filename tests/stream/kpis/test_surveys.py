"""Survey KPIs, row by row: scales, re-ratings, the ticket's dimensions, the level of NPS.

Covers stream/kpis/ces.py, stream/kpis/ces_easy.py, stream/kpis/csat.py, stream/kpis/csat_top2.py,
stream/kpis/effort.py, stream/kpis/nps.py, stream/kpis/survey_response_rate.py.
"""

from __future__ import annotations

import msgspec
import pytest

from stream.definitions import DAY, HOUR, SURVEYS, Survey
from tests.support.builders import (
    DEFINITIONS,
    Told,
    answered,
    customer,
    opened,
    resolved,
    run,
    sent,
    transferred,
    updated,
)


@pytest.mark.parametrize(
    ("score", "easy", "effort"),
    [(1, 0, 1_000_000), (3, 0, 666_667), (4, 0, 500_000), (5, 1, 333_333), (7, 1, 0)],
)
def test_ces(score: int, easy: int, effort: int) -> None:
    found = run(answered("S1", HOUR, score), until=DAY, of=("ces", "ces_easy", "effort"))
    assert found.panes("ces") == {HOUR: {"sum": score, "n": 1}}
    assert found.total("ces_easy") == ({"num": 1, "den": 1} if easy else {"den": 1})
    assert found.total("effort") == {p: v for p, v in (("sum", effort), ("n", 1), ("sq", effort**2)) if v}


@pytest.mark.parametrize(("score", "top"), [(1, 0), (3, 0), (4, 1), (5, 1)])
def test_csat(score: int, top: int) -> None:
    found = run(answered("S1", HOUR, score, "csat"), until=DAY, of=("csat", "csat_top2"))
    assert found.total("csat") == {"sum": score, "n": 1}
    assert found.total("csat_top2") == ({"num": 1, "den": 1} if top else {"den": 1})


def test_the_latest_answer_is_the_score_at_its_time() -> None:
    """A re-rating takes the first score back, also when the first is heard last."""
    first, second = answered("S1", HOUR, 2), answered("S1", DAY, 6)
    for log in (HOUR, 5 * DAY):
        found = run(first._replace(log=log), second, until=9 * DAY, of=("ces", "effort"))
        assert found.panes("ces") == {DAY: {"sum": 6, "n": 1}}
        assert found.panes("effort") == {DAY: {"sum": 166_667, "n": 1, "sq": 166_667**2}}


def test_an_answer_counts_with_or_without_its_sending() -> None:
    one = run(sent("S1", 0), answered("S1", HOUR, 6), until=DAY, of="ces")
    two = run(sent("S1", 0, log=2 * HOUR), answered("S1", HOUR, 6), until=DAY, of="ces")
    assert one.sums == two.sums == run(answered("S1", HOUR, 6), until=DAY, of="ces").sums


def test_scales_are_pooled_only_where_they_are_the_same() -> None:
    surveys = SURVEYS | {"ces_chat": Survey("ces", 1, 7), "ces_five": Survey("ces", 1, 5, "low")}
    definitions = msgspec.structs.replace(DEFINITIONS, surveys=surveys)
    events = [answered("S1", 0, 6), answered("S2", 0, 7, "ces_chat"), answered("S3", 0, 5, "ces_five")]
    found = run(*events, until=DAY, of=("ces", "effort"), d=definitions)
    assert found.total("ces") == {"sum": 13, "n": 2}
    assert found.total("effort") == {"sum": 166_667 + 1_000_000, "n": 3, "sq": 166_667**2 + 10**12}  # all scales


def test_a_survey_takes_the_dimensions_of_its_ticket_as_now_known() -> None:
    events = [opened("T1", 0, topic="a", team="t1"), answered("S1", HOUR, 6, ticket="T1")]
    after = [transferred("T1", DAY, "t2"), updated("T1", DAY, topic="b")]
    assert list(run(*events, until=DAY, of="ces").cuts("ces")) == ["channel=chat team=t1 topic=a"]
    assert list(run(*events, *after, until=DAY, of="ces").cuts("ces")) == ["channel=chat team=t2 topic=b"]
    late = [one._replace(log=3 * DAY) for one in (events[0], *after)]  # the survey is heard first
    assert list(run(events[1], *late, until=4 * DAY, of="ces").cuts("ces")) == ["channel=chat team=t2 topic=b"]


def test_a_survey_keeps_the_dimensions_of_a_forgotten_ticket() -> None:
    """Its ticket is dropped 90 d after the resolve; a re-rating later still counts there. A new survey has none."""
    ticket = [opened("T1", 0, topic="a", team="t1"), resolved("T1", HOUR)]
    again = [answered("S1", 95 * DAY, 2, ticket="T1"), answered("S2", 95 * DAY, 7, ticket="T1")]
    found = run(*ticket, answered("S1", 80 * DAY, 6, ticket="T1"), *again, until=96 * DAY, of=("ces", "ticket_volume"))
    assert found.cuts("ces") == {"": {"sum": 7, "n": 1}, "channel=chat team=t1 topic=a": {"sum": 2, "n": 1}}


def test_segments_are_those_of_the_time_of_the_answer() -> None:
    events = [customer(0, segment="old"), answered("S1", HOUR, 6), customer(DAY, segment="new")]
    assert list(run(*events, until=DAY, of="ces").cuts("ces")) == ["segment=old"]


GOOD, BAD, SOSO = {"promoters": 1, "n": 1}, {"detractors": 1, "n": 1}, {"n": 1}


@pytest.mark.parametrize(("score", "parts"), [(0, BAD), (6, BAD), (7, SOSO), (8, SOSO), (9, GOOD), (10, GOOD)])
def test_nps_holds_for_90_d(score: int, parts: dict[str, int]) -> None:
    answer = answered("S1", HOUR, score, "nps")
    assert run(answer, until=90 * DAY, of="nps").panes("nps") == {HOUR: parts}
    ended = {name: -n for name, n in parts.items()}
    assert run(answer, until=91 * DAY, of="nps").panes("nps") == {HOUR: parts, HOUR + 90 * DAY: ended}


@pytest.mark.parametrize(
    ("events", "levels"),
    [
        ([answered("S2", DAY, 9, "nps")], {0: BAD, DAY: GOOD}),  # the latest answer of the customer
        ([answered("S2", DAY, 9, "nps", subject="c2")], {0: BAD, DAY: {"promoters": 1, "detractors": 1, "n": 2}}),
        ([answered("S1", DAY, 9, "nps")], {0: {}, DAY: GOOD}),  # a survey's score is its latest answer
        ([answered("S2", DAY, 9, "nps", log=5 * DAY)], {0: BAD, DAY: GOOD}),
        ([answered("S2", 100 * DAY, 9, "nps")], {0: BAD, 91 * DAY: {}, 100 * DAY: GOOD}),
    ],
)
def test_nps_level(events: list[Told], levels: dict[int, dict[str, int]]) -> None:
    found = run(answered("S1", 0, 3, "nps"), *events, until=101 * DAY, of="nps")
    assert {at: found.level("nps", at).get("", {}) for at in levels} == levels


def test_nps_stays_in_the_segment_of_the_answer() -> None:
    events = [customer(0, segment="old"), answered("S1", 0, 9, "nps"), customer(DAY, segment="new")]
    found = run(*events, until=2 * DAY, of="nps")
    assert found.level("nps", 0) == {"segment=old": GOOD}
    assert found.level("nps", DAY) == {"segment=old": GOOD}


def test_what_a_kpi_still_counts_is_not_dropped() -> None:
    """An NPS answer holds for 90 d, also where records are kept for less."""
    definitions = msgspec.structs.replace(DEFINITIONS, keep=msgspec.structs.replace(DEFINITIONS.keep, records=30 * DAY))
    events = [opened("T1", 0, topic="a"), resolved("T1", 0), answered("S1", HOUR, 9, "nps", ticket="T1")]
    found = run(*events, until=60 * DAY, of="nps", d=definitions)
    assert found.cuts("nps") == {"channel=chat topic=a": GOOD}
    found = run(*events, until=200 * DAY, of="nps", d=definitions)
    assert found.cuts("nps") == {}
    assert found.rows == {}


def test_an_answer_heard_late_ends_one_that_is_about_to_go() -> None:
    late = answered("S2", 89 * DAY, 0, "nps", log=96 * DAY)
    found = run(answered("S1", 0, 10, "nps"), late, until=97 * DAY, of="nps")
    assert found.panes("nps") == {0: GOOD, 89 * DAY: {"promoters": -1, "detractors": 1}}


BOUNCED, AGAIN = sent("S1", HOUR, delivered=False), sent("S1", 2 * HOUR)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([sent("S1", 0)], {0: {"den": 1}}),
        ([sent("S1", 0), BOUNCED], {}),
        ([sent("S1", 0), BOUNCED, answered("S1", 3 * HOUR, 6)], {}),
        ([sent("S1", 0), BOUNCED, AGAIN], {2 * HOUR: {"den": 1}}),
        ([sent("S1", 0), BOUNCED, AGAIN, answered("S1", 3 * HOUR, 6)], {2 * HOUR: {"num": 1, "den": 1}}),
        ([sent("S1", 0), AGAIN, answered("S1", 7 * DAY, 6)], {0: {"num": 1, "den": 1}}),
        ([sent("S1", 0), AGAIN, answered("S1", 7 * DAY + 1, 6)], {0: {"den": 1}}),
        ([sent("S1", 0, delivered=False)], {}),
    ],
)
def test_what_is_said_not_to_have_been_delivered_was_not_sent(rows: list[Told], found: dict[int, object]) -> None:
    """Whichever is heard first; sent once more it is sent then."""
    for order in (rows, rows[::-1]):
        heard = [row._replace(log=8 * DAY) for row in order]
        panes = run(*heard, until=9 * DAY, of="survey_response_rate").panes("survey_response_rate")
        assert panes == found
