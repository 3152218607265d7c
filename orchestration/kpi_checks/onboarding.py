"""Onboarding, from projects, milestones, contracts, logins, licences and survey responses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.kpi_checks.frames import (
    Computed,
    Tables,
    amount,
    by_period,
    in_periods,
    looked_up,
    ratio,
    sums_by_period,
)
from orchestration.kpi_checks.licences import lines_held
from orchestration.kpi_checks.registry import checks
from orchestration.kpi_checks.surveys import responses_in_periods
from orchestration.kpi_checks.usage import usage_days

TREND_WEEKS = 12


def _projects(tables: Tables) -> pd.DataFrame:
    projects = tables("staging.stg_success__onboarding_projects")
    contracts = tables("staging.stg_billing__contracts")[["contract_id", "signed_at", "start_date"]]
    projects = projects.merge(contracts, on="contract_id").rename(
        columns={"account_id": "customer_id"}
    )
    projects["clock"] = tables.known_days(projects["success_measures_agreed_at"])
    projects["live"] = tables.known_days(projects["went_live_at"])
    projects["valued"] = tables.known_days(projects["first_value_at"])
    return projects[projects["clock"].notna()]


def _days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return (later - earlier).dt.days


def _started(projects: pd.DataFrame, periods: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Projects in the periods in which their clock started, with the segment of its month."""
    projects = projects.assign(month=projects["clock"].dt.to_period("M").dt.to_timestamp())
    projects["segment"] = tables.attributes(projects, "segment")
    return in_periods(projects, "clock", periods)


@checks("onboarding_completion_rate_30", "onboarding_completion_rate_60", by="segment")
def completion(tables: Tables, periods: pd.DataFrame) -> Computed:
    """The day of the last milestone of those projects that have completed all."""
    projects = _projects(tables)
    milestones = tables("staging.stg_success__onboarding_milestones")
    milestones["completed"] = tables.known_days(milestones["completed_at"])
    by_project = milestones.groupby("project_id")["completed"]
    last = by_project.max().where(by_project.apply(lambda days: days.notna().all()))
    days = _days(looked_up(projects["project_id"], last), projects["clock"])
    projects["within_30"], projects["within_60"] = days <= 30, days <= 60
    frame = sums_by_period(_started(projects, periods, tables), "segment", "within_30", "within_60")
    return {
        f"onboarding_completion_rate_{within}": ratio(frame, f"within_{within}", "n")
        for within in (30, 60)
    }


def _first_logins(tables: Tables) -> pd.DataFrame:
    """First login of any user of the account since the contract was signed, or began."""
    signed = tables.local_day("contracts.signed_at")
    return tables.query(f"""
        select projects.project_id, min(logins.day) as first_login
        from staging.stg_success__onboarding_projects as projects
        inner join staging.stg_billing__contracts as contracts using (contract_id)
        inner join {usage_days(tables, of_logins=True)} as logins
            on projects.account_id = logins.account_id
        where logins.day >= least({signed}, contracts.start_date)
        group by projects.project_id
    """)


def _days_to_value(tables: Tables, projects: pd.DataFrame) -> pd.Series:
    """From the clock to the first measure of the customer that met its target since."""
    measures = tables("staging.stg_success__success_measures")
    measures["met"] = tables.known_days(measures["target_met_at"])
    measures = measures[["account_id", "met"]].rename(columns={"account_id": "customer_id"})
    joined = projects.merge(measures.dropna(), on="customer_id")
    first = joined[joined["met"] >= joined["clock"]].groupby("project_id")["met"].min()
    return _days(looked_up(projects["project_id"], first), projects["clock"])


DURATIONS = {
    "deployment_time_actual_vs_planned_days": "late",
    "deployment_time_actual_days": "to_live",
    "days_to_first_login": "to_login",
    "time_to_first_value_days": "to_first_value",
    "time_to_value_days": "to_value",
}


