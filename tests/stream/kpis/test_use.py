"""What customers do with it. Covers stream/kpis/churn_activity.py, stream/kpis/time_to_value.py,
stream/kpis/adoption_rate.py, stream/kpis/adoption_tier.py, stream/kpis/stickiness.py.
"""

import pytest
from msgspec.structs import replace

from stream.definitions import DAY, HOUR, MINUTE
from tests.support.builders import (
    DEFINITIONS,
    Told,
    answered,
    cancelled,
    customer,
    event,
    opened,
    replied,
    run,
    started,
    viewed,
)
from tests.support.reading import read


def used(feature: str, at: int, **given: object) -> Told:
    return event("feature.used", at, {"feature": feature}, **given)


def reached(at: int, milestone: str = "value", **given: object) -> Told:
    return event("milestone.reached", at, {"milestone": milestone}, **given)


USES = [opened("T1", 40 * DAY), replied("T0", 40 * DAY), answered("S1", 40 * DAY, 5), viewed(40 * DAY),
        event("help.searched", 40 * DAY, {"results": 0}), used("f", 40 * DAY)]  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_whatever_the_customer_caused_is_use_for_28_days(use: Told) -> None:
    rows = [started("A", 0), use]
    found = {day: read("churn_activity", *rows, until=day * DAY).parts("now") for day in (27, 28, 39, 40, 67, 68)}
    assert {day: parts["num"] for day, parts in found.items()} == {27: 0, 28: 1, 39: 1, 40: 0, 67: 0, 68: 1}
    assert all(parts["den"] == 1 for parts in found.values())


@pytest.mark.parametrize("other", [replied("T1", 40 * DAY, "agent"), reached(40 * DAY), customer(40 * DAY, tier="a")])
def test_what_others_did_is_no_use(other: Told) -> None:
    assert read("churn_activity", started("A", 0), other).parts("now") == {"num": 1, "den": 1}


def test_silence_ends_with_the_subscription_and_begins_anew_with_the_next() -> None:
    rows = [started("A", 0), cancelled("A", 30 * DAY), started("B", 40 * DAY)]
    found = {d: read("churn_activity", *rows, until=d * DAY).parts("now") for d in (29, 31, 41, 68)}
    assert {d: (p["num"], p["den"]) for d, p in found.items()} == {29: (1, 1), 31: (0, 0), 41: (0, 1), 68: (1, 1)}


def test_a_use_heard_late_takes_the_silence_back_and_a_later_one_of_the_day_prolongs_it() -> None:
    late = viewed(27 * DAY, log=34 * DAY)
    found = run(started("A", 0), late, until=34 * DAY, of="churn_activity")
    assert {at: parts for at, parts in found.panes("churn_activity").items() if "num" in parts} == {}
    day = [viewed(5 * DAY), viewed(5 * DAY + 6 * HOUR), viewed(5 * DAY + 3 * HOUR)]
    found = run(started("A", 0), *day, until=60 * DAY, of="churn_activity")
    assert found.panes("churn_activity") == {0: {"den": 1}, 33 * DAY + 6 * HOUR: {"num": 1}}


def test_activity_goes_by_the_segment_of_the_time() -> None:
    rows = [customer(0, segment="a"), started("A", 0), customer(30 * DAY, segment="b")]
    assert read("churn_activity", *rows, until=29 * DAY).cuts("now", "num") == {"": 1, "segment=a": 1}
    assert read("churn_activity", *rows, until=31 * DAY).cuts("now", "num") == {"": 1, "segment=b": 1}


def test_time_to_value_is_of_those_who_got_there_and_says_how_many_started() -> None:
    rows = [started("A", 0, subject="a"), reached(2 * HOUR, subject="a"), reached(DAY, subject="a"),
            started("B", 0, subject="b"), reached(30 * DAY + 1, subject="b"), started("C", 0, subject="c"),
            reached(30 * DAY, subject="c"), reached(HOUR, "other", subject="c")]  # fmt: skip
    r = read("time_to_value", *rows)
    assert r.parts("all") == {"sum": 7200 + 30 * 86_400, "n": 2, "started": 3}
    assert r.parts("2026-06") == r.parts("all")
    assert r["all"].quantiles["p50"] == pytest.approx(7200, rel=0.05)
    assert read("time_to_value", *rows, milestone="other").parts("all") == {"sum": 3600, "n": 1, "started": 3}


def test_the_first_start_counts_and_one_heard_late_moves_the_cohort() -> None:
    rows = [started("A", 33 * DAY), reached(34 * DAY)]
    late = started("B", 29 * DAY, log=36 * DAY)
    assert read("time_to_value", *rows).parts("2026-07") == {"sum": 86_400, "n": 1, "started": 1}
    assert read("time_to_value", *rows, late).parts("2026-06") == {"sum": 5 * 86_400, "n": 1, "started": 1}
    assert not read("time_to_value", *rows, late).parts("2026-07").get("started")


def test_a_milestone_before_the_start_is_not_the_one() -> None:
    rows = [reached(0), started("A", HOUR), reached(3 * HOUR)]
    assert read("time_to_value", *rows).parts("all") == {"sum": 7200, "n": 1, "started": 1}


