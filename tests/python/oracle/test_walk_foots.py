"""For random histories and random journals, the walk from CMRR to the ledger foots for every
customer and month, and every column is what the words say.

TENURE_LEDGER_HISTORIES sets how many histories are drawn (default 100),
TENURE_HISTORIES_SEED which.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import duckdb
import pytest

from tests.python.oracle.histories import AS_OF, draw_histories, with_prefix
from tests.python.oracle.ledger_reading import (
    TERMS,
    TOLERANCE,
    Expected,
    JournalLine,
    Row,
    expected_lines,
    reconcile,
    remaining,
    unexplained_items,
    walks,
)
from tests.python.oracle.reading import Books, Reading, next_month, read, to_decimal
from tests.python.oracle.test_agreement import known_by
from tests.python.oracle.warehouse import LONG_AGO, Warehouse, landing_rows

COUNT = int(os.environ.get("TENURE_LEDGER_HISTORIES", "100"))
SEED = int(os.environ.get("TENURE_HISTORIES_SEED", "1"))
SHOWN = 12
MARTS = (
    "fct_ledger_reconciliation",
    "fct_expected_revenue_lines",
    "fct_ledger_revenue_lines",
    "fct_unexplained_items",
    "rpt_cmrr_to_ledger",
    "fct_remaining_performance_obligation",
)
MIDDLE = date(2025, 6, 17)
CASES = {
    "monthly_even": ("monthly_even", AS_OF),
    "daily_365": ("daily_365", AS_OF),
    "monthly_even in the middle of a month": ("monthly_even", MIDDLE),
}
SKUS = {"CORE", "PLUS", "API", "ARCH", "SETUP"}
FATES = (
    *("right",) * 12,
    *("late", "late", "early", "missing", "wrong", "split", "twice"),
    *("without_sku", "without_customer", "unknown_customer", "unknown_sku"),
    *("no_service_month", "five_cents", "six_cents", "not_loaded", "put_right"),
)
STEPS = (
    ("cmrr", None),
    ("booked_not_live", -1),
    ("held_over", -1),
    ("notice_not_effective", 1),
    ("unsigned_in_service", 1),
    ("recognised_mrr", None),
    ("part_month", 1),
    ("currency_difference", 1),
    ("expected_revenue", None),
    ("credit", 1),
    ("manual", 1),
    ("timing", 1),
    ("unexplained", 1),
    ("ledger_revenue", None),
)


class Accountant:
    """Posts a customer's months, rightly or not, by dice."""

    def __init__(self, number: int, customer: str, as_of: date) -> None:
        """One of her own per customer, the same for the same number."""
        self.dice = Random(f"{SEED}/{number}")
        self.customer = customer
        self.as_of = as_of
        self.prefix = f"J{number:04d}"
        self.lines: list[JournalLine] = []
        self.fates: Counter[str] = Counter()

    def post(self, month: date, amount: Decimal, sku: str | None, **given: Any) -> None:
        """One line of revenue recognition, posted on a day of the month."""
        day = month + timedelta(
            days=self.dice.choice((0, 14, (next_month(month) - month).days - 1))
        )
        line = JournalLine(
            journal_line_id=f"{self.prefix}-{len(self.lines):04d}",
            posting_date=day,
            account_number=self.dice.choice(("4000", "4010")),
            customer_account_id=self.customer,
            sku=sku,
            service_month=month,
            entry_source="revenue_recognition",
            amount=amount,
            loaded_at=LONG_AGO,
        )
        self.lines.append(replace(line, **given))

    def keep_books(self, expected: Iterable[Expected]) -> None:
        """Post what is expected of each month and SKU by a fate, and some more by hand."""
        amounts: dict[tuple[date, str], Fraction] = defaultdict(Fraction)
        for one in expected:
            amounts[one.month, one.sku] += one.at_month_end_rate
        for (month, sku), exact in sorted(amounts.items()):
            fate = self.dice.choice(FATES)
            self.fates[fate] += 1
            self.meet(fate, month, to_decimal(exact), sku)
        for month in sorted({month for month, _ in amounts}):
            if self.dice.random() < 0.15:
                self.post_by_hand(month)

    def meet(self, fate: str, month: date, amount: Decimal, sku: str) -> None:
        """Post a month's revenue of a SKU as its fate has it."""
        other = month
        for _ in range(self.dice.randint(1, 3)):
            other = next_month(other)
        before = (month - timedelta(days=40)).replace(day=1)
        cents = Decimal("0.01")
        match fate:
            case "right":
                self.post(month, amount, sku)
            case "late":
                self.post(other, amount, sku, service_month=month)
            case "early":
                self.post(before, amount, sku, service_month=month)
            case "wrong":
                self.post(month, amount + self.dice.choice((-7, 13)) * cents * 11, sku)
            case "five_cents" | "six_cents":
                off = 5 if fate == "five_cents" else 6
                self.post(month, amount + self.dice.choice((-off, off)) * cents, sku)
            case "split":
                part = (amount / 3).quantize(cents)
                self.post(month, part, sku)
                self.post(other, amount - part, sku, service_month=month)
            case "twice":
                self.post(month, amount, sku)
                self.post(month, amount, sku)
            case "without_sku":
                self.post(self.dice.choice((month, other)), amount, None, service_month=month)
            case "without_customer" | "unknown_customer":
                name = None if fate == "without_customer" else "NOBODY"
                named = self.dice.choice((sku, sku, None))
                self.post(month, amount, named, customer_account_id=name)
            case "unknown_sku":
                self.post(month, amount, "GONE")
            case "no_service_month":
                self.post(month, amount, sku, service_month=None)
            case "not_loaded":
                day = datetime.combine(self.as_of + timedelta(days=1), time(0))
                self.post(month, amount, sku, loaded_at=day)
            case "put_right":
                self.post(other, amount, sku)

    def post_by_hand(self, month: date) -> None:
        """A credit memo, a manual line, or one on an account that is not of recurring revenue."""
        source = self.dice.choice(("credit_memo", "manual", "revenue_recognition"))
        given: dict[str, Any] = {"entry_source": source}
        if source == "revenue_recognition":
            given["account_number"] = "2400"
        if self.dice.random() < 0.3:
            given["customer_account_id"] = None
        given["service_month"] = self.dice.choice((month, None, next_month(month)))
        amount = Decimal(self.dice.randint(-5000, 5000)).scaleb(-2)
        self.post(month, amount, self.dice.choice((*sorted(SKUS), "GONE", None)), **given)


