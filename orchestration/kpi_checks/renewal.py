"""Renewals, from terms, their answers and locks, quotes, activities, risks and movements."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    by_period,
    in_periods,
    local_days,
    looked_up,
    ratio,
    to_cents,
)
from orchestration.kpi_checks.registry import checks
from orchestration.settings import project_variable

ONE_DAY = pd.Timedelta(days=1)
GRAINS = {"month": "month", "quarter": "fiscal_quarter_start", "year": "fiscal_year_start"}
LEVELS = {"red": 1, "amber": 2, "green": 3}
FEWEST_RENEWALS = 20


def _as_of_day(tables: Tables, rows: pd.DataFrame, day: str, column: str) -> pd.Series:
    """An attribute of the customer of each row at the end of its ``day``, or its first known."""
    history = tables("marts.dim_customer_history")
    keyed = rows[["customer_id", day]].reset_index(names="_row").merge(history, on="customer_id")
    first = keyed.groupby("_row")["valid_from_date"].transform("min")
    seen = keyed[day].where(keyed[day] >= first, first)
    valid = (keyed["valid_from_date"] <= seen) & (
        keyed["valid_to_date"].isna() | (seen < keyed["valid_to_date"])
    )
    found = keyed[valid].set_index("_row")[column]
    return found.reindex(rows.index).fillna("not_given")


def _locks(tables: Tables) -> pd.DataFrame:
    locks = tables("marts.fct_expected_cmrr_locks")
    known = (locks["locked_on"] <= tables.as_of) & (locks["period_start"] <= tables.as_of)
    return locks[known].rename(columns={"period_start": "locked_period"})


def _renewals(tables: Tables) -> pd.DataFrame:
    """Terms that come due, with their answer and what was expected of them, as locked or as now."""
    locks = _locks(tables)
    due = locks[~locks["is_carried_over"]].set_index("contract_id")
    looks = tables("intermediate.int_renewal_days")
    looks = looks[looks["look"] == "due"].set_index("contract_id")
    rows = tables("intermediate.int_renewal_terms").merge(
        tables("intermediate.int_renewals_answered"), on="contract_id"
    )
    locked = rows["contract_id"].map(due["expected_cmrr"]).astype(float)
    rows["is_locked"] = locked.notna()
    rows["locked_segment"] = rows["contract_id"].map(due["segment"])
    rows["expected"] = locked.fillna(rows["contract_id"].map(looks["expected_cmrr"]))
    ended = rows["contract_id"].map(looks["is_ended_within_term"]).astype(bool)
    rows = rows[rows["is_locked"] | ~ended].copy()
    rows["is_resolved"] = rows["resolved_date"].notna()
    rows["is_renewed"] = rows["answer"] == "renewed"
    rows["is_archived"] = rows["answer"] == "archived"
    rows["retained"] = rows[["retained_cmrr", "expected"]].min(axis=1)
    return rows


def _quoted(tables: Tables) -> pd.Series:
    quotes = tables("staging.stg_billing__quotes")
    quotes["sent"] = local_days(quotes["sent_at"])
    return quotes[quotes["sent"] <= tables.as_of].groupby("contract_id")["sent"].min()


def _reached(tables: Tables, renewals: pd.DataFrame) -> pd.Series:
    """Day of the first outreach for each contract, in the 180 days before due and its own term."""
    calls = tables("staging.stg_crm__activities")
    calls = calls[calls["activity_type"] == "renewal_outreach"].copy()
    calls["called"] = local_days(calls["occurred_at"])
    calls = calls.loc[calls["called"] <= tables.as_of, ["account_id", "contract_id", "called"]]
    terms = renewals[["contract_id", "account_id", "start_date", "due_date"]]
    named = calls[calls["contract_id"].notna()].drop(columns="account_id")
    others = calls[calls["contract_id"].isna()].drop(columns="contract_id")
    pairs = pd.concat([terms.merge(named, on="contract_id"), terms.merge(others, on="account_id")])
    first = pairs["due_date"] - pd.Timedelta(days=180)
    within = (pairs["called"] <= pairs["due_date"]) & (
        pairs["called"] >= first.where(first > pairs["start_date"], pairs["start_date"])
    )
    return pairs[within].groupby("contract_id")["called"].min()


def _price_effects(tables: Tables, renewals: pd.DataFrame) -> pd.Series:
    """What list prices moved at each contract's takeover; of one to come, what it will be."""
    moved = tables("marts.fct_cmrr_movements")
    moved = moved[(moved["driver"] == "list_price") & (moved["timing"] == "renewal")]
    moved = moved.rename(columns={"movement_date": "takeover_date"})
    keys = ["contract_family_id", "takeover_date"]
    past = renewals[renewals["takeover_date"] <= tables.as_of].merge(
        moved[[*keys, "amount"]], on=keys
    )
    ahead = tables("intermediate.int_renewal_skus_taken_over")
    ahead = ahead[~ahead["contract_id"].isin(past["contract_id"])]
    to_come = renewals.loc[renewals["takeover_date"] > tables.as_of, "contract_id"]
    return pd.concat(
        [
            past.groupby("contract_id")["amount"].sum(),
            ahead[ahead["contract_id"].isin(to_come)]
            .groupby("contract_id")["list_price_effect"]
            .sum(),
        ]
    )


