"""What customers subscribe to, by month and as it is now. Covers stream/kpis/active_customers.py, stream/kpis/mrr.py,
stream/kpis/arpc.py, stream/kpis/churn_rate.py, stream/kpis/retention_rate.py, stream/kpis/churn_rate_30d.py,
stream/kpis/grr.py, stream/kpis/nrr.py, stream/kpis/upsell_rate.py, stream/kpis/cross_sell_rate.py,
stream/kpis/clv_predicted.py.
"""

import pytest
from msgspec.structs import replace

from stream.definitions import DAY, HOUR, MINUTE, Currency
from tests.support.builders import DEFINITIONS, Told, cancelled, customer, event, started
from tests.support.reading import read

JULY, AUGUST = 30 * DAY, 61 * DAY  # after START, the first of June
HALF = [started("A", 0, "10", subject="a"), started("B", HOUR, "30", subject="b")]


def terms(type_: str, subscription: str, at: int, amount: str, **given: object) -> Told:
    data = {"subscription": subscription, "product": "base", "amount": amount, "currency": "USD", "interval": "month"}
    subject = given.pop("subject", "c1")
    log = given.pop("log", at)
    return event(f"subscription.{type_}", at, {**data, **given}, subject=subject, log=log)


def changed(subscription: str, at: int, amount: str, **given: object) -> Told:
    return terms("changed", subscription, at, amount, **given)


def bought(subscription: str, at: int, amount: str, product: str, **given: object) -> Told:
    return terms("started", subscription, at, amount, product=product, **given)


def test_mrr_is_the_sum_over_what_runs_and_its_movements_are_net_of_a_customer() -> None:
    rows = [*HALF, bought("A2", DAY, "5", "extra", subject="a"), changed("B", 2 * DAY, "25", subject="b"),
            cancelled("A2", 3 * DAY, subject="a"), cancelled("B", 4 * DAY, subject="b"),
            started("B2", 40 * DAY, "7", subject="b")]  # fmt: skip
    r = read("mrr", *rows)
    assert r.parts("now") == {"mrr": 1700, "customers": 2, "new": 0, "expansion": 0, "contraction": 0, "churn": 0,
                              "reactivation": 0}  # fmt: skip
    june = {"new": 4000, "expansion": 500, "contraction": 1000, "churn": 2500, "reactivation": 0}
    assert r.parts("2026-06") == {"mrr": 1000, "customers": 1, **june}
    assert r.parts("2026-07") == {"mrr": 1700, "customers": 2, **dict.fromkeys(june, 0), "reactivation": 700}
    assert r.parts("all") == {"mrr": 1700, "customers": 2, **june, "reactivation": 700}


@pytest.mark.parametrize("away", [89, 90, 91])
def test_who_comes_back_after_more_than_ninety_days_is_new(away: int) -> None:
    rows = [started("A", 0), cancelled("A", DAY), started("B", DAY + away * DAY, log=DAY + (away + 7) * DAY)]
    parts = read("mrr", *rows).parts("all")
    assert (parts["new"], parts["reactivation"]) == ((1000, 1000) if away <= 90 else (2000, 0))


def test_moving_from_one_subscription_to_another_at_one_instant_is_no_churn() -> None:
    rows = [started("A", 0, "10"), cancelled("A", DAY), bought("B", DAY, "12", "other")]
    parts = read("mrr", *rows).parts("all")
    assert (parts["new"], parts["expansion"], parts["churn"], parts["reactivation"]) == (1000, 200, 0, 0)


@pytest.mark.parametrize(
    ("amount", "interval", "quantity", "currency", "minor"),
    [("2000", "year", 1, "USD", 16_667), ("100", "quarter", 1, "USD", 3_333), ("0.01", "quarter", 1, "USD", 0),
     ("0.015", "month", 1, "USD", 2), ("1", "month", 7, "EUR", 756), ("0.03", "quarter", 1, "EUR", 1),
     ("3", "month", 0, "USD", 0)],
)  # fmt: skip
def test_an_amount_is_brought_to_a_month_and_rounded_once_half_up(
    amount: str, interval: str, quantity: int, currency: str, minor: int
) -> None:
    d = replace(DEFINITIONS, currencies={"USD": Currency(), "EUR": Currency("1.08")})
    row = terms("started", "A", 0, amount, interval=interval, quantity=quantity, currency=currency)
    assert read("mrr", row, d=d).parts("now")["mrr"] == minor
    assert read("active_customers", row, d=d).value("now") == 1


