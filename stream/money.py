"""Amounts: decimal text in a currency -> whole minor units of the reporting currency, rounded half up, once."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from stream.definitions import Currency, Definitions

LIMIT = 10**15  # minor units of one amount: beyond it, it is no amount but a mistake
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def minor(amount: str, currency: str, definitions: Definitions) -> int:
    """An amount in minor units of the reporting currency: the first one in the settings, else USD."""
    return _rounded(amount, currency, 1, 1, definitions)


def monthly(amount: str, currency: str, interval: str, quantity: int, definitions: Definitions) -> int:
    """MRR: amount x quantity / months of the interval, in minor units of the reporting currency."""
    return _rounded(amount, currency, quantity, MONTHS[interval], definitions)


def _rounded(amount: str, currency: str, times: int, months: int, definitions: Definitions) -> int:
    whole, _, decimals = amount.partition(".")
    rate = _rate(definitions.currencies[currency], _digits(definitions))
    ten: int = 10 ** len(decimals)
    over = int(whole + decimals) * times * rate.numerator
    under = ten * months * rate.denominator
    return (2 * over + under) // (2 * under)


def _digits(definitions: Definitions) -> int:
    return next(iter(definitions.currencies.values()), Currency()).digits


@cache
def _rate(currency: Currency, digits: int) -> Fraction:
    """Minor units of the reporting currency that one unit is worth."""
    ten: int = 10**digits
    return Fraction(currency.rate) * ten
