"""A customer's message that nobody answers: who owes the next move."""

import pytest

from tests.support.builders import customer, opened, reopened, replied, resolved, transferred
from tests.support.desk import D, H, asked, judge, said, step, waiting

NAME = "no_next_step"
OPENED = opened("T", 0, id="o")
CAUSE = step("T", "o")
BOTH = [(4 * H, f"opened info {CAUSE} #1"), (8 * H, f"amended queue {CAUSE} #1")]


def test_info_at_half_then_the_queue_with_nothing_else_happening() -> None:
    run = judge(NAME, OPENED, until=30 * D)
    assert run.history(NAME) == BOTH
    assert [a.text for a in run.alerts] == [
        f"Ticket T: the customer's message has had no answer for {n} h of work" for n in (4, 8)
    ]
    assert run.alerts[1].severity == "queue"


@pytest.mark.parametrize(
    "answer",
    [replied("T", 3 * H, "agent"), asked("T", 3 * H, "email"), resolved("T", 3 * H)],
    ids=["reply", "question", "resolve"],
)
def test_an_answer_in_time(answer) -> None:
    assert said(NAME, OPENED, answer, until=30 * D) == []


@pytest.mark.parametrize(
    "other",
    [replied("T", 3 * H, "bot"), replied("T", 3 * H, "agent", public=False), replied("T", 3 * H, "customer"),
     transferred("T", 3 * H, "billing"), waiting("T", 3 * H, "vendor")],
    ids=["a bot", "a note", "the customer again", "handed on", "waits on a vendor"],
)  # fmt: skip
def test_what_does_not_stop_the_clock(other) -> None:
    """The earliest unanswered message counts, not the latest."""
    assert said(NAME, OPENED, other, until=30 * D) == BOTH


def test_an_answer_ends_it_and_the_next_message_starts_a_clock_of_its_own() -> None:
    events = (OPENED, replied("T", 5 * H, "agent"), replied("T", 20 * H, "customer", id="m"))
    assert said(NAME, *events, until=D + 30 * D) == [
        (4 * H, f"opened info {CAUSE} #1"),
        (5 * H, f"resolved info {CAUSE} #1"),
        (24 * H, f"opened info {step('T', 'm')} #1"),
        (28 * H, f"amended queue {step('T', 'm')} #1"),
    ]


def test_who_owes_the_next_move() -> None:
    """While the ticket waits on the customer nobody here owes anything; then the clock goes on where it stood."""
    events = (OPENED, waiting("T", 2 * H), replied("T", 30 * H, "customer"))
    assert said(NAME, *events, until=40 * D) == [
        (32 * H, f"opened info {CAUSE} #1"),
        (36 * H, f"amended queue {CAUSE} #1"),
    ]


def test_an_open_alert_rests_while_the_customer_has_the_next_move() -> None:
    events = (OPENED, waiting("T", 10 * H), waiting("T", 20 * H, "team"), replied("T", 21 * H, "agent"))
    assert said(NAME, *events, until=40 * D) == [
        *BOTH,
        (10 * H, f"resolved queue {CAUSE} #1"),
        (20 * H, f"opened queue {CAUSE} #2"),
        (21 * H, f"resolved queue {CAUSE} #2"),
    ]


def test_first_response_after_a_reopen_counts_from_the_reopen() -> None:
    """What the customer wrote on the resolved ticket is owed an answer from then on, not from days before."""
    before = (OPENED, replied("T", H, "agent"), resolved("T", 2 * H), replied("T", 9 * D, "customer", id="m"))
    assert said(NAME, *before, until=30 * D) == []
    assert said(NAME, *before, reopened("T", 10 * D), until=30 * D) == [
        (10 * D + 4 * H, f"opened info {step('T', 'm')} #1"),
        (10 * D + 8 * H, f"amended queue {step('T', 'm')} #1"),
    ]


def test_answered_while_resolved_is_answered() -> None:
    events = (OPENED, resolved("T", 2 * H), replied("T", 3 * H), replied("T", 4 * H, "agent"), reopened("T", 5 * H))
    assert said(NAME, *events, until=D) == []


def test_a_reopen_without_a_message_asks_nothing() -> None:
    assert said(NAME, OPENED, resolved("T", 2 * H), reopened("T", 3 * H), until=10 * D) == []


def test_the_limit_goes_by_tier() -> None:
    events = (customer(0, tier="gold"), OPENED)
    assert said(NAME, *events, until=D, limit_by_tier_ms={"gold": H}) == [
        (H // 2, f"opened info {CAUSE} #1"),
        (H, f"amended queue {CAUSE} #1"),
    ]


def test_a_late_answer_takes_it_back() -> None:
    assert said(NAME, OPENED, replied("T", H, "agent", log=9 * H), until=D) == [
        *BOTH,
        (9 * H, f"withdrawn queue {CAUSE} #1"),
    ]


def test_after_downtime_each_stage_is_said_once_at_its_own_time() -> None:
    assert said(NAME, OPENED, ticks=(20 * D,)) == BOTH
