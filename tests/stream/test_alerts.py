"""The life of an alert, from intervals: opening, amending, ending, lingering, verdicts; and the quiet of a backfill."""

from __future__ import annotations

import pytest

from stream.alerts import ahead, alert_id, judge
from stream.claims import Finding, Severity
from stream.definitions import DAY, HOUR
from stream.journey import Held
from tests.support.builders import (
    Told,
    answered,
    backfilled,
    cancelled,
    customer,
    opened,
    reopened,
    resolved,
    reviewed,
    run,
    started,
    updated,
)


def finding(since: int, until: int | None = None, severity: Severity = Severity.queue, text: str = "x") -> Finding:
    return Finding(cause="c", since=since, until=until, severity=severity, text=text)


Step = tuple[int, list[Finding], int, "str | None"]  # clock, intervals, verdict, change


@pytest.mark.parametrize(
    ("linger", "steps"),
    [
        (0, [(9, [finding(10)], 0, None), (10, [finding(10)], 0, "opened"), (11, [finding(10)], 0, None)]),
        (0, [(19, [finding(10, 20)], 0, "opened"), (20, [finding(10, 20)], 0, "resolved")]),
        (0, [(20, [finding(10, 20)], 0, None)]),  # over when first heard
        (5, [(24, [finding(10, 20)], 0, "opened"), (25, [finding(10, 20)], 0, "resolved")]),
        (0, [(10, [finding(10)], 0, "opened"), (11, [], 0, "withdrawn"), (12, [finding(10)], 0, "opened")]),
        (0, [(10, [finding(10)], 0, "opened"), (30, [finding(10, 20)], 0, "resolved")]),  # heard late that it ended
        (0, [(10, [finding(10)], 0, "opened"), (30, [finding(5, 9)], 0, "withdrawn")]),  # it did not hold then
        (0, [(10, [finding(10)], 0, "opened"), (11, [finding(10, text="y")], 0, "amended")]),
        (0, [(10, [finding(10)], 0, "opened"), (11, [finding(9)], 0, "amended")]),
        (0, [(10, [finding(10, 20)], 0, "opened"), (11, [finding(10, 30)], 0, None), (20, [finding(10, 30)], 0, None)]),
        # a pre-warning is the same cause at another severity
        (0, [(10, [finding(10, 20, Severity.info), finding(20)], 0, "opened"),
             (20, [finding(10, 20, Severity.info), finding(20)], 0, "amended")]),
        # within the linger it is one episode
        (5, [(10, [finding(10, 20)], 0, "opened"), (24, [finding(10, 20), finding(24)], 0, "amended")]),
        (5, [(10, [finding(10, 20)], 0, "opened"), (25, [finding(10, 20)], 0, "resolved"),
             (26, [finding(10, 20), finding(26)], 0, "opened")]),
        # verdicts
        (0, [(10, [finding(10)], 0, "opened"), (12, [finding(10)], 12, "closed"), (13, [finding(10)], 12, None)]),
        (0, [(10, [finding(10)], 10, None)]),  # the verdict was heard first
        (0, [(10, [finding(10)], 9, "opened")]),
        (0, [(10, [finding(10)], 0, "opened"), (12, [finding(10)], 12, "closed"),
             (20, [finding(10, 15), finding(20)], 12, "opened")]),  # a new interval
        (0, [(10, [finding(10, 20)], 0, "opened"), (20, [finding(10, 20)], 12, "resolved")]),
    ],
)  # fmt: skip
def test_judge(linger: int, steps: list[Step]) -> None:
    held = Held("s", "c", "i")
    assert [judge(held, found, clock, linger, verdict) for clock, found, verdict, _ in steps] == [s[3] for s in steps]


def test_episodes_and_versions_count_on() -> None:
    held = Held("s", "c", "i")
    for clock, found in (
        (10, [finding(10)]),
        (11, []),
        (12, [finding(12, severity=Severity.page)]),
        (13, [finding(12)]),
    ):
        judge(held, found, clock, 0)
    assert (held.episode, held.version, held.opened) == (2, 4, 12)
    assert (held.severity, held.max_severity) == (Severity.queue, Severity.page)


def test_of_several_the_most_severe_stands() -> None:
    held = Held("s", "c", "i")
    judge(held, [finding(1, severity=Severity.page, text="old"), finding(5, text="new")], 9, 0)
    assert held.finding is not None and held.finding.text == "old"


def test_ahead() -> None:
    times: list[int] = []
    assert ahead([(5, 9), (20, None)], 5, 3, times)
    assert sorted(times) == [12, 20]
    assert not ahead([(5, 9)], 12, 3, times)
    assert not ahead([(13, None)], 12, 3, times)
    assert ahead([(12, None)], 12, 3, times)
    assert sorted(times) == [12, 13, 20]


def test_the_id_is_of_signal_subject_and_cause() -> None:
    ids = [
        alert_id(*names)
        for names in (("a", "b", "c"), ("a", "b", "d"), ("a", "d", "c"), ("d", "b", "c"), ("ab", "", "c"))
    ]
    assert len(set(ids)) == 5
    assert alert_id("a", "b", "c") == "3775c665d47aee3a45b5"


# -- verdicts and backfill, through the fold --------------------------------------------------------------------

