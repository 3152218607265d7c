"""The renewal marts and their independent reading agree on drawn contract histories.

TENURE_RENEWAL_HISTORIES sets how many are drawn (default 200), TENURE_HISTORIES_SEED which.
Every build is a first build, so that each lock is a backfilled one.
"""

from __future__ import annotations

import os
from dataclasses import astuple, fields
from datetime import date
from typing import Any

import pytest

from tests.python.oracle.agreement import describe, sorted_only
from tests.python.oracle.histories import AS_OF, draw_histories, with_prefix
from tests.python.oracle.reading import Books
from tests.python.oracle.renewals_reading import Lock, Renewal, Renewals, known_by
from tests.python.oracle.warehouse import Warehouse, landing_rows

COUNT = int(os.environ.get("TENURE_RENEWAL_HISTORIES", "200"))
SEED = int(os.environ.get("TENURE_HISTORIES_SEED", "1"))
MIDDLE = date(2025, 2, 15)
SHOWN = 5
MARTS = ("fct_renewals", "fct_expected_cmrr_locks", "fct_renewal_lines")
TABLES = {"fct_renewals": Renewal, "fct_expected_cmrr_locks": Lock}
UNFOOTED = """
    select renewals.contract_id
    from marts.fct_renewals as renewals
    left join marts.fct_renewal_lines as lines using (contract_id)
    where renewals.is_resolved
    group by renewals.contract_id, renewals.renewed_cmrr, renewals.retained_cmrr
    having coalesce(sum(lines.after_cmrr), 0) <> renewals.renewed_cmrr
        or coalesce(sum(lines.retained_cmrr), 0) <> renewals.retained_cmrr
        or coalesce(sum(lines.after_cmrr - lines.before_cmrr), 0) <> coalesce(
            sum(product_effect + quantity_effect + list_price_effect
                + discount_effect + currency_effect + swap_effect), 0)
"""
OUTCOMES = {
    *("renewed_up", "renewed_flat", "renewed_down", "archived", "cancelled", "lapsed"),
    *("late", "open"),
}


@pytest.fixture(scope="module")
def histories() -> list[Books]:
    """Drawn histories, each with ids of its own."""
    drawn = draw_histories(COUNT, SEED)
    return [with_prefix(books, f"H{number:04d}-") for number, books in enumerate(drawn)]


@pytest.fixture(scope="module")
def past(histories: list[Books]) -> list[Books]:
    """The same histories as they were on a day in the middle."""
    known = [known_by(books, MIDDLE) for books in histories]
    return [books for books in known if books.contracts]


@pytest.fixture(scope="module")
def read_now(histories: list[Books]) -> list[Renewals]:
    """The reading of each history."""
    return [Renewals(books) for books in histories]


@pytest.fixture(scope="module")
def read_past(past: list[Books]) -> list[Renewals]:
    """The reading of each history on the day in the middle."""
    return [Renewals(books) for books in past]


@pytest.fixture(scope="module")
def monthly(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The compiled models, locking by fiscal month."""
    return Warehouse(tmp_path_factory.mktemp("monthly"), marts=MARTS)


def test_marts_and_reading_agree_on_renewals(monthly: Warehouse, read_now: list[Renewals]) -> None:
    assert_agreement(monthly, read_now, AS_OF)


def test_they_agree_as_of_a_day_in_the_middle(
    monthly: Warehouse, read_past: list[Renewals]
) -> None:
    assert_agreement(monthly, read_past, MIDDLE)


def test_they_agree_where_a_lock_is_of_a_quarter(
    tmp_path_factory: pytest.TempPathFactory, past: list[Books]
) -> None:
    quarterly = Warehouse(
        tmp_path_factory.mktemp("quarterly"),
        marts=MARTS,
        variables={"expected_cmrr_lock": "quarter"},
    )
    assert_agreement(quarterly, [Renewals(books, months=3) for books in past], MIDDLE)


def test_histories_reach_every_outcome_and_timing(
    read_now: list[Renewals], read_past: list[Renewals]
) -> None:
    rows = [row for read in (*read_now, *read_past) for row in read.renewals]
    assert {row.outcome for row in rows} == OUTCOMES
    assert {row.timing for row in rows} == {"early", "in_period", "late", "carried_over", None}
    assert any(row.added_since_lock > 0 for row in rows)
    assert any(row.added_since_lock < 0 for row in rows)
    assert any(0 < row.retained_cmrr < row.renewed_cmrr for row in rows)


def assert_agreement(warehouse: Warehouse, readings: list[Renewals], day: date) -> None:
    """The marts of one first build have the rows of the readings, and lines that sum to them."""
    owner = {
        contract.contract_id: number
        for number, read in enumerate(readings)
        for contract in read.books.contracts
    }
    found: dict[str, list[list[tuple[Any, ...]]]] = {}
    rows = landing_rows([read.books for read in readings])
    with warehouse.run(rows, day) as connection:
        for table, kind in TABLES.items():
            names = [field.name for field in fields(kind)]
            query = f"select {', '.join(names)} from marts.{table}"
            found[table] = [[] for _ in readings]
            for row in connection.execute(query).fetchall():
                found[table][owner[row[names.index("contract_id")]]].append(row)
        unfooted = connection.execute(UNFOOTED).fetchall()
    texts = []
    for number, read in enumerate(readings):
        changed = []
        for table, said in (
            ("fct_renewals", read.renewals),
            ("fct_expected_cmrr_locks", read.locks),
        ):
            ours, theirs = [astuple(row) for row in said], found[table][number]
            changed += [f"{table}: only the reading {line}" for line in sorted_only(ours, theirs)]
            changed += [f"{table}: only the marts   {line}" for line in sorted_only(theirs, ours)]
        if changed:
            texts.append("\n".join([f"history {number}", *describe(read.books), *changed]))
    assert not texts, "\n\n".join(
        [f"{len(texts)} of {len(readings)} histories differ", *texts[:SHOWN]]
    )
    assert not unfooted, unfooted[:SHOWN]
