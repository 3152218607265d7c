"""Retention and churn, from order lines, movements, invoices, payments and journal lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.customers import cmrr_on
from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    by_period,
    in_periods,
    local_days,
    ratio,
    to_cents,
)
from orchestration.kpi_checks.registry import checks

ONE_DAY = pd.Timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12}
LOSSES = ["downgrade", "cancellation", "archive"]
GAINS = ["add_on", "upgrade", "swap"]


def between(
    tables: Tables, ends: pd.DataFrame, before: str, after: str, *, archive: bool = True
) -> pd.DataFrame:
    """Customers with CMRR on the day ``before`` of each row of ``ends``: CMRR then and ``now``."""
    cmrr = cmrr_on(tables, pd.concat([ends[before], ends[after]]), archive=archive)
    base = ends.merge(cmrr.rename(columns={"day": before, "cmrr": "beginning"}), on=before)
    now = cmrr.rename(columns={"day": after, "cmrr": "now"})
    base = base.merge(now, how="left", on=[after, "customer_id"])
    base["now"] = base["now"].fillna(0.0)
    base["month"] = base[before] + ONE_DAY
    base["segment"] = tables.attributes(base, "segment")
    return base


def _base(tables: Tables, periods: pd.DataFrame, *, archive: bool = True) -> pd.DataFrame:
    ends = periods.assign(day_before=periods["period_start"] - ONE_DAY)
    return between(tables, ends, "day_before", "last_day", archive=archive)


def _retained(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """The cohort of every period's beginning, with what it kept gross and net."""
    base = _base(tables, periods)
    moved = in_periods(tables("marts.fct_cmrr_movements"), "movement_date", periods)
    sums = moved.assign(
        lost=moved["amount"].where(moved["movement_type"].isin(LOSSES), 0.0),
        gained=moved["amount"].where(moved["movement_type"].isin(GAINS), 0.0),
    )
    sums = sums.groupby([*PERIOD, "customer_id"], as_index=False)[["lost", "gained"]].sum()
    base = base.merge(sums, how="left", on=[*PERIOD, "customer_id"])
    lost, gained = base["lost"].fillna(0.0), base["gained"].fillna(0.0)
    year = base["period_grain"] == "year"
    smaller = base[["beginning", "now"]].min(axis=1)
    base["gross"] = smaller.where(year, base["beginning"] + lost)
    base["net"] = base["now"].where(year, base["beginning"] + lost + gained)
    return base


def _annualised(frame: pd.DataFrame) -> pd.DataFrame:
    times = 12 / frame["period_grain"].map(MONTHS).astype(float)
    annual = amount(frame.assign(annual=1 - (1 - frame["value"].round(6)) ** times), "annual")
    return annual.drop(columns=["numerator", "denominator"])


@checks(
    "gross_revenue_retention",
    "net_revenue_retention",
    "logo_retention",
    "cmrr_churn_rate",
    "cmrr_churn_rate_annualised",
    "customer_churn_rate",
    "customer_churn_rate_annualised",
    "net_churn",
    by="segment",
)
def rates(tables: Tables, periods: pd.DataFrame) -> Computed:
    """What the customers of a period's beginning kept, by definition."""
    frame = by_period(
        _retained(tables, periods),
        "segment",
        beginning=lambda rows: rows["beginning"].sum(),
        gross=lambda rows: rows["gross"].sum(),
        net=lambda rows: rows["net"].sum(),
        customers=len,
        kept=lambda rows: (rows["now"] > 0).sum(),
    )
    frame["lost"] = frame["beginning"] - frame["gross"]
    frame["net_lost"] = frame["beginning"] - frame["net"]
    frame["gone"] = frame["customers"] - frame["kept"]
    cmrr_churn = ratio(frame, "lost", "beginning")
    customer_churn = ratio(frame, "gone", "customers")
    return {
        "gross_revenue_retention": ratio(frame, "gross", "beginning"),
        "net_revenue_retention": ratio(frame, "net", "beginning"),
        "logo_retention": ratio(frame, "kept", "customers"),
        "cmrr_churn_rate": cmrr_churn,
        "cmrr_churn_rate_annualised": _annualised(cmrr_churn),
        "customer_churn_rate": customer_churn,
        "customer_churn_rate_annualised": _annualised(customer_churn),
        "net_churn": ratio(frame, "net_lost", "beginning"),
    }


