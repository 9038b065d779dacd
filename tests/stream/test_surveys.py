"""Surveys: efforts of any scale and direction, what is easy, hard and low, and which are added up.

Covers stream/kpi.py, stream/signal.py, stream/definitions.py.
"""

from __future__ import annotations

import msgspec
import pytest

from stream import steps as S
from stream.definitions import DAY, HOUR, MINUTE, SECOND, SURVEYS, Definitions, Survey
from stream.signal import words
from stream.steps import Step
from stream.surveys import Survey as Heard
from stream.surveys import effort, goodness, is_easy, is_hard, is_low, pool, ticket_of

SEVEN, FIVE, CES1, SIX = Survey("ces", 1, 7), Survey("csat", 1, 5), Survey("ces", 1, 5, "low"), Survey("ces", 1, 6)


@pytest.mark.parametrize(
    ("scale", "score", "millionths", "easy", "hard"),
    [
        (SEVEN, 7, 0, True, False),
        (SEVEN, 5, 333_333, True, False),
        (SEVEN, 4, 500_000, False, False),
        (SEVEN, 3, 666_667, False, True),
        (SEVEN, 1, 1_000_000, False, True),
        (CES1, 1, 0, True, False),  # low is good
        (CES1, 3, 500_000, False, False),
        (CES1, 5, 1_000_000, False, True),
        (SIX, 4, 400_000, True, False),  # no middle
        (SIX, 3, 600_000, False, True),
    ],
)
def test_effort(scale: Survey, score: int, millionths: int, easy: bool, hard: bool) -> None:
    assert (effort(scale, score), is_easy(scale, score), is_hard(scale, score)) == (millionths, easy, hard)


def test_the_two_ends_of_a_scale_mirror() -> None:
    for score in range(1, 6):
        high, low = Survey("ces", 1, 5), Survey("ces", 1, 5, "low")
        assert effort(high, score) + effort(low, score) == 1_000_000
        assert goodness(high, score) + goodness(low, score) == 4


THUMBS, SMILEYS, TEN = Survey("csat", 0, 1), Survey("csat", 1, 3), Survey("csat", 1, 10)


@pytest.mark.parametrize(
    ("scale", "lows"),
    [(SURVEYS["nps"], 7), (FIVE, 2), (SEVEN, 3), (CES1, 2), (SIX, 3), (THUMBS, 1), (SMILEYS, 1), (TEN, 2)],
)
def test_low(scale: Survey, lows: int) -> None:
    assert sum(is_low(scale, score) for score in range(scale.low, scale.high + 1)) == lows


def test_only_one_scale_is_pooled() -> None:
    surveys = {"ces": SEVEN, "after_chat": SEVEN, "old": CES1, "csat": FIVE}
    assert pool(surveys, "ces") == ("after_chat", "ces")
    assert pool({"b": CES1, "a": SEVEN, "c": SEVEN}, "ces") == ("a", "c")  # none is named like the family
    assert pool(surveys, "nps") == ()


def step(at: int, kind: int, *data: object) -> Step:
    return Step(at, kind, at, None, None, data)


def test_the_latest_answer_is_the_score_and_the_first_ticket_holds() -> None:
    steps = [
        step(0, S.SENT, "ces", False),
        step(1, S.ANSWERED, "ces", 2, "T1", "slow"),
        step(2, S.ANSWERED, "ces", 6, "T2"),
    ]
    found = Heard("S1", steps, SURVEYS)
    assert (found.score, found.answered, found.sent) == (6, 2, None)
    assert (found.ticket, found.comment, ticket_of(steps[:1])) == ("T1", "slow", None)
    unheard = Heard("S1", steps[:1], SURVEYS)
    assert (unheard.score, unheard.answered) == (None, None)


@pytest.mark.parametrize(
    ("ms", "said"), [(3 * DAY + HOUR, "3 d"), (5 * HOUR, "5 h"), (12 * MINUTE, "12 min"), (SECOND, "1 s"), (0, "0 s")]
)
def test_words(ms: int, said: str) -> None:
    assert words(ms) == said


def test_the_revision_is_of_definitions_and_plugins() -> None:
    one = Definitions()
    assert one.revision(("a@1", "b@1")) == Definitions().revision(("b@1", "a@1"))
    assert one.revision(("a@1",)) != one.revision(("a@2",))
    assert one.revision(()) != msgspec.structs.replace(one, grace=1).revision(())
