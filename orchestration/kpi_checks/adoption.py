"""Adoption, from events, licence events, meter readings, order lines and features."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    at_period_ends,
    in_periods,
    ratio,
    sums_by_period,
    to_cents,
)
from orchestration.kpi_checks.licences import lines_held
from orchestration.kpi_checks.registry import checks
from orchestration.kpi_checks.usage import usage_days


def _reports(periods: pd.DataFrame) -> pd.DataFrame:
    """Month and last day of the months that end a period."""
    days = pd.DataFrame({"day": periods["last_day"].unique()})
    days["month"] = days["day"].dt.to_period("M").dt.to_timestamp()
    return days


def _values(days: pd.Series) -> str:
    return ", ".join(f"(date '{day:%Y-%m-%d}')" for day in days)


def _month_starts(days: pd.Series) -> pd.Series:
    return days.dt.to_period("M").dt.to_timestamp()


def _with_product_line(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    products = tables("staging.stg_billing__products")[["sku", "product_line"]]
    return rows.merge(products, how="left", on="sku").fillna({"product_line": "not_given"})


@checks("active_user_percent_30", "active_user_percent_60", "active_user_percent_90", by="segment")
def active_users(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Users of 30 days after projects went live, and seats on the last of them."""
    projects = tables("staging.stg_success__onboarding_projects")
    projects = projects.rename(columns={"account_id": "customer_id"})
    projects["live"] = tables.known_days(projects["went_live_at"])
    projects = projects.loc[projects["live"].notna(), ["project_id", "customer_id", "live"]]
    live = tables.local_day("went_live_at")
    users = tables.query(f"""
        select project_id, step, count(distinct end_user_id) as users
        from staging.stg_success__onboarding_projects
        cross join (values (30), (60), (90)) as steps (step)
        inner join {usage_days(tables)} as uses using (account_id)
        where uses.day - {live} between step - 29 and step
        group by project_id, step
    """)
    computed = {}
    for step in (30, 60, 90):
        reached = projects.assign(day=projects["live"] + pd.Timedelta(days=step))
        reached = reached[reached["day"] <= tables.as_of]
        held = lines_held(tables, reached)
        seats = held[held["is_seat"]].groupby("project_id")["quantity"].sum()
        found = users[users["step"] == step].set_index("project_id")["users"]
        reached["seats"] = reached["project_id"].map(seats).fillna(0)
        reached["users"] = reached["project_id"].map(found).fillna(0)
        reached = reached[reached["seats"] > 0].assign(month=_month_starts(reached["day"]))
        reached["segment"] = tables.attributes(reached, "segment")
        frame = sums_by_period(in_periods(reached, "day", periods), "segment", "users", "seats")
        computed[f"active_user_percent_{step}"] = ratio(frame, "users", "seats")
    return computed


def _seats_in_use(tables: Tables, reports: pd.DataFrame) -> pd.DataFrame:
    """Seats of a customer and SKU on the last day of a month, and their users of 28 days."""
    users = tables.query(f"""
        with parts as (
            select features.feature_name, unnest([features.sku, products.bundle_sku]) as sku
            from staging.stg_product_usage__features as features
            inner join staging.stg_billing__products as products using (sku)
        )
        select account_id as customer_id, sku, last_days.day,
            count(distinct end_user_id) as users
        from {usage_days(tables)} as uses
        inner join parts using (feature_name)
        inner join (values {_values(reports["day"])}) as last_days (day)
            on uses.day between last_days.day - 27 and last_days.day
        where sku is not null
        group by all
    """)
    customers = tables("intermediate.int_line_commitments")["customer_id"].drop_duplicates()
    held = lines_held(tables, reports.merge(customers, how="cross"))
    held = held[held["is_seat"]]
    seats = held.groupby(["customer_id", "sku", "day", "month"], as_index=False)["quantity"].sum()
    seats = seats[seats["quantity"] > 0].merge(users, how="left", on=["customer_id", "sku", "day"])
    return seats.fillna({"users": 0})


