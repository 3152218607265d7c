"""An independent reading of the ledger's definitions, for the tests: plain Python, exact
fractions, day by day.

It was written from the words of the definitions and from no SQL. Where the text left a choice,
this is the choice made:

 1. A currency without a rate on or before the month's last day keeps the line's own rate.
 2. "Without SKU" is a line of revenue recognition that names no SKU at all. One that names an
    unknown SKU is put under not_given and makes no month one row.
 3. not_given is a customer like any other: its month too can be one row.
 4. Days, not clocks: a posting date after the as-of date counts like any other once it is
    loaded; its month is reconciled when it is finished.
 5. Unexplained amounts of a customer and SKU clear opposite ones, oldest first. An item is
    closed when no more than the tolerance of it is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.python.oracle.reading import (
    ONE_DAY,
    PARTS,
    Line,
    Reading,
    next_month,
    rate_on,
    round_cents,
    to_decimal,
)

NOT_GIVEN = "not_given"
TOLERANCE = Fraction(5, 100)
REVENUE_ACCOUNTS = ("4000", "4010")
TERMS = (
    "recognised_mrr",
    "part_month",
    "currency_difference",
    "credit",
    "manual",
    "timing",
    "unexplained",
    "ledger_revenue",
)
Row = tuple[date, str, str]  # month, customer, SKU


@dataclass(frozen=True)
class JournalLine:
    """A line of a journal entry; ``amount`` is credit less debit."""

    journal_line_id: str
    posting_date: date
    account_number: str
    customer_account_id: str | None
    sku: str | None
    service_month: date | None
    entry_source: str
    amount: Decimal
    loaded_at: datetime


@dataclass(frozen=True)
class Expected:
    """What a line should bring in a month, in reporting currency."""

    month: date
    line_id: str
    customer: str
    sku: str
    recognised: Fraction
    at_own_rate: Fraction
    at_month_end_rate: Fraction


@dataclass(frozen=True)
class Item:
    """A row that is not reconciled and what is left of it."""

    row: Row
    amount: Fraction
    left: Fraction
    cleared: date | None


def finished_months(first: date, as_of: date) -> Iterator[date]:
    """First days of the months that are over by the end of a day."""
    month = first.replace(day=1)
    while next_month(month) - ONE_DAY <= as_of:
        yield month
        month = next_month(month)


def days_of(month: date) -> list[date]:
    """The days of a month."""
    return [month + timedelta(days=n) for n in range((next_month(month) - month).days)]


def annual_amounts(reading: Reading) -> dict[str, Fraction]:
    """What each order line brings in a year, in contract currency."""
    return {
        row.order_line_id: round_cents(
            Fraction(row.quantity)
            * Fraction(row.list_unit_price)
            * (100 - Fraction(row.discount_percent))
            / 100
        )
        for row in reading.books.order_lines
    }


def brings(line: Line, annual: Fraction, served: int, month: date, method: str) -> Fraction:
    """What some days of service in a month bring, in contract currency."""
    if method == "daily_365":
        return round_cents(annual * served / 365)
    return round_cents(line.contract_mrr * served / len(days_of(month)))


def expected_lines(reading: Reading, method: str) -> list[Expected]:
    """Expected revenue of every line and finished month in which it serves."""
    annual = annual_amounts(reading)
    found = []
    for line in reading.lines:
        for month in finished_months(line.start, reading.books.as_of):
            if line.service_end < month:
                break
            days = days_of(month)
            served = sum(line.in_service_on(day) for day in days)
            if not served or not annual[line.line_id]:
                continue
            local = brings(line, annual[line.line_id], served, month, method)
            month_end_rate = rate_on(reading.books, line.contract.currency, days[-1])
            found.append(
                Expected(
                    month=month,
                    line_id=line.line_id,
                    customer=reading.customer_of[line.family_id],
                    sku=line.sku,
                    recognised=line.mrr if line.in_service_on(days[-1]) else Fraction(0),
                    at_own_rate=round_cents(local * line.rate),
                    at_month_end_rate=round_cents(
                        local * (line.rate if month_end_rate is None else month_end_rate)
                    ),
                )
            )
    return found


def reconcile(
    expected: Iterable[Expected],
    journal: Iterable[JournalLine],
    customers: Collection[str],
    skus: Collection[str],
    as_of: date,
) -> dict[Row, dict[str, Fraction]]:
    """The terms of every row, months that are not over left out."""
    lines = [
        line
        for line in journal
        if line.loaded_at.date() <= as_of and line.account_number in REVENUE_ACCOUNTS
    ]

    def customer_of(line: JournalLine) -> str:
        known = line.customer_account_id in customers
        return line.customer_account_id if known and line.customer_account_id else NOT_GIVEN

    def months_of(line: JournalLine) -> tuple[date, date]:
        posted = line.posting_date.replace(day=1)
        return posted, (line.service_month or posted).replace(day=1)

    whole = {
        (month, customer_of(line))
        for line in lines
        if line.entry_source == "revenue_recognition" and line.sku is None
        for month in months_of(line)
    }
    rows: dict[Row, dict[str, Fraction]] = defaultdict(lambda: dict.fromkeys(TERMS, Fraction(0)))

    def add(month: date, customer: str, sku: str | None, term: str, amount: Fraction) -> None:
        if next_month(month) - ONE_DAY > as_of:
            return
        known = sku if sku is not None and sku in skus else NOT_GIVEN
        rows[month, customer, NOT_GIVEN if (month, customer) in whole else known][term] += amount

    for one in expected:
        place = (one.month, one.customer, one.sku)
        add(*place, "recognised_mrr", one.recognised)
        add(*place, "part_month", one.at_own_rate - one.recognised)
        add(*place, "currency_difference", one.at_month_end_rate - one.at_own_rate)
    for line in lines:
        amount = Fraction(line.amount)
        posted, served = months_of(line)
        customer = customer_of(line)
        add(posted, customer, line.sku, "ledger_revenue", amount)
        if line.entry_source == "credit_memo":
            add(posted, customer, line.sku, "credit", amount)
        elif line.entry_source == "manual":
            add(posted, customer, line.sku, "manual", amount)
        elif posted != served:
            add(posted, customer, line.sku, "timing", amount)
            add(served, customer, line.sku, "timing", -amount)
    for terms in rows.values():
        terms["unexplained"] = 2 * terms["ledger_revenue"] - sum(terms.values())
    return {row: terms for row, terms in rows.items() if any(terms.values())}


def walks(
    reading_levels: Iterable[tuple[date, str, dict[str, Decimal]]],
    rows: dict[Row, dict[str, Fraction]],
    as_of: date,
) -> dict[tuple[date, str], dict[str, Fraction]]:
    """Each customer's month from CMRR to ledger revenue; the levels by customer and month."""
    names = (*PARTS, *TERMS)
    found: dict[tuple[date, str], dict[str, Fraction]] = defaultdict(
        lambda: dict.fromkeys(names, Fraction(0))
    )
    for month, customer, level in reading_levels:
        if next_month(month) - ONE_DAY <= as_of:
            for part in PARTS:
                found[month, customer][part] += Fraction(level[part])
    for (month, customer, _sku), terms in rows.items():
        for term in TERMS[1:]:
            found[month, customer][term] += terms[term]
    return found


