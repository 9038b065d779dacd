"""Invoices and costs. Covers stream/kpis/clv_realised.py, stream/kpis/retention_cost.py,
stream/kpis/retention_roi.py, stream/costs.py.
"""

from msgspec.structs import replace

from stream.definitions import DAY, HOUR, Keep
from tests.support.builders import DEFINITIONS, Told, cancelled, customer, event, run, started
from tests.support.reading import read


def paid(invoice: str, at: int, amount: str, **given: object) -> Told:
    return event("invoice.paid", at, {"invoice": invoice, "amount": amount, "currency": "USD"}, **given)


def refunded(invoice: str, at: int, amount: str, **given: object) -> Told:
    return event("invoice.refunded", at, {"invoice": invoice, "amount": amount, "currency": "USD"}, **given)


def spent(at: int, amount: str, kind: str = "retention", subject: str = "company:acme", **given: object) -> Told:
    data = {"kind": kind, "amount": amount, "currency": "USD"}
    return event("cost.recorded", at, data, subject=subject, **given)


def test_realised_value_is_paid_less_refunded_by_customers_who_ever_paid() -> None:
    rows = [
        paid("I1", 0, "10.10"),
        paid("I2", DAY, "5"),
        refunded("I1", 2 * DAY, "2"),
        paid("I3", DAY, "4", subject="b"),
        refunded("I4", DAY, "100", subject="never"),
    ]
    r = read("clv_realised", *rows)
    assert r.parts("now") == {"sum": 1710, "n": 2}
    assert r.value("now") == 855


def test_a_refund_heard_late_takes_back_what_was_paid() -> None:
    late = refunded("I1", DAY, "10", log=8 * DAY)
    assert read("clv_realised", paid("I1", 0, "10"), late).parts("now") == {"sum": 0, "n": 1}


def test_what_a_customer_paid_moves_with_its_segment() -> None:
    rows = [customer(0, segment="a"), paid("I1", HOUR, "10"), customer(DAY, segment="b"), paid("I2", 2 * DAY, "5")]
    assert read("clv_realised", *rows).cuts("now", "sum") == {"": 1500, "segment=b": 1500}
    assert read("clv_realised", *rows).cuts("now", "n") == {"": 1, "segment=b": 1}


def test_a_cut_has_the_money_and_the_customers_of_the_same_people() -> None:
    rows = [refunded("I0", 0, "1", segment="z"), paid("I1", HOUR, "10", segment="x"), paid("I2", DAY, "5", segment="y")]
    r = read("clv_realised", *rows)
    assert (r.cuts("now", "sum"), r.cuts("now", "n")) == ({"": 1400, "segment=x": 1400}, {"": 1, "segment=x": 1})
    r = read("clv_realised", *rows, customer(2 * DAY, segment="b"))
    assert (r.cuts("now", "sum"), r.cuts("now", "n")) == ({"": 1400, "segment=b": 1400}, {"": 1, "segment=b": 1})


def test_a_long_ledger_becomes_a_balance_and_loses_nothing() -> None:
    rows = [paid(f"I{i}", i * DAY, "1", segment="x" if i % 5 == 1 else None) for i in range(1, 400)]
    found = run(*rows, customer(395 * DAY, stage="b"), until=400 * DAY, of="clv_realised")
    assert found.cuts("clv_realised") == {"segment=x stage=b": {"sum": 39_900, "n": 1}}
    assert found.total("clv_realised") == {"sum": 39_900, "n": 1}
    assert max(len(row) for row in found.rows.values()) < 6_000
    keep = Keep(records=4_000 * DAY)
    whole = run(*rows, customer(395 * DAY, stage="b"), until=400 * DAY, of="clv_realised",
                d=replace(DEFINITIONS, keep=keep))  # fmt: skip
    assert whole.sums == found.sums


def test_a_repeat_of_what_is_in_the_balance_is_too_late() -> None:
    rows = [paid("I1", 0, "10"), paid("I2", 200 * DAY, "1"), paid("I1", 0, "10", log=201 * DAY)]
    found = run(*rows, of="clv_realised")
    assert found.total("clv_realised") == {"sum": 1100, "n": 1}
    assert [letter.reason for letter in found.letters] == ["too_late"]


HELD = [started("A", 0, "10", subject="a"), started("B", 0, "30", subject="b")]


def test_retention_costs_are_shared_by_those_who_stayed() -> None:
    rows = [*HELD, cancelled("A", 40 * DAY, subject="a"), spent(35 * DAY, "9"), spent(36 * DAY, "50", "support"),
            spent(37 * DAY, "1", subject="b")]  # fmt: skip
    r = read("retention_cost", *rows, until=65 * DAY)
    assert r.parts("2026-07") == {"sum": 1000, "n": 1}
    assert r.value("2026-07") == 1000
    assert read("retention_cost", *rows, until=38 * DAY).parts("2026-07") == {"sum": 1000, "n": 2}


def test_a_cost_of_a_segment_counts_in_it_and_one_of_the_company_only_in_all() -> None:
    rows = [
        customer(0, segment="smb", subject="a"),
        *HELD,
        spent(35 * DAY, "9"),
        spent(35 * DAY, "5", subject="segment:smb"),
        spent(36 * DAY, "2", segment="own"),
    ]
    assert read("retention_cost", *rows, until=65 * DAY).cuts("2026-07", "sum") == {"": 1600, "segment=own": 200,
                                                                                    "segment=smb": 500}  # fmt: skip


def test_a_cost_heard_late_belongs_to_its_own_month() -> None:
    rows = [*HELD, spent(59 * DAY, "9", log=66 * DAY), spent(60 * DAY, "1"), spent(60 * DAY, "1", log=62 * DAY)]
    assert read("retention_cost", *rows, until=67 * DAY).parts("2026-07") == {"sum": 1000, "n": 2}


def test_the_return_on_retention_is_what_the_kept_are_worth_less_the_cost() -> None:
    rows = [
        *HELD,
        cancelled("A", 40 * DAY, subject="a"),
        started("C", 41 * DAY, "99", subject="c"),
        spent(42 * DAY, "10"),
    ]
    r = read("retention_roi", *rows, until=65 * DAY)
    assert r.parts("2026-07") == {"mrr": 3000, "cost": 1000, "customers": 2}
    assert r.value("2026-07") == (3000 * 0.8 - 1000) / 1000
    assert r.value("2026-08") is None
    assert read("retention_roi", *rows, until=65 * DAY, margin=0.5).value("2026-07") == 0.5
