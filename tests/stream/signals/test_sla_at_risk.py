"""First response and resolution against their targets."""

from typing import Any

import pytest

from tests.support.builders import opened, reopened, replied, resolved, updated
from tests.support.desk import D, H, judge, waiting
from tests.support.desk import said as said_by

NAME = "sla_at_risk"
OPENED = opened("T", 0)
TARGETS: dict[str, Any] = {"first_response_ms": 8 * H}
RESPONSE, RESOLUTION = "T:first_response", "T:resolution"


def said(*events: Any, **given: Any) -> list[tuple[int, str]]:
    return said_by(NAME, *events, **({"until": 60 * D} | TARGETS | given))


def test_it_warns_2_h_before_and_says_when_it_is_breached() -> None:
    run = judge(NAME, OPENED, until=60 * D, **TARGETS)
    assert run.history(NAME) == [(6 * H, f"opened queue {RESPONSE} #1"), (8 * H, f"amended queue {RESPONSE} #1")]
    near, breach = run.alerts
    assert (near.numbers["breached"], breach.numbers["breached"]) == (0, 1)
    assert (near.rank, breach.rank) == (0, 1)  # the queue puts it before others
    assert near.text == "Ticket T: its first response is due within 2 h of work"
    assert breach.text == "Ticket T: its first response is overdue: 8 h of work have passed"


def test_without_a_target_nothing_is_at_risk() -> None:
    assert said(OPENED, first_response_ms=0) == []


@pytest.mark.parametrize("end", [replied("T", 7 * H, "agent"), resolved("T", 7 * H)], ids=["met", "resolved"])
def test_met_or_resolved_ends_it(end) -> None:
    assert said(OPENED, end) == [(6 * H, f"opened queue {RESPONSE} #1"), (7 * H, f"resolved queue {RESPONSE} #1")]


@pytest.mark.parametrize(
    "other",
    [replied("T", 5 * H, "bot"), replied("T", 5 * H, "agent", public=False), replied("T", 5 * H)],
    ids=["a bot's reply", "a note", "the customer"],
)
def test_what_is_no_response(other) -> None:
    assert [at for at, _ in said(OPENED, other)] == [6 * H, 8 * H]


def test_the_resolution_has_a_target_of_its_own() -> None:
    events = (OPENED, replied("T", H, "agent"), resolved("T", 30 * H))
    assert said(*events, resolution_ms=D) == [
        (22 * H, f"opened queue {RESOLUTION} #1"),
        (24 * H, f"amended queue {RESOLUTION} #1"),
        (30 * H, f"resolved queue {RESOLUTION} #1"),
    ]


def test_first_response_after_a_reopen_is_measured_from_the_reopen() -> None:
    events = (OPENED, replied("T", H, "agent"), resolved("T", 2 * H), reopened("T", 5 * D))
    assert said(*events, replied("T", 5 * D + H, "agent")) == []
    assert said(*events) == [
        (5 * D + 6 * H, f"opened queue {RESPONSE} #1"),
        (5 * D + 8 * H, f"amended queue {RESPONSE} #1"),
    ]


def test_waits_on_the_customer_do_not_count() -> None:
    events = (OPENED, waiting("T", 7 * H), replied("T", 100 * H), resolved("T", 110 * H))
    assert said(*events) == [
        (6 * H, f"opened queue {RESPONSE} #1"),
        (101 * H, f"amended queue {RESPONSE} #1"),
        (110 * H, f"resolved queue {RESPONSE} #1"),
    ]


def test_the_target_goes_with_the_priority_from_when_it_is_said() -> None:
    tuning = {"first_response_by_priority_ms": {"high": 4 * H, "low": 0}}
    assert said(opened("T", 0, priority="high"), **tuning) == [
        (2 * H, f"opened queue {RESPONSE} #1"),
        (4 * H, f"amended queue {RESPONSE} #1"),
    ]
    raised = (OPENED, updated("T", 3 * H, priority="high"))
    assert said(*raised, **tuning) == [
        (3 * H, f"opened queue {RESPONSE} #1"),
        (4 * H, f"amended queue {RESPONSE} #1"),
    ]
    lowered = (opened("T", 0, priority="high"), updated("T", 3 * H, priority="low"))
    assert said(*lowered, **tuning) == [
        (2 * H, f"opened queue {RESPONSE} #1"),
        (3 * H, f"resolved queue {RESPONSE} #1"),
    ]


def test_a_target_shorter_than_the_warning_is_at_risk_from_the_start() -> None:
    assert said(OPENED, first_response_ms=H)[:2] == [
        (0, f"opened queue {RESPONSE} #1"),
        (H, f"amended queue {RESPONSE} #1"),
    ]


def test_a_late_response_takes_it_back() -> None:
    assert said(OPENED, replied("T", H, "agent", log=9 * H))[2:] == [(9 * H, f"withdrawn queue {RESPONSE} #1")]


def test_after_downtime_each_stage_is_said_once_at_its_time() -> None:
    assert [at for at, _ in said(OPENED, until=20 * D)] == [6 * H, 8 * H]
