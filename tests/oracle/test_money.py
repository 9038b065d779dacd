"""Subscription and money KPIs on logs of a few rows whose numbers are known by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle.logs import DAY, FEBRUARY, HOUR, JANUARY, MARCH, at, log
from tests.oracle.oracle import Readings, compute

EURO = {"USD": "1", "EUR": "1.10"}


def terms(time: int, word: str, amount: str, who: str = "c", sub: str = "p", **more: Any) -> tuple[Any, ...]:
    """started, changed or renewed: monthly core in dollars unless said."""
    data = {"subscription": sub, "product": "core", "amount": amount, "currency": "USD", "interval": "month", **more}
    return time, f"subscription.{word}", data, who


def cancelled(time: int, who: str = "c", sub: str = "p", **more: Any) -> tuple[Any, ...]:
    return time, "subscription.cancelled", {"subscription": sub, **more}, who


def paid(time: int, word: str, amount: str, who: str = "c", **more: Any) -> tuple[Any, ...]:
    return time, f"invoice.{word}", {"invoice": "i", "amount": amount, "currency": "USD", **more}, who


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(*rows: Any, end: int = MARCH + 10 * DAY, **options: Any) -> Readings:
        return compute([log(tmp_path / "log.ndjson", *rows, end=end)], **options)

    return run


@pytest.mark.parametrize(
    ("more", "minor"),
    [
        ({"amount": "2000.00", "interval": "year"}, 16_667),
        ({"amount": "0.30", "interval": "year"}, 3),  # 2.5 goes up
        ({"amount": "100.00", "interval": "quarter", "quantity": 2}, 6_667),
        ({"amount": "10.00", "currency": "EUR", "quantity": 3}, 3_300),
        ({"amount": "10.00", "currency": "XXX"}, 0),
    ],
)
def test_mrr_is_rounded_half_up_in_the_reporting_currency(read: Any, more: dict[str, Any], minor: int) -> None:
    """amount x quantity / months; a currency without a rate is no subscription."""
    found = read(terms(JANUARY, "started", **more), rates=EURO)
    assert (at(found, "mrr", "now").value or 0, at(found, "active_customers", "now").n) == (minor, min(minor, 1))


def test_the_movements_of_mrr(read: Any) -> None:
    """One of two cancelled is a contraction; the last one churn; again, a reactivation; net at an instant."""
    found = read(
        terms(JANUARY + 1 * DAY, "started", "10"),
        terms(JANUARY + 2 * DAY, "changed", "15"),
        terms(JANUARY + 3 * DAY, "started", "7", sub="q"),
        cancelled(JANUARY + 4 * DAY, sub="q"),
        terms(JANUARY + 5 * DAY, "renewed", "12"),
        cancelled(JANUARY + 6 * DAY, sub="p"),
        terms(FEBRUARY + DAY, "started", "20", sub="r"),
        cancelled(FEBRUARY + 2 * DAY, sub="r"),
        terms(FEBRUARY + 2 * DAY, "started", "21", sub="s"),
    )
    names = ("new", "expansion", "contraction", "churn", "reactivation")
    parts = {window: [at(found, "mrr", window).parts[n] for n in names] for window in ("2026-01", "2026-02", "all")}
    assert parts["2026-01"] == [1_000, 500 + 700, 700 + 300, 1_200, 0]
    assert parts["2026-02"] == [0, 100, 0, 0, 2_000]
    assert parts["all"] == [1_000, 1_300, 1_000, 1_200, 2_000]


def test_a_scheduled_cancel_runs_on_to_its_time(read: Any) -> None:
    """Never before the cancel's own time."""
    rows = (
        terms(JANUARY, "started", "10", "a"),
        cancelled(FEBRUARY, "a", effective_at="2026-03-20T00:00:00Z"),
        terms(JANUARY, "started", "10", "b"),
        cancelled(FEBRUARY, "b", effective_at="2026-01-05T00:00:00Z"),
    )
    ends = [FEBRUARY, FEBRUARY + 1]
    found = read(*rows, ends=ends)
    assert [at(found, "active_customers", f"@{end}").n for end in ends] == [2, 1]
    assert at(found, "active_customers", "now").n == 1
    assert at(read(*rows, end=MARCH + 20 * DAY), "active_customers", "now").n == 0


def test_churn_compares_the_ends_of_a_month(read: Any) -> None:
    """Who joined in it is not asked; who left and came back stayed; segment as at the start."""
    found = read(
        (JANUARY, "customer.updated", {"segment": "smb"}, "a"),
        terms(JANUARY + DAY, "started", "10", "a"),
        (FEBRUARY + DAY, "customer.updated", {"segment": "mid"}, "a"),
        cancelled(FEBRUARY + 9 * DAY, "a"),
        terms(JANUARY + DAY, "started", "10", "b"),
        cancelled(FEBRUARY + 9 * DAY, "b"),
        terms(FEBRUARY + 10 * DAY, "started", "10", "b", "q"),
        terms(FEBRUARY + DAY, "started", "10", "new"),
        cancelled(FEBRUARY + 2 * DAY, "new"),
    )
    assert at(found, "churn_rate", "2026-01").n == 0
    assert at(found, "churn_rate", "2026-02").parts == {"num": 1, "den": 2}
    assert at(found, "retention_rate", "2026-02").value == 0.5
    assert at(found, "churn_rate", "2026-02", segment="smb").value == 1.0
    assert at(found, "churn_rate", "2026-02", segment="mid").n == 0
    assert at(found, "churn_rate", "2026-03").parts == {"num": 0, "den": 1}


