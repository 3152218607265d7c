"""CMRR of customers on a day, from order lines."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import Tables


def cmrr_levels(tables: Tables, *, archive: bool = True) -> pd.DataFrame:
    """CMRR of a customer at the end of every ``day`` on which it changed, in order of days."""
    return tables.kept(("cmrr_levels", archive), lambda: _cmrr_levels(tables, archive=archive))


def _cmrr_levels(tables: Tables, *, archive: bool) -> pd.DataFrame:
    lines = tables("intermediate.int_line_commitments")
    if not archive:
        lines = lines[~lines["is_archive"].astype(bool)]
    lines = lines[~(lines["commit_end_date"] <= lines["commit_start_date"])]
    steps = pd.concat(
        pd.DataFrame(
            {
                "customer_id": lines["customer_id"],
                "day": lines[column].astype("datetime64[us]"),
                "cmrr": sign * lines["reporting_mrr"],
            }
        )
        for column, sign in (("commit_start_date", 1), ("commit_end_date", -1))
    ).dropna(subset="day")
    steps = steps[steps["day"] <= tables.as_of]
    levels = steps.groupby(["customer_id", "day"], as_index=False)["cmrr"].sum()
    levels["cmrr"] = levels.groupby("customer_id")["cmrr"].cumsum().round(2)
    return levels.astype({"customer_id": object}).sort_values("day")


def cmrr_of(tables: Tables, rows: pd.DataFrame, day: str, *, archive: bool = True) -> pd.Series:
    """CMRR of each row's customer at the end of its ``day``; nothing where there is none."""
    asked = rows[["customer_id"]].astype(object).assign(day=rows[day].astype("datetime64[us]"))
    asked = asked.assign(row=range(len(asked))).dropna(subset="day").sort_values("day")
    levels = cmrr_levels(tables, archive=archive)
    found = pd.merge_asof(asked, levels, on="day", by="customer_id").set_index("row")["cmrr"]
    return found.reindex(range(len(rows))).fillna(0).set_axis(rows.index)


def cmrr_on(tables: Tables, days: pd.Series, *, archive: bool = True) -> pd.DataFrame:
    """CMRR of every customer that has some at the end of each of the ``days``."""
    customers = cmrr_levels(tables, archive=archive)[["customer_id"]].drop_duplicates()
    pairs = customers.merge(days.drop_duplicates().rename("day"), how="cross")
    pairs["cmrr"] = cmrr_of(tables, pairs, "day", archive=archive)
    return pairs[pairs["cmrr"] > 0].reset_index(drop=True)


def customers_at_month_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Customers with CMRR at the end of each month of the periods: ``month``, its last known day
    ``day``, ``customer_id`` and the ``segment`` of the month."""
    return tables.once(_customers_at_month_ends, periods)


def _customers_at_month_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    first = periods["period_start"].min()
    first = max(first, tables("marts.dim_fiscal_months")["month"].min())
    months = pd.DataFrame({"month": pd.date_range(first, tables.as_of, freq="MS")})
    months["day"] = (months["month"] + pd.offsets.MonthEnd(0)).clip(upper=tables.as_of)
    customers = months.merge(cmrr_on(tables, months["day"]), on="day")
    return customers.assign(segment=tables.attributes(customers, "segment"))


def within(customers: pd.DataFrame, acts: pd.DataFrame, days: int | None) -> pd.Series:
    """How many acts (``customer_id`` and ``acted``) each customer has in the days that end with its
    ``day``; with None, in its month up to the day."""
    numbered = customers.reset_index(names="row")
    pairs = numbered.merge(acts[["customer_id", "acted"]], on="customer_id")
    age = (pairs["day"] - pairs["acted"]).dt.days
    counts = (age >= 0) & (pairs["acted"] >= pairs["month"] if days is None else age < days)
    return pairs[counts].groupby("row").size().reindex(customers.index, fill_value=0)