@checks(
    "in_period_renewal_rate",
    "in_period_renewal_rate_by_count",
    "in_period_archive_rate_by_count",
    "final_renewal_rate",
    "final_renewal_rate_by_count",
    "final_archive_rate_by_count",
    "resolution_rate",
    "resolution_rate_by_count",
    "on_time_renewal_rate",
    "early_renewals",
    "early_renewals_cmrr",
    "quotes_in_time_percent",
    "outreach_in_time_percent",
    "price_uplift_realised",
    by="segment",
)
def rates(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Renewals due in a period: what came of them and how early they were worked on."""
    renewals = _renewals(tables)
    renewals = renewals[renewals["expected"] > 0].copy()
    contract = renewals["contract_id"]
    quote_day = pd.to_datetime(looked_up(contract, _quoted(tables)))
    outreach_day = pd.to_datetime(looked_up(contract, _reached(tables, renewals)))
    quoted = (renewals["due_date"] - quote_day).dt.days > 120
    reached = (renewals["due_date"] - outreach_day).dt.days >= 90
    signed_before = (renewals["due_date"] - renewals["renewal_signed_date"]).dt.days
    renewals["quoted"], renewals["reached"] = quoted, reached
    renewals["on_time"] = renewals["is_renewed"] & (signed_before >= 30)
    renewals["price"] = contract.map(_price_effects(tables, renewals)).astype(float).fillna(0.0)
    # A renewal due later in a running period is due in it too.
    whole = periods.assign(last_day=periods["period_end"])
    rows = in_periods(renewals, "due_date", whole)
    rows["day_before"] = rows["period_start"] - ONE_DAY
    rows["segment"] = _as_of_day(tables, rows, "day_before", "segment")
    within = rows["resolved_date"] <= rows["period_end"]
    early = rows["is_renewed"] & (rows["resolved_date"] < rows["period_start"])
    rows = rows.assign(
        due=1,
        resolved_cmrr=rows["expected"].where(rows["is_resolved"], 0.0),
        renewed_cmrr=rows["expected"].where(rows["is_renewed"], 0.0),
        price=rows["price"].where(rows["is_renewed"], 0.0),
        retained_within=rows["retained"].where(within, 0.0),
        renewed_within=rows["is_renewed"] & within,
        archived_within=rows["is_archived"] & within,
        early=early,
        early_cmrr=rows["expected"].where(early, 0.0),
    )
    summed = [
        *("due", "expected", "is_resolved", "resolved_cmrr", "retained", "retained_within"),
        *("is_renewed", "renewed_cmrr", "is_archived", "renewed_within", "archived_within"),
        *("on_time", "early", "early_cmrr", "quoted", "reached", "price"),
    ]
    rows[summed] = rows[summed].astype(float)
    frame = by_period(
        rows,
        "segment",
        **{name: (lambda rows, name=name: rows[name].sum()) for name in summed},
    )
    return {
        "in_period_renewal_rate": ratio(frame, "retained_within", "expected"),
        "in_period_renewal_rate_by_count": ratio(frame, "renewed_within", "due"),
        "in_period_archive_rate_by_count": ratio(frame, "archived_within", "due"),
        "final_renewal_rate": ratio(frame, "retained", "resolved_cmrr"),
        "final_renewal_rate_by_count": ratio(frame, "is_renewed", "is_resolved"),
        "final_archive_rate_by_count": ratio(frame, "is_archived", "is_resolved"),
        "resolution_rate": ratio(frame, "resolved_cmrr", "expected"),
        "resolution_rate_by_count": ratio(frame, "is_resolved", "due"),
        "on_time_renewal_rate": ratio(frame, "on_time", "is_renewed"),
        "early_renewals": amount(frame, "early"),
        "early_renewals_cmrr": amount(frame, "early_cmrr"),
        "quotes_in_time_percent": ratio(frame, "quoted", "due"),
        "outreach_in_time_percent": ratio(frame, "reached", "due"),
        "price_uplift_realised": ratio(frame, "price", "renewed_cmrr"),
    }


@checks("expected_cmrr", "expected_cmrr_renewals", by="segment")
def expected(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Locks of what is due."""
    locks = _locks(tables)
    locks = locks[~locks["is_carried_over"] & (locks["expected_cmrr"] > 0)]
    rows = in_periods(locks, "due_date", periods.assign(last_day=periods["period_end"]))
    rows["day_before"] = rows["period_start"] - ONE_DAY
    rows["segment"] = _as_of_day(tables, rows, "day_before", "segment")
    frame = by_period(rows, "segment", cmrr=lambda rows: rows["expected_cmrr"].sum(), due=len)
    return {
        "expected_cmrr": amount(frame, "cmrr"),
        "expected_cmrr_renewals": amount(frame, "due"),
    }


@checks("late_renewals", "late_renewals_cmrr", by="age_band")
def late(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Renewals overdue and unresolved at a period's beginning, by the days since they were due."""
    renewals = _renewals(tables)
    rows = periods.merge(renewals[renewals["expected"] > 0], how="cross")
    unresolved = rows["resolved_date"].isna() | (rows["resolved_date"] >= rows["period_start"])
    rows = rows[(rows["due_date"] < rows["period_start"]) & unresolved].copy()
    builds = tables("marts.fct_refresh_days")
    if tables.as_of < builds.loc[builds["is_first_build"], "as_of_date"].min():
        # Of a day before the first build, whatever was locked was locked later.
        rows = rows[rows["is_locked"]].copy()
    days = (rows["period_start"] - rows["due_date"]).dt.days
    rows["age_band"] = pd.cut(
        days,
        [0, 30, 60, 90, np.inf],
        labels=["1 to 30 days", "31 to 60 days", "61 to 90 days", "over 90 days"],
    ).astype(str)
    frame = by_period(rows, "age_band", late=len, cmrr=lambda rows: rows["expected"].sum())
    return {
        "late_renewals": amount(frame, "late"),
        "late_renewals_cmrr": amount(frame, "cmrr"),
    }


def _planned(tables: Tables) -> pd.DataFrame:
    """Every planned renewal in every period that it is due in: annual amounts."""
    looks = tables("intermediate.int_renewal_days")
    looks = looks[(looks["look"] == "year") & ~looks["is_ended_within_term"].astype(bool)]
    terms = tables("intermediate.int_renewal_terms").merge(
        looks[["contract_id", "expected_cmrr"]], on="contract_id"
    )
    monthly = project_variable("renewal_plan_revision") == "month"
    if not monthly:
        terms = terms[terms["due_year_start"] <= tables.as_of]
    terms["day_before"] = terms["due_year_start"] - ONE_DAY
    terms["segment"] = _as_of_day(tables, terms, "day_before", "segment")
    rates = tables("seeds.planned_churn_rates")
    usual = rates[rates["fiscal_year"].isna()].set_index("segment")["planned_churn_rate"]
    own = rates.dropna(subset="fiscal_year").set_index(["segment", "fiscal_year"])
    wanted = pd.MultiIndex.from_frame(terms[["segment", "fiscal_year"]])
    rate = pd.Series(own["planned_churn_rate"].reindex(wanted).to_numpy(), index=terms.index)
    terms["kept"] = 1 - rate.fillna(terms["segment"].map(usual)).astype(float)
    frames = []
    for months, grain in zip((1, 3, 12), GRAINS, strict=True):
        start = terms[f"due_{grain}" if grain == "month" else f"due_{grain}_start"]
        end = start + pd.DateOffset(months=months) - ONE_DAY
        last = end.clip(upper=tables.as_of)
        quarters = (
            (last.dt.year - terms["due_year_start"].dt.year) * 12
            + last.dt.month
            - terms["due_year_start"].dt.month
        ) // 3
        revised = terms["due_year_start"].dt.to_period("M") + 3 * quarters
        if monthly:
            revised = terms["due_month"].dt.to_period("M")
        frames.append(
            terms.assign(period_grain=grain, period_start=start, revised=revised.dt.to_timestamp())
        )
    rows = pd.concat(frames, ignore_index=True)
    lines = tables("intermediate.int_renewal_lines_dated")
    lines = lines[lines["is_add_on"].astype(bool)][["contract_id", "reporting_mrr", "signed_date"]]
    added = rows[["contract_id", *PERIOD, "due_year_start", "revised"]].merge(
        lines.rename(columns={"signed_date": "added_on"}), on="contract_id"
    )
    added = added[added["added_on"].between(added["due_year_start"], added["revised"] - ONE_DAY)]
    key = ["contract_id", *PERIOD]
    added = added.groupby(key, as_index=False)["reporting_mrr"].sum()
    rows = rows.merge(added, how="left", on=key)
    rows["at_start"] = 12 * rows["expected_cmrr"] * rows["kept"]
    rows["revised_amount"] = rows["at_start"] + 12 * rows["reporting_mrr"].fillna(0.0)
    return rows


@checks("planned_expected_cmrr", "planned_expected_cmrr_at_year_start", by="segment")
def plan(tables: Tables, _periods: pd.DataFrame) -> Computed:
    """The plan, from what was expected at the year's start and add-ons since."""
    frame = by_period(
        _planned(tables),
        "segment",
        revised=lambda rows: rows["revised_amount"].sum(),
        at_start=lambda rows: rows["at_start"].sum(),
    )
    return {
        "planned_expected_cmrr": amount(frame, "revised"),
        "planned_expected_cmrr_at_year_start": amount(frame, "at_start"),
    }


def _ahead(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Renewals with how many fiscal quarters after the running one they are due."""
    months = tables("marts.dim_fiscal_months")
    running = months.loc[months["month"] <= tables.as_of, "fiscal_quarter_start"].max()
    start = rows["due_quarter_start"]
    rows["ahead"] = ((start.dt.year - running.year) * 12 + start.dt.month - running.month) // 3
    customers = tables("marts.dim_customers").set_index("customer_id")["segment"]
    rows["segment"] = rows["locked_segment"].fillna(rows["customer_id"].map(customers))
    return rows


@checks("at_risk_cmrr", "at_risk_cmrr_due", "at_risk_cmrr_share", by="risk_level")
def at_risk(tables: Tables, _periods: pd.DataFrame) -> Computed:
    """Unanswered renewals of the running quarter and the next four, by the worst open risk."""
    rows = _ahead(tables, _renewals(tables))
    rows = rows[~rows["is_resolved"] & rows["ahead"].between(0, 4) & (rows["expected"] > 0)].copy()
    risks = tables("marts.fct_risks")
    risks = risks[risks["is_open"].astype(bool)]
    worst = risks["risk_level"].map(LEVELS).groupby(risks["customer_id"]).min()
    names = {rank: level for level, rank in LEVELS.items()}
    rows["risk_level"] = rows["customer_id"].map(worst.map(names)).fillna("none")
    rows["risky"] = rows["expected"].where(rows["risk_level"] != "none", 0.0)
    frames = [
        rows.assign(period_grain="month", period_start=rows["due_month"]),
        rows.assign(period_grain="quarter", period_start=rows["due_quarter_start"]),
    ]
    frame = by_period(
        pd.concat(frames),
        "risk_level",
        risky=lambda rows: rows["risky"].sum(),
        due=lambda rows: rows["expected"].sum(),
    )
    return {
        "at_risk_cmrr": amount(frame, "risky"),
        "at_risk_cmrr_due": amount(frame, "due"),
        "at_risk_cmrr_share": ratio(frame, "risky", "due"),
    }


def _chances(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Each open renewal with the chance of its band and distance, or else of all bands."""
    health = tables("marts.fct_customer_health")
    health = health[health["health_date"] == tables.as_of].set_index("customer_id")["health_band"]
    chances = tables("marts.fct_renewal_chances")
    chances = chances[chances["renewals"] >= FEWEST_RENEWALS]
    chances = chances.rename(columns={"renewals": "seen", "quarters_ahead": "distance"})
    overdue = rows["due_date"] < tables.as_of
    rows["distance"] = rows["ahead"].clip(lower=1).where(~overdue, 0)
    rows["health_band"] = looked_up(rows["customer_id"], health)
    key = ["distance", "health_band"]
    columns = ["mean_kept_share", "kept_share_deviation", "seen"]
    known = chances[key].assign(has_own=True)
    rows = rows.merge(known, how="left", on=key)
    rows["health_band"] = rows["health_band"].where(rows["has_own"].notna(), "all_bands")
    return rows.merge(chances[[*key, *columns]], how="left", on=key)


def _forecast(rows: pd.DataFrame) -> pd.Series:
    """Forecast of one quarter and slice with its range, by renewals of one chance together."""
    retained = rows["kept"].sum()
    opened = rows[rows["is_open"]]
    unknown = opened["mean_kept_share"].isna().any()
    likely = to_cents(opened["expected"] * opened["mean_kept_share"]).sum()
    variance = 0.0
    for _, alike in opened.groupby(["distance", "health_band"]):
        deviation = alike["kept_share_deviation"].max()
        if not np.isnan(deviation):
            together = (alike["expected"].sum() * deviation) ** 2 / alike["seen"].max()
            variance += ((alike["expected"] * deviation) ** 2).sum() + together
    reach = 1.96 * np.sqrt(variance)
    due = opened["expected"].sum()
    bounds = to_cents(pd.Series([likely - reach, likely + reach]))
    return pd.Series(
        {
            "due": rows["expected"].sum(),
            "forecast": np.nan if unknown else retained + likely,
            "low": np.nan if unknown else retained + max(bounds[0], 0.0),
            "high": np.nan if unknown else retained + min(bounds[1], due),
            "locked": rows["locked"].sum(min_count=1),
            "planned": rows["planned"].sum(min_count=1),
        }
    )


FORECASTS = (
    "renewal_forecast",
    "renewal_forecast_low",
    "renewal_forecast_high",
    "renewal_forecast_rate",
    "renewal_forecast_locked",
    "renewal_forecast_planned",
    "renewal_forecast_less_planned",
)


@checks(*FORECASTS, by="segment")
def forecasts(tables: Tables, _periods: pd.DataFrame) -> Computed:
    """What was kept of answered renewals, what is likely of the others, and the plan."""
    plan = _planned(tables)
    plan = plan[plan["period_grain"] == "year"]
    renewals = _renewals(tables)
    ended = plan[~plan["contract_id"].isin(renewals["contract_id"])]
    columns = ["contract_id", "customer_id", "due_date", "due_quarter_start"]
    ended = ended[columns].assign(is_resolved=True, is_locked=False, expected=0.0)
    rows = _ahead(tables, pd.concat([renewals, ended], ignore_index=True))
    shown = rows.loc[~rows["is_resolved"] & (rows["ahead"] <= 4), "ahead"]
    rows["is_open"] = ~rows["is_resolved"]
    rows["kept"] = rows["retained_cmrr"].where(rows["is_resolved"])
    rows["locked"] = rows["expected"].where(rows["is_locked"])
    planned = plan.set_index("contract_id")["revised_amount"]
    rows["planned"] = rows["contract_id"].map(to_cents(planned / 12)).astype(float)
    rows = rows[rows["ahead"].between(0, 4) | rows["ahead"].isin(shown)]
    rows = _chances(tables, rows.copy())
    rows["period_grain"], rows["period_start"] = "quarter", rows["due_quarter_start"]
    if rows.empty:
        return dict.fromkeys(FORECASTS, ratio(by_period(rows, None, n=len), "n", "n"))
    parts = []
    for name, keys in {"total": PERIOD, "segment": [*PERIOD, "segment"]}.items():
        part = rows.groupby(keys).apply(_forecast).reset_index()
        part["dimension_name"] = name
        part["dimension_value"] = part["segment"] if name == "segment" else "all"
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    frame["above_plan"] = frame["forecast"] - frame["planned"]
    return {
        "renewal_forecast": amount(frame.dropna(subset="forecast"), "forecast"),
        "renewal_forecast_low": amount(frame.dropna(subset="low"), "low"),
        "renewal_forecast_high": amount(frame.dropna(subset="high"), "high"),
        "renewal_forecast_rate": ratio(frame, "forecast", "due"),
        "renewal_forecast_locked": amount(frame.dropna(subset="locked"), "locked"),
        "renewal_forecast_planned": amount(frame.dropna(subset="planned"), "planned"),
        "renewal_forecast_less_planned": amount(frame.dropna(subset="above_plan"), "above_plan"),
    }