def test_adoption_is_by_feature_and_by_any_of_those_active() -> None:
    rows = [customer(0, segment="s", subject="a"), started("A", 0, subject="a"), started("B", 0, subject="b"),
            used("f", DAY, subject="a"), used("g", 2 * DAY, subject="a"), used("g", DAY, subject="b"),
            used("g", DAY, subject="no customer")]  # fmt: skip
    r = read("adoption_rate", *rows, until=3 * DAY)
    assert r.parts("now") == {"num": 2, "den": 2}
    assert r.parts("now", "feature=f") == {"num": 1, "den": 2}
    assert (r.value("now", "feature=g"), r.value("now", "segment=s")) == (1, 1)
    later = read("adoption_rate", *rows, until=29 * DAY)
    assert later.parts("now") == {"num": 1, "den": 2}
    assert later.cuts("now", "num") == {"": 1, "feature=g": 1, "segment=s": 1}


def test_adoption_of_a_feature_in_a_segment_is_of_those_active_in_the_segment() -> None:
    d = replace(DEFINITIONS, pairs=(("feature", "segment"),))
    rows = [customer(0, segment="s", subject="a"), customer(0, segment="s", subject="b"), customer(0, segment="t"),
            *(started(each, 0, subject=each) for each in "ab"), started("C", 0), used("f", DAY, subject="a"),
            used("g", DAY)]  # fmt: skip
    r = read("adoption_rate", *rows, d=d)
    assert r.parts("now", "feature=f segment=s") == {"num": 1, "den": 2}
    assert r.parts("now", "feature=g segment=t") == {"num": 1, "den": 1}
    assert r.parts("now", "feature=f") == {"num": 1, "den": 3}
    moved = read("adoption_rate", *rows, customer(2 * DAY, segment="s"), d=d)
    assert moved.parts("now", "feature=f segment=s") == {"num": 1, "den": 3}
    assert moved.value("now", "feature=g segment=t") is None


def test_use_goes_on_while_uses_are_less_than_28_days_apart() -> None:
    days = [1, 2, 3, 20, 47, 47, 74]
    rows = [started("A", 0), *(used("f", day * DAY + i) for i, day in enumerate(days))]
    found = run(*rows, until=200 * DAY, of="adoption_rate")
    users = {at: n for at, parts in found.panes("adoption_rate").items() if (n := parts.get("users"))}
    assert users == {DAY: 1, 102 * DAY: -1}


def test_a_use_heard_late_closes_a_gap() -> None:
    rows = [started("A", 0), used("f", DAY), used("f", 35 * DAY), used("f", 28 * DAY, log=35 * DAY)]
    found = run(*rows, until=40 * DAY, of="adoption_rate")
    assert {at: n for at, p in found.panes("adoption_rate").items() if (n := p.get("users"))} == {DAY: 1}


def test_tiers_count_distinct_features_of_28_days() -> None:
    rows = [used(f"f{i}", i * DAY) for i in range(6)]
    found = {
        day: read("adoption_tier", *rows, until=day * DAY + HOUR).cuts("now", "n") for day in (1, 2, 5, 28, 31, 33)
    }
    assert {day: next((c for c in cuts if c), None) for day, cuts in found.items()} == {
        1: "tier=beginner", 2: "tier=intermediate", 5: "tier=advanced", 28: "tier=intermediate",
        31: "tier=beginner", 33: None,
    }  # fmt: skip
    assert read("adoption_tier", *rows, advanced=3).cuts("now", "n") == {"": 1, "tier=advanced": 1}


def test_stickiness_reads_the_last_complete_day_and_the_28_to_its_end() -> None:
    rows = [viewed(9 * DAY + HOUR, subject="a"), viewed(10 * DAY + HOUR, subject="b"), viewed(11 * DAY, subject="c")]
    found = {d: read("stickiness", *rows, until=d * DAY + 2 * HOUR).parts("now") for d in (10, 11, 12, 37, 38, 39)}
    assert {d: (p["num"], p["den"]) for d, p in found.items()} == {
        10: (1, 1), 11: (1, 2), 12: (1, 3), 37: (0, 3), 38: (0, 2), 39: (0, 1)}  # fmt: skip


def test_a_day_is_one_of_the_reporting_time_zone() -> None:
    d = replace(DEFINITIONS, timezone="America/New_York")  # four hours behind
    rows = [viewed(10 * DAY + 3 * HOUR, subject="a"), viewed(10 * DAY + 5 * HOUR, subject="b")]
    assert read("stickiness", *rows, until=10 * DAY + 6 * HOUR, d=d).parts("now") == {"num": 1, "den": 1}
    assert read("stickiness", *rows, until=11 * DAY + 6 * HOUR, d=d).parts("now") == {"num": 1, "den": 2}


def test_a_day_in_use_heard_late_counts_where_it_was() -> None:
    rows = [viewed(10 * DAY, subject="a"), viewed(10 * DAY + HOUR, subject="b", log=11 * DAY)]
    assert read("stickiness", *rows, until=11 * DAY + MINUTE).parts("now") == {"num": 2, "den": 2}


def test_both_parts_are_under_the_segment_that_the_day_ended_with() -> None:
    rows = [customer(0, segment="a"), viewed(10 * DAY), customer(10 * DAY + HOUR, segment="b")]
    r = read("stickiness", *rows, until=11 * DAY + HOUR)
    assert (r.value("now", "segment=b"), r.value("now", "segment=a")) == (1, None)


def test_long_use_is_kept_in_bounds_and_stays_counted() -> None:
    rows = [started("A", 0), *(used("f", i * 6 * HOUR) for i in range(4 * 300))]
    found = run(*rows, until=300 * DAY, of=("adoption_rate", "stickiness", "churn_activity"))
    assert max(len(row) for row in found.rows.values()) < 4_000
    assert found.total("churn_activity") == {"den": 1}
    assert found.total("adoption_rate") == {"den": 1, "num": 1, "users": 1}
    assert found.total("stickiness") == {"num": 300, "den": 1}
