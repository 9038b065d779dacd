from __future__ import annotations

import pytest

from agents.demo.words import clock, measure, tally, title
from stream.readings import Reading


def reading(value: float | None, unit: str) -> Reading:
    return Reading(
        kpi="x",
        version=1,
        window="24h",
        end=0,
        cut={},
        value=value,
        n=1,
        parts={},
        quantiles={},
        as_of=0,
        status="final",
        unit=unit,
        small_n=True,
    )


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.6234, "ratio", "62.3 %"),
        (18_720.0, "s", "5 h 12 min"),
        (34.4, "points", "+34"),
        (-100.0, "points", "-100"),
        (1_234.0, "tickets", "1,234"),
        (21_700.0, "money", "217 EUR"),
        (4.857, "score", "4.86"),
        (None, "ratio", "-"),
    ],
)
def test_a_value_is_read_in_its_unit(value: float | None, unit: str, words: str) -> None:
    assert measure(reading(value, unit), "EUR") == words


def test_no_reading_is_a_dash() -> None:
    assert measure(None) == "-"


@pytest.mark.parametrize(
    ("name", "words"), [("reopen_rate", "Reopen rate"), ("fcr", "FCR"), ("falling_ces", "Falling CES"), ("nps", "NPS")]
)
def test_names_become_words(name: str, words: str) -> None:
    assert title(name) == words


def test_minutes_and_seconds() -> None:
    assert [clock(0), clock(61.9), clock(3_600)] == ["0:00", "1:01", "60:00"]


def test_the_largest_count_comes_first_and_what_is_left_out_shows() -> None:
    counts = {"reopened": 1, "low_score": 12, "ping_pong": 1}
    assert tally(counts) == "low score 12, ping pong 1, reopened 1"
    assert tally(counts, 1) == "low score 12, …"
    assert tally({}) == ""
