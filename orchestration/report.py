"""What a person wants to see after a refresh, read from the published file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TextIO

import duckdb

BRIDGE = (
    "beginning_cmrr",
    "new_cmrr",
    "reactivation_cmrr",
    "add_on_cmrr",
    "upgrade_cmrr",
    "downgrade_cmrr",
    "swap_cmrr",
    "cancellation_cmrr",
    "archive_cmrr",
    "currency_cmrr",
    "ending_cmrr",
)
MAX_RULES = 10

CUSTOMER_COUNTS = """
    with customers as (
        select
            customer_id,
            sum(beginning_cmrr) filter (where month = $1) as beginning_cmrr,
            sum(ending_cmrr) filter (where month = $1) as ending_cmrr,
            min(month) filter (where ending_cmrr > 0) as first_month
        from marts.fct_cmrr_bridge
        group by customer_id
    )
    select
        count(*) filter (where beginning_cmrr > 0),
        count(*) filter (where not beginning_cmrr > 0 and ending_cmrr > 0 and first_month = $1),
        count(*) filter (where not beginning_cmrr > 0 and ending_cmrr > 0 and first_month < $1),
        -count(*) filter (where beginning_cmrr > 0 and not ending_cmrr > 0),
        count(*) filter (where ending_cmrr > 0)
    from customers
"""

REJECTED_ROWS = """
    select source_name || '.' || table_name || ', ' || rule, count(*) as row_count
    from marts.fct_rejected_rows
    where is_set_aside
    group by all
    order by row_count desc, 1
"""

RENEWALS = """
    select
        period_start,
        due_cmrr,
        resolved_cmrr,
        retained_cmrr,
        carried_over_cmrr,
        cast(round(100 * final_renewal_rate, 1) as decimal(5, 1)),
        cast(round(100 * resolution_rate, 1) as decimal(5, 1))
    from marts.rpt_renewal_rates
    where period_grain = 'quarter' and period_end <= $1 and due_cmrr > 0
    order by period_start desc
    limit 1
"""

WALK = """
    select month, replace(step, '_', ' '), coalesce(amount, running_level)
    from marts.rpt_cmrr_to_ledger
    where is_total and month = (select max(month) from marts.rpt_cmrr_to_ledger)
    order by step_number
"""

RESTATED = """
    select count(distinct month), coalesce(sum(restated_amount), 0)
    from marts.fct_cmrr_restatements
"""

LISTED_ROWS = "select count(*) from marts.fct_rejected_rows where not is_set_aside"


def write_report(
    published_file: Path, as_of: date, currency: str, out: TextIO = sys.stdout
) -> None:
    """Print the newest month's bridge, the customers, the rejected rows, and where to look."""
    with duckdb.connect(published_file, read_only=True) as connection:
        month = connection.execute("select max(month) from marts.fct_cmrr_bridge").fetchall()[0][0]
        if month is None:
            out.write(f"No customer has had committed recurring revenue by {as_of}.\n")
        else:
            sums = ", ".join(f"sum({name})" for name in BRIDGE)
            bridge = connection.execute(
                f"select {sums} from marts.fct_cmrr_bridge where month = $1", [month]
            ).fetchall()[0]
            names = [name.removesuffix("_cmrr").replace("_", " ") for name in BRIDGE]
            title = f"CMRR bridge of {month:%B %Y} as of {as_of}, {currency} a month"
            out.write(table(title, zip(names, bridge, strict=True)))
            counts = connection.execute(CUSTOMER_COUNTS, [month]).fetchall()[0]
            names = ["beginning", "new", "reactivated", "lost", "ending"]
            out.write(table("Customers with CMRR", zip(names, counts, strict=True)))
        for start, due, *renewed in connection.execute(RENEWALS, [as_of]).fetchall():
            names = ["resolved", "retained", "carried over", "renewal rate, %", "resolved, %"]
            title = f"Renewals due in the fiscal quarter from {start:%d %B %Y}, {currency} a month"
            rows = [("expected, as locked", due), *zip(names, renewed, strict=True)]
            out.write(table(title, [(name, figure) for name, figure in rows if figure is not None]))
        if walk := connection.execute(WALK).fetchall():
            title = f"From CMRR to the ledger, {walk[0][0]:%B %Y}, {currency}"
            out.write(table(title, [(step, amount) for _, step, amount in walk]))
        months, restated = connection.execute(RESTATED).fetchall()[0]
        out.write(f"Restated since their close: {months} months, {restated:,} in sum.\n\n")
        rejected = connection.execute(REJECTED_ROWS).fetchall()
        listed = connection.execute(LISTED_ROWS).fetchall()[0][0]
    shown = rejected[:MAX_RULES]
    if rest := rejected[MAX_RULES:]:
        shown.append((f"{len(rest)} other tables and rules", sum(count for _, count in rest)))
    total = ("total", sum(count for _, count in rejected))
    out.write(table("Rejected rows, by table and rule", [*shown, total]))
    out.write(
        f"{listed:,} more rows break a rule and are kept (marts.fct_rejected_rows lists all).\n\n"
        f"Published: {published_file}\n"
        "Read it with DuckDB 1.4 or later, for example:\n"
        f"  .venv/bin/python -c \"import duckdb; duckdb.connect('{published_file}',"
        " read_only=True).sql('select movement_type, sum(amount) as cmrr"
        " from marts.fct_cmrr_movements group by all order by all').show()\"\n"
        "Its tables and their grain: docs/tables.md; every KPI: docs/metrics.md, and"
        " marts.rpt_kpis.\n"
    )


def table(title: str, rows: Iterable[tuple[str, int | Decimal]]) -> str:
    """Names and figures in two columns, figures to the right with thousands separators."""
    texts: Sequence[tuple[str, str]] = [(name, f"{figure:,}") for name, figure in rows]
    name_width = max(len(name) for name, _ in texts)
    width = max(len(figure) for _, figure in texts)
    lines = [f"  {name:<{name_width}}  {figure:>{width}}" for name, figure in texts]
    return "\n".join([title, *lines, "", ""])