def unexplained_items(rows: dict[Row, dict[str, Fraction]]) -> list[Item]:
    """Rows that are not reconciled, cent by cent against the oldest opposite ones."""
    by_product: dict[tuple[str, str], list[tuple[date, Fraction]]] = defaultdict(list)
    for month, customer, sku in sorted(rows):
        amount = rows[month, customer, sku]["unexplained"]
        if abs(amount) > TOLERANCE:
            by_product[customer, sku].append((month, amount))
    found = []
    for (customer, sku), items in by_product.items():
        left = [amount for _, amount in items]
        cleared: list[date | None] = [None] * len(items)
        for plus in [n for n, amount in enumerate(left) if amount > 0]:
            for minus in [n for n, (_, amount) in enumerate(items) if amount < 0]:
                taken = min(max(left[plus], Fraction(0)), max(-left[minus], Fraction(0)))
                if not taken:
                    continue
                left[plus] -= taken
                left[minus] += taken
                for own, other in ((plus, minus), (minus, plus)):
                    if abs(left[own]) <= TOLERANCE and cleared[own] is None:
                        cleared[own] = max(items[own][0], items[other][0])
        for number, (month, amount) in enumerate(items):
            found.append(Item((month, customer, sku), amount, left[number], cleared[number]))
    return found


def remaining(
    reading: Reading, method: str
) -> dict[tuple[date, bool, str, str], tuple[Decimal, Decimal, Decimal]]:
    """What is signed and not yet served, by month, within twelve months or not, contract and
    SKU: all, of it ramp steps that are not CMRR yet, and CMRR that goes live.
    """
    today = reading.books.as_of
    in_a_year = date(today.year + 1, today.month, min(today.day, 28 if today.month == 2 else 31))
    annual = annual_amounts(reading)
    sums: dict[tuple[date, bool, str, str], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 3)
    for line in reading.lines:
        if line.signed > today:
            continue
        days: dict[tuple[date, bool], int] = defaultdict(int)
        day = max(line.start, today + ONE_DAY)
        while day <= line.service_end:
            days[day.replace(day=1), day <= in_a_year] += 1
            day += ONE_DAY
        for (month, is_within), served in days.items():
            local = brings(line, annual[line.line_id], served, month, method)
            key = (month, is_within, line.contract.contract_id, line.sku)
            sums[key][0] += round_cents(local * line.rate)
            if line.step_of is not None and line.commit_start > today:
                sums[key][1] += round_cents(local * line.rate)
        if line.committed_on(today) and line.start > today:
            key = (
                line.start.replace(day=1),
                line.start <= in_a_year,
                line.contract.contract_id,
                line.sku,
            )
            sums[key][2] += line.mrr
    return {
        key: (to_decimal(all_of_it), to_decimal(ramps), to_decimal(live))
        for key, (all_of_it, ramps, live) in sums.items()
        if all_of_it or live
    }
