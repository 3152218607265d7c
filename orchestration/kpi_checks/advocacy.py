"""Advocacy, from acts of advocacy, accounts and order lines."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.customers import customers_at_month_ends, within
from orchestration.kpi_checks.frames import (
    Computed,
    Tables,
    amount,
    at_period_ends,
    in_periods,
    looked_up,
    ratio,
    sums_by_period,
)
from orchestration.kpi_checks.registry import checks


def _acts(tables: Tables) -> pd.DataFrame:
    acts = tables("staging.stg_success__advocacy_events")
    acts = acts.rename(columns={"account_id": "customer_id"})
    acts["acted"] = tables.known_days(acts["occurred_at"])
    return acts[acts["acted"].notna()]


@checks("referenceable_customers", "referenceable_customers_percent", by="segment")
def referenceable(tables: Tables, periods: pd.DataFrame) -> Computed:
    """The CRM's mark, of customers with CMRR on the as-of date."""
    customers = customers_at_month_ends(tables, periods)
    customers = customers[customers["day"] == tables.as_of]
    accounts = tables("staging.base_crm__accounts")
    newest = accounts[accounts["version_number"] == 1].set_index("account_id")
    customers["marked"] = customers["customer_id"].map(newest["is_referenceable"]).fillna(False)
    customers["marked"] = customers["marked"].astype(int)
    frame = sums_by_period(at_period_ends(customers, "month", periods), "segment", "marked")
    return {
        "referenceable_customers": amount(frame, "marked"),
        "referenceable_customers_percent": ratio(frame, "marked", "n"),
    }


@checks("advocates", "advocates_percent", by="segment")
def advocates(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers with an act in the year before a day."""
    customers = customers_at_month_ends(tables, periods)
    customers["advocates"] = within(customers, _acts(tables), 365) > 0
    frame = sums_by_period(at_period_ends(customers, "month", periods), "segment", "advocates")
    return {
        "advocates": amount(frame, "advocates"),
        "advocates_percent": ratio(frame, "advocates", "n"),
    }


@checks("referrals", "referrals_conversion", by="segment")
def referrals(tables: Tables, periods: pd.DataFrame) -> Computed:
    """The first referral of each account, and the first signature of a contract with a line."""
    acts = _acts(tables)
    referred = acts[(acts["event_type"] == "referral") & acts["referred_account_id"].notna()]
    referred = referred.sort_values(["occurred_at", "advocacy_event_id"])
    referred = referred.drop_duplicates("referred_account_id")
    lines = tables("intermediate.int_line_commitments")
    signed = lines[lines["signed_date"] <= tables.as_of].groupby("customer_id")["signed_date"].min()
    referred["won"] = looked_up(referred["referred_account_id"], signed) >= referred["acted"]
    referred["month"] = referred["acted"].dt.to_period("M").dt.to_timestamp()
    referred["segment"] = tables.attributes(referred, "segment")
    frame = sums_by_period(in_periods(referred, "acted", periods), "segment", "won")
    return {"referrals": amount(frame, "n"), "referrals_conversion": ratio(frame, "won", "n")}
