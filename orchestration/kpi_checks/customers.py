"""Customers with CMRR on a day, from order lines."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import Tables


def customers_at_month_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Customers with CMRR at the end of each month of the periods: ``month``, its last known day
    ``day``, ``customer_id`` and the ``segment`` of the month."""
    return tables.once(_customers_at_month_ends, periods)


def _customers_at_month_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    first = periods["period_start"].min()
    first = max(first, tables("marts.dim_fiscal_months")["month"].min())
    months = pd.DataFrame({"month": pd.date_range(first, tables.as_of, freq="MS")})
    months["day"] = (months["month"] + pd.offsets.MonthEnd(0)).clip(upper=tables.as_of)
    lines = tables("intermediate.int_line_commitments")
    columns = ["customer_id", "commit_start_date", "commit_end_date", "reporting_mrr"]
    pairs = lines[columns].merge(months, how="cross")
    committed = pairs[
        (pairs["commit_start_date"] <= pairs["day"]) & ~(pairs["commit_end_date"] <= pairs["day"])
    ]
    cmrr = committed.groupby(["month", "day", "customer_id"], as_index=False)["reporting_mrr"]
    customers = cmrr.sum()
    customers = customers[customers["reporting_mrr"] > 0.001].reset_index(drop=True)
    return customers.assign(segment=tables.attributes(customers, "segment"))


def within(customers: pd.DataFrame, acts: pd.DataFrame, days: int | None) -> pd.Series:
    """How many acts (``customer_id`` and ``acted``) each customer has in the days that end with its
    ``day``; with None, in its month up to the day."""
    numbered = customers.reset_index(names="row")
    pairs = numbered.merge(acts[["customer_id", "acted"]], on="customer_id")
    age = (pairs["day"] - pairs["acted"]).dt.days
    counts = (age >= 0) & (pairs["acted"] >= pairs["month"] if days is None else age < days)
    return pairs[counts].groupby("row").size().reindex(customers.index, fill_value=0)
