"""The survey scores agree with a recount by brute force, for every period and several slices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from voice_of_customer.brute_force import (
    Invitation,
    Response,
    asked,
    counted,
    values_of,
)

from refreshing import BuiltCompany

SURVEYS = [("nps", "relationship"), ("csat", "transactional"), ("ces", "transactional")]
DIMENSIONS = ["total", "segment", "csm_user_id", "touchpoint", "contact_role"]


@pytest.fixture(scope="module")
def warehouse(built_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    path = built_company.warehouse_dir / "warehouse.duckdb"
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


def _rows(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return warehouse.sql(query).to_arrow_table().to_pylist()


@pytest.fixture(scope="module")
def invitations(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Invitation]:
    rows = _rows(warehouse, "select * from staging.stg_surveys__invitations")
    return {
        r["invitation_id"]: Invitation(
            r["invitation_id"],
            r["survey_type"],
            r["survey_kind"],
            r["touchpoint"],
            r["account_id"],
            r["contact_id"],
            r["sent_at"].date(),
        )
        for r in rows
    }


@pytest.fixture(scope="module")
def responses(
    warehouse: duckdb.DuckDBPyConnection, invitations: dict[str, Invitation]
) -> list[Response]:
    rows = _rows(warehouse, "select * from staging.stg_surveys__responses")
    return [
        Response(
            r["response_id"],
            invitations[r["invitation_id"]],
            r["score"],
            r["responded_at"].date(),
            (r["responded_at"], r["response_id"]),
        )
        for r in rows
    ]


@pytest.fixture(scope="module")
def slices(warehouse: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str | None]]:
    """Segment and CSM of customers, role of contacts."""
    found: dict[str, dict[str, str | None]] = {}
    for column in ("segment", "csm_user_id"):
        query = f"select customer_id, {column} from marts.dim_customers"
        found[column] = dict(warehouse.execute(query).fetchall())
    query = "select contact_id, contact_role from staging.stg_crm__contacts"
    found["contact_role"] = dict(warehouse.execute(query).fetchall())
    return found


def _slice_of(invitation: Invitation, dimension: str, slices: dict) -> str:
    if dimension == "total":
        return "total"
    if dimension == "touchpoint":
        return invitation.touchpoint or "none"
    who = invitation.contact_id if dimension == "contact_role" else invitation.customer_id
    return slices[dimension].get(who) or "not_given"


def _cmrr_on(warehouse: duckdb.DuckDBPyConnection, day: date) -> dict[str, Decimal]:
    query = """
        select customer_id, sum(amount)
        from marts.fct_cmrr_movements where movement_date <= ? group by customer_id
    """
    return dict(warehouse.execute(query, [day]).fetchall())


@pytest.mark.parametrize("survey", SURVEYS, ids="_".join)
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_period_agrees_with_a_recount(
    warehouse, invitations, responses, slices, survey, dimension
) -> None:
    query = f"""
        select * from marts.rpt_survey_scores
        where survey_type = '{survey[0]}' and survey_kind = '{survey[1]}'
            and dimension_name = '{dimension}'
    """
    said = {
        (r["period_grain"], r["period_start"], r["dimension_value"]): r
        for r in _rows(warehouse, query)
    }
    ends = {
        (grain, start): end
        for grain, start, end in warehouse.execute(
            "select period_grain, period_start, period_end from intermediate.int_survey_periods"
        ).fetchall()
    }
    answered_on: dict[str, date] = {}
    for response in responses:
        key = response.invitation.invitation_id
        answered_on[key] = min(response.responded_on, answered_on.get(key, date.max))
    expected = {}
    for (grain, start), day in ends.items():
        cmrr = _cmrr_on(warehouse, day)
        found = counted(responses, survey, start, day)
        requests = asked(invitations.values(), survey, start, day)
        names = {_slice_of(r.invitation, dimension, slices) for r in found}
        names |= {_slice_of(i, dimension, slices) for i in requests}
        for name in names:
            of_slice = [r for r in found if _slice_of(r.invitation, dimension, slices) == name]
            sent = [i for i in requests if _slice_of(i, dimension, slices) == name]
            answered = sum(answered_on.get(i.invitation_id, date.max) <= day for i in sent)
            row = values_of(survey[0], of_slice, sent, answered, cmrr)
            expected[grain, start, name] = row
    assert len(expected) > 10
    assert said.keys() == expected.keys()
    for key, row in expected.items():
        assert {name: said[key][name] for name in row} == row, key


@pytest.mark.parametrize("survey", SURVEYS, ids="_".join)
def test_the_days_of_a_response_say_what_counts_on_any_day(
    built_company, warehouse, responses, survey
) -> None:
    facts = _rows(warehouse, "select * from marts.fct_survey_responses")
    days = [built_company.as_of - timedelta(days=back) for back in (*range(0, 340, 13), 1, 364)]
    for day in days:
        window_start = day - timedelta(days=30)
        said = {
            f["response_id"]
            for f in facts
            if (f["survey_type"], f["survey_kind"]) == survey
            and f["counted_from_date"] <= day
            and (f["counted_to_date"] is None or day < f["counted_to_date"])
            and (survey[1] == "relationship" or f["counted_from_date"] >= window_start)
        }
        assert said == {r.response_id for r in counted(responses, survey, window_start, day)}, day
    marked = {
        f["response_id"]
        for f in facts
        if f["is_counted"] and (f["survey_type"], f["survey_kind"]) == survey
    }
    whole = counted(responses, survey, date.min, built_company.as_of)
    assert marked == {r.response_id for r in whole}
