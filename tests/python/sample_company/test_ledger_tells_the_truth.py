"""Every difference planted in the ledger is found under its name, and there is no other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from refreshing import BuiltCompany

NOT_GIVEN = "not_given"
TOLERANCE = Decimal("0.05")
KINDS = {
    "credit_memo",
    "late_posting",
    "manual",
    "missing_posting",
    "unknown_customer",
    "unknown_sku",
    "without_customer",
    "without_sku",
    "wrong_amount",
}
Row = tuple[date, str, str]  # month, customer, SKU


@dataclass
class Truth:
    """What the planted differences make of each row of the reconciliation."""

    kinds: Counter[str] = field(default_factory=Counter)
    credit: dict[Row, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    manual: dict[Row, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    timing: dict[Row, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unexplained: dict[Row, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    whole_months: set[tuple[date, str]] = field(default_factory=set)

    def amounts(self, term: str) -> dict[Row, Decimal]:
        """A term by row, once the months that are one row are one; nothing is no row."""
        found: dict[Row, Decimal] = defaultdict(Decimal)
        for (month, customer, sku), amount in getattr(self, term).items():
            is_whole = (month, customer) in self.whole_months
            found[month, customer, NOT_GIVEN if is_whole else sku] += amount
        return {row: amount for row, amount in found.items() if amount}


@pytest.fixture(scope="module")
def published(built_default_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts as `said`."""
    with duckdb.connect() as connection:
        path = built_default_company.warehouse_dir / "published.duckdb"
        connection.execute(f"attach '{path}' as said (read_only)")
        connection.execute("use said.marts")
        yield connection


@pytest.fixture(scope="module")
def truth(built_default_company: BuiltCompany) -> Truth:
    """The answer key's ledger items, told by row; journal lines as the accountant wrote them."""
    key = built_default_company.answer_key
    files = built_default_company.landing / "ledger" / "journal_lines" / "*.parquet"
    with duckdb.connect() as connection:
        never_seen = {
            name
            for (name,) in connection.execute(
                f"select customer_id from read_parquet('{key}/customers.parquet')"
                " where not is_in_crm"
            ).fetchall()
        }
        items = connection.execute(
            f"""
            select kind, month_posted, service_month, items.customer_id, items.sku, items.amount,
                lines.customer_account_id, lines.sku, lines.amount
            from read_parquet('{key}/ledger_items.parquet') as items
            left join (
                select journal_line_id, customer_account_id, sku,
                    credit_amount - debit_amount as amount
                from read_parquet('{files}')
                qualify row_number() over (
                    partition by journal_line_id order by loaded_at
                ) = 1
            ) as lines using (journal_line_id)
            """
        ).fetchall()
    found = Truth()
    for kind, posted, service, customer, sku, amount, line_customer, line_sku, written in items:
        found.kinds[kind] += 1
        is_unknown = line_customer is None or line_customer in never_seen
        named = NOT_GIVEN if is_unknown else line_customer
        at_posting = (posted, named, line_sku or NOT_GIVEN)
        at_service = (service, named, line_sku or NOT_GIVEN)
        expected = (service, customer, sku)
        if kind in ("credit_memo", "manual"):
            (found.credit if kind == "credit_memo" else found.manual)[at_posting] += amount
        elif kind == "late_posting":
            found.timing[at_posting] += amount
            found.timing[at_service] -= amount
            if is_unknown:
                found.unexplained[expected] -= amount
                found.unexplained[at_service] += amount
        elif kind == "missing_posting" or kind == "wrong_amount":
            found.unexplained[expected] += amount
        elif kind == "without_sku":
            found.whole_months |= {(posted, named), (service, named)}
        elif kind == "unknown_sku":
            found.unexplained[posted, customer, NOT_GIVEN] += amount
        elif amount:  # a customer that never was: nothing is expected of it
            found.unexplained[posted, NOT_GIVEN, line_sku or NOT_GIVEN] += amount
        else:
            found.unexplained[expected] -= written
            found.unexplained[at_posting] += written
    return found


def test_every_kind_of_difference_is_planted(truth: Truth) -> None:
    assert set(truth.kinds) == KINDS
    assert min(truth.kinds.values()) >= 5


@pytest.mark.parametrize("term", ["credit", "manual", "timing", "unexplained"])
def test_every_planted_difference_is_named_and_there_is_no_other(
    published: duckdb.DuckDBPyConnection, truth: Truth, term: str
) -> None:
    said = {
        row[:3]: row[3]
        for row in published.execute(
            f"select month, customer_id, sku, {term} from fct_ledger_reconciliation"
            f" where {term} <> 0"
        ).fetchall()
    }
    expected = truth.amounts(term)
    assert len(expected) > 100
    wrong = {
        row: (said.get(row), expected.get(row))
        for row in said.keys() | expected.keys()
        if said.get(row) != expected.get(row)
    }
    assert not wrong, f"{len(wrong)} rows: {dict(sorted(wrong.items())[:10])}"


def test_a_row_is_reconciled_exactly_when_nothing_is_planted_in_it(
    published: duckdb.DuckDBPyConnection, truth: Truth
) -> None:
    said = set(
        published.execute(
            "select month, customer_id, sku from fct_ledger_reconciliation where not is_reconciled"
        ).fetchall()
    )
    amounts = truth.amounts("unexplained")
    assert said == {row for row, amount in amounts.items() if abs(amount) > TOLERANCE}
    assert said == set(
        published.execute("select month, customer_id, sku from fct_unexplained_items").fetchall()
    )
    rows = published.execute("select count(*) from fct_ledger_reconciliation").fetchall()[0][0]
    assert 0 < len(said) < rows / 50


def test_a_customers_month_without_sku_is_one_row(
    published: duckdb.DuckDBPyConnection, truth: Truth
) -> None:
    said = set(
        published.execute(
            "select month, customer_id from fct_ledger_reconciliation"
            " where recognised_mrr <> 0 and sku = 'not_given'"
        ).fetchall()
    )
    assert said
    assert said <= truth.whole_months
    many = published.execute(
        "select month, customer_id from fct_ledger_reconciliation group by all having count(*) > 1"
    ).fetchall()
    assert not truth.whole_months & set(many)


def test_postings_that_name_nobody_are_listed(
    published: duckdb.DuckDBPyConnection, built_default_company: BuiltCompany
) -> None:
    key = built_default_company.answer_key / "ledger_items.parquet"
    missing = published.execute(
        f"""
        select journal_line_id, kind
        from read_parquet('{key}') as items
        where kind in ('unknown_customer', 'unknown_sku')
            and not exists (
                select 1 from fct_rejected_rows as rejected
                where rejected.table_name = 'journal_lines'
                    and rejected.row_key = items.journal_line_id
                    and rejected.rule = items.kind
                    and not rejected.is_set_aside
            )
        """
    ).fetchall()
    assert missing == []


def test_what_is_left_of_deferred_revenue_is_what_the_ledger_posted_otherwise(
    published: duckdb.DuckDBPyConnection, truth: Truth
) -> None:
    """Invoices are booked as they stand, so but for cents only revenue makes a difference."""
    rows = published.execute(
        "select month, revenue_difference, invoice_difference from rpt_deferred_revenue_to_ledger"
    ).fetchall()
    assert len(rows) > 40
    posted_otherwise = Counter()
    for term in ("timing", "unexplained"):
        for (month, _customer, _sku), amount in truth.amounts(term).items():
            posted_otherwise[month] += amount
    for month, revenue, invoices in rows:
        until = sum(amount for day, amount in posted_otherwise.items() if day <= month)
        assert revenue == -until
        assert abs(invoices) < 1
