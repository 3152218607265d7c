"""What the marts say of the whole sample company is what truly happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from refreshing import BuiltCompany

SAID_AND_TRUE = {
    "movements": (
        """
        select movement_date, customer_id, contract_family_id, sku, movement_type, timing, driver,
            sum(amount) as amount
        from said.marts.fct_cmrr_movements group by all having sum(amount) <> 0
        """,
        """
        select date, customer_id, contract_family_id, sku, movement_type, timing, driver,
            sum(amount) as amount
        from true_changes group by all having sum(amount) <> 0
        """,
    ),
    "levels at every month end": (
        """
        select month, customer_id, contract_family_id, sku, cmrr, recognised_mrr,
            booked_not_live, held_over, notice_not_effective, unsigned_in_service
        from said.marts.fct_cmrr_months
        """,
        """
        select month, customer_id, contract_family_id, sku, cmrr, recognised_mrr,
            booked_not_live, held_over, notice_not_effective, unsigned_in_service
        from true_levels
        where not (cmrr = 0 and recognised_mrr = 0 and booked_not_live = 0 and held_over = 0
            and notice_not_effective = 0 and unsigned_in_service = 0)
        """,
    ),
    "endings of the bridge": (
        """
        select month, contract_family_id, sku, ending_cmrr
        from said.marts.fct_cmrr_bridge where ending_cmrr <> 0
        """,
        "select month, contract_family_id, sku, cmrr from true_levels where cmrr <> 0",
    ),
    "states of customers": (
        """
        select customer_id, first_signed_date, cmrr, is_active, churned_date, segment
        from said.marts.dim_customers
        """,
        """
        select customer_id, first_signed_date, cmrr, is_active, churned_date, segment
        from true_customers
        """,
    ),
    "rows that a planted defect breaks": (
        """
        select source_name, table_name, row_key, rule, is_set_aside
        from said.marts.fct_rejected_rows
        semi join planted using (source_name, table_name, row_key, rule)
        """,
        "select source_name, table_name, row_key, rule, is_set_aside from planted",
    ),
}


@pytest.fixture(scope="module")
def answers(built_default_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file as `said`, and the answer key as views."""
    key = built_default_company.answer_key
    with duckdb.connect() as connection:
        published = built_default_company.warehouse_dir / "published.duckdb"
        connection.execute(f"attach '{published}' as said (read_only)")
        for name in ("changes", "levels", "customers", "defects"):
            connection.execute(
                f"create view true_{name} as select * from read_parquet('{key / name}.parquet')"
            )
        connection.execute(
            "create view planted as select distinct source_name, table_name, row_key, rule,"
            " is_set_aside from true_defects where rule is not null and row_key is not null"
        )
        yield connection


def differences(
    connection: duckdb.DuckDBPyConnection, said: str, truth: str
) -> tuple[list[Any], list[Any]]:
    """Rows that only the marts have, and rows that only the answer key has."""
    only_said = connection.execute(f"({said}) except all ({truth}) limit 20").fetchall()
    only_true = connection.execute(f"({truth}) except all ({said}) limit 20").fetchall()
    return only_said, only_true


@pytest.mark.parametrize("what", SAID_AND_TRUE)
def test_marts_agree_with_the_answer_key(answers: duckdb.DuckDBPyConnection, what: str) -> None:
    said, truth = SAID_AND_TRUE[what]
    assert answers.execute(f"select count(*) from ({truth})").fetchall()[0][0] > 400
    assert differences(answers, said, truth) == ([], [])


def test_a_reason_that_was_given_is_the_reason_shown(answers: duckdb.DuckDBPyConnection) -> None:
    other = answers.execute(
        """
        select count(*) as given,
            count(*) filter (where said_reason <> reason_code) as others
        from (
            select true_changes.reason_code, movements.reason_code as said_reason
            from (
                select date, contract_family_id, sku, movement_type, timing, driver,
                    min(reason_code) as reason_code
                from true_changes
                group by all
                having count(distinct reason_code) = 1 and count(*) = 1
            ) as true_changes
            inner join said.marts.fct_cmrr_movements as movements
                on true_changes.date = movements.movement_date
                and true_changes.contract_family_id = movements.contract_family_id
                and true_changes.sku = movements.sku
                and true_changes.movement_type = movements.movement_type
                and true_changes.timing = movements.timing
                and true_changes.driver = movements.driver
        )
        """
    ).fetchall()[0]
    assert other[0] > 500
    assert other[1] == 0