@pytest.mark.parametrize(
    ("row", "mend"),
    [(terms("started", "A", 0, "5", currency="EUR"), "EUR has no rate"), (terms("started", "A", 0, "-5"), "negative"),
     (terms("started", "A", 0, "999999999999999"), "beyond"),
     (terms("started", "A", 0, "100000000", quantity=10**9), "beyond")],
)  # fmt: skip
def test_an_amount_that_is_none_becomes_a_dead_letter(row: Told, mend: str) -> None:
    r = read("mrr", row)
    assert [(b'"reason":"invalid"' in letter, mend in letter.decode()) for letter in r.dead_letters] == [(True, True)]
    assert r.value("now") is None


def test_average_revenue_is_mrr_by_active_customers() -> None:
    assert read("arpc", *HALF).parts("now") == {"sum": 4000, "n": 2}
    assert read("arpc", *HALF).value("now") == 2000


def test_a_cancel_that_was_announced_counts_when_it_takes_effect() -> None:
    rows = [*HALF, cancelled("A", 35 * DAY, 45 * DAY, subject="a")]
    assert read("active_customers", *rows, until=44 * DAY).value("now") == 2
    assert read("active_customers", *rows, until=45 * DAY).value("now") == 1
    r = read("churn_rate", *rows, until=70 * DAY)
    assert {w: (r.parts(w), r.value(w)) for w in r.windows} == {
        "2026-06": ({"num": 0, "den": 1}, 0),
        "2026-07": ({"num": 1, "den": 2}, 0.5),
        "2026-08": ({"num": 0, "den": 1}, 0),
    }
    assert read("retention_rate", *rows, until=70 * DAY).parts("2026-07") == {"num": 1, "den": 2}


def test_a_renewal_before_the_end_takes_an_announced_cancel_back() -> None:
    rows = [*HALF, cancelled("A", 35 * DAY, 45 * DAY, subject="a")]
    back = terms("renewed", "A", 40 * DAY, "10", subject="a", log=47 * DAY)
    assert read("churn_rate", *rows, until=46 * DAY).parts("2026-07") == {"num": 1, "den": 2}
    r = read("churn_rate", *rows, back, until=70 * DAY)
    assert r.parts("2026-07") == {"num": 0, "den": 2}
    assert r.parts("2026-08") == {"num": 0, "den": 2}


@pytest.mark.parametrize(
    ("rows", "june", "july"),
    [
        ([started("A", 0), cancelled("A", DAY, JULY)], (1, 1), None),
        ([started("A", 0), cancelled("A", DAY, JULY + 1)], (0, 1), (1, 1)),
        ([started("A", 1), cancelled("A", 40 * DAY)], None, (1, 1)),
        ([started("A", JULY)], None, (0, 1)),
        ([started("A", 0), cancelled("A", JULY), started("B", JULY)], (0, 1), (0, 1)),
        ([started("A", 0), cancelled("A", 10 * DAY), started("B", 20 * DAY)], (0, 1), (0, 1)),
        ([started("A", 0), cancelled("A", 10 * DAY), started("B", 40 * DAY)], (1, 1), None),
        ([started("A", DAY), cancelled("A", 10 * DAY)], None, None),
    ],
)
def test_churn_asks_who_runs_at_the_instants_at_which_a_month_begins_and_ends(
    rows: list[Told], june: tuple[int, int] | None, july: tuple[int, int] | None
) -> None:
    r = read("churn_rate", *rows, until=AUGUST)
    found = [(r.parts(w)["num"], r.parts(w)["den"]) if r.parts(w).get("den") else None for w in ("2026-06", "2026-07")]
    assert found == [june, july]


