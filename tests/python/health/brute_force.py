"""Health by hand: every measure and score of a customer and day, row by row from staging."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.contract import PROJECT_DIR

Row = dict[str, Any]
SEEDS = PROJECT_DIR / "seeds"


def seed(name: str) -> list[Row]:
    """The rows of a seed as text."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def holds(row: Row, day: date) -> bool:
    """Whether a row of a seed holds on a day."""
    return date.fromisoformat(row["valid_from"]) <= day and (
        not row["valid_to"] or day < date.fromisoformat(row["valid_to"])
    )


def day_of(at: datetime | None) -> date | None:
    return None if at is None else at.date()


@dataclass
class Histories:
    """What staging knows, by customer."""

    rows: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Histories:
        queries = {
            "tickets": "select * from staging.stg_support__tickets",
            "sends": "select * from staging.stg_marketing__email_sends",
            "posts": "select * from staging.stg_marketing__community_posts",
            "acts": "select * from staging.stg_success__advocacy_events",
            "activities": "select * from staging.stg_crm__activities",
            "contacts": "select * from staging.stg_crm__contacts",
            "invoices": "select * from staging.stg_billing__invoices",
            "payments": "select p.*, i.account_id from staging.stg_billing__payments as p"
            " inner join staging.stg_billing__invoices as i using (invoice_id)",
            "answers": "select r.*, i.account_id, i.contact_id, i.survey_type, i.survey_kind"
            " from staging.stg_surveys__responses as r"
            " inner join staging.stg_surveys__invitations as i using (invitation_id)",
            "events": "select distinct account_id, end_user_id,"
            " cast(occurred_at as date) as occurred_date, is_sticky"
            " from staging.stg_product_usage__events"
            " inner join staging.stg_product_usage__features using (feature_name)"
            " where feature_name <> 'login'",
            "licences": "select customer_id as account_id, * from intermediate.int_sku_holdings"
            " where is_licensed",
            "cmrr": "select customer_id as account_id, *"
            " from intermediate.int_customer_segment_spells",
        }
        found = cls()
        for name, query in queries.items():
            by_customer: dict[str, list[Row]] = defaultdict(list)
            for row in connection.sql(query).to_arrow_table().to_pylist():
                by_customer[row["account_id"]].append(row)
            found.rows[name] = by_customer
        return found

    def of(self, name: str, customer: str) -> list[Row]:
        return self.rows[name].get(customer, [])


def touches(days: list[date], day: date, window: int) -> int | None:
    """How many of the days lie in the window to the day; None before the first of them."""
    past = [each for each in days if each <= day]
    return sum(day - each < timedelta(days=window) for each in past) if past else None


def measures(histories: Histories, customer: str, day: date, cmrr: Decimal) -> dict[str, float]:
    """The measures of a customer on a day; those without data are left out."""
    of = lambda name: histories.of(name, customer)  # noqa: E731
    found: dict[str, float | None] = {}
    licences = float(
        sum(row["quantity"] for row in of("licences") if row["from_date"] <= day < row["to_date"])
    )
    found |= usage(of("events"), day, licences)
    tickets = [row for row in of("tickets") if row["created_at"].date() <= day]
    if tickets and licences:
        made = lambda *types: [  # noqa: E731
            row["created_at"].date() for row in tickets if row["ticket_type"] in types
        ]
        escalated = [row["escalated_at"].date() for row in tickets if row["escalated_at"]]
        for name, days in (
            ("problem_tickets", made("incident", "bug")),
            ("questions", made("question")),
            ("escalations", escalated),
        ):
            found[f"{name}_per_100_licences"] = 100.0 * (touches(days, day, 90) or 0) / licences
    sends = [row for row in of("sends") if 0 <= (day - row["sent_at"].date()).days < 90]
    if sends:
        opened = [row for row in sends if row["opened_at"] and row["opened_at"].date() <= day]
        found["email_open_rate"] = len(opened) / len(sends)
    found["community_posts"] = touches([r["posted_at"].date() for r in of("posts")], day, 180)
    found["advocacy_acts"] = touches([r["occurred_at"].date() for r in of("acts")], day, 365)
    meetings = [
        row["occurred_at"].date()
        for row in of("activities")
        if row["activity_type"] in ("meeting", "qbr", "onsite")
    ]
    found["meetings_held"] = touches(meetings, day, 90)
    sponsors = [
        row
        for row in of("contacts")
        if row["contact_role"] == "executive_sponsor" and row["created_at"].date() <= day
    ]
    if sponsors:
        found["executive_sponsors"] = sum(
            row["departed_at"] is None or row["departed_at"].date() > day for row in sponsors
        )
    found |= said(of("answers"), day)
    found["mean_days_overdue"] = overdue(of("invoices"), of("payments"), day)
    before = day - timedelta(days=365)
    for row in of("cmrr"):
        is_then = row["from_date"] <= before and (row["to_date"] is None or before < row["to_date"])
        if is_then and row["cmrr"] > 0:
            found["cmrr_growth"] = float(cmrr) / float(row["cmrr"])
    return {name: float(value) for name, value in found.items() if value is not None}


