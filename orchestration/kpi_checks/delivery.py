"""Delivery, from tickets, risks, posts, licences, service levels, checks and success measures."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import (
    PERIOD,
    Computed,
    Tables,
    amount,
    by_period,
    in_periods,
    ratio,
    sums_by_period,
    to_cents,
)
from orchestration.kpi_checks.licences import lines_held
from orchestration.kpi_checks.registry import checks


def _by_segment(tables: Tables, rows: pd.DataFrame, day: str) -> pd.DataFrame:
    """Rows with the segment that their customer had when the month of the day began."""
    rows = rows.assign(month=rows[day].dt.to_period("M").dt.to_timestamp())
    return rows.assign(segment=tables.attributes(rows, "segment"))


def _customers_at_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """Every customer with an order line, on the last day of every period."""
    customers = tables("intermediate.int_line_commitments")["customer_id"].drop_duplicates()
    days = periods[[*PERIOD, "last_day"]].rename(columns={"last_day": "day"})
    return days.merge(customers, how="cross")


def _tickets(tables: Tables) -> pd.DataFrame:
    tickets = tables("staging.stg_support__tickets").rename(columns={"account_id": "customer_id"})
    tickets["created"] = tables.known_days(tickets["created_at"])
    tickets["responded"] = tables.known_days(tickets["first_response_at"])
    is_over = tickets["status"].isin(["solved", "closed"])
    tickets["solved"] = tables.known_days(tickets["solved_at"]).where(is_over)
    return tickets[tickets["created"].notna()]


def _hours(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return to_cents((later - earlier).dt.total_seconds() / 3600)


@checks("ticket_volume", "ticket_first_response_hours", by="ticket_type")
def raised(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Tickets of the period."""
    tickets = _tickets(tables)
    hours = _hours(tickets["first_response_at"], tickets["created_at"])
    tickets["hours"] = hours.where(tickets["responded"].notna())
    raised_in = in_periods(tickets, "created", periods)
    frame = by_period(raised_in, "ticket_type", n=len, hours=lambda rows: rows["hours"].median())
    return {
        "ticket_volume": amount(frame, "n"),
        "ticket_first_response_hours": amount(frame[frame["hours"].notna()], "hours"),
    }


