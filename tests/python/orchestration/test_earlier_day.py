"""A day before the first that was ever built is refreshed and published like any other."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb

from refreshing import BuiltCompany, run_refresh

STATE = "from marts.fct_expected_cmrr_locks order by all"


def read(warehouse: Path, query: str) -> list[tuple]:
    """The rows of a query over what is published."""
    with duckdb.connect(warehouse / "published.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_day_before_the_first_build_is_published_and_leaves_what_was_locked(
    built_company: BuiltCompany, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    shutil.copytree(built_company.warehouse_dir, warehouse)
    locked = read(warehouse, STATE)
    earlier = built_company.as_of.replace(day=1) - timedelta(days=17)
    refreshed = run_refresh(built_company.landing, warehouse, earlier.isoformat())
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    assert read(warehouse, STATE) == locked != []
    newest = "select max(period_start) from marts.rpt_kpis where period_grain = 'day'"
    assert read(warehouse, newest) == [(earlier,)]
