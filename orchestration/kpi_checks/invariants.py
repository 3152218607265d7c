"""What must hold of the marts whatever the data: checked on every refresh, before publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_text

SHOWN = 5
MOVEMENTS = (
    "new_cmrr + reactivation_cmrr + add_on_cmrr + upgrade_cmrr + downgrade_cmrr + swap_cmrr"
    " + cancellation_cmrr + archive_cmrr + currency_cmrr"
)
NOT_RATES = "unbounded"


@dataclass(frozen=True)
class Warehouse:
    """A working file open for reading, the published file beside it as ``published`` (if there is
    one), and the metrics' ``meta`` by name."""

    connection: duckdb.DuckDBPyConnection
    is_published: bool
    metrics: Mapping[str, Mapping[str, Any]]

    def has_published(self, table: str) -> bool:
        """Whether readers have a table of the marts."""
        return self.is_published and bool(
            self.connection.execute(
                "select 1 from duckdb_tables() where database_name = 'published'"
                " and schema_name = 'marts' and table_name = $1",
                [table],
            ).fetchall()
        )

    def broken(self, query: str, text: str) -> list[str]:
        """What the rows of a query break, as ``text`` filled with each: the first few."""
        relation = self.connection.sql(query)
        columns = relation.columns
        rows = relation.limit(SHOWN + 1).fetchall()
        lines = [text.format(**dict(zip(columns, row, strict=True))) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append(f"and {relation.aggregate('count(*)').fetchall()[0][0] - SHOWN} more")
        return lines


Invariant = Callable[[Warehouse], list[str]]
INVARIANTS: dict[str, Invariant] = {}


def invariant(check: Invariant) -> Invariant:
    """Register a check; its name says what holds, and its result names the rows that break it."""
    INVARIANTS[check.__name__] = check
    return check


def attach_published(connection: duckdb.DuckDBPyConnection, published_file: Path) -> bool:
    """Open the published file beside the working one, if there is one that can be read."""
    if not published_file.exists():
        return False
    try:
        connection.execute(f"attach {quote_text(str(published_file))} as published (read_only)")
    except duckdb.Error:
        return False
    return True


@invariant
def bridge_foots(warehouse: Warehouse) -> list[str]:
    """Beginning plus movements is ending, and ending is the next month's beginning."""
    return warehouse.broken(
        "with months as ("
        " select month, sum(beginning_cmrr) as beginning, sum(ending_cmrr) as ending,"
        f" sum({MOVEMENTS}) as moved,"
        " lead(sum(beginning_cmrr)) over (order by month) as next_beginning"
        " from marts.fct_cmrr_bridge group by month)"
        " from months where beginning + moved <> ending or next_beginning <> ending order by month",
        "fct_cmrr_bridge, month {month}: {beginning} + {moved} is not {ending},"
        " or not the {next_beginning} that the next month begins with",
    )


@invariant
def gross_retention_is_no_more_than_net(warehouse: Warehouse) -> list[str]:
    """In total, what is added can only raise retention."""
    return warehouse.broken(
        "select gross.period_grain, gross.period_start, gross.current_value as gross,"
        " net.current_value as net from marts.rpt_kpis as gross"
        " join marts.rpt_kpis as net using (period_grain, period_start, dimension_name)"
        " where gross.metric = 'gross_revenue_retention'"
        " and net.metric = 'net_revenue_retention' and dimension_name = 'total'"
        " and gross.current_value > net.current_value order by all",
        "rpt_kpis, {period_grain} {period_start}: gross retention {gross} is above net {net}",
    )


@invariant
def fractions_are_between_nothing_and_one(warehouse: Warehouse) -> list[str]:
    """Of every metric of unit fraction, but for those that say they are unbounded."""
    fractions = [
        name
        for name, meta in warehouse.metrics.items()
        if meta["unit"] == "fraction" and not meta.get(NOT_RATES)
    ]
    names = ", ".join(quote_text(name) for name in fractions) or "''"
    return warehouse.broken(
        "select metric, period_grain, period_start, dimension_name, dimension_value,"
        f" current_value from marts.rpt_kpis where metric in ({names})"
        " and current_value not between 0 and 1 order by all",
        "rpt_kpis, {metric}, {period_grain} {period_start}, {dimension_name} {dimension_value}:"
        " {current_value} is no share",
    )


@invariant
def nps_is_within_its_scale(warehouse: Warehouse) -> list[str]:
    """Net promoter scores are between -100 and 100."""
    scores = [name for name, meta in warehouse.metrics.items() if meta["unit"] == "NPS"]
    names = ", ".join(quote_text(name) for name in scores) or "''"
    return warehouse.broken(
        "select metric, period_grain, period_start, dimension_value, current_value"
        f" from marts.rpt_kpis where metric in ({names})"
        " and current_value not between -100 and 100 order by all",
        "rpt_kpis, {metric}, {period_grain} {period_start}, {dimension_value}: {current_value}",
    )


@invariant
def health_weights_add_up_to_one(warehouse: Warehouse) -> list[str]:
    """The weights of a segment and lifecycle stage on any day that they begin."""
    return warehouse.broken(
        "select customer_id, health_date, sum(weight) as weights from marts.fct_health_components"
        " group by all having sum(weight) <> 1 order by all",
        "fct_health_components, {customer_id} on {health_date}: weights add up to {weights}",
    )


@invariant
def locks_are_as_they_were(warehouse: Warehouse) -> list[str]:
    """Every lock that readers have stands unchanged."""
    return _kept(warehouse, "fct_expected_cmrr_locks")


@invariant
def closed_bridges_are_as_they_were(warehouse: Warehouse) -> list[str]:
    """Every frozen bridge that readers have stands unchanged."""
    return _kept(warehouse, "fct_closed_bridges")


@invariant
def closed_kpis_are_as_they_were(warehouse: Warehouse) -> list[str]:
    """Every KPI of a closed period that readers have stands unchanged."""
    return _kept(warehouse, "fct_kpi_closed_values", "where published_on < (from refresh.as_of)")


@invariant
def no_kpi_lost_its_value(warehouse: Warehouse) -> list[str]:
    """A total of a period that was over had a value when it was published, and has none now though
    its base is not empty."""
    if not warehouse.has_published("rpt_kpis"):
        return []
    of_today = [name for name, meta in warehouse.metrics.items() if meta.get("of_today")]
    names = ", ".join(quote_text(name) for name in of_today) or "''"
    known = ", ".join(quote_text(name) for name in warehouse.metrics) or "''"
    return warehouse.broken(
        "select shown.metric, shown.period_grain, shown.period_start,"
        " shown.current_value as shown_value"
        " from published.marts.rpt_kpis as shown"
        " left join marts.rpt_kpis as now using"
        " (metric, period_grain, period_start, dimension_name, dimension_value)"
        " where shown.dimension_name = 'total' and shown.is_complete"
        f" and shown.metric in ({known}) and shown.metric not in ({names})"
        " and shown.current_value is not null and shown.sample_size > 0"
        " and now.current_value is null and coalesce(now.current_denominator, 1) <> 0"
        " order by all",
        "rpt_kpis, {metric}, {period_grain} {period_start}: was {shown_value}, has no value now",
    )


def _kept(warehouse: Warehouse, table: str, which: str = "") -> list[str]:
    if not warehouse.has_published(table):
        return []
    missing = warehouse.connection.execute(
        f"select count(*) from (from published.marts.{table} {which} except all from marts.{table})"
    ).fetchall()[0][0]
    if not missing:
        return []
    rows = warehouse.connection.sql(
        f"from published.marts.{table} {which} except all from marts.{table}"
    )
    first = dict(zip(rows.columns, rows.limit(1).fetchall()[0], strict=True))
    return [f"{table}: {missing} published rows changed or are gone, such as {first}"]
