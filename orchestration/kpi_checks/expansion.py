"""Expansion, product lines, quotas, discounts and experiments, from lines, staging and use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.acquisition import closed_opportunities
from orchestration.kpi_checks.frames import (
    ALL,
    PERIOD,
    Computed,
    Tables,
    amount,
    at_period_ends,
    by_period,
    in_periods,
    local_days,
    ratio,
    to_cents,
)
from orchestration.kpi_checks.registry import checks

TWO_SIDED_95 = 1.959963984540054


def _month(days: pd.Series) -> pd.Series:
    return days.dt.to_period("M").dt.to_timestamp()


def _products(tables: Tables) -> pd.DataFrame:
    return tables("marts.dim_products")[["sku", "product_line", "is_archive"]]


@checks(
    "upsell_cmrr",
    "cross_sell_cmrr",
    "price_expansion_cmrr",
    "price_expansion_cmrr_list_price",
    "price_expansion_cmrr_discount",
    by="product_line",
)
def movements(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Sums of the movements that expand, by driver."""
    moved = tables("marts.fct_cmrr_movements")
    moved = moved[moved["movement_type"].isin(["add_on", "upgrade"])]
    moved = in_periods(moved.merge(_products(tables), on="sku"), "movement_date", periods)

    def of(*drivers: str) -> object:
        return lambda rows: rows.loc[rows["driver"].isin(drivers), "amount"].sum()

    frame = by_period(
        moved,
        "product_line",
        upsell=of("quantity"),
        cross_sell=of("product"),
        price=of("list_price", "discount"),
        list_price=of("list_price"),
        discount=of("discount"),
    )
    return {
        "upsell_cmrr": amount(frame, "upsell"),
        "cross_sell_cmrr": amount(frame, "cross_sell"),
        "price_expansion_cmrr": amount(frame, "price"),
        "price_expansion_cmrr_list_price": amount(frame, "list_price"),
        "price_expansion_cmrr_discount": amount(frame, "discount"),
    }


def _committed(tables: Tables, days: pd.DataFrame) -> pd.DataFrame:
    """Order lines that are CMRR at the end of a ``day``, for each row of ``days``."""
    lines = tables("intermediate.int_line_commitments")
    lines = lines[lines["reporting_mrr"] != 0].merge(_products(tables), on=["sku", "is_archive"])
    pairs = lines.merge(days, how="cross")
    return pairs[
        (pairs["commit_start_date"] <= pairs["day"]) & ~(pairs["commit_end_date"] <= pairs["day"])
    ]


