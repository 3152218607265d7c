"""The arithmetic of commitments: decimals, rounded half away from zero.

The play uses these to know, at the moment of a decision, what the decision is worth.
Amounts are annual or monthly, in a contract's currency or in the reporting currency, as the
argument names say.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def cents(amount: Decimal) -> Decimal:
    """An amount to two places, half away from zero."""
    return amount.quantize(CENT, context=_WIDE)


def ratio_cents(numerator: int, denominator: int) -> int:
    """A ratio of integers to the nearest integer, half away from zero."""
    quotient = (2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    return quotient if (numerator >= 0) == (denominator > 0) else -quotient


def fraction_cents(value: Fraction) -> Decimal:
    """An exact fraction to two places, half away from zero."""
    return Decimal(ratio_cents(value.numerator * 100, value.denominator)).scaleb(-2)


def annual_amount(
    quantity: Decimal, list_unit_price: Decimal, discount_percent: Decimal
) -> Decimal:
    """What a line brings in a year, in the contract's currency."""
    gross = _WIDE.multiply(quantity, list_unit_price)
    return cents(_WIDE.multiply(gross, (Decimal(100) - discount_percent).scaleb(-2)))


def monthly(annual: Decimal) -> Decimal:
    """MRR of an annual amount, in the same currency."""
    return Decimal(ratio_cents(int(annual.scaleb(2)), 12)).scaleb(-2)


def converted(amount: Decimal, rate: Decimal) -> Decimal:
    """An amount in reporting currency at a rate."""
    return cents(_WIDE.multiply(amount, rate))


def share_of_month(mrr: Decimal, days_in_service: int, days_in_month: int) -> Decimal:
    """Revenue of a month from an MRR, by days in service, in the MRR's currency."""
    return Decimal(ratio_cents(int(mrr.scaleb(2)) * days_in_service, days_in_month)).scaleb(-2)


def month_start(day: date) -> date:
    """First day of a day's month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Last day of a day's month."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day of the month, some months on; the month's last day where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(f"no such day: {day} + {months} months")