FELL = answered("S1", 0, 1)
ID = alert_id("low_score", "c1", "S1")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([reviewed(ID, DAY, "low_score")], [(0, "opened"), (DAY, "closed")]),
        ([reviewed(ID, DAY, "low_score", log=2 * DAY)], [(0, "opened"), (2 * DAY, "closed")]),
        ([reviewed(ID, -1, "low_score", log=DAY)], [(0, "opened"), (60 * DAY, "resolved")]),  # of before it held
        ([reviewed(ID, DAY, "low_score", subject="c2")], [(0, "opened"), (60 * DAY, "resolved")]),
        ([reviewed(ID, 61 * DAY, "low_score")], [(0, "opened"), (60 * DAY, "resolved")]),
        # the same interval never opens again, whatever is added to it; another one does
        ([reviewed(ID, DAY, "low_score"), answered("S1", 2 * DAY, 2)], [(0, "opened"), (DAY, "closed")]),
        ([reviewed(ID, DAY, "low_score"), answered("S1", 2 * DAY, 7), answered("S1", 3 * DAY, 2)],
         [(0, "opened"), (DAY, "closed"), (3 * DAY, "opened"), (63 * DAY, "resolved")]),
    ],
)  # fmt: skip
def test_a_verdict_closes(events: list[Told], expected: list[tuple[int, str]]) -> None:
    found = run(FELL, *events, until=70 * DAY, of="low_score").history("low_score")
    assert [(at, what.split()[0]) for at, what in found] == expected


def test_a_verdict_heard_before_its_alert_counts() -> None:
    early = reviewed(ID, HOUR, "low_score")
    assert run(early, FELL._replace(log=DAY), until=DAY, of="low_score").alerts == []


def test_what_an_alert_says() -> None:
    who = customer(-DAY, segment="large", tier="vip", log=-DAY)
    [alert] = run(who, FELL._replace(log=HOUR), until=DAY, of="low_score").alerts
    start = alert.since
    assert (alert.opened - start, alert.changed - start, alert.resolved) == (HOUR, HOUR, None)
    assert (alert.vip, alert.segment, alert.definition, alert.warns_of) == (True, "large", "low_score@1", "churn")
    assert (alert.mrr, alert.doubtful) == (0, False)
    assert alert.evidence == [step for step in alert.trail if step["about"] == "S1"]


def test_an_alert_says_what_the_customer_pays_a_month_at_that_time() -> None:
    """What began or ended before; not what is to come."""
    events = [started("P1", -9 * DAY, "10.00"), started("P2", -8 * DAY, "2.50"), cancelled("P2", -DAY)]
    later = [started("P3", 2 * DAY, "99.00")]
    [alert] = run(*events, FELL._replace(log=HOUR), *later, until=3 * DAY, of="low_score").alerts
    assert alert.mrr == 1_000


def old(event: Told, log: int) -> Told:
    """As history brings it: marked, and heard now."""
    return backfilled(event)._replace(log=log)


NOW = 100 * DAY


def test_a_backfill_is_quiet_and_judged_once_when_it_ends() -> None:
    history = [old(answered(f"S{i}", (90 + i) * DAY, score), NOW + i * HOUR) for i, score in enumerate((4, 3, 2))]
    found = run(*history, until=NOW + 30 * HOUR, of=("falling_ces", "low_score"))
    assert found.history("falling_ces") == [(NOW + 26 * HOUR, "opened queue ces #1")]  # 24 h after the last
    assert [at for at, _ in found.history("low_score")] == [NOW + 26 * HOUR] * 2
    assert all(alert.backfill for alert in found.alerts)
    assert found.total("ces") == {}


def test_history_counts_at_once_though_it_is_older_than_what_is_kept() -> None:
    history = [
        old(opened("T1", -300 * DAY), NOW),
        old(resolved("T1", -299 * DAY), NOW),
        old(reopened("T1", -298 * DAY), NOW),
    ]
    found = run(*history, old(resolved("T1", -297 * DAY), NOW + HOUR), until=NOW + HOUR, of=("reopen_rate", "reopened"))
    assert found.panes("reopen_rate") == {-299 * DAY: {"num": 1, "den": 1}}
    assert found.rows
    later = run(
        *history, old(resolved("T1", -297 * DAY), NOW + HOUR), until=NOW + 3 * DAY, of=("reopen_rate", "reopened")
    )
    assert later.panes("reopen_rate") == found.panes("reopen_rate")
    assert later.rows == {} and later.alerts == []


def test_live_events_in_a_backfill_are_quiet_too_and_later_news_is_not() -> None:
    events = [old(opened("T1", 0), NOW), answered("S1", NOW + HOUR, 1), answered("S2", NOW + 2 * DAY, 1)]
    found = run(*events, until=NOW + 3 * DAY, of="low_score")
    assert [(a.opened - a.since, a.backfill) for a in found.alerts] == [(23 * HOUR, True), (0, False)]


def test_an_alert_whose_cause_history_took_away_is_withdrawn_at_the_end() -> None:
    issue = [opened(f"T{i}", NOW + i * HOUR, topic="a") for i in range(3)]
    moves = [old(updated(f"T{i}", NOW + i * HOUR, topic="b", id=f"m{i}"), NOW + 5 * HOUR) for i in range(3)]
    found = run(*issue, *moves, until=NOW + 2 * DAY, of="repeat_contact").history("repeat_contact")
    assert sorted(found) == [
        (NOW + 2 * HOUR, "opened queue a #1"),
        (NOW + 29 * HOUR, "opened queue b #1"),
        (NOW + 29 * HOUR, "withdrawn queue a #1"),
    ]
