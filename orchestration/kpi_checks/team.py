"""Books, contact, tickets, risks and care, from order lines, portfolios and staging."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.customers import cmrr_of, cmrr_on
from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    by_period,
    highest_band,
    in_periods,
    local_days,
    ratio,
)
from orchestration.kpi_checks.registry import checks

NOBODY = "unassigned"
LATE_WITHIN_DAYS = 60
RECENT_DAYS = 90
LOSSES = ("downgrade", "cancellation", "archive")


def _customers_on(tables: Tables, days: pd.Series) -> pd.DataFrame:
    """Customers with CMRR at the end of each ``day``: their CMRR, segment, CSM (``csm``), and if
    there was a business review in the 90 days that end then (``reviewed``)."""
    pairs = cmrr_on(tables, days.astype("datetime64[us]"))
    segments = tables("seeds.customer_segments")
    pairs["segment"] = highest_band(12 * pairs["cmrr"], segments, "segment", "minimum_annual_cmrr")
    pairs["csm"] = _csm_on(tables, pairs, "day").fillna(NOBODY)
    contacts = _contacts(tables)
    reviews = contacts.loc[contacts["activity_type"] == "qbr", ["customer_id", "occurred"]]
    reviews = reviews.drop_duplicates().sort_values("occurred")
    last = pd.merge_asof(
        pairs.sort_values("day"), reviews, left_on="day", right_on="occurred", by="customer_id"
    ).set_index(["customer_id", "day"])["occurred"]
    age = (pairs["day"] - pairs.join(last, on=["customer_id", "day"])["occurred"]).dt.days
    return pairs.assign(reviewed=age < RECENT_DAYS)


def _csm_on(tables: Tables, rows: pd.DataFrame, day: str) -> pd.Series:
    """Who carried each row's customer on its day."""
    spells = tables("marts.fct_csm_portfolios")[
        ["customer_id", "csm_user_id", "valid_from", "valid_to"]
    ]
    wanted = rows[["customer_id", day]].drop_duplicates().dropna()
    pairs = wanted.merge(spells, on="customer_id")
    pairs = pairs[(pairs["valid_from"] <= pairs[day]) & ~(pairs["valid_to"] <= pairs[day])]
    found = pairs.set_index(["customer_id", day])["csm_user_id"]
    return rows.join(found, on=["customer_id", day])["csm_user_id"]


def _contacts(tables: Tables) -> pd.DataFrame:
    rows = tables("staging.stg_crm__activities").rename(columns={"account_id": "customer_id"})
    rows["occurred"] = local_days(rows["occurred_at"]).astype("datetime64[us]")
    return rows[rows["occurred"] <= tables.as_of]


def _months(tables: Tables) -> pd.DataFrame:
    months = tables.periods[tables.periods["period_grain"] == "month"]
    return months.rename(columns={"period_start": "month"})[["month", "last_day"]]


