"""Finance, from journal lines, invoices, payments, order lines and frozen bridges."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.customers import cmrr_on
from orchestration.kpi_checks.frames import (
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
from orchestration.settings import project_variable

ONE_DAY = pd.Timedelta(days=1)
AGES = ["not_due", "days_1_to_30", "days_31_to_60", "days_61_to_90", "days_over_90"]


def _month(days: pd.Series) -> pd.Series:
    return days.dt.to_period("M").dt.to_timestamp()


def _sum(column: str):
    return lambda rows: rows[column].sum()


def _postings(tables: Tables, account_class: str) -> pd.DataFrame:
    """Journal lines on accounts of a class: amount, month posted, and a customer that is known."""
    accounts = tables("staging.stg_ledger__gl_accounts")
    wanted = accounts.loc[accounts["account_class"] == account_class, "account_number"]
    lines = tables("staging.stg_ledger__journal_lines")
    lines = lines[lines["account_number"].isin(wanted)].copy()
    lines["amount"] = lines["credit_amount"] - lines["debit_amount"]
    lines["month"] = _month(lines["posting_date"])
    known = tables("staging.base_crm__accounts")["account_id"]
    customer = lines["customer_account_id"]
    lines["customer_id"] = customer.where(customer.isin(known.dropna()), "not_given")
    return lines


def _reconciliation(tables: Tables) -> pd.DataFrame:
    """Ledger revenue by finished month, customer and SKU, and what nothing explains."""
    lines = _postings(tables, "recurring_revenue")
    skus = tables("marts.dim_products")["sku"]
    lines["served"] = _month(lines["service_month"].fillna(lines["posting_date"]))
    recognised = lines["entry_source"] == "revenue_recognition"
    nameless = lines[recognised & lines["sku"].isna()]
    whole = {
        *zip(nameless["customer_id"], nameless["month"], strict=True),
        *zip(nameless["customer_id"], nameless["served"], strict=True),
    }
    lines["sku"] = lines["sku"].where(lines["sku"].isin(skus), "not_given")
    elsewhere = recognised & (lines["month"] != lines["served"])
    term = lines["entry_source"].where(~recognised, "timing")
    posted = lines.assign(ledger=lines["amount"])
    for name in ("credit_memo", "manual", "timing"):
        posted[name] = lines["amount"].where((term == name) & (~recognised | elsewhere))
    moved = lines[elsewhere].assign(timing=-lines["amount"])
    moved["month"] = moved["served"]
    expected = tables("marts.fct_expected_revenue_lines")
    explained = ["expected_revenue", "credit_memo", "manual", "timing"]
    amounts = ["ledger", "recognised_mrr", "expected_at_own_rate", *explained]
    rows = pd.concat([posted, moved, expected], ignore_index=True)
    rows = rows[["month", "customer_id", "sku", *amounts]].fillna(dict.fromkeys(amounts, 0.0))
    rows = rows[rows["month"] + pd.offsets.MonthEnd(0) <= tables.as_of]
    is_whole = pd.Series(
        [key in whole for key in zip(rows["customer_id"], rows["month"], strict=True)],
        index=rows.index,
    )
    rows["sku"] = rows["sku"].mask(is_whole, "not_given")
    rows = rows.groupby(["month", "customer_id", "sku"])[amounts].sum().round(2).reset_index()
    rows = rows[(rows[amounts] != 0).any(axis=1)].copy()
    rows["unexplained"] = (rows["ledger"] - rows[explained].sum(axis=1)).round(2)
    rows["is_reconciled"] = rows["unexplained"].abs() <= project_variable("ledger_tolerance")
    return rows


def _still_open(rows: pd.DataFrame) -> pd.Series:
    """Of each item, what opposite ones of the same customer and SKU leave, oldest cleared first."""
    items = rows[~rows["is_reconciled"]].sort_values("month").copy()
    items["size"] = items["unexplained"].abs()
    items["direction"] = np.sign(items["unexplained"])
    key = ["customer_id", "sku"]
    items["to_date"] = items.groupby([*key, "direction"])["size"].cumsum()
    totals = items.groupby([*key, "direction"], as_index=False)["size"].sum()
    totals["direction"] = -totals["direction"]
    opposite = items.merge(totals, how="left", on=[*key, "direction"])["size_y"].fillna(0.0)
    left = (items["to_date"] - opposite.to_numpy()).clip(lower=0)
    return items["direction"] * np.minimum(items["size"], left)


@checks(
    "ledger_tie_out",
    "ledger_tie_out_rows",
    "ledger_tie_out_unexplained",
    "ledger_tie_out_unexplained_either_way",
    "ledger_tie_out_open",
    by="product_line",
)
def tie_out(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Journal lines against expected revenue and the terms of the reconciliation."""
    rows = _reconciliation(tables)
    rows["still_open"] = _still_open(rows).reindex(rows.index).fillna(0.0)
    rows["tied"] = rows["ledger"].where(rows["is_reconciled"], 0.0)
    rows["either_way"] = rows["unexplained"].abs().mask(rows["is_reconciled"], 0.0)
    lines = tables("marts.dim_products").set_index("sku")["product_line"]
    rows["product_line"] = rows["sku"].map(lines).fillna("not_given")
    frame = by_period(
        in_periods(rows, "month", periods),
        "product_line",
        **{name: _sum(name) for name in ("ledger", "tied", "unexplained", "either_way")},
        still_open=_sum("still_open"),
        rows=len,
        reconciled=_sum("is_reconciled"),
    )
    frame[["ledger", "tied"]] = frame[["ledger", "tied"]].round(2)
    return {
        "ledger_tie_out": ratio(frame, "tied", "ledger"),
        "ledger_tie_out_rows": ratio(frame, "reconciled", "rows"),
        "ledger_tie_out_unexplained": amount(frame, "unexplained"),
        "ledger_tie_out_unexplained_either_way": amount(frame, "either_way"),
        "ledger_tie_out_open": amount(frame, "still_open"),
    }


