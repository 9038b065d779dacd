"""Signals on what customers say: low scores, and effort that rises.

Covers stream/signals/falling_ces.py, stream/signals/low_score.py.
"""

from __future__ import annotations

import msgspec
import pytest

from stream.definitions import DAY, SURVEYS, Survey
from tests.support.builders import DEFINITIONS, Told, answered, run

Rows = list[tuple[int, str]]


@pytest.mark.parametrize(
    ("kind", "low", "fine"),
    [("nps", 6, 7), ("csat", 2, 3), ("ces", 3, 4), ("five", 4, 3)],
)
def test_what_is_low(kind: str, low: int, fine: int) -> None:
    definitions = msgspec.structs.replace(DEFINITIONS, surveys=SURVEYS | {"five": Survey("ces", 1, 5, "low")})
    for score, n in ((low, 1), (fine, 0)):
        assert len(run(answered("S1", 0, score, kind), until=DAY, of="low_score", d=definitions).alerts) == n


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], [(0, "opened"), (60, "resolved")]),
        ([answered("S1", 5 * DAY, 6)], [(0, "opened"), (5, "resolved")]),
        ([answered("S1", 5 * DAY, 2)], [(0, "opened"), (5, "amended"), (65, "resolved")]),
        ([answered("S2", 5 * DAY, 6)], [(0, "opened"), (60, "resolved")]),  # another survey
        ([answered("S1", 1, 6, log=5 * DAY)], [(0, "opened"), (5, "resolved")]),
        ([answered("S1", 61 * DAY, 2)], [(0, "opened"), (60, "resolved"), (61, "opened #2"), (121, "resolved #2")]),
    ],
)
def test_low_score(events: list[Told], expected: list[tuple[int, str]]) -> None:
    first = answered("S1", 0, 1, id="first")
    found = run(first, *events, until=200 * DAY, of="low_score").history("low_score")
    assert [(at, what.replace(" queue S1", "").removesuffix(" #1")) for at, what in found] == [
        (day * DAY, what) for day, what in expected
    ]


def test_a_low_answer_that_is_60_d_old_opens_nothing() -> None:
    assert run(answered("S1", 0, 1, log=60 * DAY), until=90 * DAY, of="low_score").alerts == []
    assert len(run(answered("S1", 0, 1, log=60 * DAY - 1), until=90 * DAY, of="low_score").alerts) == 2


def ces(*scores: int, first: int = 0) -> list[Told]:
    """An answer a day, each to a survey of its own."""
    return [answered(f"S{first + i}", (first + i) * DAY, score) for i, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (ces(4, 3), []),
        (ces(4, 3, 2), [(2, "opened"), (62, "resolved")]),  # efforts 0.50, 0.67, 0.83: mean 0.67
        (ces(5, 3, 2), [(2, "opened"), (62, "resolved")]),  # 0.33, 0.67, 0.83: mean 0.61
        (ces(6, 3, 2), []),  # 0.17, 0.67, 0.83: mean 0.56
        (ces(4, 4, 2), []),  # it must rise
        (ces(2, 3, 1), []),
        (ces(4, 3, 2, 3), [(2, "opened"), (3, "resolved")]),  # an easier answer
        (ces(4, 3, 2, 2), [(2, "opened"), (3, "amended"), (63, "resolved")]),  # no easier: 60 d from it
        (ces(4, 3, 2, 1), [(2, "opened"), (3, "amended"), (63, "resolved")]),
        (ces(7, 4, 3, 2), [(3, "opened"), (63, "resolved")]),
        (ces(4, 3, 2, 7, 4, 3, 2),
         [(2, "opened"), (3, "resolved"), (6, "opened #2"), (66, "resolved #2")]),
        # heard late, an answer between them breaks the rise; a re-rating ends it
        ([*ces(4, 3, 2), answered("S9", DAY + 1, 7, log=5 * DAY)], [(2, "opened"), (5, "withdrawn")]),
        ([*ces(4, 3, 2), answered("S1", 5 * DAY, 7)], [(2, "opened"), (5, "withdrawn")]),
        ([*ces(4, 3, 2), answered("S9", 80 * DAY, 1)],
         [(2, "opened"), (62, "resolved"), (80, "opened #2"), (140, "resolved #2")]),
        ([*ces(4, 3), answered("S2", 2 * DAY, 1, "csat"), answered("S3", 3 * DAY, 2, subject="c2")], []),
    ],
)  # fmt: skip
def test_falling_ces(events: list[Told], expected: list[tuple[int, str]]) -> None:
    found = run(*events, until=200 * DAY, of="falling_ces").history("falling_ces")
    assert [(at, what.replace(" queue ces", "").removesuffix(" #1")) for at, what in found] == [
        (day * DAY, what) for day, what in expected
    ]


def test_kinds_are_apart() -> None:
    definitions = msgspec.structs.replace(DEFINITIONS, surveys=SURVEYS | {"other": Survey("ces", 1, 7)})
    mixed = [answered("A", 0, 4), answered("B", DAY, 3, "other"), answered("C", 2 * DAY, 2)]
    assert run(*mixed, until=9 * DAY, of="falling_ces", d=definitions).alerts == []


def test_what_it_shows() -> None:
    [alert] = run(*ces(4, 3, 2), until=9 * DAY, of="falling_ces").alerts
    assert alert.text == "Effort rises: the last 3 ces answers were 0.50, 0.67, 0.83 (0 = easy, 1 = hard)"
    assert alert.numbers == {"mean_effort_millionths": 666_666, "limit_millionths": 600_000}
    assert [step["about"] for step in alert.evidence] == ["S0", "S1", "S2"]


def test_a_survey_of_two_kinds_counts_as_its_last() -> None:
    events = [answered("S1", 0, 10, "nps"), answered("S1", DAY, 5, "ces")]
    found = run(*events, until=2 * DAY, of=("low_score", "ces", "nps"))
    assert found.alerts == []
    assert found.total("ces") == {"sum": 5, "n": 1}
    assert found.cuts("nps") == {}
    off = run(answered("S1", 0, 0, "nps"), answered("S1", DAY, 5, "ces"), until=2 * DAY, of="low_score")
    assert [at for at, _ in off.history("low_score")] == [0, DAY]