def usage(events: list[Row], day: date, licences: float) -> dict[str, float]:
    """Utilisation, trend and stickiness."""
    past = [row for row in events if row["occurred_date"] <= day]
    if not past:
        return {}
    window = [row for row in past if (day - row["occurred_date"]).days < 28]
    before = [row for row in past if 28 <= (day - row["occurred_date"]).days < 56]
    users = {row["end_user_id"] for row in window}
    user_days = lambda rows: len({(r["end_user_id"], r["occurred_date"]) for r in rows})  # noqa: E731
    found = {}
    if licences:
        found["licence_utilisation"] = len(users) / licences
    if before:
        found["usage_trend"] = user_days(window) / user_days(before)
    if users:
        sticky: dict[str, set[date]] = defaultdict(set)
        for row in window:
            if row["is_sticky"]:
                sticky[row["end_user_id"]].add(row["occurred_date"])
        found["sticky_user_share"] = sum(len(d) >= 4 for d in sticky.values()) / len(users)
    return found


def said(answers: list[Row], day: date) -> dict[str, float]:
    """The newest answer of each contact to a relationship survey; of each invitation otherwise."""
    newest: dict[tuple, Row] = {}
    for row in sorted(answers, key=lambda row: (row["responded_at"], row["response_id"])):
        if row["responded_at"].date() <= day:
            about = "contact_id" if row["survey_kind"] == "relationship" else "invitation_id"
            newest[row["survey_kind"], row["survey_type"], row[about]] = row
    counted = [row for row in newest.values() if (day - row["responded_at"].date()).days < 365]
    nps = [row["score"] for row in counted if row["survey_type"] == "nps"]
    csat = [row["score"] >= 4 for row in counted if row["survey_type"] == "csat"]
    found = {}
    if nps:
        found["mean_nps_score"] = sum(nps) / len(nps)
    if csat:
        found["csat_share"] = sum(csat) / len(csat)
    return found


def overdue(invoices: list[Row], payments: list[Row], day: date) -> float | None:
    """Mean days by which the invoices due in 180 days were late, or are by the day."""
    late = []
    for invoice in invoices:
        is_counted = invoice["status"] != "void" and invoice["total_amount"] > 0
        if not is_counted or not 0 <= (day - invoice["due_date"]).days < 180:
            continue
        paid, until = Decimal(0), day
        for payment in sorted(payments, key=lambda row: (row["paid_at"], row["payment_id"])):
            is_of_it = payment["invoice_id"] == invoice["invoice_id"]
            if is_of_it and payment["status"] == "succeeded" and payment["paid_at"].date() <= day:
                paid += payment["amount"]
                if paid >= invoice["total_amount"]:
                    until = payment["paid_at"].date()
                    break
        late.append(max((until - invoice["due_date"]).days, 0))
    return sum(late) / len(late) if late else None


def component_scores(values: dict[str, float], segment: str, day: date) -> dict[str, Decimal]:
    """Scores of the components that have data."""
    scores: dict[str, list[int]] = defaultdict(list)
    for rule in seed("health_measures"):
        if rule["segment"] == segment and rule["measure"] in values and holds(rule, day):
            floor, target = float(rule["floor_value"]), float(rule["target_value"])
            share = (values[rule["measure"]] - floor) / (target - floor)
            scores[rule["component"]].append(math.floor(10_000 * min(max(share, 0), 1) + 0.5))
    return {
        component: Decimal((2 * sum(found) + len(found)) // (2 * len(found))) / 100
        for component, found in scores.items()
    }


def health_score(scores: dict[str, Decimal], segment: str, stage: str, day: date) -> Decimal | None:
    """The weighted mean of the components with data; None below half of the weights."""
    weights = {
        row["component"]: Decimal(row["weight"])
        for row in seed("health_weights")
        if row["segment"] == segment and row["lifecycle_stage"] == stage and holds(row, day)
    }
    covered = sum(weights[component] for component in scores)
    if covered < Decimal("0.5"):
        return None
    mean = sum(weights[component] * score for component, score in scores.items()) / covered
    return Decimal(math.floor(mean * 100 + Decimal("0.5"))) / 100