@checks("restated_cmrr", "restated_cmrr_either_way", by="movement_type")
def restatements(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Movements now against the newest frozen bridge of each closed month."""
    frozen = tables("marts.fct_closed_bridges")
    frozen = frozen[frozen["frozen_on"] <= tables.as_of]
    newest = frozen.groupby("month")["close_version"].transform("max")
    frozen = frozen[frozen["close_version"] == newest]
    key = ["month", "contract_family_id", "sku"]
    types = {f"{kind}_cmrr": kind for kind in tables("marts.fct_cmrr_movements")["movement_type"]}
    types = {column: kind for column, kind in types.items() if column in frozen}
    closed = frozen[[*key, *types]].rename(columns=types)
    closed = closed.melt(key, var_name="movement_type", value_name="amount")
    closed["amount"] = -closed["amount"]
    moved = tables("marts.fct_cmrr_movements")
    moved["month"] = _month(moved["movement_date"])
    moved = moved.loc[moved["month"].isin(frozen["month"]), [*key, "movement_type", "amount"]]
    rows = pd.concat([closed, moved]).groupby([*key, "movement_type"], as_index=False)
    rows = rows["amount"].sum()
    rows["amount"] = rows["amount"].round(2)
    rows = in_periods(rows[rows["amount"] != 0], "month", periods)
    if rows.empty:
        empty = amount(periods[PERIOD].assign(dimension_name="total", nothing=0), "nothing")
        empty["dimension_value"] = "all"
        return {"restated_cmrr": empty, "restated_cmrr_either_way": empty}
    frame = by_period(
        rows,
        "movement_type",
        net=_sum("amount"),
        either_way=lambda rows: rows["amount"].abs().sum(),
    )
    return {
        "restated_cmrr": amount(frame, "net"),
        "restated_cmrr_either_way": amount(frame, "either_way"),
    }


@checks("gross_margin_percent")
def gross_margin(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Revenue and cost of journal lines, of months whose cost is posted."""
    revenue = _postings(tables, "recurring_revenue").groupby("month")["amount"].sum()
    cost = -_postings(tables, "cost_of_recurring").groupby("month")["amount"].sum()
    months = pd.DataFrame({"revenue": revenue, "cost": cost.round(2)}).fillna(0.0).reset_index()
    months["margin"] = months["revenue"] - months["cost"]
    frame = by_period(
        in_periods(months[months["cost"] != 0], "month", periods),
        None,
        margin=_sum("margin"),
        revenue=_sum("revenue"),
    )
    return {"gross_margin_percent": ratio(frame, "margin", "revenue")}


def _contracted(tables: Tables) -> pd.DataFrame:
    """Signed lines whose service is not over."""
    tomorrow = tables.as_of + ONE_DAY
    lines = tables("intermediate.int_line_commitments").merge(
        tables("intermediate.int_recurring_lines_priced")[["order_line_id", "annual_amount"]],
        on="order_line_id",
    )
    lines = lines.merge(tables("marts.dim_products")[["sku", "product_line"]], on="sku")
    over, start = lines["service_over_date"], lines["service_start_date"]
    ahead = (over > tomorrow) | (start > tables.as_of)
    lines = lines[(lines["signed_date"] <= tables.as_of) & ahead].copy()
    start = lines["service_start_date"]
    lines["over"] = lines["service_over_date"].where(lines["service_over_date"] > start, start)
    return lines


def _remaining(tables: Tables) -> pd.DataFrame:
    """Revenue of the lines in every month to come, cut where twelve months are over."""
    lines = _contracted(tables)
    tomorrow = tables.as_of + ONE_DAY
    beyond = tables.as_of + pd.DateOffset(months=12) + ONE_DAY
    last = tomorrow if lines.empty else lines["over"].max()
    starts = pd.date_range(tomorrow.to_period("M").to_timestamp(), last, freq="MS")
    spans = pd.DataFrame({"month": starts, "to": starts + pd.offsets.MonthBegin(1)})
    spans["days_in_month"] = (spans["to"] - spans["month"]).dt.days
    near = spans.assign(of=spans["month"].clip(lower=tomorrow), to=spans["to"].clip(upper=beyond))
    far = spans.assign(of=spans["month"].clip(lower=beyond))
    spans = pd.concat([near.assign(is_near=True), far.assign(is_near=False)])
    rows = lines.merge(spans[spans["of"] < spans["to"]], how="cross")
    first = rows["service_start_date"].where(rows["service_start_date"] > rows["of"], rows["of"])
    last = rows["over"].where(rows["over"] < rows["to"], rows["to"])
    days = (last - first).dt.days
    rows, days = rows[days > 0].copy(), days[days > 0]
    if project_variable("revenue_recognition") == "daily_365":
        own = to_cents(rows["annual_amount"] * days / 365)
    else:
        own = to_cents(rows["contract_mrr"] * days / rows["days_in_month"])
    rows["remaining"] = to_cents(own * rows["exchange_rate"])
    is_step = rows["prior_step_line_id"].notna() & (rows["commit_start_date"] > tables.as_of)
    rows["of_steps"] = rows["remaining"].where(is_step, 0.0)
    return rows


def _in_coming_periods(rows: pd.DataFrame, month: str) -> pd.DataFrame:
    """Rows by the month, fiscal quarter and fiscal year of their month."""
    first = int(project_variable("fiscal_year_start_month"))
    frames = []
    for grain, months in {"month": 1, "quarter": 3, "year": 12}.items():
        back = (rows[month].dt.month - first + 12) % months
        start = (rows[month].dt.to_period("M") - back.to_numpy()).dt.to_timestamp()
        frames.append(rows.assign(period_grain=grain, period_start=start))
    return pd.concat(frames, ignore_index=True)


@checks(
    "remaining_performance_obligation_by_month",
    "remaining_performance_obligation_ramp_steps",
    "pipeline_of_booked_not_live",
    "remaining_performance_obligation",
    "remaining_performance_obligation_within_12_months",
    "remaining_performance_obligation_beyond_12_months",
    by="product_line",
)
def obligations(tables: Tables, _periods: pd.DataFrame) -> Computed:
    """Order lines that are signed and not yet served."""
    rows = _remaining(tables)
    ahead = by_period(
        _in_coming_periods(rows, "month"),
        "product_line",
        remaining=_sum("remaining"),
        of_steps=_sum("of_steps"),
    )
    lines = _contracted(tables)
    end = lines["commit_end_date"]
    live = (lines["commit_start_date"] <= tables.as_of) & (end.isna() | (end > tables.as_of))
    lines = lines[live & (lines["service_start_date"] > tables.as_of)].copy()
    lines["live_month"] = _month(lines["service_start_date"])
    pipeline = by_period(
        _in_coming_periods(lines, "live_month"),
        "product_line",
        cmrr=_sum("reporting_mrr"),
    )
    rows["today"] = tables.as_of
    rows["near"] = rows["remaining"].where(rows["is_near"], 0.0)
    rows["far"] = rows["remaining"].where(~rows["is_near"], 0.0)
    today = by_period(
        _in_coming_periods(rows, "today"),
        "product_line",
        remaining=_sum("remaining"),
        near=_sum("near"),
        far=_sum("far"),
    )
    return {
        "remaining_performance_obligation_by_month": amount(ahead, "remaining"),
        "remaining_performance_obligation_ramp_steps": amount(ahead, "of_steps"),
        "pipeline_of_booked_not_live": amount(pipeline, "cmrr"),
        "remaining_performance_obligation": amount(today, "remaining"),
        "remaining_performance_obligation_within_12_months": amount(today, "near"),
        "remaining_performance_obligation_beyond_12_months": amount(today, "far"),
    }


def _converted(tables: Tables, rows: pd.DataFrame, day: str) -> pd.Series:
    """The rate of each row's currency on its day, the newest; before the first one, the first."""
    rates = tables("staging.stg_billing__exchange_rates").sort_values("rate_date")
    keyed = rows[["currency", day]].reset_index(names="_row").sort_values(day)
    keyed[day] = keyed[day].astype("datetime64[us]")
    rates["rate_date"] = rates["rate_date"].astype("datetime64[us]")
    found = pd.merge_asof(keyed, rates, left_on=day, right_on="rate_date", by="currency")
    first = rates.groupby("currency")["rate"].first()
    rate = found["rate"].fillna(found["currency"].map(first))
    rate = rate.mask(found["currency"] == project_variable("reporting_currency"), 1.0)
    return pd.Series(rate.to_numpy(), index=found["_row"]).reindex(rows.index)


def _invoices(tables: Tables) -> pd.DataFrame:
    """Invoices that are not void, with their customer and rate."""
    invoices = tables("staging.stg_billing__invoices")
    issued = (invoices["status"] != "void") & (invoices["invoice_date"] <= tables.as_of)
    invoices = invoices[issued].copy()
    families = tables("intermediate.int_contract_families").set_index("contract_id")
    customer = invoices["contract_id"].map(families["customer_id"])
    invoices["customer_id"] = customer.fillna(invoices["account_id"])
    invoices["rate"] = _converted(tables, invoices, "invoice_date")
    return invoices


@checks(
    "usage_and_overage_revenue",
    "usage_and_overage_revenue_invoiced_usage",
    "usage_and_overage_revenue_invoiced_overage",
    "usage_and_overage_revenue_cmrr",
    by="segment",
)
def usage_revenue(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Journal lines on usage accounts and invoice lines of usage and overage."""
    lines = tables("staging.stg_billing__invoice_lines")
    lines = lines[lines["line_type"].isin(["usage", "overage"])]
    columns = ["invoice_id", "customer_id", "invoice_date", "rate"]
    lines = lines.merge(_invoices(tables)[columns], on="invoice_id")
    lines["month"] = _month(lines["invoice_date"])
    lines["amount"] = to_cents(lines["amount"] * lines["rate"])
    posted = _postings(tables, "usage_revenue").assign(line_type="ledger")
    kept = ["month", "customer_id", "line_type", "amount"]
    rows = pd.concat([lines[kept], posted[kept]], ignore_index=True)
    rows = rows[rows["month"] + pd.offsets.MonthEnd(0) <= tables.as_of]
    rows = rows.pivot_table(
        index=["month", "customer_id"], columns="line_type", values="amount", aggfunc="sum"
    )
    rows = rows.reindex(columns=["ledger", "usage", "overage"]).fillna(0.0).reset_index()
    rows["segment"] = tables.attributes(rows, "segment")
    frame = by_period(
        in_periods(rows, "month", periods),
        "segment",
        ledger=_sum("ledger"),
        usage=_sum("usage"),
        overage=_sum("overage"),
    )
    ends = at_period_ends(rows, "month", periods)
    ends["day"] = ends["month"] + pd.offsets.MonthEnd(0)
    ends = ends.merge(cmrr_on(tables, ends["day"]), how="left", on=["customer_id", "day"])
    level = by_period(ends.fillna({"cmrr": 0.0}), "segment", cmrr=_sum("cmrr"))
    return {
        "usage_and_overage_revenue": amount(frame, "ledger"),
        "usage_and_overage_revenue_invoiced_usage": amount(frame, "usage"),
        "usage_and_overage_revenue_invoiced_overage": amount(frame, "overage"),
        "usage_and_overage_revenue_cmrr": amount(level, "cmrr"),
    }


def _open_invoices(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """What is open of every invoice on the last day of every period."""
    invoices = _invoices(tables)
    settled = local_days(invoices["updated_at"]).clip(upper=tables.as_of)
    invoices["settled"] = settled.where(invoices["status"].isin(["paid", "uncollectible"]))
    payments = tables("staging.stg_billing__payments")
    payments = payments[payments["status"].isin(["succeeded", "refunded"])].copy()
    refunds = payments["status"] == "refunded"
    payments["paid"] = payments["amount"].mask(refunds, -payments["amount"])
    payments["paid_on"] = local_days(payments["paid_at"])
    payments = payments.merge(invoices[["invoice_id", "currency"]], on=["invoice_id", "currency"])
    frames = []
    for day in periods["last_day"].unique():
        rows = invoices[
            (invoices["invoice_date"] <= day)
            & (invoices["settled"].isna() | (invoices["settled"] > day))
        ]
        paid = payments[payments["paid_on"] <= day].groupby("invoice_id")["paid"].sum()
        unpaid = rows["total_amount"] - paid.reindex(rows["invoice_id"]).fillna(0.0).to_numpy()
        frames.append(rows.assign(last_day=day, open=to_cents(unpaid * rows["rate"])))
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["open"] != 0].copy()
    late = (rows["last_day"] - rows["due_date"]).dt.days
    bins = [-np.inf, 0, 30, 60, 90, np.inf]
    rows["age_bucket"] = pd.cut(late, bins, labels=AGES).astype(str)
    rows["overdue"] = rows["open"].where(late > 0, 0.0)
    rows["late"] = (late > 0).astype(int)
    rows["month"] = _month(rows["last_day"])
    return rows.merge(periods, on="last_day")


@checks(
    "receivables_over_due",
    "receivables_over_due_invoices",
    "receivables_over_due_open",
    by="age_bucket",
)
def receivables(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Invoices less payments at period ends."""
    frame = by_period(
        _open_invoices(tables, periods),
        "age_bucket",
        open=_sum("open"),
        overdue=_sum("overdue"),
        late=_sum("late"),
    )
    return {
        "receivables_over_due": amount(frame, "overdue"),
        "receivables_over_due_invoices": amount(frame, "late"),
        "receivables_over_due_open": amount(frame, "open"),
    }


@checks("receivables_over_due_share", "receivables_over_due_days_sales_outstanding", by="segment")
def receivables_by_segment(tables: Tables, periods: pd.DataFrame) -> Computed:
    """The same beside what was invoiced in the 90 days before."""
    columns = [*PERIOD, "month", "customer_id", "last_day"]
    opened = _open_invoices(tables, periods)[[*columns, "open", "overdue"]]
    invoices = _invoices(tables)
    invoices["invoiced"] = to_cents(invoices["total_amount"] * invoices["rate"])
    pairs = periods.merge(invoices[["customer_id", "invoice_date", "invoiced"]], how="cross")
    within = pairs["invoice_date"] > pairs["last_day"] - pd.Timedelta(days=90)
    pairs = pairs[within & (pairs["invoice_date"] <= pairs["last_day"])].copy()
    pairs["month"] = _month(pairs["last_day"])
    rows = pd.concat([opened, pairs[[*columns, "invoiced"]]], ignore_index=True)
    rows = rows.fillna({"open": 0.0, "overdue": 0.0, "invoiced": 0.0})
    rows = rows.astype({"customer_id": object})
    rows["segment"] = tables.attributes(rows, "segment")
    frame = by_period(
        rows,
        "segment",
        open=_sum("open"),
        overdue=_sum("overdue"),
        invoiced=_sum("invoiced"),
    )
    frame["open_times_90"] = 90 * frame["open"]
    return {
        "receivables_over_due_share": ratio(frame, "overdue", "open"),
        "receivables_over_due_days_sales_outstanding": ratio(frame, "open_times_90", "invoiced"),
    }
