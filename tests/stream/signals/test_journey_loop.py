"""Round and round through the stages."""

from typing import Any

from tests.support.builders import customer
from tests.support.desk import D, H, judge, said

NAME = "journey_loop"


def stages(*at: tuple[int, str]) -> list[Any]:
    return [customer(day * D, stage=stage) for day, stage in at]


LOOP = stages((0, "trial"), (2, "setup"), (4, "trial"), (6, "setup"), (8, "trial"))


def test_the_third_entry_opens_it_for_30_d() -> None:
    run = judge(NAME, *LOOP, until=90 * D)
    assert run.history(NAME) == [(8 * D, "opened info trial #1"), (38 * D, "resolved info trial #1")]
    assert run.alerts[0].text == "Entered stage trial 3 times within 30 d"
    assert run.alerts[0].numbers == {"entries": 3, "within_days": 30}
    assert len(run.alerts[0].evidence) == 3


def test_each_further_entry_extends_it() -> None:
    more = stages((9, "setup"), (20, "trial"))
    assert said(NAME, *LOOP, *more, until=90 * D) == [
        (8 * D, "opened info trial #1"),
        (9 * D, "opened info setup #1"),
        (20 * D, "amended info trial #1"),
        (39 * D, "resolved info setup #1"),
        (50 * D, "resolved info trial #1"),
    ]


def test_slow_rounds_are_no_loop() -> None:
    assert said(NAME, *stages((0, "a"), (10, "b"), (16, "a"), (20, "b"), (31, "a")), until=90 * D) == []


def test_the_same_stage_said_again_is_no_entry() -> None:
    assert said(NAME, *stages((0, "a"), (1, "a"), (2, "a"), (3, "a")), until=90 * D) == []


def test_a_forbidden_way() -> None:
    events = stages((0, "live"), (3, "setup"), (5, "live"))
    run = judge(NAME, *events, until=90 * D, forbidden=("live > setup",))
    assert run.history(NAME) == [(3 * D, "opened info setup #1"), (33 * D, "resolved info setup #1")]
    assert run.alerts[0].text == "Went from stage live to setup, which is no way of this journey"


def test_a_late_stage_in_between_makes_the_loop_and_a_late_same_stage_breaks_it() -> None:
    events = stages((0, "a"), (2, "b"), (4, "a"), (8, "a"))
    assert said(NAME, *events, customer(6 * D, stage="b", log=9 * D), until=10 * D) == [(9 * D, "opened info a #1")]


def test_other_attributes_are_no_stage() -> None:
    assert said(NAME, *(customer(n * H, tier="gold") for n in range(5)), until=90 * D) == []