def test_a_month_begins_in_the_reporting_time_zone_also_where_the_clocks_change() -> None:
    d = replace(DEFINITIONS, timezone="America/New_York")
    november = 153 * DAY  # UTC; four hours later there, and December five hours
    rows = [started("A", november + 4 * HOUR), cancelled("A", november + 30 * DAY + 5 * HOUR - MINUTE)]
    r = read("churn_rate", *rows, until=200 * DAY, d=d)
    assert r.parts("2026-11") == {"num": 1, "den": 1}
    late = [started("A", november + 4 * HOUR + 1), cancelled("A", november + 30 * DAY + 5 * HOUR + 1)]
    r = read("churn_rate", *late, until=200 * DAY, d=d)
    assert r.parts("2026-12") == {"num": 1, "den": 1}


def test_who_left_counts_in_the_segment_of_the_month_s_start() -> None:
    rows = [customer(0, segment="old"), started("A", 0), customer(33 * DAY, segment="new"), cancelled("A", 40 * DAY)]
    r = read("churn_rate", *rows, until=65 * DAY)
    assert r.parts("2026-07", "segment=old") == {"num": 1, "den": 1}
    assert not r.parts("2026-07", "segment=new").get("den")


def test_a_segment_that_changed_afterwards_leaves_history_in_the_old_one() -> None:
    rows = [customer(0, segment="old"), started("A", 0), customer(33 * DAY, segment="new")]
    r = read("mrr", *rows, until=65 * DAY)
    assert (r.value("2026-06", "segment=old"), r.value("2026-06", "segment=new")) == (1000, None)
    assert (r.value("now", "segment=old"), r.value("now", "segment=new")) == (None, 1000)


def test_rolling_churn_looks_thirty_days_back() -> None:
    rows = [customer(0, segment="s", subject="a"), *HALF, cancelled("A", 50 * DAY, subject="a")]
    at = {day: read("churn_rate_30d", *rows, until=day * DAY + HOUR).parts("now") for day in (29, 30, 49, 50, 79, 80)}
    assert at == {29: {}, 30: {"num": 0, "den": 2}, 49: {"num": 0, "den": 2}, 50: {"num": 1, "den": 2},
                  79: {"num": 1, "den": 2}, 80: {"num": 0, "den": 1}} | {29: {"num": 0, "den": 0}}  # fmt: skip
    assert read("churn_rate_30d", *rows, until=60 * DAY).value("now", "segment=s") == 1


def test_gross_retention_never_counts_growth_and_net_retention_does() -> None:
    rows = [*HALF, changed("A", 35 * DAY, "50", subject="a"), changed("B", 36 * DAY, "20", subject="b"),
            started("C", 37 * DAY, "99", subject="c")]  # fmt: skip
    grr, nrr = (read(kpi, *rows, until=65 * DAY) for kpi in ("grr", "nrr"))
    assert grr.parts("2026-07") == {"num": 3000, "den": 4000, "customers": 2}
    assert nrr.parts("2026-07") == {"num": 7000, "den": 4000, "customers": 2}
    assert (grr.value("2026-07"), nrr.value("2026-07"), grr["2026-07"].n) == (0.75, 1.75, 2)
    assert nrr.parts("2026-08") == {"num": 16_900, "den": 16_900, "customers": 3}


def test_what_is_undone_within_the_month_did_not_move() -> None:
    rows = [started("A", 0), changed("A", 35 * DAY, "5"), changed("A", 36 * DAY, "20"), changed("A", 50 * DAY, "10")]
    assert read("grr", *rows, until=35 * DAY).parts("2026-07")["num"] == 500
    assert read("nrr", *rows, until=49 * DAY).parts("2026-07")["num"] == 2000
    for kpi in ("grr", "nrr"):
        assert read(kpi, *rows, until=65 * DAY).parts("2026-07")["num"] == 1000
    assert read("upsell_rate", *rows, until=49 * DAY).parts("2026-07")["num"] == 1
    assert read("upsell_rate", *rows, until=65 * DAY).parts("2026-07")["num"] == 0


