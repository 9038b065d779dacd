"""Whom alerts warned in time, by the time of the log; and that they are the alerts of a live pipe."""

from __future__ import annotations

from typing import Any

import pytest

from stream.backtest import Backtest, Listener
from stream.claims import Severity
from stream.definitions import DAY, HOUR
from stream.outcome import About
from stream.outcomes.churn import OUTCOME as CHURN
from stream.outcomes.further_transfers import OUTCOME as FURTHER
from stream.outcomes.long_resolution import OUTCOME as LONG
from stream.outcomes.low_score import OUTCOME as LOW
from stream.replay import Replay
from stream.score import Table
from tests.support import builders as B
from tests.support.backtests import backtest, signal
from tests.support.builders import DEFINITIONS, START, Told, log_of
from tests.support.worlds import SPAN, World

END = 60 * DAY


def ticket(id_: str, *hours: int, delay: int = 0, end: int = 20 * DAY) -> list[Told]:
    """Handed on at these hours among many teams, heard `delay` ms late."""
    moves = [
        B.transferred(id_, h * HOUR, f"team{i}", from_team="front", log=h * HOUR + delay) for i, h in enumerate(hours)
    ]
    return [B.opened(id_, 0, team="front"), *moves, B.resolved(id_, end)]


def table(outcome: Any, *events: Told, **signals: Any) -> Table:
    return backtest(outcome, *events, until=END, **signals)[0].table


def test_the_four_kinds_of_ticket() -> None:
    """Warned and right, warned and wrong, missed, rightly quiet; the lead is from the alert to what happened."""
    events = [*ticket("A", 1, 2, 30, 40), *ticket("B", 1, 2), *ticket("C", 30, 40), *ticket("D", 1)]
    (score,) = backtest(FURTHER, *events, until=END, teams=signal("ping_pong", teams=3))
    assert score.table == Table(n=4, warned=2, happened=2, both=1)
    assert (score.quiet, score.left_out, score.leads) == ((1, 2), 0, [38 * HOUR])
    assert (score.alerts, score.peak) == (3, (2, START))  # that of C opened after its look: on the day after
    assert score.days == 60


def test_from_a_time_on() -> None:
    """Nobody is looked at before it, and no alert before it is counted; one from before it still warns."""
    events = [*ticket("A", 1, 2, 30, 40), B.opened("B", 5 * DAY), B.resolved("B", 20 * DAY)]
    test = Backtest(DEFINITIONS, [({}, signal("ping_pong", teams=3))])
    for record in log_of(events, (END,))[0]:
        test.hear(0, record)
    test.finish()
    for since, n, warned, alerts, days in (
        (DAY - HOUR, 2, 1, 0, 59 + 1 / 24), (DAY, 2, 1, 0, 59), (DAY + 1, 1, 0, 0, 59 - 1 / DAY), (0, 2, 1, 1, 60),
    ):  # fmt: skip
        (score,) = test.scores(FURTHER, START + since)
        assert (score.table.n, score.table.warned, score.alerts) == (n, warned, alerts)
        assert score.days == pytest.approx(days)


def test_what_was_heard_too_late_warned_nobody() -> None:
    """The alert counts from the log time at which it opened, not from what it is about."""
    assert table(FURTHER, *ticket("A", 1, 2, 30, 40, delay=22 * HOUR), a=signal("ping_pong", teams=3)).warned == 1
    assert table(FURTHER, *ticket("A", 1, 2, 30, 40, delay=22 * HOUR + 1), a=signal("ping_pong", teams=3)).warned == 0


def test_an_alert_on_another_ticket_of_the_customer_is_none() -> None:
    """But one on the customer, or on the ticket's issue, is."""
    found = table(FURTHER, *ticket("A", 1, 2), *ticket("B"), a=signal("ping_pong", teams=3))
    assert (found.n, found.warned) == (2, 1)
    again = [B.opened(f"T{i}", i * HOUR, topic="x") for i in range(3)]
    other = B.opened("U", 0, topic="y")
    assert table(LONG, *again, other, a=signal("repeat_contact")).warned == 3
    assert table(LONG, *again, B.opened("V", 5 * HOUR, subject="c2"), a=signal("repeat_contact")).warned == 3


def test_each_setting_is_judged_by_itself_and_the_quiet_are_those_of_none() -> None:
    events = [*ticket("A", 1, 2, 30, 40), *ticket("B", 1), *ticket("C")]
    two, three = backtest(
        FURTHER, *events, until=END, two=signal("ping_pong", teams=2), three=signal("ping_pong", teams=3)
    )
    assert (two.table.warned, three.table.warned) == (2, 1)
    assert two.quiet == three.quiet == (0, 1)
    assert (two.setting, three.setting) == ({"two": 0}, {"three": 1})