@checks("licence_utilisation", by="product_line")
def utilisation(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Users of features of SKUs, where there are licences."""
    seats = _with_product_line(tables, _seats_in_use(tables, _reports(periods)))
    at_ends = at_period_ends(seats, "month", periods)
    frame = sums_by_period(at_ends, "product_line", "users", "quantity")
    return {"licence_utilisation": ratio(frame, "users", "quantity")}


MOVEMENTS = ("assigned", "activated", "deactivated")


@checks(*(f"licence_movements_{what}" for what in MOVEMENTS), by="sku")
def licence_movements(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Licence events by type."""
    events = tables("staging.stg_product_usage__licence_events")
    events["day"] = tables.known_days(events["occurred_at"])
    for what in MOVEMENTS:
        events[what] = events["event_type"] == what
    frame = sums_by_period(in_periods(events, "day", periods), "sku", *MOVEMENTS)
    return {f"licence_movements_{what}": amount(frame, what) for what in MOVEMENTS}


def _units(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Units of a customer and metered SKU in a month: consumed, entitled and over."""
    products = tables("staging.stg_billing__products")
    metered = products.loc[
        (products["charge_type"] == "recurring")
        & ~products["unit_of_measure"].isin(["seat", "flat"]),
        "sku",
    ]
    keys = ["month", "customer_id", "sku"]
    readings = tables("staging.stg_product_usage__meter_readings")
    readings = readings.rename(columns={"account_id": "customer_id"})
    readings = readings[readings["reading_date"] <= tables.as_of]
    readings["month"] = _month_starts(readings["reading_date"])
    consumed = readings.groupby(keys)["units_consumed"].sum()

    first = tables("marts.dim_fiscal_months")["month"].min()
    months = pd.DataFrame({"month": pd.date_range(first, tables.as_of, freq="MS")})
    last = months["month"] + pd.offsets.MonthEnd(0)
    months["month_days"] = last.dt.day
    months["after"] = last.clip(upper=tables.as_of) + pd.Timedelta(days=1)
    lines = tables("intermediate.int_line_commitments")
    pairs = lines[lines["sku"].isin(metered)].merge(months, how="cross")
    begin = pairs[["service_start_date", "month"]].max(axis=1)
    over = pairs[["service_over_date", "after"]].min(axis=1)
    share = (over - begin).dt.days.clip(lower=0) / pairs["month_days"] / 12
    entitled = (pairs["quantity"] * share).groupby([pairs[key] for key in keys]).sum()
    units = pd.DataFrame({"consumed": consumed, "entitled": entitled}).fillna(0)
    for column in units:
        units[column] = to_cents(units[column])
    units["over"] = (units["consumed"] - units["entitled"]).clip(lower=0)
    return in_periods(units.reset_index(), "month", periods)


@checks("consumption_rate", "overage_units", "overage_units_accounts", by="sku")
def consumption(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Meter readings against the days on which order lines were in service."""
    units = _units(tables, periods)
    frame = sums_by_period(units, "sku", "consumed", "entitled", "over")
    above = units[units["over"] > 0.001].drop_duplicates([*PERIOD, "customer_id", "sku"])
    by_sku = sums_by_period(above, "sku")
    customers = sums_by_period(above.drop_duplicates([*PERIOD, "customer_id"]), None)
    accounts = pd.concat([by_sku[by_sku["dimension_name"] == "sku"], customers])
    return {
        "consumption_rate": ratio(frame, "consumed", "entitled"),
        "overage_units": amount(frame, "over"),
        "overage_units_accounts": amount(accounts, "n"),
    }


def _use(tables: Tables, reports: pd.DataFrame) -> pd.DataFrame:
    """Use of accounts in the 28 days to the last days of months, before, and a year ago."""
    return tables.query(f"""
        with last_days (day) as (values {_values(reports["day"])}),
        uses as materialized (
            select account_id, end_user_id, uses.day, feature_name, is_sticky
            from {usage_days(tables)} as uses
            inner join staging.stg_product_usage__features using (feature_name)
        ),
        users as (
            select last_days.day, account_id, end_user_id,
                count(distinct uses.day) as days,
                count(distinct uses.day) filter (where is_sticky) as sticky_days,
                count(distinct feature_name) as features
            from uses
            inner join last_days on uses.day between last_days.day - 27 and last_days.day
            group by last_days.day, account_id, end_user_id
        ),
        tenths as (
            select *,
                rank() over (partition by day order by days desc) - 1
                    < 0.1 * count(*) over (partition by day)
                and rank() over (partition by day order by features desc) - 1
                    < 0.1 * count(*) over (partition by day) as has_power
            from users
        ),
        accounts as (
            select day, account_id, count(*) as users, sum(days) as user_days,
                count(*) filter (where sticky_days >= 4) as sticky,
                count(*) filter (where has_power) as power
            from tenths group by day, account_id
        ),
        breadths as (
            select last_days.day, account_id, count(distinct feature_name) as used
            from uses
            inner join last_days on uses.day between last_days.day - 27 and last_days.day
            group by last_days.day, account_id
        ),
        user_days as (select distinct account_id, end_user_id, day from uses),
        earlier as (
            select last_days.day, account_id,
                count(*) filter (where last_days.day - user_days.day < 56) as before,
                count(*) filter (where last_days.day - user_days.day > 363) as year_before
            from user_days
            inner join last_days
                on last_days.day - user_days.day between 28 and 55
                or last_days.day - user_days.day between 364 and 391
            group by last_days.day, account_id
        )
        select day, account_id as customer_id, users, user_days, sticky, power, used, before,
            year_before
        from accounts
        full join breadths using (day, account_id)
        full join earlier using (day, account_id)
    """).fillna(0)


def _features_available(tables: Tables, reports: pd.DataFrame) -> pd.DataFrame:
    """Features of the SKUs that a customer holds on the last day of a month, released by then."""
    customers = tables("intermediate.int_line_commitments")["customer_id"].drop_duplicates()
    held = lines_held(tables, reports.merge(customers, how="cross"))
    held = held.groupby(["customer_id", "day", "sku"], as_index=False)["quantity"].sum()
    held = held[held["quantity"] > 0]
    features = tables("staging.stg_product_usage__features")
    features["released"] = tables.known_days(features["released_at"])
    features = features.loc[
        features["feature_name"] != "login", ["feature_name", "sku", "released"]
    ]
    bundles = tables("staging.stg_billing__products").set_index("sku")["bundle_sku"]
    in_bundles = features.assign(sku=features["sku"].map(bundles)).dropna(subset="sku")
    usable = held.merge(pd.concat([features, in_bundles]), on="sku")
    usable = usable[usable["released"] <= usable["day"]]
    counted = usable.groupby(["customer_id", "day"])["feature_name"].nunique()
    return counted.rename("available").reset_index()


@checks(
    "usage_frequency",
    "usage_frequency_daily_over_monthly",
    "feature_breadth",
    "sticky_feature_use",
    "power_users",
    "power_users_accounts_without",
    "power_users_accounts_without_share",
    "usage_trend",
    "usage_trend_year",
    by="segment",
)
def use(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Users, days and features of 28 days that end with a period."""
    reports = _reports(periods)
    rows = _use(tables, reports).merge(
        _features_available(tables, reports), how="outer", on=["customer_id", "day"]
    )
    rows = rows.merge(reports, on="day").fillna(0)
    rows["segment"] = tables.attributes(rows, "segment")
    rows["possible"] = 28 * rows["users"]
    rows["in_use"] = rows["users"] > 0
    rows["without"] = rows["in_use"] & (rows["power"] == 0)
    rows["gained"] = rows["user_days"] - rows["before"]
    rows["gained_in_year"] = rows["user_days"] - rows["year_before"]
    frame = sums_by_period(
        at_period_ends(rows, "month", periods),
        "segment",
        *["users", "user_days", "sticky", "power", "used", "before", "year_before", "available"],
        *["possible", "in_use", "without", "gained", "gained_in_year"],
    )
    return {
        "usage_frequency": ratio(frame, "user_days", "users"),
        "usage_frequency_daily_over_monthly": ratio(frame, "user_days", "possible"),
        "feature_breadth": ratio(frame, "used", "available"),
        "sticky_feature_use": ratio(frame, "sticky", "users"),
        "power_users": amount(frame, "power"),
        "power_users_accounts_without": amount(frame, "without"),
        "power_users_accounts_without_share": ratio(frame, "without", "in_use"),
        "usage_trend": ratio(frame, "gained", "before"),
        "usage_trend_year": ratio(frame, "gained_in_year", "year_before"),
    }


@checks("feature_use_by_release", "feature_use_by_release_customer_share", by="feature_name")
def releases(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Features in the thirty days from their release."""
    features = tables("staging.stg_product_usage__features")
    features = features[features["feature_name"] != "login"].copy()
    features["released"] = tables.known_days(features["released_at"])
    features["day"] = features["released"] + pd.Timedelta(days=29)
    features = features[features["day"] <= tables.as_of]
    users = tables.query(f"""
        select feature_name, count(distinct end_user_id) as users,
            count(distinct account_id) as accounts
        from {usage_days(tables)} as uses
        inner join staging.stg_product_usage__features using (feature_name)
        where uses.day - {tables.local_day("released_at")} between 0 and 29
        group by feature_name
    """)
    customers = tables("intermediate.int_line_commitments")["customer_id"].drop_duplicates()
    days = features[["day"]].drop_duplicates().merge(customers, how="cross")
    held = lines_held(tables, days).groupby(["day", "customer_id", "sku"])["quantity"].sum()
    held = held[held > 0].reset_index()
    bundles = tables("staging.stg_billing__products").set_index("sku")["bundle_sku"]
    parts = features[["feature_name", "sku", "day"]]
    parts = pd.concat([parts, parts.assign(sku=parts["sku"].map(bundles)).dropna(subset="sku")])
    holders = parts.merge(held, on=["day", "sku"]).groupby("feature_name")["customer_id"].nunique()
    features = features.merge(users, how="left", on="feature_name")
    features["holders"] = features["feature_name"].map(holders)
    features = features.fillna({"users": 0, "accounts": 0, "holders": 0})
    released = in_periods(features, "released", periods)
    frame = sums_by_period(released, "feature_name", "users", "accounts", "holders")
    return {
        "feature_use_by_release": amount(frame, "users"),
        "feature_use_by_release_customer_share": ratio(frame, "accounts", "holders"),
    }
