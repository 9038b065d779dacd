"""What a signal's alerts were worth to people, and what follows of it."""

from __future__ import annotations

import msgspec

from stream.definitions import HOUR
from stream.policy import Policy
from stream.summaries import DEMOTED
from tests.support.alerts import page, verdict
from tests.support.delivery import Delivery

NINE = 9 * HOUR


def test_a_signal_that_people_found_useless_is_queued_until_it_is_useful_again() -> None:
    d = Delivery(Policy(reviews=10, group_pages=99, budget=99))
    old = [page(f"n{i:02}", NINE + i) for i in range(20)]
    d.hear(*old)
    d.review(old[:3], NINE + 100, "useful")
    d.review(old[3:9], NINE + 100)
    assert d.fold.demoted == []  # 9 verdicts are too few
    d.review(old[9:11], NINE + 100, "known")
    assert d.fold.demoted == ["missed_promise"]
    d.hear(page("x", NINE + 200), page("y", NINE + 200, signal="renewal_at_risk"))
    assert (d.routed("x"), d.routed("y")) == (("queue", "precision"), ("page", ""))
    d.review(old[3:5], NINE + 300, "useful")  # somebody thought again: 5 of 11
    assert d.fold.demoted == ["missed_promise"]
    d.review(old[5:6], NINE + 300, "useful")
    assert d.fold.demoted == []
    assert d.own(DEMOTED) == [
        ("opened", "queue", "missed_promise does not page any more: 3 of its last 11 reviewed alerts were useful",
         {"useful": 3, "reviewed": 11}),
        ("resolved", "queue", "missed_promise may page again: 6 of its last 11 alerts were useful",
         {"useful": 6, "reviewed": 11}),
    ]  # fmt: skip
    d.hear(page("z", NINE + 400))
    assert d.routed("z") == ("page", "")


def test_a_verdict_counts_once_and_needs_an_alert_that_is_known() -> None:
    d = Delivery(Policy(reviews=2))
    d.hear(page("a", NINE))
    d.take([verdict("a", NINE + 1), verdict("a", NINE + 1), verdict("a", NINE), verdict("b", NINE + 1)])
    assert d.fold.demoted == []
    assert d.fold.dropped == {"verdict_on_unknown": 1}


def test_people_may_change_their_minds_within_an_instant() -> None:
    d = Delivery(Policy(reviews=1))
    one = page("a", NINE)
    d.hear(one, page("b", NINE))
    d.take([verdict("a", NINE), verdict("b", NINE, "useful"), verdict("a", NINE, "useful")])
    later = [verdict("b", NINE + 1), verdict("a", NINE + 1)]  # dated later, heard in the same instant
    d.take([msgspec.structs.replace(row, timestamp=NINE) for row in later])
    assert [(a.change, a.episode, a.version) for a in d.changes] == [
        ("opened", 1, 1),
        ("resolved", 1, 2),
        ("opened", 2, 3),
    ]


def test_the_newest_verdict_by_its_own_time_holds() -> None:
    d = Delivery(Policy(reviews=1))
    d.hear(page("a", NINE))
    older = msgspec.structs.replace(verdict("a", NINE), timestamp=NINE + 2)
    d.take([verdict("a", NINE + 1, "useful"), older])
    assert d.fold.demoted == []