@dataclass
class Case:
    """What the words say of the drawn histories, and the marts that were built of them."""

    readings: list[Reading]
    expected: list[Expected]
    rows: dict[Row, dict[str, Fraction]]
    fates: Counter[str]
    method: str
    as_of: date
    connection: duckdb.DuckDBPyConnection

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the marts."""
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def histories() -> list[Books]:
    """Drawn histories, each with ids of its own."""
    drawn = draw_histories(COUNT, SEED)
    return [with_prefix(books, f"H{number:04d}-") for number, books in enumerate(drawn)]


@pytest.fixture(scope="module")
def warehouse_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    """The compiled models under a method, compiled once."""
    compiled: dict[str, Warehouse] = {}

    def get(method: str) -> Warehouse:
        if method not in compiled:
            compiled[method] = Warehouse(
                tmp_path_factory.mktemp(method),
                marts=MARTS,
                variables={"revenue_recognition": method},
            )
        return compiled[method]

    return get


@pytest.fixture(scope="module", params=list(CASES))
def case(
    request: pytest.FixtureRequest,
    histories: list[Books],
    warehouse_of: Callable[[str], Warehouse],
) -> Any:
    """One build per method and as-of date."""
    method, as_of = CASES[request.param]
    known = histories if as_of == AS_OF else [known_by(books, as_of) for books in histories]
    known = [books for books in known if books.contracts]
    readings = [read(books) for books in known]
    expected: list[Expected] = []
    journal: list[JournalLine] = []
    fates: Counter[str] = Counter()
    for number, reading in enumerate(readings):
        own = expected_lines(reading, method)
        accountant = Accountant(number, reading.books.contracts[0].account_id, as_of)
        accountant.keep_books(own)
        expected += own
        journal += accountant.lines
        fates += accountant.fates
    customers = {contract.account_id for books in known for contract in books.contracts}
    rows = reconcile(expected, journal, customers, SKUS, as_of)
    landing = landing_rows(known)
    landing["ledger", "gl_accounts"] = [
        {
            "account_number": account,
            "account_name": account,
            "account_class": kind,
            "loaded_at": LONG_AGO,
        }
        for account, kind in (
            ("4000", "recurring_revenue"),
            ("4010", "recurring_revenue"),
            ("2400", "deferred_revenue"),
        )
    ]
    landing["ledger", "journal_lines"] = [
        {
            **vars(line),
            "journal_id": line.journal_line_id,
            "credit_amount": max(line.amount, Decimal(0)),
            "debit_amount": max(-line.amount, Decimal(0)),
            "posted_at": datetime.combine(line.posting_date, time(12)),
        }
        for line in journal
    ]
    with warehouse_of(method).run(landing, as_of) as connection:
        yield Case(readings, expected, rows, fates, method, as_of, connection)


def differences(said: Iterable[Sequence[Any]], true: Iterable[Sequence[Any]]) -> list[str]:
    """Rows that only one side has, a few of each."""
    ours, theirs = Counter(map(tuple, said)), Counter(map(tuple, true))
    assert theirs, "nothing to compare"
    only_said = sorted(map(str, (ours - theirs).elements()))
    only_true = sorted(map(str, (theirs - ours).elements()))
    return [
        *(f"only the marts   {row}" for row in only_said[:SHOWN]),
        *(f"only the reading {row}" for row in only_true[:SHOWN]),
    ]


def test_every_column_of_the_reconciliation_agrees(case: Case) -> None:
    said = case.fetch(
        f"select month, customer_id, sku, {', '.join(TERMS)}, is_reconciled"
        " from marts.fct_ledger_reconciliation"
    )
    true = [
        (
            *row,
            *(to_decimal(terms[term]) for term in TERMS),
            abs(terms["unexplained"]) <= TOLERANCE,
        )
        for row, terms in case.rows.items()
    ]
    assert not differences(said, true)


def test_the_walk_foots_for_every_customer_and_month(case: Case) -> None:
    levels = [
        (month, reading.customer_of[family], level)
        for reading in case.readings
        for (month, family, _sku), level in reading.months().items()
    ]
    found = walks(levels, case.rows, case.as_of)
    total: dict[tuple[date, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for (month, _), amounts in found.items():
        for name, amount in amounts.items():
            total[month, "total"][name] += amount
    true = []
    for (month, customer), amounts in [*found.items(), *total.items()]:
        level = amounts["cmrr"]
        for number, (step, direction) in enumerate(STEPS, start=1):
            if direction is not None:
                level += direction * amounts[step]
                if not amounts[step] and customer != "total":
                    continue
            elif step != "expected_revenue":
                assert level == amounts[step], (month, customer, step)
            amount = None if direction is None else to_decimal(direction * amounts[step])
            true.append((month, customer, number, step, amount, to_decimal(level)))
    said = case.fetch(
        "select month, customer_id, step_number, step, amount, running_level"
        " from marts.rpt_cmrr_to_ledger"
    )
    assert not differences(said, true)


def test_expected_revenue_agrees_line_by_line(case: Case) -> None:
    said = case.fetch(
        "select month, order_line_id, customer_id, sku, recognised_mrr, expected_at_own_rate,"
        " expected_revenue from marts.fct_expected_revenue_lines"
    )
    true = [
        (
            one.month,
            one.line_id,
            one.customer,
            one.sku,
            to_decimal(one.recognised),
            to_decimal(one.at_own_rate),
            to_decimal(one.at_month_end_rate),
        )
        for one in case.expected
    ]
    assert not differences(said, true)


def test_drill_downs_sum_to_the_reconciliation(case: Case) -> None:
    said = case.fetch(
        """
        select month, customer_id, sku, sum(expected), sum(ledger), sum(credit), sum(manual),
            sum(timing)
        from (
            select month, customer_id, reconciliation_sku as sku, expected_revenue as expected,
                0 as ledger, 0 as credit, 0 as manual, 0 as timing
            from marts.fct_expected_revenue_lines
            union all
            select month, customer_id, sku, 0, ledger_amount,
                case when term = 'credit' then term_amount else 0 end,
                case when term = 'manual' then term_amount else 0 end,
                case when term = 'timing' then term_amount else 0 end
            from marts.fct_ledger_revenue_lines
        )
        group by all
        having sum(abs(expected)) + sum(abs(ledger)) + sum(abs(timing)) <> 0
        """
    )
    sums = {row[:3]: row[3:] for row in said if any(row[3:]) or row[:3] in case.rows}
    true = {
        row: (
            terms["recognised_mrr"] + terms["part_month"] + terms["currency_difference"],
            terms["ledger_revenue"],
            terms["credit"],
            terms["manual"],
            terms["timing"],
        )
        for row, terms in case.rows.items()
    }
    assert sums == true


def test_unexplained_items_agree(case: Case) -> None:
    said = case.fetch(
        "select month, customer_id, sku, unexplained, open_amount, is_open, cleared_month"
        " from marts.fct_unexplained_items"
    )
    true = [
        (
            *item.row,
            to_decimal(item.amount),
            to_decimal(item.left),
            item.cleared is None,
            item.cleared,
        )
        for item in unexplained_items(case.rows)
    ]
    assert not differences(said, true)


def test_what_is_contracted_and_not_yet_served_agrees(case: Case) -> None:
    said = case.fetch(
        "select month, is_within_twelve_months, contract_id, sku, remaining_amount,"
        " ramp_step_amount, going_live_cmrr from marts.fct_remaining_performance_obligation"
    )
    true = [
        (*key, *amounts)
        for reading in case.readings
        for key, amounts in remaining(reading, case.method).items()
    ]
    if case.as_of == AS_OF and not true:
        assert said == []
        return
    assert not differences(said, true)


def test_the_accountant_meets_every_fate(case: Case) -> None:
    assert set(case.fates) == set(FATES)