def test_what_ends_at_midnight_is_lost_in_the_month_before(read: Any) -> None:
    """[started, ended): at the first instant of February it runs no more; what starts then is active at the start."""
    found = read(
        terms(JANUARY, "started", "10"),
        cancelled(JANUARY + DAY, effective_at="2026-02-01T00:00:00Z"),
        terms(FEBRUARY, "started", "10", "next"),
    )
    assert at(found, "churn_rate", "2026-01").parts == {"num": 1, "den": 1}
    assert at(found, "churn_rate", "2026-02").parts == {"num": 0, "den": 1}
    assert at(found, "mrr", "2026-02").parts["churn"] == 1_000


def test_churn_of_thirty_days_is_read_now(read: Any) -> None:
    """Active thirty days ago, and not now."""
    rows = (terms(JANUARY, "started", "10", "a"), terms(JANUARY, "started", "10", "b"), cancelled(MARCH - DAY, "a"))
    assert at(read(*rows, end=MARCH), "churn_rate_30d", "now").parts == {"num": 1, "den": 2}
    assert at(read(*rows, end=MARCH + 40 * DAY), "churn_rate_30d", "now").parts == {"num": 0, "den": 1}


def test_retention_of_revenue(read: Any) -> None:
    """grr takes the lesser of start and end, customer by customer; newcomers do not count."""
    found = read(
        terms(JANUARY, "started", "10", "up"),
        terms(FEBRUARY + DAY, "changed", "30", "up"),
        terms(JANUARY, "started", "20", "down"),
        terms(FEBRUARY + DAY, "changed", "5", "down"),
        terms(JANUARY, "started", "10", "gone"),
        cancelled(FEBRUARY + DAY, "gone"),
        terms(FEBRUARY + DAY, "started", "99", "new"),
    )
    assert at(found, "grr", "2026-02").parts == {"num": 1_500, "den": 4_000, "customers": 3}
    assert at(found, "nrr", "2026-02").value == 0.875
    assert (at(found, "arpc", "now").value, at(found, "arpc", "now").n) == (13_400 / 3, 3)


def test_upsell_is_more_of_a_product_and_cross_sell_a_new_one(read: Any) -> None:
    """Of those active at the month's start; one who takes a dearer plan of the same product is an upsell."""
    found = read(
        terms(JANUARY, "started", "10", "up"),
        cancelled(FEBRUARY + DAY, "up"),
        terms(FEBRUARY + DAY, "started", "11", "up", "q"),
        terms(JANUARY, "started", "10", "cross"),
        terms(FEBRUARY + DAY, "started", "5", "cross", "q", product="storage"),
        terms(JANUARY, "started", "10", "same"),
        terms(FEBRUARY + DAY, "started", "10", "new"),
    )
    assert at(found, "upsell_rate", "2026-02").parts == {"num": 1, "den": 3}
    assert at(found, "cross_sell_rate", "2026-02").parts == {"num": 1, "den": 3}


def test_lifetime_value_so_far_and_foreseen(read: Any) -> None:
    """Paid less refunded of those who ever paid; predicted at most sixty months."""
    found = read(
        terms(JANUARY, "started", "10"),
        paid(JANUARY + DAY, "paid", "10.00"),
        paid(FEBRUARY, "refunded", "2.50"),
        paid(JANUARY + DAY, "paid", "1.00", "other", currency="EUR"),
        paid(JANUARY + DAY, "refunded", "9.00", "never paid"),
        rates=EURO,
    )
    assert at(found, "clv_realised", "now").parts == {"sum": 750 + 110, "n": 2}
    assert at(found, "clv_predicted", "now").value == pytest.approx(1_000 * 0.8 * 60)


def test_the_cost_of_retention(read: Any) -> None:
    """Spread over those active at both ends; its return is their MRR at the end times the margin."""
    cost = {"kind": "retention", "amount": "4.00", "currency": "USD"}
    found = read(
        terms(JANUARY, "started", "10", "a"),
        terms(JANUARY, "started", "10", "b"),
        cancelled(FEBRUARY + DAY, "b"),
        (FEBRUARY + HOUR, "cost.recorded", cost, "company:acme"),
        (FEBRUARY + HOUR, "cost.recorded", {**cost, "kind": "support"}, "company:acme"),
        (MARCH, "cost.recorded", cost, "company:acme"),
    )
    assert at(found, "retention_cost", "2026-02").parts == {"sum": 400, "n": 1}
    assert at(found, "retention_roi", "2026-02").value == pytest.approx((1_000 * 0.8 - 400) / 400)


def test_a_renewal_that_was_due_is_done_from_90_d_before_to_14_d_after(read: Any) -> None:
    def due(time: int, at: str, sub: str) -> tuple[Any, ...]:
        return time, "renewal.due", {"subscription": sub, "due_at": at}, "c"

    found = read(
        *(terms(JANUARY, "started", "10", sub=sub) for sub in ("done", "late", "gone", "moved", "over")),
        *(due(JANUARY + DAY, "2026-02-01T00:00:00Z", sub) for sub in ("done", "late", "gone", "moved")),
        terms(JANUARY + 2 * DAY, "renewed", "10", sub="done"),
        terms(FEBRUARY + 15 * DAY, "renewed", "10", sub="late"),
        cancelled(JANUARY + 9 * DAY, sub="gone"),
        due(JANUARY + 5 * DAY, "2026-03-01T00:00:00Z", "moved"),
        terms(MARCH + 9 * DAY, "renewed", "10", sub="moved"),
        cancelled(JANUARY + DAY, sub="over"),
        due(JANUARY + 2 * DAY, "2026-02-01T00:00:00Z", "over"),
    )
    assert at(found, "renewal_rate", "2026-02").parts == {"num": 1, "den": 3}
    assert at(found, "renewal_rate", "2026-03").parts == {"num": 1, "den": 1}
