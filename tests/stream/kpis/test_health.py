"""Health of customers. Covers stream/kpis/health.py, stream/health.py."""

import pytest

from stream.definitions import DAY, HOUR
from stream.health import WEIGHTS, measures, score
from stream.journey import Journey
from tests.support.builders import (
    DEFINITIONS,
    START,
    Told,
    answered,
    customer,
    fold,
    log_of,
    opened,
    renewal_due,
    renewed,
    replied,
    resolved,
    reviewed,
    run,
    started,
    viewed,
)
from tests.support.reading import read
from tests.support.worlds import World

NAMES = [*WEIGHTS]


def looked(*events: Told, until: int | None = None, of: tuple[str, ...] = ()) -> list[tuple[int, int, dict[str, int]]]:
    """[(when after START, score, {measure: points})] of the looks that found a change."""
    found = run(*events, until=until, of=("health", *of))
    steps = Journey("c1", DEFINITIONS, found.rows[b"c1"]).plain("health").steps
    return [(s.at - START, s.data[0], {n: v for n, v in zip(NAMES, s.data[1:], strict=True) if v is not None})
            for s in steps if s.data]  # fmt: skip


def last(*events: Told, until: int | None = None, of: tuple[str, ...] = ()) -> dict[str, int]:
    return looked(*events, until=until, of=of)[-1][2]


@pytest.mark.parametrize(
    ("found", "points"),
    [((100, None, None, 100, 100, None), 100), ((0, None, None, 100, 100, 100), 63), ((0, 0, 0, 0, 0, 0), 0),
     ((50, 100, None, 100, 100, 25), 78), ((None, 33, 50, None, None, None), 39)],
)  # fmt: skip
def test_what_is_not_known_does_not_count(found: tuple[int | None, ...], points: int) -> None:
    assert score(found) == points


def test_use_is_days_of_28_in_twelfths() -> None:
    views = [viewed(day * DAY) for day in range(13)]
    assert [last(*views[:n])["usage"] for n in (1, 6, 12, 13)] == [8, 50, 100, 100]
    assert last(*views[:6], until=30 * DAY)["usage"] == 33
    assert last(started("A", 0))["usage"] == 0


def test_who_is_not_known_any_more_has_no_health() -> None:
    assert read("health", viewed(0), until=50 * DAY).parts("now")["n"] == 1
    assert read("health", viewed(0), until=70 * DAY).value("now") is None
    assert run(viewed(0), until=90 * DAY, of="health").rows == {}
    assert read("health", customer(0, segment="a")).value("now") is None


def test_the_last_three_answers_of_ninety_days_count() -> None:
    rows = [answered(f"S{i}", i * DAY, each) for i, each in enumerate((1, 7, 4, 4))]
    assert last(*rows)["ces"] == 67
    assert last(answered("S1", 0, 4), answered("S1", DAY, 7), answered("S2", DAY, 5, kind="csat")) | {"usage": 0} == {
        "usage": 0, "ces": 100, "csat": 100, "friction": 100, "tickets": 100}  # fmt: skip
    assert "ces" not in last(*rows, started("A", DAY), until=95 * DAY)


def test_alerts_that_ask_for_somebody_are_friction_until_they_end() -> None:
    rows = [answered(f"S{i}", HOUR, 1) for i in range(2)]
    assert last(*rows, of=("low_score",))["friction"] == 50
    assert last(*rows)["friction"] == 100
    assert last(*rows, answered("S0", 2 * HOUR, 7), of=("low_score",))["friction"] == 75
    from stream.alerts import alert_id

    verdict = reviewed(alert_id("low_score", "c1", "S0"), 2 * HOUR, "low_score")
    assert last(*rows, verdict, of=("low_score",))["friction"] == 75


def test_a_ticket_open_for_over_a_week_weighs_from_the_next_look_on() -> None:
    rows = [opened("T1", 0), opened("T2", 6 * DAY)]
    assert last(*rows)["tickets"] == 100
    assert last(*rows, until=9 * DAY)["tickets"] == 80
    assert last(*rows, until=15 * DAY)["tickets"] == 60
    assert last(*rows, resolved("T1", 15 * DAY))["tickets"] == 80


def test_a_renewal_that_is_due_weighs_until_it_is_renewed() -> None:
    rows = [started("A", 0), renewal_due("A", DAY, 120 * DAY)]
    found = {day: last(*rows, until=day * DAY)["renewal"] for day in (2, 32, 92, 133, 136)}
    assert found == {2: 100, 32: 50, 92: 25, 133: 25, 136: 100}
    assert last(*rows, renewed("A", 93 * DAY))["renewal"] == 100


def test_a_drop_explains_itself_and_the_level_follows_at_each_look() -> None:
    rows = [started("A", 0), viewed(0), *(answered(f"S{i}", (2 + i) * HOUR, 7 - 3 * i) for i in range(3))]
    looks = looked(*rows)
    assert [(at, points) for at, points, _ in looks] == [(0, 66), (2 * HOUR, 72), (3 * HOUR, 67), (4 * HOUR, 62)]
    assert looks[-1][2]["ces"] - looks[-2][2]["ces"] == -25
    found = run(*rows, of="health")
    assert found.panes("health") == {
        0: {"sum": 66, "n": 1, "yellow": 1}, 2 * HOUR: {"sum": 6, "green": 1, "yellow": -1},
        3 * HOUR: {"sum": -5, "green": -1, "yellow": 1}, 4 * HOUR: {"sum": -5},
    }  # fmt: skip


def test_it_is_read_by_segment_and_colour() -> None:
    rows = [customer(0, segment="a"), started("A", 0), viewed(HOUR), started("B", 0, subject="b")]
    rows += [viewed(day * DAY, subject="b") for day in range(12)]
    r = read("health", *rows)
    assert r.parts("now") == {"sum": 166, "n": 2, "green": 1, "yellow": 1, "red": 0}
    assert (r.value("now"), r.value("now", "segment=a")) == (83, 66)


def test_old_looks_are_let_go_and_stay_counted() -> None:
    rows = [started("A", 0), *(answered(f"S{i}", i * DAY, 1 + i % 7) for i in range(200))]
    found = run(*rows, until=200 * DAY, of="health")
    steps = Journey("c1", DEFINITIONS, found.rows[b"c1"]).plain("health").steps
    assert len(steps) <= 9
    assert found.total("health")["n"] == 1
    assert found.total("health")["sum"] == steps[-1].data[0]


@pytest.mark.parametrize("seed", range(4))
def test_between_the_times_that_are_named_nothing_changes_by_itself(seed: int) -> None:
    """So an event that moves no measure needs no look before then."""
    found = fold(log_of(World(seed).delayed())[0])
    for key, row in found.rows.items():
        who, clock = Journey(key.decode(), DEFINITIONS, row), START + 20 * DAY
        for _ in range(40):
            found_now, until = measures(who, clock)
            assert until > clock
            assert measures(who, until - 1)[0] == found_now
            clock = until


def test_an_event_that_moves_no_measure_is_looked_at_all_the_same_when_time_has() -> None:
    rows = [opened("T1", 0), replied("T1", 7 * DAY), replied("T1", 7 * DAY + 20_000)]
    assert last(*rows[:2])["tickets"] == 100
    assert last(*rows)["tickets"] == 80
