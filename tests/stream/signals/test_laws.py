"""Whatever the order of arrival, and however often: the same alerts are open in the end, and say the same."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.infra.plugins import tuned
from stream.plan import Plan
from tests.support.builders import (
    DEFINITIONS,
    SIGNALS_FOUND,
    Told,
    customer,
    event,
    fold,
    log_of,
    opened,
    reopened,
    replied,
    resolved,
    started,
    transferred,
    updated,
    viewed,
)
from tests.support.desk import D, H, asked, promised, waiting

TUNING: dict[str, dict[str, Any]] = {
    "sla_at_risk": {"first_response_ms": 4 * H, "resolution_ms": 2 * D},
    "no_next_step": {"limit_by_tier_ms": {"vip": 2 * H}},
    "journey_loop": {"forbidden": ("live > trial",)},
}
NAMES = ("channel_switch", "journey_loop", "missed_promise", "no_next_step", "onboarding_stalled", "renewal_at_risk",
         "repeated_information", "self_service_failed", "sla_at_risk", "stalled_handoff", "usage_drop")  # fmt: skip
PLAN = Plan([], [tuned(SIGNALS_FOUND[name], TUNING.get(name, {}))[0] for name in NAMES])
END = 40 * D
LATE = 7 * D


def story(random: Random) -> list[Told]:
    """Some weeks of one customer, in the order in which it happened; each heard at once."""
    pick, teams, fields = random.choice, ("front", "billing", "legal"), ("email", "order")
    ticket = lambda: pick(("T1", "T2", "T3"))  # noqa: E731
    kinds: list[Any] = [
        lambda at: opened(ticket(), at, pick(("chat", "phone")), topic=pick(("billing", None)), team=pick(teams)),
        lambda at: opened(ticket(), at, "chat"),
        lambda at: replied(ticket(), at, pick(("customer", "customer", "agent", "bot")), public=random.random() < 0.7),
        lambda at: transferred(ticket(), at, pick(teams)),
        lambda at: waiting(ticket(), at, pick(("customer", "customer", "vendor", "team"))),
        lambda at: asked(ticket(), at, pick(fields)),
        lambda at: updated(ticket(), at, topic=pick(("billing", "login")), priority=pick(("high", "low"))),
        lambda at: promised(ticket(), at, at + random.randrange(3 * D)),
        lambda at: resolved(ticket(), at),
        lambda at: reopened(ticket(), at),
        lambda at: viewed(at, "s", kind="help", content=pick(("reset", "refund"))),
        lambda at: event("help.searched", at, {"results": pick((0, 3))}),
        lambda at: event("feature.used", at, {"feature": "export"}),
        lambda at: event("milestone.reached", at, {"milestone": pick(("value", "login"))}),
        lambda at: customer(at, stage=pick(("trial", "live")), tier=pick(("vip", "basic"))),
        lambda at: started("S", at),
    ]  # fmt: skip
    span = pick((D, 5 * D, 20 * D))
    times = sorted(random.randrange(0, span, H // 4) for _ in range(random.randrange(1, 60)))
    heads = [opened(name, 0, topic="billing", team="front") for name in ("T1", "T2")]
    return [*heads, *(pick(kinds)(at) for at in times)]


def late(events: list[Told], random: Random) -> list[Told]:
    """The same, each heard up to 7 d late, some twice."""
    twice = [*events, *(e for e in events if random.random() < 0.2)]
    return sorted((e._replace(log=e.at + random.randrange(LATE)) for e in twice), key=lambda e: e.log)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_order_and_repeats_do_not_matter(seed) -> None:
    events = story(Random(seed))
    first = fold(log_of(events, (END,))[0], DEFINITIONS, PLAN)
    other = fold(log_of(late(events, Random(seed + 1)), (END,))[0], DEFINITIONS, PLAN)
    assert other.open == first.open


@pytest.mark.parametrize("seed", range(20))
def test_ticks_change_latency_never_what_is_said(seed) -> None:
    """With a tick every hour and with none but the last: the same history, at the same times."""
    events = story(Random(seed))
    one, many = (fold(log_of(events, ticks)[0], DEFINITIONS, PLAN) for ticks in ((END,), range(0, END + 1, 6 * H)))
    assert many.alerts == one.alerts


def everywhere(name: str) -> Any:
    """The signal, looking at every event of its families."""
    signal = copy.copy(tuned(SIGNALS_FOUND[name], TUNING.get(name, {}))[0])
    signal.on = frozenset()
    return signal


@pytest.mark.parametrize("seed", range(40))
def test_what_a_signal_does_not_look_at_changes_nothing(seed) -> None:
    """`on` names all the events that matter: looking at the others too gives the same history."""
    events = late(story(Random(seed)), Random(seed))
    plan = Plan([], [everywhere(name) for name in NAMES])
    one, other = (fold(log_of(events, (END,))[0], DEFINITIONS, each) for each in (PLAN, plan))
    assert other.alerts == one.alerts


def test_the_stories_make_every_signal_speak() -> None:
    """Else the laws above would say nothing."""
    spoke: dict[str, None] = {}
    for seed in range(300):
        spoke.update(
            dict.fromkeys(a.signal for a in fold(log_of(story(Random(seed)), (END,))[0], DEFINITIONS, PLAN).alerts)
        )
    assert {*NAMES} - {*spoke} <= {"renewal_at_risk", "usage_drop"}
