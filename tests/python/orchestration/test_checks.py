"""Checks of the built warehouse: what they find, and that nothing is published then."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.checks import (
    Check,
    bridge_foots,
    customers_were_loaded,
    failed_checks,
    run_checks,
)

PARTS = ("new", "reactivation", "add_on", "upgrade", "downgrade", "swap")
MOVEMENTS = [f"{part}_cmrr" for part in (*PARTS, "cancellation", "archive", "currency")]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """A bridge of two months that foots, and one customer that was loaded."""
    connection = duckdb.connect()
    zeros = ", ".join(f"0.00 as {name}" for name in MOVEMENTS if name != "new_cmrr")
    connection.execute("create schema marts; create schema raw_crm")
    connection.execute(
        "create table marts.fct_cmrr_bridge as"
        f" select date '2026-01-01' as month, 0.00 as beginning_cmrr, 100.00 as new_cmrr, {zeros},"
        " 100.00 as ending_cmrr"
        f" union all select date '2026-02-01', 100.00, 1.00, {zeros}, 101.00"
    )
    connection.execute("create table raw_crm.accounts as select 'A1' as account_id")
    connection.execute("create table marts.dim_customers as select 'A1' as customer_id")
    return connection


def test_a_warehouse_that_is_right_has_nothing_to_find(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert bridge_foots(connection) == customers_were_loaded(connection) == []


def test_a_cent_too_much_does_not_foot(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "update marts.fct_cmrr_bridge set add_on_cmrr = 0.01 where month = '2026-02-01'"
    )
    [line] = bridge_foots(connection)
    assert line.startswith("February 2026: 100.00 and movements of 1.01 make no 101.00")


def test_a_month_begins_with_what_the_one_before_ended_with(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "update marts.fct_cmrr_bridge set beginning_cmrr = 99, ending_cmrr = 100"
        " where month = '2026-02-01'"
    )
    assert len(bridge_foots(connection)) == 1


def test_a_customer_that_was_never_loaded_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("insert into marts.dim_customers values ('A2')")
    assert customers_were_loaded(connection) == ["customer A2 is no account of the CRM"]


def test_a_check_can_only_read(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "warehouse.duckdb").close()

    def write(connection: duckdb.DuckDBPyConnection) -> list[str]:
        connection.execute("create table t as select 1")
        return []

    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        run_checks(tmp_path / "warehouse.duckdb", [Check("writes", "t", "Writes.", write)])


def test_what_was_found_is_told_by_check_and_cut_off() -> None:
    some = Check("finds", "fct_x", "Finds.", lambda _: [])
    none = Check("finds_none", "fct_x", "Finds none.", lambda _: [])
    assert failed_checks({some: [], none: []}) is None
    told = failed_checks({some: [f"line {number}" for number in range(12)], none: []})
    assert told is not None
    lines = told.splitlines()
    assert lines[0] == "1 check of the built warehouse failed:"
    assert lines[1] == "  finds (marts.fct_x)"
    assert lines[-2:] == ["    line 9", "    and 2 more"]
