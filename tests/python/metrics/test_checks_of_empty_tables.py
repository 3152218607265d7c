"""A company without advocates, invoices or renewals is checked like any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pandas as pd
import pytest

from orchestration.kpi_checks.frames import Tables
from orchestration.kpi_checks.registry import KpiCheck, kpi_checks
from refreshing import BuiltCompany

CHECKS = [(area, check) for area, own in kpi_checks().items() for check in own]
NEVER_EMPTY = ("seeds.", "marts.dim_fiscal_months")


class SomeEmpty(Tables):
    """Tables of which some have no rows, and which of them were read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
        super().__init__(connection, as_of)
        self.read: set[str] = set()
        self.empty: set[str] = set()

    def __call__(self, name: str) -> pd.DataFrame:
        self.read.add(name)
        frame = super().__call__(name)
        return frame.iloc[:0].copy() if name in self.empty else frame

    def without(self, *names: str) -> SomeEmpty:
        """The same tables, but for what was computed of them, with the named ones empty."""
        tables = SomeEmpty(self._connection, self.as_of.date())
        tables._frames, tables.empty = self._frames, set(names)
        return tables


@pytest.fixture(scope="module")
def tables(built_company: BuiltCompany) -> Iterator[SomeEmpty]:
    """The tables of the small company."""
    file = built_company.warehouse_dir / "warehouse.duckdb"
    with duckdb.connect(file, read_only=True) as connection:
        yield SomeEmpty(connection, built_company.as_of)


@pytest.mark.parametrize(
    "check", [check for _, check in CHECKS], ids=[f"{a}-{c.compute.__name__}" for a, c in CHECKS]
)
def test_any_table_that_a_check_reads_and_all_of_them_may_be_empty(
    tables: SomeEmpty, check: KpiCheck
) -> None:
    periods = tables.periods.groupby("period_grain").tail(2)
    whole = tables.without()
    assert set(check.compute(whole, periods)) == set(check.metrics)
    read = {name for name in whole.read if not name.startswith(NEVER_EMPTY)}
    for empty in [*({name} for name in sorted(read)), read]:
        found = check.compute(tables.without(*empty), periods)
        assert set(found) == set(check.metrics), empty