@checks("ticket_resolution_hours", by="priority")
def solved(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Tickets by the day of their solution."""
    tickets = _tickets(tables)
    tickets["hours"] = _hours(tickets["solved_at"], tickets["created_at"])
    frame = by_period(
        in_periods(tickets, "solved", periods),
        "priority",
        hours=lambda rows: rows["hours"].median(),
    )
    return {"ticket_resolution_hours": amount(frame, "hours")}


@checks(
    "ticket_resolution_hours_days_unresolved",
    "ticket_resolution_hours_tickets_open",
    by="priority",
)
def unresolved(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Tickets raised by the last day of a period and not solved by then."""
    pairs = _tickets(tables).merge(periods, how="cross")
    left = pairs[
        (pairs["created"] <= pairs["last_day"])
        & ~(pairs["solved"].notna() & (pairs["solved"] <= pairs["last_day"]))
    ].copy()
    left["age"] = (left["last_day"] - left["created"]).dt.days
    frame = by_period(left, "priority", n=len, age=lambda rows: rows["age"].median())
    return {
        "ticket_resolution_hours_days_unresolved": amount(frame, "age"),
        "ticket_resolution_hours_tickets_open": amount(frame, "n"),
    }


def _happened(tables: Tables) -> pd.DataFrame:
    """What customers asked and answered, and issues: one row each, with its day."""
    tickets = _tickets(tables)
    problems = tickets[tickets["ticket_type"].isin(["incident", "bug"])]
    risks = tables("staging.stg_success__risks").rename(columns={"account_id": "customer_id"})
    risks["opened"] = tables.known_days(risks["opened_at"])
    risks["resolved"] = tables.known_days(risks["resolved_at"]).where(risks["opened"].notna())
    posts = tables("staging.stg_marketing__community_posts")
    posts = posts.rename(columns={"account_id": "customer_id"})
    posts["posted"] = tables.known_days(posts["posted_at"])
    parts = {
        "tickets": (tickets, "created"),
        "questions": (tickets[tickets["ticket_type"] == "question"], "created"),
        "problems": (problems, "created"),
        "risks": (risks, "opened"),
        "problems_solved": (problems, "solved"),
        "risks_resolved": (risks, "resolved"),
        "asked": (posts[posts["post_type"] == "question"], "posted"),
        "answered": (posts[posts["post_type"] == "answer"], "posted"),
    }
    frames = [
        rows[["customer_id", day]].rename(columns={day: "day"}).dropna().assign(what=what, amount=1)
        for what, (rows, day) in parts.items()
    ]
    return pd.concat(frames, ignore_index=True)


@checks(
    "ticket_volume_per_100_licences",
    "issues_identified_vs_resolved",
    "issues_identified_vs_resolved_identified",
    "issues_identified_vs_resolved_resolved",
    "self_sufficiency",
    "self_sufficiency_community_answers",
    by="segment",
)
def support(tables: Tables, periods: pd.DataFrame) -> Computed:
    """What happened in the period, and seats held on its last day."""
    happened = in_periods(_by_segment(tables, _happened(tables), "day"), "day", periods)
    seats = lines_held(tables, _customers_at_ends(tables, periods))
    seats = seats[seats["is_seat"]].rename(columns={"quantity": "amount"}).assign(what="seats")
    keys = [*PERIOD, "segment", "what"]
    both = pd.concat([happened, _by_segment(tables, seats, "day")], ignore_index=True)
    sums = both.groupby(keys)["amount"].sum().unstack("what", fill_value=0)
    needed = ("tickets", "problems", "risks", "problems_solved", "risks_resolved")
    others = ("seats", "questions", "asked", "answered")
    sums = sums.reindex(columns=[*needed, *others], fill_value=0).reset_index()
    sums["hundred_tickets"] = 100 * sums["tickets"]
    sums["opened"] = sums["problems"] + sums["risks"]
    sums["resolved"] = sums["problems_solved"] + sums["risks_resolved"]
    parts = ["hundred_tickets", "opened", "resolved", "seats", "questions", "asked", "answered"]
    frame = sums_by_period(sums, "segment", *parts)
    return {
        "ticket_volume_per_100_licences": ratio(frame, "hundred_tickets", "seats"),
        "issues_identified_vs_resolved": ratio(frame, "resolved", "opened"),
        "issues_identified_vs_resolved_identified": amount(frame, "opened"),
        "issues_identified_vs_resolved_resolved": amount(frame, "resolved"),
        "self_sufficiency": ratio(frame, "seats", "questions"),
        "self_sufficiency_community_answers": ratio(frame, "answered", "asked"),
    }


@checks("sla_attainment", by="sla_name")
def attainment(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Service levels measured against what was promised."""
    levels = tables("staging.stg_product_usage__service_levels")
    levels["met"] = levels["actual_value"] >= levels["target_value"]
    frame = sums_by_period(in_periods(levels, "measured_month", periods), "sla_name", "met")
    return {"sla_attainment": ratio(frame, "met", "n")}


@checks("completed_health_checks", by="segment")
def held(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Health checks planned for days that have come."""
    planned = tables("staging.stg_success__health_checks")
    planned = planned.rename(columns={"account_id": "customer_id"})
    planned["held"] = tables.known_days(planned["completed_at"]).notna()
    planned = _by_segment(tables, planned, "scheduled_date")
    frame = sums_by_period(in_periods(planned, "scheduled_date", periods), "segment", "held")
    return {"completed_health_checks": ratio(frame, "held", "n")}


def _mrr_at_ends(tables: Tables, periods: pd.DataFrame) -> pd.DataFrame:
    """CMRR and recognised MRR of customers that have CMRR on the last day of a period."""
    lines = tables("intermediate.int_line_commitments")
    pairs = _customers_at_ends(tables, periods).merge(lines, on="customer_id")
    for name, start, over in [
        ("cmrr", "commit_start_date", "commit_end_date"),
        ("recognised", "service_start_date", "service_over_date"),
    ]:
        within = (pairs[start] <= pairs["day"]) & ~(pairs[over] <= pairs["day"])
        pairs[name] = pairs["reporting_mrr"].where(within, 0.0)
    mrr = pairs.groupby([*PERIOD, "day", "customer_id"], as_index=False)[["cmrr", "recognised"]]
    mrr = mrr.sum()
    return mrr[mrr["cmrr"] > 0.001]


@checks("customer_roi", "success_measures_met", by="segment")
def success(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Success measures in the state that they had on the last day of a period."""
    states = tables("intermediate.int_success_measurements")
    pairs = states.merge(_mrr_at_ends(tables, periods), on="customer_id")
    day = pairs["day"]
    stood = pairs[(pairs["from_date"] <= day) & ~(pairs["to_date"] <= day)]
    stood = _by_segment(tables, stood, "day")
    met = sums_by_period(stood.assign(met=stood["is_met"]), "segment", "met")
    priced = stood[stood["annual_value"].notna()]
    customers = priced.groupby([*PERIOD, "segment", "customer_id"], as_index=False).agg(
        worth=("annual_value", "sum"), recognised=("recognised", "first")
    )
    customers["yearly"] = 12 * customers["recognised"]
    roi = sums_by_period(customers, "segment", "worth", "yearly")
    return {
        "customer_roi": ratio(roi, "worth", "yearly"),
        "success_measures_met": ratio(met, "met", "n"),
    }
