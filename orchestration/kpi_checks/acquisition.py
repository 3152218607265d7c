"""Leads, trials, opportunities, contracts and what customers cost, from staging and the ledger."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import (
    ALL,
    GRAINS,
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

FREEMIUM_COUNTS_AFTER = pd.Timedelta(days=90)


def _leads(tables: Tables) -> pd.DataFrame:
    leads = tables("staging.stg_crm__leads")
    for moment in ("created", "converted", "trial_started", "trial_ended"):
        days = local_days(leads[f"{moment}_at"])
        leads[moment] = days.where(days <= tables.as_of)
    for name in ("lead_source", "trial_type"):
        leads[name] = leads[name].fillna("not_given")
    return leads


@checks("lead_conversion_rate", by="lead_source")
def leads(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Of the leads of a period, those with a day of conversion."""
    frame = by_period(
        in_periods(_leads(tables), "created", periods),
        "lead_source",
        converted=lambda rows: rows["converted"].notna().sum(),
        created=len,
    )
    return {"lead_conversion_rate": ratio(frame, "converted", "created")}


@checks("trial_conversion_rate", by="trial_type")
def trials(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Of the trials over, those whose account has a contract, and none from before."""
    begun = _leads(tables)
    begun = begun[begun["trial_started"].notna()]
    is_free = begun["trial_type"] == "freemium"
    begun["counted"] = begun["trial_ended"].mask(
        is_free, begun["trial_started"] + FREEMIUM_COUNTS_AFTER
    )
    contracts = tables("marts.dim_contracts")
    first = contracts[contracts["signed_date"] <= tables.as_of].groupby("customer_id")
    begun = begun.join(first["signed_date"].min(), on="converted_account_id")
    begun["converted_in_the_end"] = begun["signed_date"] >= begun["trial_started"]
    frame = by_period(
        in_periods(begun, "counted", periods),
        "trial_type",
        converted=lambda rows: rows["converted_in_the_end"].sum(),
        counted=len,
    )
    return {"trial_conversion_rate": ratio(frame, "converted", "counted")}


def closed_opportunities(tables: Tables) -> pd.DataFrame:
    """Opportunities closed by the as-of date with the day of it (``closed``) and their cycle."""
    rows = tables("staging.stg_crm__opportunities")
    rows["created"] = local_days(rows["created_at"])
    rows = rows[rows["is_closed"] & (rows["created"] <= tables.as_of)]
    rows["closed"] = rows["close_date"].fillna(local_days(rows["updated_at"]))
    rows["cycle"] = (rows["closed"] - rows["created"]).dt.days.clip(lower=0)
    return rows[rows["closed"] <= tables.as_of]


@checks(
    "close_rate",
    "average_sales_cycle_days",
    "average_sales_cycle_days_median",
    by="opportunity_type",
)
def opportunities(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Of the opportunities closed, those won and how long they took."""
    frame = by_period(
        in_periods(closed_opportunities(tables), "closed", periods),
        "opportunity_type",
        won=lambda rows: rows["is_won"].sum(),
        closed=len,
        mean=lambda rows: rows.loc[rows["is_won"], "cycle"].mean(),
        median=lambda rows: rows.loc[rows["is_won"], "cycle"].median(),
    )
    won = frame[frame["won"] > 0]
    return {
        "close_rate": ratio(frame, "won", "closed"),
        "average_sales_cycle_days": amount(won, "mean"),
        "average_sales_cycle_days_median": amount(won, "median"),
    }


@checks("average_contract_value", by="currency")
def contracts(tables: Tables, periods: pd.DataFrame) -> Computed:
    """What the lines of new and renewal orders come to a year, later ramp steps left out."""
    lines = tables("intermediate.int_recurring_lines_priced")
    steps = tables("intermediate.int_ramp_steps_linked")["order_line_id"]
    lines = lines[
        lines["order_type"].isin(["new", "renewal"])
        & (lines["signed_date"] <= tables.as_of)
        & ~lines["order_line_id"].isin(steps)
    ]
    discounted = lines["quantity"] * lines["list_unit_price"] * (100 - lines["discount_percent"])
    lines["annual"] = to_cents(to_cents(discounted / 100) * lines["exchange_rate"])
    amounts = lines.groupby("contract_id")["annual"].sum().round(2)
    signed = tables("marts.dim_contracts")
    signed["annual"] = signed["contract_id"].map(amounts).fillna(0)
    frame = by_period(
        in_periods(signed, "signed_date", periods),
        "currency",
        annual=lambda rows: rows["annual"].sum(),
        paid=lambda rows: (rows["annual"] > 0).sum(),
    )
    return {"average_contract_value": ratio(frame, "annual", "paid")}


def _ledger(tables: Tables) -> pd.DataFrame:
    """Months with sales and marketing cost, recurring revenue and its gross margin; null where the
    cost is not posted."""
    posted = tables("marts.fct_ledger_account_months")
    posted = posted[(posted["debit_amount"] != 0) | (posted["credit_amount"] != 0)]
    posted["cost"] = posted["debit_amount"] - posted["credit_amount"]
    costs = posted.pivot_table(
        index="month", columns="account_class", values="cost", aggfunc="sum"
    ).round(2)
    of_class = costs.reindex(
        columns=["sales_and_marketing", "cost_of_recurring", "recurring_revenue"]
    )
    revenue = (-of_class["recurring_revenue"]).fillna(0)
    return pd.DataFrame(
        {
            "cost": of_class["sales_and_marketing"],
            "revenue": revenue.where(of_class["cost_of_recurring"].notna()),
            "margin": revenue - of_class["cost_of_recurring"],
        }
    )


def _first_days(tables: Tables) -> pd.Series:
    """The first day with CMRR of every customer."""
    daily = tables.moved_days
    return daily[daily["cmrr"] > 0].groupby("customer_id")["movement_date"].min()


def _sum_if_whole(months: int) -> object:
    return lambda values: values.sum() if values.notna().sum() == months else float("nan")


def _economics(tables: Tables) -> pd.DataFrame:
    """Cost, margin and what was sold, of every period that has begun."""
    moved = tables("marts.fct_cmrr_movements")
    moved["month"] = moved["movement_date"].dt.to_period("M").dt.to_timestamp()
    sold = moved.pivot_table(
        index="month", columns="movement_type", values="amount", aggfunc="sum"
    ).reindex(columns=["new", "add_on"])
    logos = _first_days(tables).dt.to_period("M").dt.to_timestamp().value_counts()
    months = tables("marts.dim_fiscal_months")
    for figures in (_ledger(tables), sold, logos.rename("logos")):
        months = months.join(figures, on="month")
    frames = []
    for length, (grain, column) in zip((1, 3, 12), GRAINS.items(), strict=True):
        grouped = months.groupby(column)
        whole = grouped[["cost", "revenue", "margin"]].agg(_sum_if_whole(length))
        frame = whole.join(grouped[["new", "add_on", "logos"]].sum()).reset_index(names=PERIOD[1])
        frame["cost_before"] = frame["cost"].shift() if grain == "quarter" else float("nan")
        frames.append(frame.assign(period_grain=grain))
    found = tables.periods.merge(pd.concat(frames), on=PERIOD)
    found["new_margin"] = to_cents(found["new"] * found["margin"] / found["revenue"])
    sold_margin = 12 * (found["new"] + found["add_on"]) * found["margin"] / found["revenue"]
    found["sold_margin"] = to_cents(sold_margin).where(found["period_end"] <= tables.as_of)
    return found.assign(dimension_name=ALL[0], dimension_value=ALL[1])


@checks("customer_acquisition_cost", "cac_ratio", "cac_payback_months")
def unit_economics(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Cost of the ledger against first days with CMRR and movements of new and add-on."""
    found = _economics(tables)
    pays_back = found[(found["logos"] > 0) & (found["new_margin"] > 0)]
    quarters = found[(found["period_grain"] == "quarter") & found["cost_before"].notna()]
    return {
        "customer_acquisition_cost": ratio(found, "cost", "logos"),
        "cac_payback_months": ratio(pays_back, "cost", "new_margin"),
        "cac_ratio": ratio(quarters, "sold_margin", "cost_before"),
    }


@checks("break_even_years", "break_even_years_recovered")
def break_even(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Margin of lines in service at month ends, by the quarter of a customer's first CMRR."""
    economics = _economics(tables)
    cohorts = economics[(economics["period_grain"] == "quarter") & (economics["logos"] > 0)]
    ledger = _ledger(tables).dropna(subset="margin").reset_index()
    lines = tables("intermediate.int_line_commitments")
    lines = lines.join(_first_days(tables).rename("first"), on="customer_id")
    lines["first"] = lines["first"].dt.to_period("M").dt.to_timestamp()
    quarter_of = tables("marts.dim_fiscal_months").set_index("month")["fiscal_quarter_start"]
    lines = lines.join(quarter_of.rename("cohort"), on="first")
    found = []
    for cohort in cohorts.itertuples():
        own = lines[lines["cohort"] == cohort.period_start]
        total, year = 0.0, float("nan")
        for month in ledger[ledger["month"] >= cohort.period_start].itertuples():
            day = min(month.month + pd.offsets.MonthEnd(0), tables.as_of)
            served = own[(own["service_start_date"] <= day) & ~(own["service_over_date"] <= day)]
            rate = month.margin / month.revenue if month.revenue else float("nan")
            total += to_cents(pd.Series([served["reporting_mrr"].sum() * rate])).fillna(0).iloc[0]
            age = (month.month.to_period("M") - cohort.period_start.to_period("M")).n
            is_last_of_year = age % 12 == 11 or month.month == ledger["month"].max()
            if is_last_of_year and pd.isna(year) and total > cohort.cost + 0.001:
                year = age // 12 + 1
        found.append((cohort.period_start, total, cohort.cost, year))
    frame = pd.DataFrame(found, columns=[PERIOD[1], "margin", "cost", "year"]).assign(
        period_grain="quarter", dimension_name=ALL[0], dimension_value=ALL[1]
    )
    frame = frame.astype({PERIOD[1]: "datetime64[us]"})
    return {
        "break_even_years": amount(frame.dropna(subset="year"), "year"),
        "break_even_years_recovered": ratio(frame.dropna(subset="cost"), "margin", "cost"),
    }