def test_upsell_is_more_of_a_product_one_had_and_cross_sell_a_new_one() -> None:
    rows = [*HALF, changed("A", 35 * DAY, "11", subject="a"), bought("B2", 36 * DAY, "1", "extra", subject="b")]
    assert read("upsell_rate", *rows, until=65 * DAY).parts("2026-07") == {"num": 1, "den": 2}
    assert read("cross_sell_rate", *rows, until=65 * DAY).parts("2026-07") == {"num": 1, "den": 2}
    gone = cancelled("B2", 40 * DAY, subject="b", log=47 * DAY)
    assert read("cross_sell_rate", *rows, gone, until=65 * DAY).parts("2026-07") == {"num": 0, "den": 2}


def test_a_change_heard_a_week_late_corrects_the_month_it_happened_in() -> None:
    late = changed("A", 59 * DAY, "5", subject="a", log=66 * DAY)
    r = read("grr", *HALF, late, until=67 * DAY)
    assert r.parts("2026-07") == {"num": 3500, "den": 4000, "customers": 2}
    assert r.parts("2026-08") == {"num": 3500, "den": 3500, "customers": 2}


def test_predicted_lifetime_value_caps_the_lifetime_and_needs_a_churn() -> None:
    assert read("clv_predicted", *HALF, until=20 * DAY).value("now") is None
    assert read("clv_predicted", *HALF, until=40 * DAY).value("now") == 2000 * 0.8 * 60
    rows = [*HALF, cancelled("A", 35 * DAY, subject="a")]
    r = read("clv_predicted", *rows, until=40 * DAY)
    assert r.parts("now") == {"sum": 3000, "n": 1, "lost": 1, "base": 2}
    assert r.value("now") == 3000 * 0.8 * 2
    assert read("clv_predicted", *rows, until=40 * DAY, margin=0.5, months=1).value("now") == 3000 * 0.5


def test_composed_values_merge_exactly_over_partitions() -> None:
    rows = [started(f"S{i}", i * HOUR, str(i), subject=f"c{i}") for i in range(30)]
    rows += [cancelled(f"S{i}", (35 + i) * DAY, subject=f"c{i}") for i in range(0, 30, 3)]
    for kpi in ("clv_predicted", "nrr", "churn_rate_30d"):
        one, three, many = (read(kpi, *rows, until=66 * DAY, d=replace(DEFINITIONS, partitions=n)) for n in (1, 3, 24))
        for window in one.windows:
            assert one[window] == three[window] == many[window]


def test_a_cancel_before_a_start_and_a_second_start_change_nothing() -> None:
    early = cancelled("A", HOUR, log=3 * DAY)
    rows = [started("A", DAY, "10"), early, terms("started", "A", 4 * DAY, "99")]
    assert read("mrr", *rows).parts("now")["mrr"] == 1000


def test_nothing_changes_after_the_end_and_a_later_cancel_moves_an_end_that_lies_ahead() -> None:
    ended = [started("A", 0), cancelled("A", DAY), changed("A", 2 * DAY, "50"), cancelled("A", 3 * DAY)]
    assert read("mrr", *ended).parts("all")["churn"] == 1000
    moved = [started("A", 0), cancelled("A", DAY, 10 * DAY), cancelled("A", 2 * DAY, 5 * DAY)]
    assert read("active_customers", *moved, until=6 * DAY).value("now") is None


def test_without_a_segment_of_the_customer_that_of_its_oldest_subscription_counts() -> None:
    rows = [started("A", 0, segment="own"), started("B", HOUR, segment="other"), cancelled("A", 5 * DAY)]
    assert read("arpc", *rows, until=4 * DAY).cuts("now", "sum") == {"": 2000, "segment=own": 2000}
    assert read("arpc", *rows, until=6 * DAY).cuts("now", "sum") == {"": 1000, "segment=other": 1000}
    known = customer(3 * DAY, segment="new")
    assert read("arpc", *rows, known, until=4 * DAY).parts("now", "segment=new") == {"sum": 2000, "n": 1}
