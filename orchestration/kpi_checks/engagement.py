"""Engagement, from mails, attendances, community posts, contacts and order lines."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.customers import customers_at_month_ends, within
from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    at_period_ends,
    in_periods,
    ratio,
    sums_by_period,
)
from orchestration.kpi_checks.registry import checks

REACTIONS = {"": "engaged", "_opened": "opened", "_clicked": "clicked"}


@checks(
    *(f"email_engagement_rate{suffix}" for suffix in REACTIONS),
    *(f"email_engagement_rate{suffix}_year_ago" for suffix in REACTIONS),
    by="segment",
)
def mails(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Mails by the day they were sent; and a year later, where that day has come."""
    sent = tables("staging.stg_marketing__email_sends")
    sent = sent.rename(columns={"account_id": "customer_id"})
    sent["sent"] = tables.known_days(sent["sent_at"])
    sent = sent[sent["sent"].notna()]
    for reaction in ("opened", "clicked"):
        sent[reaction] = tables.known_days(sent[f"{reaction}_at"]).notna()
    sent["engaged"] = sent["opened"] | sent["clicked"]
    computed = {}
    for ending, years in (("", 0), ("_year_ago", 1)):
        mailed = sent.assign(day=sent["sent"] + pd.DateOffset(years=years))
        mailed["month"] = mailed["day"].dt.to_period("M").dt.to_timestamp()
        mailed["segment"] = tables.attributes(mailed, "segment")
        frame = sums_by_period(in_periods(mailed, "day", periods), "segment", *REACTIONS.values())
        for suffix, reaction in REACTIONS.items():
            computed[f"email_engagement_rate{suffix}{ending}"] = ratio(frame, reaction, "n")
    return computed


PARTICIPATION = {
    "event_participation": ("staging.stg_marketing__event_attendances", "attended_at"),
    "community_participation": ("staging.stg_marketing__community_posts", "posted_at"),
}


def _customers_who(acted: pd.DataFrame) -> pd.DataFrame:
    """Distinct customers of periods, in total and by segment, as the column ``n``."""
    by_segment = sums_by_period(
        acted.drop_duplicates([*PERIOD, "customer_id", "segment"]), "segment"
    )
    total = sums_by_period(acted.drop_duplicates([*PERIOD, "customer_id"]), None)
    return pd.concat([total, by_segment[by_segment["dimension_name"] == "segment"]])


@checks(*PARTICIPATION, *(f"{name}_365_days" for name in PARTICIPATION), by="segment")
def participation(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Customers that did something while they were customers, and those that did within a year."""
    customers = customers_at_month_ends(tables, periods)
    computed = {}
    for name, (table, happened) in PARTICIPATION.items():
        acts = tables(table).rename(columns={"account_id": "customer_id"})
        acts["acted"] = tables.known_days(acts[happened])
        customers["in_month"] = within(customers, acts, None) > 0
        customers["in_year"] = within(customers, acts, 365) > 0
        known = in_periods(customers, "day", periods)
        keys = [*PERIOD, "dimension_name", "dimension_value"]
        all_customers = _customers_who(known)
        active = _customers_who(known[known["in_month"]])[[*keys, "n"]]
        frame = all_customers.merge(
            active.rename(columns={"n": "active"}), how="left", on=keys
        ).fillna({"active": 0})
        computed[name] = ratio(frame, "active", "n")
        year = sums_by_period(at_period_ends(customers, "month", periods), "segment", "in_year")
        computed[f"{name}_365_days"] = ratio(year, "in_year", "n")
    return computed


@checks("executive_sponsor_coverage", "executive_sponsor_coverage_departures", by="segment")
def sponsors(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Executive sponsors who are there on a day, and those who left in the 90 days before."""
    customers = customers_at_month_ends(tables, periods)
    contacts = tables("staging.stg_crm__contacts").rename(columns={"account_id": "customer_id"})
    contacts = contacts[contacts["contact_role"] == "executive_sponsor"]
    contacts["came"] = tables.known_days(contacts["created_at"])
    contacts["left"] = tables.known_days(contacts["departed_at"])
    pairs = customers.reset_index(names="row").merge(
        contacts[["customer_id", "came", "left"]], on="customer_id"
    )
    pairs = pairs[pairs["came"] <= pairs["day"]]
    gone = pairs["left"] <= pairs["day"]
    recent = gone & ((pairs["day"] - pairs["left"]).dt.days < 90)
    by_row = pd.DataFrame({"there": ~gone, "departures": recent}).groupby(pairs["row"]).sum()
    by_row = by_row.reindex(customers.index, fill_value=0)
    customers["covered"] = by_row["there"] > 0
    customers["departures"] = by_row["departures"]
    frame = sums_by_period(
        at_period_ends(customers, "month", periods), "segment", "covered", "departures"
    )
    return {
        "executive_sponsor_coverage": ratio(frame, "covered", "n"),
        "executive_sponsor_coverage_departures": amount(frame, "departures"),
    }
