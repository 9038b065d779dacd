"""Limits from history are those beyond which the signals speak of one in twenty, or one in ten."""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec
import pytest

from stream.definitions import DAY, HOUR, MINUTE, Calendar, Definitions
from stream.limits import limits, quantile
from stream.past import journeys
from tests.support import builders as B
from tests.support.backtests import remembered, signal
from tests.support.builders import DEFINITIONS, SIGNALS_FOUND, Told

END = 30 * DAY


def handed(id_: str, at: int, minutes: int | None, to: str = "b") -> list[Told]:
    """A ticket handed to `to` at `at`, who acts after so many minutes."""
    done = [] if minutes is None else [B.replied(id_, at + minutes * MINUTE, "agent")]
    return [B.opened(id_, 0, team="a"), B.transferred(id_, at, to), *done]


def made(*events: Told, least: int = 1, d: Definitions = DEFINITIONS, **signals: Any) -> dict[tuple[str, str], Any]:
    """{(field, key): (value, n, unfinished)} of what history says."""
    people = journeys(remembered(*events, until=END, d=d))
    found = limits(people, SIGNALS_FOUND | signals, least)
    return {(one.field, one.key): (one.value, one.n, one.unfinished) for one in found}


def test_a_quantile_is_a_value_that_was_seen() -> None:
    """The ceil(q n)-th smallest, by exact arithmetic: 0.95 x 20 is 19, not a hair more."""
    assert quantile(list(range(1, 21)), "0.95") == 19
    assert quantile(list(range(1, 22)), "0.95") == 20
    assert quantile([7], "0.95") == 7


def test_dwells_by_team() -> None:
    """The next whole minute; what nobody has touched yet is told, not counted."""
    events = list(chain.from_iterable(handed(f"T{i}", HOUR, i) for i in range(1, 21)))
    found = made(*events, *handed("U", HOUR, None), *handed("V", HOUR, 3, to="c"))
    assert found == {("limit_by_team_ms", "b"): (20 * MINUTE, 20, 1), ("limit_by_team_ms", "c"): (4 * MINUTE, 1, 0)}
    assert made(*handed("T", HOUR, 2)[:-1], B.replied("T", HOUR + 1_001, "agent")) == {
        ("limit_by_team_ms", "b"): (MINUTE, 1, 0)
    }


def test_too_few_have_no_limit() -> None:
    events = [*handed("T", HOUR, 1), *handed("U", HOUR, 2)]
    assert made(*events, least=3) == {("limit_by_team_ms", "b"): (None, 2, 0)}
    assert made(*events, least=2) == {("limit_by_team_ms", "b"): (3 * MINUTE, 2, 0)}


def test_handed_on_is_done_and_waits_on_the_customer_do_not_count() -> None:
    onward = [*handed("T", HOUR, None), B.transferred("T", 3 * HOUR, "c"), B.resolved("T", 4 * HOUR)]
    assert made(*onward) == {
        ("limit_by_team_ms", "b"): (2 * HOUR + MINUTE, 1, 0), ("limit_by_team_ms", "c"): (HOUR + MINUTE, 1, 0),
    }  # fmt: skip
    wait = B.event("ticket.waiting", 30 * MINUTE, {"ticket": "T", "on": "customer"})
    back = B.replied("T", 3 * HOUR)
    waited = [*handed("T", HOUR, None), wait, back, B.replied("T", 4 * HOUR, "agent")]
    assert made(*waited) == {("limit_by_team_ms", "b"): (HOUR + MINUTE, 1, 0)}


def test_only_who_holds_an_open_ticket_dwells() -> None:
    """Not a team that hands it on in the same instant, nor one that gets a resolved ticket."""
    at_once = [*handed("T", HOUR, None), B.transferred("T", HOUR, "c"), B.resolved("T", 2 * HOUR)]
    assert sum(n for _, n, _ in made(*at_once).values()) == 1
    resolved = [B.opened("T", 0, team="a"), B.resolved("T", HOUR), B.transferred("T", 2 * HOUR, "b")]
    assert made(*resolved, B.replied("T", 3 * HOUR, "agent")) == {}


def test_dwells_are_in_the_teams_own_time() -> None:
    """From Monday 16:00 to Tuesday 10:00, START being a Monday, are two hours of an office."""
    office = msgspec.structs.replace(DEFINITIONS, calendars={"default": Calendar()})
    assert made(*handed("T", 16 * HOUR, 18 * 60), d=office) == {("limit_by_team_ms", "b"): (2 * HOUR + MINUTE, 1, 0)}


def test_onboarding_by_segment_and_milestone() -> None:
    events: list[Told] = []
    for i in range(1, 11):
        who = {"subject": f"c{i}", "segment": "small" if i % 2 else "large"}
        events += [B.started(f"U{i}", 0, **who), B.event("milestone.reached", i * DAY, {"milestone": "value"}, **who)]
    events.append(B.started("U", 0, subject="c0", segment="large"))
    assert made(*events) == {
        ("limit_by_milestone_ms", "value"): (9 * DAY + MINUTE, 10, 1),
        ("limit_by_segment_ms", "large"): (10 * DAY + MINUTE, 5, 1),
        ("limit_by_segment_ms", "small"): (9 * DAY + MINUTE, 5, 0),
    }
    two = signal("onboarding_stalled", milestones=["value", "first_report"])
    found = made(*events, onboarding_stalled=two)
    assert found["limit_by_milestone_ms", "first_report"] == (None, 0, 11)
    assert not any(field == "limit_by_segment_ms" for field, _ in found)  # it would go before both milestones'


@pytest.mark.parametrize("slow", [1, 5])
def test_with_its_limit_the_signal_speaks_of_one_in_twenty(slow: int) -> None:
    """The rule and the limit mean the same dwell: exactly those beyond it alert."""
    minutes = [*range(10, 200, 2), *(1_000 * i for i in range(1, slow + 1))]
    events = [one for i, m in enumerate(minutes) for one in handed(f"T{i}", HOUR, m)]
    ((value, n, _),) = made(*events).values()
    tuned = signal("stalled_handoff", limit_by_team_ms={"b": value})
    assert n == len(minutes)
    said = [f for who in journeys(remembered(*events, until=END)) for t in who.tickets for f in tuned.find(t, who)]
    assert len(said) == n - -(-n * 95 // 100)
