"""Accounts and amounts. Covers stream/account.py, stream/money.py."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.account import outside, within
from stream.definitions import Currency, Definitions
from stream.money import minor, monthly

D = replace(Definitions(), currencies={"USD": Currency(), "EUR": Currency("1.08"), "JPY": Currency("0.0067", 0)})


@pytest.mark.parametrize(
    ("amount", "currency", "found"),
    [("10", "USD", 1000), ("0.004", "USD", 0), ("0.005", "USD", 1), ("-0.005", "USD", 0), ("-0.006", "USD", -1),
     ("1.23456789", "USD", 123), ("10", "EUR", 1080), ("100", "JPY", 67), ("0", "USD", 0)],
)  # fmt: skip
def test_an_amount_becomes_minor_units_of_the_reporting_currency(amount: str, currency: str, found: int) -> None:
    assert minor(amount, currency, D) == found


def test_the_reporting_currency_is_the_first_one_with_its_digits() -> None:
    yen = replace(D, currencies={"JPY": Currency("1", 0), "USD": Currency("150")})
    assert minor("2.5", "USD", yen) == 375
    assert minor("2.5", "JPY", yen) == 3


@given(
    st.integers(0, 10**15), st.integers(0, 9), st.sampled_from([*D.currencies]),
    st.sampled_from(["month", "quarter", "year"]), st.integers(0, 10**9),
)  # fmt: skip
def test_mrr_is_rounded_once_half_up(units: int, decimals: int, currency: str, interval: str, quantity: int) -> None:
    text = f"{units // 10**decimals}.{units % 10**decimals:0{decimals}}" if decimals else str(units)
    months = {"month": 1, "quarter": 3, "year": 12}[interval]
    exact = Fraction(units, 10**decimals) * quantity * Fraction(D.currencies[currency].rate) * 100 / months
    assert monthly(text, currency, interval, quantity, D) == (exact + Fraction(1, 2)).__floor__()


SPANS = st.lists(st.integers(0, 40), max_size=8, unique=True).map(lambda t: sorted(t)[: len(t) // 2 * 2])


def pairs(times: list[int], *, last_open: bool) -> list[tuple[int, int | None]]:
    found: list[tuple[int, int | None]] = list(zip(times[::2], times[1::2], strict=True))
    if found and last_open:
        found[-1] = found[-1][0], None
    return found


def instants(spans: list[tuple[int, int | None]]) -> list[int]:
    return [t for t in range(60) if any(a <= t and (b is None or t < b) for a, b in spans)]


@settings(max_examples=300)
@given(SPANS, SPANS, st.booleans(), st.booleans())
def test_within_and_outside_share_out_every_instant(a: list[int], b: list[int], one: bool, two: bool) -> None:
    spans, others = pairs(a, last_open=one), pairs(b, last_open=two)
    inside, beyond = list(within(spans, others)), list(outside(spans, others))
    there = instants(others)
    assert instants(inside) == [t for t in instants(spans) if t in there]
    assert instants(beyond) == [t for t in instants(spans) if t not in there]
    assert all(end is None or start < end for start, end in (*inside, *beyond))