@checks(*DURATIONS, *(f"{metric}_median" for metric in DURATIONS), by="segment")
def durations(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Days between what happened to a project."""
    projects = _projects(tables)
    projects = projects.merge(_first_logins(tables), how="left", on="project_id")
    projects["late"] = _days(projects["live"], projects["planned_go_live_date"])
    projects["to_live"] = _days(projects["live"], projects["start_date"])
    projects["to_login"] = _days(projects["first_login"], projects["start_date"])
    projects["to_first_value"] = _days(projects["valued"], projects["clock"])
    projects["to_value"] = _days_to_value(tables, projects)
    started = _started(projects, periods, tables)
    computed = {}
    for metric, days in DURATIONS.items():
        known = started[started[days].notna()]
        frame = by_period(
            known,
            "segment",
            mean=lambda rows, days=days: rows[days].mean(),
            median=lambda rows, days=days: rows[days].median(),
        )
        computed[metric] = amount(frame, "mean")
        computed[f"{metric}_median"] = amount(frame, "median")
    return computed


def _licences(tables: Tables, projects: pd.DataFrame, days: int) -> pd.DataFrame:
    """Seats purchased and activated at the end of the day that is so many after the start."""
    due = projects[["project_id", "customer_id", "start_date"]].copy()
    due["day"] = due["start_date"] + pd.Timedelta(days=days)
    due = due[due["day"] <= tables.as_of]
    held = lines_held(tables, due)
    purchased = held[held["is_seat"]].groupby("project_id")["quantity"].sum()

    events = tables("staging.stg_product_usage__licence_events")
    events = events[events["event_type"].isin(["activated", "deactivated"])]
    products = tables("staging.stg_billing__products")
    seats = products.loc[products["unit_of_measure"] == "seat", "sku"]
    events = events[events["sku"].isin(seats)].rename(columns={"account_id": "customer_id"})
    events["changed"] = tables.known_days(events["occurred_at"])
    events = due.merge(events, on="customer_id")
    events = events[events["changed"] <= events["day"]]
    # Of an activation and a deactivation at one instant, the deactivation is the later.
    newest = (
        events.sort_values(["occurred_at", "event_type", "licence_event_id"])
        .groupby(["project_id", "end_user_id", "sku"])["event_type"]
        .last()
    )
    activated = (newest == "activated").groupby("project_id").sum()
    due["purchased"] = due["project_id"].map(purchased).fillna(0)
    due["activated"] = due["project_id"].map(activated).fillna(0)
    return due[["project_id", "purchased", "activated"]]


@checks("users_activated_percent_30", "users_activated_percent_60", by="segment")
def activated(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Licences at two checkpoints after the start of the contract."""
    projects = _projects(tables)
    computed = {}
    for days in (30, 60):
        reached = projects.merge(_licences(tables, projects, days), on="project_id")
        frame = sums_by_period(
            _started(reached, periods, tables), "segment", "activated", "purchased"
        )
        computed[f"users_activated_percent_{days}"] = ratio(frame, "activated", "purchased")
    return computed


@checks("first_90_days_usage_trend", by="segment")
def first_trend(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Straight lines through weekly active users."""
    users = tables.query(f"""
        select projects.project_id, (uses.day - contracts.start_date) // 7 as week,
            count(distinct uses.end_user_id) as users
        from staging.stg_success__onboarding_projects as projects
        inner join staging.stg_billing__contracts as contracts using (contract_id)
        inner join {usage_days(tables)} as uses
            on projects.account_id = uses.account_id
        where uses.day >= contracts.start_date
            and uses.day < contracts.start_date + {7 * TREND_WEEKS}
        group by all
    """)
    grid = users.pivot_table(index="project_id", columns="week", values="users", fill_value=0)
    grid = grid.reindex(columns=range(TREND_WEEKS), fill_value=0)
    projects = _projects(tables)
    known_days = _days(pd.Series(tables.as_of, index=projects.index), projects["start_date"]) + 1
    weeks = (known_days // 7).clip(0, TREND_WEEKS)
    slopes = []
    for project, count in zip(projects["project_id"], weeks, strict=True):
        known = grid.loc[project].to_numpy()[:count] if project in grid.index else np.zeros(count)
        slopes.append(np.polyfit(range(count), known, 1)[0] if count > 1 else np.nan)
    projects["slope"] = np.round(slopes, 6)
    started = _started(projects[projects["slope"].notna()], periods, tables)
    frame = by_period(started, "segment", slope=lambda rows: rows["slope"].mean())
    return {"first_90_days_usage_trend": amount(frame, "slope")}


def _milestones(tables: Tables) -> pd.DataFrame:
    milestones = tables("staging.stg_success__onboarding_milestones")
    milestones["completed"] = tables.known_days(milestones["completed_at"])
    milestones["decided"] = tables.known_days(milestones["decided_at"])
    return milestones


@checks("milestone_on_time_rate", by="milestone_type")
def on_time(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Milestones planned for days that have come."""
    due = _milestones(tables)
    due["on_time"] = due["completed"] <= due["planned_date"]
    frame = sums_by_period(in_periods(due, "planned_date", periods), "milestone_type", "on_time")
    return {"milestone_on_time_rate": ratio(frame, "on_time", "n")}


@checks("go_decision_rate", by="milestone_type")
def go(tables: Tables, periods: pd.DataFrame) -> Computed:
    """Milestones by the day of the first decision."""
    decided = _milestones(tables)
    decided["go"] = decided["first_decision"] == "go"
    frame = sums_by_period(in_periods(decided, "decided", periods), "milestone_type", "go")
    return {"go_decision_rate": ratio(frame, "go", "n")}


@checks("onboarding_csat", by="touchpoint")
def csat(tables: Tables, periods: pd.DataFrame) -> Computed:
    """CSAT responses to invitations of two touchpoints."""
    answered = responses_in_periods(tables, periods)
    answered = answered[
        (answered["survey_type"] == "csat")
        & answered["touchpoint"].isin(["onboarding", "training"])
    ]
    answered["satisfied"] = answered["score"] >= 4
    frame = sums_by_period(answered, "touchpoint", "satisfied")
    return {"onboarding_csat": ratio(frame, "satisfied", "n")}
