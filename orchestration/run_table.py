"""The table of refreshes, ``ops.refresh_runs``: its columns, its rows, and a run in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_name, quote_text

SCHEMA, TABLE = "ops", "refresh_runs"
CHECKS_JOB = "weekly_checks"
STEPS = ("prepare", "landing", "catch_up", "dbt", "checks", "publish")

COLUMNS = {
    "run_id": ("varchar", "The refresh: a number of its own."),
    "started_at": ("timestamp", "When it began, UTC by the machine's clock."),
    "ended_at": ("timestamp", "When it ended, UTC; null for one that was killed."),
    "job": (
        "varchar",
        "refresh, refresh_ and a room, or weekly_checks; null where it did not get so far.",
    ),
    "as_of_date": ("date", "The day that counted as today; null where it did not get so far."),
    "status": (
        "varchar",
        "published, failed, refused (input), busy (held elsewhere), killed, or partial.",
    ),
    "exit_code": (
        "integer",
        "Exit code of the refresh, 0 to 3; null where it was killed or partial.",
    ),
    "failed_step": ("varchar", "The step in which it failed or was killed; null if published."),
    "message": ("varchar", "Why it failed, in the first 2,000 characters; null if published."),
    "landed_rows": ("bigint", "Rows in the landing files; null where they were not read."),
    "rejected_rows": ("bigint", "Rows set aside because they break a rule."),
    "restated_months": ("bigint", "Closed months that are no longer as they were closed."),
    "restated_cmrr": ("decimal(18,2)", "Sum of what changed in them, reporting currency."),
    "unexplained_items": ("bigint", "Customers and SKUs with an unexplained ledger amount."),
    "unexplained_amount": ("decimal(18,2)", "Sum of the open ones, reporting currency."),
    "kpi_alerts": ("bigint", "Alerts of KPIs; null where no KPI is watched."),
    "replayed_days": ("bigint", "Missed days that were replayed before the day itself."),
    "published_rows": ("bigint", "Rows in the published tables; null in the newest row there."),
    **{
        f"{step}_seconds": ("decimal(10,1)", f"Seconds in the step {step}; null if not reached.")
        for step in STEPS
    },
    "total_seconds": ("decimal(10,1)", "Seconds in all; in the newest row until publishing."),
}

# What a person is told of a run, in words and in Dagster's catalogue.
COUNTED = (
    ("landed_rows", "rows landed"),
    ("rejected_rows", "rejected"),
    ("restated_months", "months restated"),
    ("unexplained_items", "unexplained items"),
    ("kpi_alerts", "KPI alerts"),
)
# What a run says of the company, each asked where its table is there.
FIGURES = {
    "fct_rejected_rows": "select count(*) as rejected_rows from marts.fct_rejected_rows"
    " where is_set_aside",
    "fct_cmrr_restatements": "select count(distinct month) as restated_months,"
    " coalesce(sum(restated_amount), 0) as restated_cmrr from marts.fct_cmrr_restatements",
    "fct_unexplained_items": "select count(*) as unexplained_items,"
    " coalesce(sum(open_amount), 0) as unexplained_amount"
    " from marts.fct_unexplained_items where is_open",
}


def summary(row: Mapping[str, Any]) -> str:
    """What a person wants to know of a refresh at its end, in two or three lines."""
    seconds = [
        f"{name.replace('_', ' ')} {row[f'{name}_seconds']:,.0f} s"
        for name in STEPS
        if row.get(f"{name}_seconds") is not None
    ]
    done = "Checked" if row.get("job") == CHECKS_JOB else "Refreshed"
    lines = [f"{done} in {row.get('total_seconds', 0):,.0f} s: {', '.join(seconds)}"]
    counts = [f"{row[name]:,} {shown}" for name, shown in COUNTED if row.get(name) is not None]
    return "\n".join([*lines, *([", ".join(counts)] if counts else [])])


def figures_of(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What the marts say of the company; nothing of a room that is not there."""
    figures: dict[str, Any] = {}
    for table, query in {**FIGURES, **_alerts(connection)}.items():
        if _columns_of(connection, "marts", table):
            answer = connection.execute(query)
            names = [column[0] for column in answer.description]
            figures.update(zip(names, answer.fetchall()[0], strict=True))
    return figures


def _alerts(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """How to count the alerts; a table of alerts alone has no column that says which are."""
    columns = _columns_of(connection, "marts", "rpt_kpi_alerts")
    where = " where is_alert" if "is_alert" in columns else ""
    return {"rpt_kpi_alerts": f"select count(*) as kpi_alerts from marts.rpt_kpi_alerts{where}"}


def rows_of_published(
    connection: duckdb.DuckDBPyConnection, published_file: Path
) -> list[dict[str, Any]]:
    """The runs that the published file knows, for a journal that was lost."""
    if not published_file.exists():
        return []
    try:
        connection.execute(f"attach {quote_text(str(published_file))} as published (read_only)")
    except duckdb.Error:
        return []
    try:
        return _rows(connection, "published")
    finally:
        connection.execute("detach published")


def _rows(connection: duckdb.DuckDBPyConnection, database: str) -> list[dict[str, Any]]:
    known = _columns_of(connection, SCHEMA, TABLE, database)
    names = [name for name in COLUMNS if name in known]
    if not names:
        return []
    rows = connection.execute(
        f"select {', '.join(names)} from {quote_name(database)}.{SCHEMA}.{TABLE}"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def write_table(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """Make the table of these runs and of those it has; of one run the later row counts."""
    database = connection.execute("select current_database()").fetchall()[0][0]
    runs = {row["run_id"]: row for row in [*_rows(connection, database), *rows]}
    ordered = sorted(runs.values(), key=lambda row: (str(row["started_at"]), row["run_id"]))
    columns = ", ".join(f"{name} {data_type}" for name, (data_type, _) in COLUMNS.items())
    connection.execute("begin")
    connection.execute(f"create schema if not exists {SCHEMA}")
    connection.execute(f"create or replace table {SCHEMA}.{TABLE} ({columns})")
    if ordered:
        marks = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
        connection.executemany(
            f"insert into {SCHEMA}.{TABLE} values ({marks})",
            [[row.get(name) for name in COLUMNS] for row in ordered],
        )
    connection.execute(f"comment on table {SCHEMA}.{TABLE} is 'One row per refresh.'")
    for name, (_, comment) in COLUMNS.items():
        connection.execute(f"comment on column {SCHEMA}.{TABLE}.{name} is {quote_text(comment)}")
    connection.execute("commit")


def _columns_of(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, database: str | None = None
) -> set[str]:
    rows = connection.execute(
        "select column_name from duckdb_columns() where schema_name = $1 and table_name = $2"
        " and database_name = coalesce($3, current_database())",
        [schema, table, database],
    ).fetchall()
    return {name for (name,) in rows}
