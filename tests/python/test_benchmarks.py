"""The benchmark runs, and its billing data has what CMRR is hard for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import cmrr, sql_run


def make_data(database: Path) -> None:
    cmrr.create_raw_relations(database)
    sql_run.run(
        database,
        cmrr.BENCHMARKS_DIR / "billing_data.sql",
        {"customers": "200", "years": "8", "as_of": cmrr.AS_OF},
    )


def contents(database: Path) -> list:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select * from raw_billing.order_lines order by order_line_id"
        ).fetchall()


def test_the_data_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.duckdb", "two.duckdb"):
        make_data(tmp_path / name)
    assert contents(tmp_path / "one.duckdb") == contents(tmp_path / "two.duckdb")


def test_a_small_run_agrees_with_the_floor_and_reports(tmp_path: Path) -> None:
    output = tmp_path / "report.md"
    cmrr.main(["--customers", "200", "--output", str(output)])
    page = output.read_text(encoding="utf-8")
    for name in ("fct_cmrr_movements", "fct_cmrr_months", "fct_cmrr_bridge", "floor"):
        assert f"| {name} |" in page


def test_a_row_that_differs_stops_the_benchmark() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute("create schema floor")
        columns = "customer_id, contract_family_id, sku"
        for table in ("marts.fct_cmrr_movements", "floor.movements"):
            amount = 1 if table.startswith("marts") else 2
            connection.execute(
                f"create table {table} as select date '2025-01-01', 'c', 'f', 's', {amount}"
            )
            renamed = f"movement_date, {columns}, amount"
            connection.execute(
                f"create or replace table {table} as select * from {table} as t({renamed})"
            )
        with pytest.raises(cmrr.BenchmarkError, match="fct_cmrr_movements and its floor differ"):
            cmrr.compare(connection)
