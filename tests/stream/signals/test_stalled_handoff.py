"""A hand-over that nobody took up, in that team's own time."""

import pytest

from stream.event import uid
from tests.support.builders import opened, reopened, replied, resolved, transferred, updated
from tests.support.desk import D, H, asked, judge, said, step, waiting

NAME = "stalled_handoff"
CAUSE = step("T", "x")


def handed(at: int = H, to: str = "billing", **given: object):
    return transferred("T", at, to, id="x", **given)


OPENED = opened("T", 0, team="front")


def test_it_opens_at_its_time_with_nothing_else_happening() -> None:
    run = judge(NAME, OPENED, handed(), until=30 * D)
    assert run.history(NAME) == [(9 * H, f"opened queue {CAUSE} #1")]
    alert = run.alerts[0]
    assert alert.text == "Ticket T went from front to billing; nothing was done there for 8 h of work"
    assert alert.numbers["limit_ms"] == 8 * H
    assert [e["id"] for e in alert.evidence] == ["x"]


def test_a_team_has_its_own_limit() -> None:
    tuning = {"limit_by_team_ms": {"billing": 2 * H, "front": 1}}
    assert said(NAME, OPENED, handed(), until=D, **tuning) == [(3 * H, f"opened queue {CAUSE} #1")]


@pytest.mark.parametrize(
    "action",
    [
        replied("T", 5 * H, "agent"),
        replied("T", 5 * H, "agent", public=False),
        asked("T", 5 * H, "email"),
        waiting("T", 5 * H, "vendor"),
        updated("T", 5 * H, priority="high"),
        transferred("T", 5 * H, "billing", to_owner="ann"),
        resolved("T", 5 * H),
    ],
    ids=["reply", "note", "question", "wait", "update", "owner", "resolve"],
)
def test_an_action_of_the_new_owner_in_time_is_enough(action) -> None:
    assert said(NAME, OPENED, handed(), action, until=30 * D) == []


@pytest.mark.parametrize(
    "other",
    [replied("T", 5 * H, "customer"), replied("T", 5 * H, "bot"), updated("T", H, priority="high")],
    ids=["customer", "bot", "what is said with the transfer"],
)
def test_what_is_no_action_of_the_new_owner(other) -> None:
    assert said(NAME, OPENED, handed(), other, until=30 * D) == [(9 * H, f"opened queue {CAUSE} #1")]


def test_an_action_ends_it() -> None:
    events = (OPENED, handed(), replied("T", 20 * H, "agent"))
    assert said(NAME, *events, until=30 * D) == [
        (9 * H, f"opened queue {CAUSE} #1"),
        (20 * H, f"resolved queue {CAUSE} #1"),
    ]


def test_a_further_transfer_ends_it_and_starts_a_clock_of_its_own() -> None:
    events = (OPENED, handed(), transferred("T", 20 * H, "legal", id="y"))
    assert said(NAME, *events, until=30 * D) == [
        (9 * H, f"opened queue {CAUSE} #1"),
        (20 * H, f"resolved queue {CAUSE} #1"),
        (28 * H, f"opened queue {step('T', 'y')} #1"),
    ]


def test_who_owes_the_next_move() -> None:
    """The clock stands while the ticket waits on the customer, also where it waited before it was handed on."""
    for waits in ((OPENED, waiting("T", H // 2), handed()), (OPENED, handed(), waiting("T", H))):
        assert said(NAME, *waits, until=D) == []
        answered = (*waits, replied("T", 10 * H, "customer"))
        assert said(NAME, *answered, until=D) == [(18 * H, f"opened queue {CAUSE} #1")]
    over = (OPENED, waiting("T", H // 2), waiting("T", H // 2 + 1, "team"), handed())
    assert said(NAME, *over, until=D) == [(9 * H, f"opened queue {CAUSE} #1")]


def test_a_late_action_takes_it_back() -> None:
    events = (OPENED, handed(), replied("T", 2 * H, "agent", log=12 * H))
    assert said(NAME, *events, until=30 * D) == [
        (9 * H, f"opened queue {CAUSE} #1"),
        (12 * H, f"withdrawn queue {CAUSE} #1"),
    ]


def test_after_downtime_it_opens_once_at_its_due_time() -> None:
    """One late tick, days after it was due."""
    assert said(NAME, OPENED, handed(), ticks=(5 * D,)) == [(9 * H, f"opened queue {CAUSE} #1")]


def test_the_first_team_to_be_known_is_no_transfer() -> None:
    assert said(NAME, opened("T", 0), handed(), until=D) == []
    assert said(NAME, opened("T", 0), handed(from_team="front"), until=D) != []


def test_handing_on_a_resolved_ticket_calls_nobody() -> None:
    assert said(NAME, OPENED, resolved("T", 1), handed(), until=D) == []
    assert said(NAME, OPENED, resolved("T", 1), handed(), reopened("T", 2 * H), until=D) == []


def test_the_cause_is_the_transfer() -> None:
    assert f"T:{uid('test', 'x'):016x}" == CAUSE
