"""CMRR and its movements, from movements, order lines in service and SKUs."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import (
    Computed,
    Tables,
    amount,
    by_period,
    in_periods,
    ratio,
)
from orchestration.kpi_checks.registry import checks

GAINS = ("new", "reactivation", "add_on", "upgrade")
LOSSES = ("downgrade", "cancellation", "archive")


def _movements(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    moved = tables("marts.fct_cmrr_movements")
    lines = tables("marts.dim_products")[["sku", "product_line"]]
    return in_periods(moved.merge(lines, on="sku"), "movement_date", periods)


@checks("net_new_cmrr", "expansion_cmrr", "quick_ratio", by="product_line")
def movements(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Sums of movements by type."""
    frame = by_period(
        _movements(tables, periods),
        "product_line",
        net=lambda rows: rows["amount"].sum(),
        expansion=lambda rows: rows.loc[
            rows["movement_type"].isin(["add_on", "upgrade"]), "amount"
        ].sum(),
        gained=lambda rows: rows.loc[rows["movement_type"].isin(GAINS), "amount"].sum(),
        lost=lambda rows: -rows.loc[rows["movement_type"].isin(LOSSES), "amount"].sum(),
    )
    return {
        "net_new_cmrr": amount(frame, "net"),
        "expansion_cmrr": amount(frame, "expansion"),
        "quick_ratio": ratio(frame, "gained", "lost"),
    }


def _levels(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """CMRR and recognised MRR of every line on the last day of every period."""
    lines = tables("intermediate.int_line_commitments")
    lines = lines.merge(tables("marts.dim_products")[["sku", "product_line"]], on="sku")
    pairs = lines.merge(periods, how="cross")
    day = pairs["last_day"]

    def held(start: str, over: str) -> pd.Series:
        within = (pairs[start] <= day) & (pairs[over].isna() | (day < pairs[over]))
        return pairs["reporting_mrr"].where(within, 0.0)

    pairs["cmrr"] = held("commit_start_date", "commit_end_date")
    pairs["recognised"] = held("service_start_date", "service_over_date")
    return pairs[(pairs["cmrr"] != 0) | (pairs["recognised"] != 0)]


def _days(tables: Tables) -> pd.Series:
    """CMRR at the end of every day up to the as-of date, by its movements."""
    moved = tables("marts.fct_cmrr_movements").groupby("movement_date")["amount"].sum()
    first = tables("marts.dim_fiscal_months")["month"].min()
    days = pd.date_range(first, tables.as_of)
    return moved.reindex(days, fill_value=0).cumsum().round(2)


@checks("cmrr", "arr", "recognised_mrr", by="product_line")
def levels(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Levels at period ends from the days on which lines count; days from movements."""
    frame = by_period(
        _levels(tables, periods),
        "product_line",
        cmrr=lambda rows: rows["cmrr"].sum(),
        recognised=lambda rows: rows["recognised"].sum(),
    )
    days = _days(tables)
    day_rows = pd.DataFrame(
        {
            "period_grain": "day",
            "period_start": days.index,
            "dimension_name": "total",
            "dimension_value": "all",
            "cmrr": days.to_numpy(),
        }
    )
    cmrr = pd.concat([frame, day_rows], ignore_index=True)
    cmrr["arr"] = 12 * cmrr["cmrr"]
    return {
        "cmrr": amount(cmrr, "cmrr"),
        "arr": amount(cmrr, "arr"),
        "recognised_mrr": amount(frame, "recognised"),
    }


def _for_80_percent(cmrr: pd.Series) -> int:
    """How many of the largest customers make 80% of the whole."""
    largest = cmrr.sort_values(ascending=False).cumsum().round(2)
    return int((largest < 0.8 * largest.iloc[-1] - 0.001).sum()) + 1


@checks("cmrr_concentration", "cmrr_concentration_share")
def concentration(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers from the largest down."""
    held = _levels(tables, periods)
    customers = held.groupby(["period_grain", "period_start", "customer_id"], as_index=False)
    customers = customers["cmrr"].sum()
    frame = by_period(
        customers[customers["cmrr"] > 0.001],
        None,
        few=lambda rows: _for_80_percent(rows["cmrr"]),
        all=len,
    )
    return {
        "cmrr_concentration": amount(frame, "few"),
        "cmrr_concentration_share": ratio(frame, "few", "all"),
    }