def _held(tables: Tables, periods: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """CMRR above nothing at the end of periods, by the keys."""
    lines = _committed(tables, periods.assign(day=periods["last_day"]))
    held = lines.groupby([*PERIOD, *keys], as_index=False)["reporting_mrr"].sum()
    return held[held["reporting_mrr"] > 0.001]


@checks("average_acv_per_customer", by="product_line")
def contract_value(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Twelve times what is committed, for each customer with any of it."""
    frame = by_period(
        _held(tables, periods, "product_line", "customer_id"),
        "product_line",
        annual=lambda rows: 12 * rows["reporting_mrr"].sum(),
        customers=lambda rows: rows["customer_id"].nunique(),
    )
    return {"average_acv_per_customer": ratio(frame, "annual", "customers")}


@checks("upsell_conversion_rate", by="owner")
def add_on_opportunities(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Of the add-on opportunities closed, those won."""
    closed = closed_opportunities(tables)
    closed = closed[closed["opportunity_type"] == "add_on"]
    closed["owner"] = closed["owner_user_id"].fillna("not_given")
    frame = by_period(
        in_periods(closed, "closed", periods),
        "owner",
        won=lambda rows: rows["is_won"].sum(),
        closed=len,
    )
    return {"upsell_conversion_rate": ratio(frame, "won", "closed")}


def _line_counts(tables: Tables) -> pd.DataFrame:
    """Days on which a customer's number of product lines changed: before, after, and the day of
    the next change."""
    lines = tables("intermediate.int_line_commitments")
    lines = lines[(lines["reporting_mrr"] != 0) & ~lines["is_archive"]]
    lines = lines.merge(_products(tables)[["sku", "product_line"]], on="sku")
    steps = []
    for column, sign in (("commit_start_date", 1), ("commit_end_date", -1)):
        days = lines[["customer_id", "product_line", column]].rename(columns={column: "day"})
        steps.append(days.assign(cmrr=sign * lines["reporting_mrr"]))
    steps = pd.concat(steps).dropna(subset="day")
    steps = steps[steps["day"] <= tables.as_of]
    keys = ["customer_id", "product_line"]
    daily = steps.groupby([*keys, "day"], as_index=False)["cmrr"].sum()
    held = daily.groupby(keys)["cmrr"].cumsum() > 0.001
    before = held.groupby([daily[key] for key in keys]).shift(fill_value=False)
    daily["step"] = held.astype(int) - before.astype(int)
    counts = daily.groupby(["customer_id", "day"], as_index=False)["step"].sum()
    counts = counts[counts["step"] != 0]
    counts["after"] = counts.groupby("customer_id")["step"].cumsum()
    counts["before"] = counts["after"] - counts["step"]
    counts["next_day"] = counts.groupby("customer_id")["day"].shift(-1)
    return counts


@checks("cross_sell_conversion_rate", by="segment")
def second_lines(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers with one line on a day of a month or the day before it, and steps to more."""
    counts = _line_counts(tables)
    months = tables.periods
    months = months.loc[months["period_grain"] == "month", ["period_start", "last_day"]]
    pairs = counts[counts["after"] == 1].merge(months, how="cross")
    had = pairs[(pairs["day"] <= pairs["last_day"]) & ~(pairs["next_day"] < pairs["period_start"])]
    base = had[["customer_id", "period_start"]].drop_duplicates()
    took = counts[(counts["before"] == 1) & (counts["after"] > 1)]
    took = took.assign(period_start=_month(took["day"]), took=True)
    base = base.merge(
        took[["customer_id", "period_start", "took"]].drop_duplicates(), how="left"
    ).rename(columns={"period_start": "month"})
    base["segment"] = tables.attributes(base, "segment")
    frame = by_period(
        in_periods(base, "month", periods),
        "segment",
        took=lambda rows: rows.loc[rows["took"].notna(), "customer_id"].nunique(),
        had=lambda rows: rows["customer_id"].nunique(),
    )
    return {"cross_sell_conversion_rate": ratio(frame, "took", "had")}


@checks("upsell_quota_attainment", "cross_sell_quota_attainment", by="owner")
def quotas(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Movements whose line's order came from an opportunity, against its owner's quotas."""
    orders = tables("staging.stg_billing__orders")[["order_id", "opportunity_id"]]
    owners = tables("staging.stg_crm__opportunities")[["opportunity_id", "owner_user_id"]]
    lines = tables("staging.stg_billing__order_lines")[["order_line_id", "order_id"]]
    lines = lines.merge(orders.dropna(), on="order_id").merge(owners, on="opportunity_id")
    moved = tables("marts.fct_cmrr_movements").merge(lines, on="order_line_id")
    moved = moved[moved["movement_type"].isin(["add_on", "upgrade"])]
    moved["quota_type"] = moved["driver"].map({"quantity": "upsell", "product": "cross_sell"})
    given = tables("staging.stg_crm__quotas")
    given = given[given["period_start"] <= tables.as_of].rename(
        columns={"user_id": "owner_user_id", "period_start": "begins", "amount": "quota"}
    )
    pairs = moved.merge(given, on=["owner_user_id", "quota_type"])
    pairs = pairs[pairs["movement_date"].between(pairs["begins"], pairs["period_end"])]
    keys = ["owner_user_id", "quota_type", "begins"]
    attained = pairs.groupby(keys)["amount"].sum().mul(12).rename("attained")
    given = given.join(attained, on=keys).drop(columns="period_end")
    given = given.rename(columns={"owner_user_id": "owner"})
    found = {}
    for quota_type in ("upsell", "cross_sell"):
        frame = by_period(
            in_periods(given[given["quota_type"] == quota_type], "begins", periods),
            "owner",
            attained=lambda rows: rows["attained"].sum(),
            quota=lambda rows: rows["quota"].sum(),
        )
        found[f"{quota_type}_quota_attainment"] = ratio(frame, "attained", "quota")
    return found


@checks("attach_rate", "product_affinity", by="sku_pair")
def pairs_of_skus(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers by SKU, multiplied with itself."""
    held = _held(tables, periods, "customer_id", "sku", "is_archive")
    held = held[~held["is_archive"]]
    if held.empty:
        nothing = ratio(by_period(held, None, above=len, below=len), "above", "below")
        return {"attach_rate": nothing, "product_affinity": nothing}
    attach, affinity = [], []
    for (grain, start), rows in held.groupby(PERIOD):
        matrix = pd.crosstab(rows["customer_id"], rows["sku"]).clip(upper=1)
        skus = matrix.columns.to_numpy()
        both = matrix.to_numpy().T @ matrix.to_numpy()
        holders = np.diag(both)
        first, second = np.where(~np.eye(len(skus), dtype=bool))
        frame = pd.DataFrame(
            {
                "period_grain": grain,
                "period_start": start,
                "sku_pair": skus[first].astype(object) + " > " + skus[second].astype(object),
                "both": both[first, second],
                "holders": holders[first],
                "both_by_all": both[first, second] * len(matrix),
                "one_by_other": holders[first] * holders[second],
            }
        )
        attach.append(frame)
        affinity.append(frame[first < second])
    found = []
    for frames, above, below in (
        (attach, "both", "holders"),
        (affinity, "both_by_all", "one_by_other"),
    ):
        rows = pd.concat(frames)
        each = rows.assign(dimension_name="sku_pair", dimension_value=rows["sku_pair"])
        whole = rows.groupby(PERIOD, as_index=False)[[above, below]].sum()
        whole = whole.assign(dimension_name=ALL[0], dimension_value=ALL[1])
        found.append(ratio(pd.concat([each, whole]), above, below))
    return {"attach_rate": found[0], "product_affinity": found[1]}


@checks("attach_rate_any", by="sku")
def several_skus(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Of the customers that hold a SKU, those that hold another."""
    held = _held(tables, periods, "customer_id", "sku", "is_archive")
    held = held[~held["is_archive"]]
    held["skus"] = held.groupby([*PERIOD, "customer_id"])["sku"].transform("size")
    frame = by_period(
        held,
        "sku",
        several=lambda rows: rows.loc[rows["skus"] > 1, "customer_id"].nunique(),
        holders=lambda rows: rows["customer_id"].nunique(),
    )
    return {"attach_rate_any": ratio(frame, "several", "holders")}


@checks("compliant_subscription_percent", by="sku")
def compliance(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Licences against active users, units against units, where there is something to exceed."""
    licences = tables("marts.fct_licence_utilisation_months")
    units = tables("marts.fct_consumption_months")
    subscriptions = pd.concat(
        rows[["month", "customer_id", "sku"]].assign(bought=rows[bought], used=rows[used])
        for rows, bought, used in (
            (licences, "licences_purchased", "active_users"),
            (units, "units_entitled", "units_consumed"),
        )
    )
    subscriptions = subscriptions[subscriptions["bought"] > 0]
    frame = by_period(
        at_period_ends(subscriptions, "month", periods),
        "sku",
        compliant=lambda rows: (rows["used"].round(2) <= rows["bought"].round(2)).sum(),
        all=len,
    )
    return {"compliant_subscription_percent": ratio(frame, "compliant", "all")}


def _discounts(tables: Tables) -> pd.DataFrame:
    """Recurring order lines with their list price and discount a month."""
    lines = tables("intermediate.int_recurring_lines_priced")
    lines = lines[(lines["quantity"] != 0) & (lines["signed_date"] <= tables.as_of)]
    listed = to_cents(to_cents(lines["quantity"] * lines["list_unit_price"]) / 12)
    lines["list"] = to_cents(listed * lines["exchange_rate"])
    lines["discount"] = lines["list"] - lines["reporting_mrr"]
    return lines


@checks("discount_rate", by="sku")
def discounts(tables: Tables, periods: pd.DataFrame) -> Computed:
    """List price less MRR of the lines signed that sell something."""
    lines = _discounts(tables)
    frame = by_period(
        in_periods(lines[lines["list"] > 0], "signed_date", periods),
        "sku",
        discount=lambda rows: rows["discount"].sum(),
        list=lambda rows: rows["list"].sum(),
    )
    return {"discount_rate": ratio(frame, "discount", "list")}


def _next_due(tables: Tables, lines: pd.DataFrame) -> pd.Series:
    """Days until the first contract not renewed comes due, of customers at the end of a day,
    from the lines that are committed then."""
    contracts = tables("marts.dim_contracts")
    signed = contracts.set_index("contract_id")["signed_date"].rename("renewed_on")
    contracts = contracts.join(signed, on="renewed_by_contract_id")
    contracts = contracts[["contract_id", "end_date", "renewed_on"]]
    lines = lines[~lines["is_archive"]].merge(contracts, on="contract_id")
    keys = [*PERIOD, "customer_id", "contract_id", "end_date", "renewed_on", "day"]
    due = lines.groupby(keys, as_index=False, dropna=False)["reporting_mrr"].sum()
    due = due[
        (due["reporting_mrr"] > 0.001)
        & (due["end_date"] >= due["day"])
        & ~(due["renewed_on"] <= due["day"])
    ]
    days = (due["end_date"] - due["day"]).dt.days
    return days.groupby([due[key] for key in [*PERIOD, "customer_id"]]).min()


@checks(
    "right_sizing_candidates",
    "right_sizing_candidates_cmrr",
    "discount_recapture_cmrr",
    by="segment",
)
def licence_fit(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Utilisation of the last month, lines committed on the last day and their contracts' ends."""
    lines = _committed(tables, periods.assign(day=periods["last_day"]))
    given = _discounts(tables).set_index("order_line_id")["discount"]
    every = tables("intermediate.int_line_commitments")
    free = every[every["reporting_mrr"] == 0].merge(
        periods.assign(day=periods["last_day"]), how="cross"
    )
    free = free[
        (free["commit_start_date"] <= free["day"]) & ~(free["commit_end_date"] <= free["day"])
    ]
    discounted = pd.concat([lines, free])
    discounted["discount"] = discounted["order_line_id"].map(given).fillna(0)
    keys = [*PERIOD, "customer_id"]
    customers = lines.groupby(keys)["reporting_mrr"].sum().rename("cmrr").to_frame()
    customers = customers[customers["cmrr"] > 0.001]
    customers["discount"] = discounted.groupby(keys)["discount"].sum()
    customers["due_in"] = _next_due(tables, lines)
    use = tables("marts.fct_adoption_months")
    use = at_period_ends(use, "month", periods).set_index(keys)["licence_utilisation"]
    customers = customers.join(use).reset_index()
    starts = customers.merge(periods, on=PERIOD)["last_day"]
    customers["month"] = _month(starts)
    customers["segment"] = tables.attributes(customers, "segment")
    rules = tables("seeds.licence_fit_rules").set_index("rule_name")["threshold"]
    fits = (customers["licence_utilisation"] < rules["right_sizing_utilisation_below"]) & (
        customers["due_in"] <= rules["right_sizing_days_to_renewal"]
    )
    uses_much = customers["licence_utilisation"] > rules["recapture_utilisation_above"]
    customers["fits"] = fits
    customers["recapture"] = customers["discount"].where(
        uses_much & (customers["discount"] > 0.001), 0
    )
    frame = by_period(
        customers,
        "segment",
        candidates=lambda rows: rows["fits"].sum(),
        cmrr=lambda rows: rows.loc[rows["fits"], "cmrr"].sum(),
        recapture=lambda rows: rows["recapture"].sum(),
    )
    return {
        "right_sizing_candidates": amount(frame, "candidates"),
        "right_sizing_candidates_cmrr": amount(frame, "cmrr"),
        "discount_recapture_cmrr": amount(frame, "recapture"),
    }


def _wilson(conversions: pd.Series, subjects: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Both bounds of the 95% interval of a share, to six decimals."""
    share, square = conversions / subjects, TWO_SIDED_95**2
    middle = share + square / (2 * subjects)
    half = TWO_SIDED_95 * np.sqrt(share * (1 - share) / subjects + square / (4 * subjects**2))
    whole = 1 + square / subjects
    return ((middle - half) / whole).round(6), ((middle + half) / whole).round(6)


EXPERIMENT = "experiment_conversion_lift"


@checks(
    EXPERIMENT,
    f"{EXPERIMENT}_low",
    f"{EXPERIMENT}_high",
    f"{EXPERIMENT}_rate",
    f"{EXPERIMENT}_rate_low",
    f"{EXPERIMENT}_rate_high",
    by="experiment_variant",
)
def experiments(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Users by the variant that they saw first, and whether they converted by it."""
    seen = tables("staging.stg_product_usage__experiment_exposures")
    seen["day"] = local_days(seen["exposed_at"])
    seen = seen[seen["day"] <= tables.as_of].sort_values(["exposed_at", "exposure_id"])
    seen["converted"] = (seen["converted_at"] >= seen["exposed_at"]) & (
        local_days(seen["converted_at"]) <= tables.as_of
    )
    by_user = seen.groupby(["experiment_name", "end_user_id"])
    seen["first"] = by_user["variant"].transform("first")
    own = seen[seen["variant"] == seen["first"]]
    users = own.groupby(["experiment_name", "variant", "end_user_id"])["converted"].any()
    variants = users.groupby(["experiment_name", "variant"]).agg(["sum", "size"]).astype(float)
    variants = variants.set_axis(["conversions", "subjects"], axis=1).reset_index()
    variants["rate"] = (variants["conversions"] / variants["subjects"]).round(6)
    variants["rate_low"], variants["rate_high"] = _wilson(
        variants["conversions"], variants["subjects"]
    )
    control = variants[variants["variant"] == "control"].drop(columns="variant")
    both = variants.merge(control, how="left", on="experiment_name", suffixes=("", "_control"))
    lift = both["rate"] - both["rate_control"]
    down = np.hypot(
        both["rate"] - both["rate_low"], both["rate_control"] - both["rate_high_control"]
    )
    up = np.hypot(both["rate"] - both["rate_high"], both["rate_control"] - both["rate_low_control"])
    both["lift"], both["lift_low"], both["lift_high"] = lift, lift - down, lift + up
    last = seen.groupby("experiment_name")["day"].max()
    rows = in_periods(both.join(last, on="experiment_name"), "day", periods)
    rows["dimension_name"] = "experiment_variant"
    rows["dimension_value"] = rows["experiment_name"] + " / " + rows["variant"]
    others = rows[rows["variant"] != "control"]
    return {
        EXPERIMENT: amount(others, "lift"),
        f"{EXPERIMENT}_low": amount(others, "lift_low"),
        f"{EXPERIMENT}_high": amount(others, "lift_high"),
        f"{EXPERIMENT}_rate": ratio(rows, "conversions", "subjects"),
        f"{EXPERIMENT}_rate_low": amount(rows, "rate_low"),
        f"{EXPERIMENT}_rate_high": amount(rows, "rate_high"),
    }
