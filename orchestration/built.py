"""What a check of the built warehouse is, and what it is given to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
import pandas as pd

from orchestration.kpi_checks.frames import Tables
from orchestration.kpi_checks.registry import periods_to_check, read_served

MAX_LINES = 50


@dataclass(frozen=True)
class Built:
    """A working file that dbt has built, open for reading alone.

    ``is_published``: what readers have is open beside it, as ``published``. ``metrics``: what the
    YAML says of each metric, by name. ``every_period``: all periods are asked for, and not only
    those that are open and the newest closed ones.
    """

    connection: duckdb.DuckDBPyConnection
    is_published: bool = False
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    every_period: bool = False

    @cached_property
    def tables(self) -> Tables:
        """Tables as frames, read once for all checks."""
        day = self.connection.execute("select day from refresh.as_of").fetchall()[0][0]
        return Tables(self.connection, day)

    @cached_property
    def served(self) -> pd.DataFrame:
        """What rpt_kpis serves, by all that is known today."""
        return read_served(self.connection)

    @cached_property
    def periods(self) -> pd.DataFrame:
        """The periods that KPIs are computed for."""
        return periods_to_check(self.tables, self.served, every=self.every_period)

    def has_published(self, table: str) -> bool:
        """Whether readers have a table of the marts."""
        return self.is_published and bool(
            self.connection.execute(
                "select 1 from duckdb_tables() where database_name = 'published'"
                " and schema_name = 'marts' and table_name = $1",
                [table],
            ).fetchall()
        )

    def lines(self, query: str, text: str) -> list[str]:
        """``text`` filled with each row of a query; of many rows the first."""
        relation = self.connection.sql(query)
        columns = relation.columns
        rows = relation.limit(MAX_LINES).fetchall()
        return [text.format(**dict(zip(columns, row, strict=True))) for row in rows]


@dataclass(frozen=True)
class Check:
    """What is looked at, the published table it is about, and the function that looks: it returns
    what is wrong, one line each."""

    name: str
    table: str
    description: str
    find: Callable[[Built], list[str]]