def test_how_loud_an_alert_must_be() -> None:
    """`missed_promise` says info on the way and queue once it is missed: it then counts from there."""
    promised = {"promised_by": B.rfc3339(START + 10 * DAY)}
    opened = B.event("ticket.opened", 0, {"ticket": "T", "channel": "chat", **promised})
    for answer, by_severity in ((9 * DAY, (1, 0)), (11 * DAY, (1, 1))):
        events = [opened, B.answered("S", answer, 1, "csat", "T")]
        found = [
            backtest(LOW, *events, until=END, least=least, a=signal("missed_promise"))[0]
            for least in (Severity.info, Severity.queue)
        ]
        assert tuple(score.table.warned for score in found) == by_severity
    assert found[1].leads == [DAY]


@pytest.mark.parametrize(("end", "warned"), [(DAY, 1), (30 * DAY, 1), (30 * DAY + 1, 2)])
def test_an_alert_that_ended_counts_by_the_outcome(end: int, warned: int) -> None:
    """Of a ticket from its opening on; of a customer as far as it was open in the month before the look."""
    story = [B.started("U", 0), *ticket("T", 1, 2, end=end)]
    found = backtest(CHURN, *story, until=100 * DAY, a=signal("ping_pong", teams=3))[0].table
    assert (found.n, found.warned) == (2, warned)


def test_an_alert_that_was_taken_back_had_warned() -> None:
    """A resolve that is heard late: the ticket had not gone back to its team while it was open. Nobody knew then."""
    story = [*ticket("A", 1, 2, 30, 40), B.resolved("A", 90 * 60_000, log=30 * HOUR), B.reopened("A", 2 * DAY)]
    (score,) = backtest(LOW, *story, B.answered("S", DAY, 1, "csat", "A"), until=END, a=signal("ping_pong", teams=3))
    assert (score.table.warned, score.alerts, score.withdrawn) == (1, 2, 1)


def test_what_the_log_does_not_tell_yet_is_left_out() -> None:
    (score,) = backtest(LONG, B.opened("T", 0), B.opened("U", 50 * DAY), until=END, a=signal("reopened"))
    assert (score.table.n, score.left_out) == (1, 1)


@pytest.mark.parametrize("name", ["low_score", "ping_pong", "renewal_at_risk", "repeat_contact", "stalled_handoff"])
def test_the_alerts_are_those_of_a_replay(name: str) -> None:
    """To the bit, people's verdicts among them, in worlds with delays and repeats."""
    count = 0
    for seed in range(3):
        live = Replay(DEFINITIONS, {}, [B.SIGNALS_FOUND[name]], [])
        test = Backtest(DEFINITIONS, [({}, B.SIGNALS_FOUND[name])])
        for record in log_of(World(seed, stories=50).delayed(repeats=True), (SPAN + 40 * DAY,))[0]:
            live.hear(0, record)
            test.hear(0, record)
        live.finish()
        test.finish()
        assert test.live.changes() == live.changes()
        count += len(live.changes())
    assert count


def test_a_listener_is_its_signal_but_for_the_name() -> None:
    listener: Any = Listener("other", signal("stalled_handoff"))
    assert listener.name == "other"
    assert (listener.of, listener.reads, listener.linger) == (
        B.SIGNALS_FOUND["stalled_handoff"].of, B.SIGNALS_FOUND["stalled_handoff"].reads, 0,
    )  # fmt: skip


def test_what_alerts_are_about() -> None:
    """The record that the signal looked at, whatever its cause is called."""
    events = [
        B.answered("S", 2 * HOUR, 1, "csat", "T"),
        B.opened("T", 0, team="a"),
        B.transferred("T", HOUR, "b"),
        B.started("U", 0),
        B.renewal_due("U", 1, 50 * DAY),
    ]
    test = Backtest(DEFINITIONS, [({}, signal(name)) for name in ("stalled_handoff", "renewal_at_risk", "low_score")])
    for record in log_of(events, (END,))[0]:
        test.hear(0, record)
    test.finish()
    stalled, renewal, low = test._listeners
    assert list(stalled.about.values()) == [About(ticket="T")]
    assert list(renewal.about.values()) == [About(subscription="U")]
    assert list(low.about.values()) == [About(ticket="T")]