@checks("customers_per_csm", "customers_per_csm_cmrr", by="csm")
def books(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers on the last day, and who carries them."""
    held = _customers_on(tables, periods["last_day"])
    held = periods.merge(held[held["csm"] != NOBODY], left_on="last_day", right_on="day")
    frame = by_period(
        held.assign(user=held["csm"]),
        "csm",
        customers=len,
        cmrr=lambda rows: rows["cmrr"].sum(),
        csms=lambda rows: rows["user"].nunique(),
    )
    return {
        "customers_per_csm": ratio(frame, "customers", "csms"),
        "customers_per_csm_cmrr": ratio(frame, "cmrr", "csms"),
    }


@checks(
    "customers_per_csm_within_limits",
    "customers_per_csm_over_limits",
    "customers_per_csm_under_limits",
    by="segment",
)
def limits(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Books of a CSM and coverage model against the model's limits."""
    held = _customers_on(tables, periods["last_day"])
    held = periods.merge(held[held["csm"] != NOBODY], left_on="last_day", right_on="day")
    sizes = held.groupby([*PERIOD, "segment", "csm"], as_index=False).size()
    sizes = sizes.merge(tables("seeds.coverage_limits"), on="segment")
    frame = by_period(
        sizes,
        "segment",
        books=len,
        over=lambda rows: (rows["size"] > rows["maximum_customers"]).sum(),
        under=lambda rows: (rows["size"] < rows["minimum_customers"]).sum(),
    )
    frame["within"] = frame["books"] - frame["over"] - frame["under"]
    return {
        f"customers_per_csm_{how}_limits": ratio(frame, how, "books")
        for how in ("within", "over", "under")
    }


TYPES = ("call", "email", "meeting", "qbr", "onsite", "renewal_outreach")


@checks("interactions_by_type", *(f"interactions_by_type_{kind}" for kind in TYPES), by="segment")
def contact(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Activities of a month with customers that had CMRR when it ended."""
    months = _months(tables)
    months = months[months["last_day"].between(periods["period_start"].min(), tables.as_of)]
    held = _customers_on(tables, months["last_day"])
    held = held.merge(months.rename(columns={"last_day": "day"}), on="day")
    contacts = _contacts(tables)
    contacts["month"] = contacts["occurred"].dt.to_period("M").dt.to_timestamp()
    counts = contacts.groupby(["customer_id", "month", "activity_type"]).size().unstack()
    counts = counts.reindex(columns=list(TYPES)).fillna(0)
    held = held.join(counts, on=["customer_id", "month"]).fillna(dict.fromkeys(TYPES, 0))
    frame = by_period(
        in_periods(held, "month", periods),
        "segment",
        customer_months=len,
        **{kind: (lambda rows, kind=kind: rows[kind].sum()) for kind in TYPES},
    )
    frame["any"] = frame[list(TYPES)].sum(axis=1)
    return {
        "interactions_by_type": ratio(frame, "any", "customer_months"),
        **{f"interactions_by_type_{kind}": ratio(frame, kind, "customer_months") for kind in TYPES},
    }


@checks("tickets_handled_by_csm", by="csm")
def tickets(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Tickets of those who are CSMs or carry a customer."""
    users = tables("marts.dim_users")
    csms = set(users.loc[users["user_role"] == "csm", "user_id"])
    csms |= set(tables("marts.fct_csm_portfolios")["csm_user_id"])
    rows = tables("staging.stg_support__tickets")[["assignee_user_id", "created_at"]]
    rows = rows[rows["assignee_user_id"].isin(csms)]
    rows["created"] = local_days(rows["created_at"])
    rows = rows.rename(columns={"assignee_user_id": "csm"})
    frame = by_period(in_periods(rows, "created", periods), "csm", tickets=len)
    return {"tickets_handled_by_csm": amount(frame, "tickets")}


def _risks(tables: Tables) -> pd.DataFrame:
    risks = tables("staging.stg_success__risks").rename(columns={"account_id": "customer_id"})
    risks["opened"] = local_days(risks["opened_at"]).astype("datetime64[us]")
    resolved = local_days(risks["resolved_at"]).astype("datetime64[us]")
    risks["resolved"] = resolved.where(resolved <= tables.as_of)
    return risks[risks["opened"] <= tables.as_of]


def _declines(tables: Tables, risks: pd.DataFrame) -> pd.Series:
    """For each risk the health day on which the band began to fall, by walking back from it."""
    scores = tables.query(
        "select customer_id, health_date, cast(sum(points) as double) as score"
        " from marts.fct_health_components group by customer_id, health_date"
        " having sum(points) is not null order by customer_id, health_date"
    )
    scores = scores[scores["customer_id"].isin(risks["customer_id"])]
    scores["health_date"] = scores["health_date"].astype("datetime64[us]")
    bands = tables("seeds.health_bands").rename(columns={"minimum_score": "minimum"})
    scores["rank"] = 0
    for band in bands.itertuples():
        reached = (scores["score"] >= band.minimum) & (scores["health_date"] >= band.valid_from)
        reached &= pd.isna(band.valid_to) | ~(scores["health_date"] >= band.valid_to)
        scores["rank"] += reached
    by_customer = {
        customer: (rows["health_date"].to_numpy(), rows["rank"].to_numpy())
        for customer, rows in scores.groupby("customer_id")
    }
    found = []
    for risk in risks.itertuples():
        days, ranks = by_customer.get(risk.customer_id, (np.array([]), np.array([])))
        until = (
            int(np.searchsorted(days, np.datetime64(risk.opened), side="right")) if len(days) else 0
        )
        steps = np.diff(ranks[:until])
        rises = np.flatnonzero(steps > 0)
        falls = np.flatnonzero(steps < 0)
        falls = falls[falls > rises[-1]] if len(rises) else falls
        found.append(days[falls[0] + 1] if len(falls) else np.datetime64("NaT"))
    return pd.Series(found, index=risks.index, dtype="datetime64[us]")


@checks(
    "time_to_identify_risk_days",
    "time_to_identify_risk_days_median",
    "time_to_identify_risk_days_late",
    "time_to_identify_risk_days_late_share",
    by="risk_level",
)
def identification(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Days from the fall of the band to the risk, and from the risk to the next loss."""
    risks = _risks(tables)
    risks["days"] = (risks["opened"] - _declines(tables, risks)).dt.days
    moved = tables("marts.fct_cmrr_movements")
    moved = moved[moved["movement_type"].isin(LOSSES)]
    losses = moved.groupby(["customer_id", "movement_date"], as_index=False)["amount"].sum()
    losses = losses[losses["amount"].round(2) < 0].sort_values("movement_date")
    losses["movement_date"] = losses["movement_date"].astype("datetime64[us]")
    risks = pd.merge_asof(
        risks.astype({"customer_id": object}).sort_values("opened"),
        losses[["customer_id", "movement_date"]].astype({"customer_id": object}),
        left_on="opened",
        right_on="movement_date",
        by="customer_id",
        direction="forward",
    )
    risks["is_late"] = (risks["movement_date"] - risks["opened"]).dt.days < LATE_WITHIN_DAYS
    frame = by_period(
        in_periods(risks, "opened", periods),
        "risk_level",
        mean=lambda rows: rows["days"].mean(),
        median=lambda rows: rows["days"].median(),
        late=lambda rows: rows["is_late"].sum(),
        raised=len,
    )
    measured = frame.dropna(subset="mean")
    return {
        "time_to_identify_risk_days": amount(measured, "mean"),
        "time_to_identify_risk_days_median": amount(measured, "median"),
        "time_to_identify_risk_days_late": amount(frame, "late"),
        "time_to_identify_risk_days_late_share": ratio(frame, "late", "raised"),
    }


@checks("risk_mitigation_rate", "risk_mitigation_rate_saved_cmrr", by="reason_code")
def mitigation(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Risks resolved, and what of the customer's CMRR was still there."""
    risks = _risks(tables)
    risks = risks[risks["resolved"].notna()]
    at_opening = cmrr_of(tables, risks, "opened")
    at_resolution = cmrr_of(tables, risks, "resolved")
    risks["is_mitigated"] = risks["resolution"] == "mitigated"
    saved = np.minimum(at_opening, at_resolution).clip(lower=0)
    risks["saved"] = saved.where(risks["is_mitigated"], 0)
    frame = by_period(
        in_periods(risks, "resolved", periods),
        "reason_code",
        mitigated=lambda rows: rows["is_mitigated"].sum(),
        resolved=lambda rows: rows["resolution"].notna().sum(),
        saved=lambda rows: rows["saved"].sum(),
    )
    return {
        "risk_mitigation_rate": ratio(frame, "mitigated", "resolved"),
        "risk_mitigation_rate_saved_cmrr": amount(frame, "saved"),
    }


@checks("qbr_coverage", "qbr_coverage_all", by="csm")
def reviews(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers on the last day, and their last business review."""
    held = _customers_on(tables, periods["last_day"])
    held = periods.merge(held, left_on="last_day", right_on="day")
    held["is_high"] = held["segment"] == "high_touch"
    frame = by_period(
        held,
        "csm",
        high=lambda rows: rows["is_high"].sum(),
        high_reviewed=lambda rows: (rows["is_high"] & rows["reviewed"]).sum(),
        all=len,
        reviewed=lambda rows: rows["reviewed"].sum(),
    )
    return {
        "qbr_coverage": ratio(frame, "high_reviewed", "high"),
        "qbr_coverage_all": ratio(frame, "reviewed", "all"),
    }


def _care(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Customers of each quarter's beginning, as they were the day before, with their retention."""
    quarters = periods[periods["period_grain"] == "quarter"]
    quarters = quarters.assign(day=quarters["period_start"] - pd.Timedelta(days=1))
    held = _customers_on(tables, quarters["day"])
    load = held[held["csm"] != NOBODY].groupby(["day", "csm"]).size().rename("load")
    held = held.join(load, on=["day", "csm"])
    bands = tables("seeds.csm_load_bands")
    held["load_band"] = highest_band(
        held["load"].fillna(0), bands, "load_band", "minimum_customers"
    ).where(held["load"].notna(), NOBODY)
    held = quarters.merge(held, on="day")
    moved = in_periods(tables("marts.fct_cmrr_movements"), "movement_date", quarters)
    keys = ["period_start", "customer_id"]
    types = moved.pivot_table(
        index=keys, columns="movement_type", values="amount", aggfunc="sum"
    ).fillna(0)
    gains = [name for name in ("add_on", "upgrade", "swap") if name in types]
    lost = types[[name for name in LOSSES if name in types]].sum(axis=1)
    held = held.join(lost.rename("lost"), on=keys).join(
        types[gains].sum(axis=1).rename("gained"), on=keys
    )
    held = held.fillna({"lost": 0, "gained": 0})
    held["gross"] = held["cmrr"] + held["lost"]
    held["net"] = held["gross"] + held["gained"]
    held["kept"] = cmrr_of(tables, held, "last_day") > 0
    answers = tables("marts.fct_survey_responses")
    answers = answers[
        (answers["survey_type"] == "csat") & (answers["survey_kind"] == "transactional")
    ]
    answers = in_periods(answers, "responded_date", quarters)
    answers = answers.sort_values(["responded_at", "response_id"])
    answers = answers.drop_duplicates(["period_start", "invitation_id"], keep="last")
    answers["satisfied"] = answers["score"] >= 4
    counts = answers.groupby(keys)["satisfied"].agg(["sum", "size"])
    counts = counts.set_axis(["satisfied", "answers"], axis=1)
    return held.join(counts, on=keys).fillna({"satisfied": 0, "answers": 0})


READINGS = {
    "gross_retention": ("gross", "cmrr"),
    "net_retention": ("net", "cmrr"),
    "logo_retention": ("kept", "customers"),
    "csat": ("satisfied", "answers"),
}


@checks(
    "qbr_effect",
    *(f"qbr_effect_{reading}" for reading in list(READINGS)[1:]),
    *(f"qbr_effect_{reading}_{side}" for reading in READINGS for side in ("with", "without")),
    by="segment",
)
def effect_of_reviews(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Retention and CSAT of the quarter by whether there was a review in the 90 days before."""
    care = _care(tables, periods).assign(customers=1)
    found = {}
    for reading, (above, below) in READINGS.items():
        sides = {}
        for side, is_reviewed in (("with", True), ("without", False)):
            frame = by_period(
                care[care["reviewed"] == is_reviewed],
                "segment",
                above=lambda rows, above=above: rows[above].sum(),
                below=lambda rows, below=below: rows[below].sum(),
            )
            sides[side] = ratio(frame, "above", "below")
            found[f"qbr_effect_{reading}_{side}"] = sides[side]
        keys = [*PERIOD, "dimension_name", "dimension_value"]
        both = sides["with"].merge(sides["without"], on=keys, suffixes=("_with", "_without"))
        # Of the rates as they are served, with six decimals.
        both["effect"] = both["value_with"].round(6) - both["value_without"].round(6)
        name = "qbr_effect" if reading == "gross_retention" else f"qbr_effect_{reading}"
        found[name] = amount(both[[*keys, "effect"]].dropna(), "effect")
    return found


@checks(
    "retention_by_csm_load",
    "retention_by_csm_load_net",
    "retention_by_csm_load_logo",
    by="load_band",
)
def effect_of_load(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Retention of the quarter by how many customers the CSM carried the day before."""
    frame = by_period(
        _care(tables, periods),
        "load_band",
        customers=len,
        kept=lambda rows: rows["kept"].sum(),
        cmrr=lambda rows: rows["cmrr"].sum(),
        gross=lambda rows: rows["gross"].sum(),
        net=lambda rows: rows["net"].sum(),
    )
    return {
        "retention_by_csm_load": ratio(frame, "gross", "cmrr"),
        "retention_by_csm_load_net": ratio(frame, "net", "cmrr"),
        "retention_by_csm_load_logo": ratio(frame, "kept", "customers"),
    }