@checks("logo_retention_outside_archive", by="segment")
def outside_archive(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers kept, by lines of products that are no archive."""
    frame = by_period(
        _base(tables, periods, archive=False),
        "segment",
        customers=len,
        kept=lambda rows: (rows["now"] > 0).sum(),
    )
    return {"logo_retention_outside_archive": ratio(frame, "kept", "customers")}


@checks(
    "gross_revenue_retention_twelve_months",
    "net_revenue_retention_twelve_months",
    "logo_retention_twelve_months",
    by="segment",
)
def twelve_months(tables: Tables, periods: pd.DataFrame) -> Computed:
    """CMRR now and at the end of the same month a year ago, of who had some then."""
    year_ago = periods["last_day"] + pd.offsets.MonthEnd(0) - pd.DateOffset(years=1)
    ends = periods.assign(year_ago=year_ago + pd.offsets.MonthEnd(0))
    base = between(tables, ends, "year_ago", "last_day")
    frame = by_period(
        base.assign(smaller=base[["beginning", "now"]].min(axis=1)),
        "segment",
        then=lambda rows: rows["beginning"].sum(),
        gross=lambda rows: rows["smaller"].sum(),
        net=lambda rows: rows["now"].sum(),
        customers=len,
        kept=lambda rows: (rows["now"] > 0).sum(),
    )
    return {
        "gross_revenue_retention_twelve_months": ratio(frame, "gross", "then"),
        "net_revenue_retention_twelve_months": ratio(frame, "net", "then"),
        "logo_retention_twelve_months": ratio(frame, "kept", "customers"),
    }


def _troubles(tables: Tables) -> pd.DataFrame:
    """Days on which a payment of a customer failed or its invoice was first written off."""
    versions = tables("staging.base_billing__invoices")
    written_off = versions[versions["status"] == "uncollectible"]
    written_off = written_off.groupby("invoice_id", as_index=False)["updated_at"].min()
    payments = tables("staging.stg_billing__payments")
    failed = payments.loc[payments["status"] == "failed", ["invoice_id", "paid_at"]]
    troubles = pd.concat(
        [
            written_off.rename(columns={"updated_at": "at"}),
            failed.rename(columns={"paid_at": "at"}),
        ]
    )
    invoices = tables("staging.stg_billing__invoices")[["invoice_id", "account_id"]]
    troubles = troubles.merge(invoices, on="invoice_id")
    troubles["trouble_day"] = local_days(troubles["at"])
    troubles = troubles[troubles["trouble_day"] <= tables.as_of]
    return troubles[["account_id", "trouble_day"]].drop_duplicates()


def _losses(tables: Tables) -> pd.DataFrame:
    """Movements that lost CMRR: what they lost, why, and whether money failed before."""
    moved = tables("marts.fct_cmrr_movements")
    ends = tables.moved_days.rename(columns={"cmrr": "level"})
    ends["level_before"] = (ends["level"] - ends.pop("amount")).round(2)
    archive = moved["movement_type"] == "archive"
    lost = moved["movement_type"].isin(LOSSES) & ~(archive & (moved["amount"] > 0))
    losses = moved[lost].merge(ends, on=["customer_id", "movement_date"])
    losses["lost"] = -losses["amount"]
    losses["is_logo"] = (losses["level"] <= 0) & (losses["level_before"] > 0)
    reasons = tables("seeds.churn_reasons")[["reason_code", "reason_label", "churn_type"]]
    losses = losses.drop(columns="churn_type").merge(reasons, how="left", on="reason_code")
    losses["reason"] = losses["reason_label"].fillna(losses["reason_code"])
    losses["avoidable"] = losses["lost"].where(losses["churn_type"] != "unavoidable", 0.0)
    given = ~losses["reason_code"].isin(["lapsed", "not_given"])
    losses["given"] = losses["lost"].where(given, 0.0)
    partial = losses["movement_type"] == "downgrade"
    losses["partial"] = losses["lost"].where(partial, 0.0)
    pairs = losses[["movement_id", "customer_id", "movement_date"]].merge(
        _troubles(tables), left_on="customer_id", right_on="account_id"
    )
    days = (pairs["movement_date"] - pairs["trouble_day"]).dt.days
    involuntary = losses["movement_id"].isin(pairs.loc[days.between(0, 59), "movement_id"])
    losses["involuntary"] = losses["lost"].where(involuntary, 0.0)
    return losses


@checks(
    "partial_churn_cmrr",
    "avoidable_churn_share",
    "churn_by_reason",
    "churn_by_reason_losses",
    "churn_by_reason_customers",
    "churn_by_reason_contracts",
    "churn_by_reason_logos",
    "reason_coverage",
    "involuntary_churn_cmrr",
    by="reason",
)
def losses(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Lost CMRR by its reason, and how much of it could have been kept."""

    def total(column: str):
        return lambda rows: rows[column].sum()

    frame = by_period(
        in_periods(_losses(tables), "movement_date", periods),
        "reason",
        lost=total("lost"),
        partial=total("partial"),
        avoidable=total("avoidable"),
        given=total("given"),
        involuntary=total("involuntary"),
        losses=len,
        customers=lambda rows: rows["customer_id"].nunique(),
        contracts=lambda rows: rows["contract_family_id"].nunique(),
        logos=lambda rows: (
            rows.loc[rows["is_logo"], ["customer_id", "movement_date"]].drop_duplicates().shape[0]
        ),
    )
    return {
        "partial_churn_cmrr": amount(frame, "partial"),
        "avoidable_churn_share": ratio(frame, "avoidable", "lost"),
        "churn_by_reason": amount(frame, "lost"),
        "churn_by_reason_losses": amount(frame, "losses"),
        "churn_by_reason_customers": amount(frame, "customers"),
        "churn_by_reason_contracts": amount(frame, "contracts"),
        "churn_by_reason_logos": amount(frame, "logos"),
        "reason_coverage": ratio(frame, "given", "lost"),
        "involuntary_churn_cmrr": amount(frame, "involuntary"),
    }


def _ledger(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Cost and revenue of each period of whose months all have their cost posted."""
    lines = tables("staging.stg_ledger__journal_lines").merge(
        tables("staging.stg_ledger__gl_accounts")[["account_number", "account_class"]],
        on="account_number",
    )
    lines["cost"] = lines["debit_amount"] - lines["credit_amount"]
    lines["month"] = lines["posting_date"].dt.to_period("M").dt.to_timestamp()
    months = lines.pivot_table(index="month", columns="account_class", values="cost", aggfunc="sum")
    classes = ["sales_and_marketing", "recurring_revenue", "cost_of_recurring"]
    months = months.reindex(columns=classes).reset_index()
    months = in_periods(months, "month", periods)
    frame = months.groupby(PERIOD).agg(
        sales_cost=("sales_and_marketing", "sum"),
        sales_months=("sales_and_marketing", "count"),
        revenue=("recurring_revenue", "sum"),
        service_cost=("cost_of_recurring", "sum"),
        service_months=("cost_of_recurring", "count"),
    )
    frame = periods.merge(frame.reset_index(), on=PERIOD)
    wanted = frame["period_grain"].map(MONTHS)
    frame["sales_cost"] = frame["sales_cost"].where(frame["sales_months"] == wanted)
    margin = (-frame["revenue"] - frame["service_cost"]) / -frame["revenue"]
    frame["margin"] = margin.where(frame["service_months"] == wanted)
    frame["is_over"] = frame["period_end"] <= tables.as_of
    return frame


@checks("customer_lifetime_value", "clv_to_cac", by="segment")
def lifetime_values(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Margin of journal lines, CMRR and losses of the customers of the period's beginning."""
    frame = by_period(
        _base(tables, periods),
        "segment",
        beginning=lambda rows: rows["beginning"].sum(),
        customers=len,
        gone=lambda rows: (rows["now"] <= 0).sum(),
    ).merge(_ledger(tables, periods), on=PERIOD)
    moved = tables("marts.fct_cmrr_movements")
    new = moved[moved["is_new_logo"].astype(bool)].drop_duplicates("customer_id")
    logos = in_periods(new, "movement_date", periods).groupby(PERIOD).size().rename("logos")
    frame = frame.merge(logos.reset_index(), how="left", on=PERIOD)
    # What is published is what is divided: a margin in cents, rates with six decimals.
    margin = to_cents(to_cents(frame["beginning"] * frame["margin"]) / frame["customers"])
    kept = 1 - (frame["gone"] / frame["customers"]).round(6)
    churn = 1 - kept ** (1 / frame["period_grain"].map(MONTHS).astype(float))
    frame["churn"] = churn.round(6).where(frame["is_over"]) * frame["customers"]
    frame["margin"] = margin * frame["customers"]
    frame["cac"] = to_cents(frame["sales_cost"] / frame["logos"])
    lifetime = ratio(frame, "margin", "churn")
    return {
        "customer_lifetime_value": lifetime,
        "clv_to_cac": ratio(lifetime.rename(columns={"value": "lifetime"}), "lifetime", "cac"),
    }


@checks(
    "cohort_retention",
    "cohort_retention_net",
    "cohort_retention_customers",
    by="signature_quarter",
)
def cohorts(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers by quarter of first signature, from their CMRR at its end on."""
    every = tables.periods[tables.periods["period_grain"] == "quarter"]
    signed = tables("marts.dim_customers")[["customer_id", "first_signed_date"]]
    signed = in_periods(signed, "first_signed_date", every)
    signed["signature_quarter"] = signed["period_start"].dt.strftime("%Y-%m-%d")
    cmrr = cmrr_on(tables, every["last_day"])
    base = signed[["customer_id", "signature_quarter", "last_day"]].merge(
        cmrr.rename(columns={"day": "last_day", "cmrr": "then"}), on=["customer_id", "last_day"]
    )
    quarters = periods[periods["period_grain"] == "quarter"]
    rows = base.drop(columns="last_day").merge(quarters, how="cross")
    rows = rows[rows["signature_quarter"] <= rows["period_start"].dt.strftime("%Y-%m-%d")]
    rows = rows.merge(
        cmrr.rename(columns={"day": "last_day", "cmrr": "now"}),
        how="left",
        on=["customer_id", "last_day"],
    )
    rows["now"] = rows["now"].fillna(0.0)
    rows["smaller"] = rows[["then", "now"]].min(axis=1)
    frame = by_period(
        rows,
        "signature_quarter",
        then=lambda rows: rows["then"].sum(),
        gross=lambda rows: rows["smaller"].sum(),
        net=lambda rows: rows["now"].sum(),
        customers=len,
        kept=lambda rows: (rows["now"] > 0).sum(),
    )
    return {
        "cohort_retention": ratio(frame, "gross", "then"),
        "cohort_retention_net": ratio(frame, "net", "then"),
        "cohort_retention_customers": ratio(frame, "kept", "customers"),
    }


@checks("parent_revenue_retention", "parent_revenue_retention_net")
def parents(tables: Tables, periods: pd.DataFrame) -> Computed:
    """All customers under one parent as one: what it had, gained and lost."""
    ends = periods.assign(day_before=periods["period_start"] - ONE_DAY)
    cmrr = cmrr_on(tables, pd.concat([ends["day_before"], ends["last_day"]]))
    begun = ends.merge(cmrr.rename(columns={"day": "day_before", "cmrr": "beginning"}))
    ended = ends.merge(cmrr.rename(columns={"day": "last_day", "cmrr": "now"}))
    moved = in_periods(tables("marts.fct_cmrr_movements"), "movement_date", periods)
    moved["counted"] = moved["amount"].where(moved["movement_type"] != "currency", 0.0)
    first = moved.groupby([*PERIOD, "customer_id"], as_index=False).agg(
        counted=("counted", "sum"), first_day=("movement_date", "min")
    )
    key = [*PERIOD, "customer_id"]
    rows = begun[[*key, "beginning"]].merge(ended[[*key, "now"]], how="outer", on=key)
    rows = rows.merge(first, how="outer", on=key)
    day = rows["period_start"].where(rows["beginning"].notna(), rows["first_day"])
    rows["month"] = day.dt.to_period("M").dt.to_timestamp()
    rows["parent"] = tables.attributes(rows, "group_customer_id")
    groups = rows.groupby([*PERIOD, "parent"], as_index=False)[
        ["beginning", "now", "counted"]
    ].sum()
    groups = groups[groups["beginning"] > 0]
    net = (groups["beginning"] + groups["counted"]).clip(lower=0)
    groups["net"] = groups["now"].where(groups["period_grain"] == "year", net)
    groups["gross"] = np.minimum(groups["beginning"], groups["net"])
    frame = by_period(
        groups,
        None,
        beginning=lambda rows: rows["beginning"].sum(),
        gross=lambda rows: rows["gross"].sum(),
        net=lambda rows: rows["net"].sum(),
    )
    return {
        "parent_revenue_retention": ratio(frame, "gross", "beginning"),
        "parent_revenue_retention_net": ratio(frame, "net", "beginning"),
    }
