"""A renewal ahead, and a customer who uses it far less: the part of renewal_at_risk that usage_drop adds."""

from tests.support.builders import event, renewal_due, renewed, started
from tests.support.desk import D, H, judge, said

NAME = "renewal_at_risk"
DAILY = [event("feature.used", day * D + 12 * H, {"feature": "export"}) for day in range(28)]
EVENTS = (started("S", 0), *DAILY, renewal_due("S", 28 * D, 80 * D))


def test_a_drop_of_use_before_a_renewal() -> None:
    run = judge(NAME, *EVENTS, until=60 * D)
    assert run.history(NAME) == [(32 * D, "opened queue S #1"), (50 * D, "amended page S #1")]
    assert run.alerts[0].text == "Renewal of S is due within 90 d: in use on 3 of 7 days, after 25 of the 28 before"
    assert len(run.alerts[0].evidence) == 1


def test_renewed_all_is_well() -> None:
    assert said(NAME, *EVENTS, renewed("S", 40 * D), until=60 * D)[1:] == [(40 * D, "resolved queue S #1")]


def test_steady_use_is_no_risk() -> None:
    steady = [event("feature.used", day * D, {"feature": "export"}) for day in range(28, 60)]
    assert said(NAME, *EVENTS, *steady, until=60 * D) == []


def test_it_stays_though_the_days_of_the_drop_are_no_longer_kept() -> None:
    """Days in use are kept for 60 d; what an open alert rests on is kept with it."""
    later = [event("feature.used", day * D, {"feature": "export"}) for day in range(60, 130)]
    events = (started("S", 0), *DAILY, renewal_due("S", 28 * D, 120 * D), *later)
    assert said(NAME, *events, until=130 * D) == [
        (32 * D, "opened queue S #1"),
        (90 * D, "amended page S #1"),
    ]
