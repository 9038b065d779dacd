"""Work that piles up in a team's hands is one incident; what is usual is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stream.claims import Alert
from stream.definitions import DAY, HOUR, MINUTE
from stream.summaries import INCIDENT
from tests.support.alerts import alert
from tests.support.delivery import Delivery


def waiting(id: str, at: int, **given: Any) -> Alert:
    return alert(id, opened=at, changed=at, **{"signal": "no_next_step", "cut": {"team": "a"}, **given})


def over(one: Alert, at: int) -> Alert:
    return msgspec.structs.replace(one, version=one.version + 1, status="resolved", change="resolved", changed=at)


def days(d: Delivery, usual: int, days: int = 9) -> None:
    """`usual` alerts open at once on each day, and all are over in the evening."""
    for day in range(days):
        opened = [waiting(f"u{day}-{i}", day * DAY + i) for i in range(usual)]
        d.hear(*opened, *(over(one, day * DAY + 20 * HOUR) for one in opened))


@pytest.mark.parametrize(
    ("usual", "now", "found"), [(0, 11, False), (0, 12, True), (9, 17, False), (9, 18, True), (40, 60, True)]
)
def test_far_more_open_at_once_than_usual_is_an_incident(usual: int, now: int, found: bool) -> None:
    """At least 12, half as many again, and three roots more: of 9 that is 18, of 40 it is 60."""
    d = Delivery()
    d.hear(waiting("first", DAY, cut={"team": "b"}))
    days(d, usual)
    d.hear(*(waiting(f"n{i}", 9 * DAY + i * MINUTE) for i in range(now)))
    own = d.own(INCIDENT)
    assert [change for change, *_ in own] == ["opened"] * found
    if found:
        assert own[0][1:] == (
            "page", f"{now} alerts of team a have piled up, {now} are too many: {now} no_next_step", {"alerts": now}
        )  # fmt: skip


@pytest.mark.parametrize(
    "given", [{"cut": {"topic": "x"}}, {"signal": "ping_pong"}, {"severity": "info"}], ids=["team", "signal", "loud"]
)
def test_only_what_waits_in_the_hands_of_a_team_piles_up(given: dict[str, Any]) -> None:
    d = Delivery()
    days(d, 1)
    d.hear(*(waiting(f"n{i}", 9 * DAY + i * HOUR, **given) for i in range(15)))
    assert d.own(INCIDENT) == []


def test_many_that_come_and_go_are_no_pile() -> None:
    d = Delivery()
    days(d, 1)
    for i in range(19):
        one = waiting(f"n{i}", 9 * DAY + i * HOUR)
        d.hear(one, over(one, 9 * DAY + i * HOUR + 1))
    assert d.own(INCIDENT) == []


def test_in_the_first_week_nobody_knows_what_is_usual() -> None:
    d = Delivery()
    d.hear(*(waiting(f"n{i}", i) for i in range(40)))
    assert d.own(INCIDENT) == []


def test_what_opened_as_an_info_counts_when_it_rises() -> None:
    d = Delivery()
    days(d, 1)
    early = [waiting(f"n{i}", 9 * DAY + i, severity="info") for i in range(12)]
    rise = {"version": 2, "severity": "queue", "change": "amended", "changed": 9 * DAY + HOUR}
    d.hear(*early, *(msgspec.structs.replace(one, **rise) for one in early))
    assert [numbers for *_, numbers in d.own(INCIDENT)] == [{"alerts": 12}]


def test_a_pile_is_over_a_day_after_it_was_last_too_large() -> None:
    """What opens when the team works again does not keep it going."""
    d = Delivery()
    days(d, 1)
    pile = [waiting(f"n{i}", 9 * DAY + i) for i in range(13)]
    d.hear(*pile, *(over(one, 9 * DAY + HOUR) for one in pile))
    d.hear(*(waiting(f"m{i}", 9 * DAY + (2 + i) * HOUR) for i in range(5)))
    d.tick(10 * DAY + 12)
    assert [(change, numbers) for change, _, _, numbers in d.own(INCIDENT)] == [
        ("opened", {"alerts": 12}), ("resolved", {"alerts": 13}),
    ]  # fmt: skip


def test_a_restart_in_between_finds_the_same() -> None:
    d = Delivery()
    days(d, 9)
    d.hear(*(waiting(f"n{i}", 9 * DAY + i) for i in range(17)))
    again = Delivery()
    again.fold = type(d.fold)(d.fold.definitions, "r", 0, dict(d.fold.rows), d.fold.meta)
    again.hear(waiting("last", 9 * DAY + HOUR))
    assert [numbers for *_, numbers in again.own(INCIDENT)] == [{"alerts": 18}]


def test_the_counts_of_teams_that_are_no_more_are_let_go_of() -> None:
    d = Delivery()
    one = waiting("a", 0, cut={"team": "gone"})
    d.hear(one, over(one, 1))
    assert [key for key in d.fold.rows if key.startswith(b"~p")]
    d.hear(waiting("b", 10 * DAY, signal="ping_pong"))
    assert not [key for key in d.fold.rows if key.startswith(b"~p")]
