"""What the marts say of renewals in the whole sample company is what truly became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from refreshing import BuiltCompany
from sample_company.play import Play
from sample_company.renewals import renewal_rows

OUTCOMES = {
    *("renewed_up", "renewed_flat", "renewed_down", "archived", "cancelled", "lapsed"),
    *("late", "open"),
}
# A lock that an earlier build wrote knew less than the key, and stays as written.
LOCKED_BEFORE = """
    said.contract_id in (
        select contract_id from said_file.marts.fct_expected_cmrr_locks
        where not is_backfilled
            and locked_on < (select max(as_of_date) from said_file.marts.fct_refresh_days)
    )
"""
# A takeover still to come has no outcome in the key yet: the marts tell it by what is known.
COMPARED = {
    "due_date": "truth.due_date",
    "renewal_contract_id": "truth.renewal_contract_id",
    "outcome": "coalesce(truth.outcome, said.outcome)",
    "timing": "truth.timing",
    "resolved_date": "truth.resolved_date",
    "expected_cmrr": "truth.expected_cmrr + truth.added_since_lock - said.added_since_lock",
    "is_locked": "truth.is_locked",
    "added_since_lock": f"case when {LOCKED_BEFORE} then said.added_since_lock"
    " else truth.added_since_lock end",
    "renewed_cmrr": "coalesce(truth.renewed_cmrr, said.renewed_cmrr)",
    "retained_cmrr": "coalesce(truth.retained_cmrr, said.retained_cmrr)",
    "periods_carried_over": "truth.months_carried_over",
    "quote_sent_days_before_due": "truth.due_date - truth.first_quote_on",
}


@pytest.fixture(scope="module")
def answers(built_default_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file as `said_file`, and the key's renewals as a view."""
    with duckdb.connect() as connection:
        published = built_default_company.warehouse_dir / "published.duckdb"
        connection.execute(f"attach '{published}' as said_file (read_only)")
        key = built_default_company.answer_key / "renewals.parquet"
        connection.execute(f"create view truth as select * from read_parquet('{key}')")
        connection.execute("create view said as select * from said_file.marts.fct_renewals")
        yield connection


def test_every_true_renewal_is_told_and_no_other_has_anything_expected(
    answers: duckdb.DuckDBPyConnection,
) -> None:
    assert answers.execute("select count(*) from truth").fetchall()[0][0] > 1500
    untold = "select contract_id from truth except select contract_id from said"
    assert answers.execute(untold).fetchall() == []
    invented = """
        select contract_id from said where expected_cmrr <> 0
        except select contract_id from truth
    """
    assert answers.execute(invented).fetchall() == []


@pytest.mark.parametrize("column", COMPARED)
def test_marts_agree_with_what_became_of_each_renewal(
    answers: duckdb.DuckDBPyConnection, column: str
) -> None:
    differing = answers.execute(
        f"""
        select contract_id, said.outcome, said.{column}, {COMPARED[column]}
        from truth inner join said using (contract_id)
        where said.{column} is distinct from {COMPARED[column]}
        order by contract_id limit 20
        """
    ).fetchall()
    assert differing == []


def test_a_signed_renewal_is_resolved_before_its_takeover(
    answers: duckdb.DuckDBPyConnection,
) -> None:
    found = answers.execute(
        """
        select count(*),
            count(*) filter (said.is_resolved and said.takeover_date > said.resolved_date)
        from truth inner join said using (contract_id)
        where truth.outcome is null
        """
    ).fetchall()[0]
    assert found[0] > 20
    assert found[0] == found[1]


def test_the_company_reaches_every_outcome_and_timing(default_play: Play) -> None:
    last_day: date = default_play.world.last_day
    rows = [row for c in default_play.customers for row in renewal_rows(c, last_day)]
    assert {row["outcome"] for row in rows} >= OUTCOMES
    reached = {
        (row["outcome"].split("_")[0], row["timing"]) for row in rows if row["outcome"] is not None
    }
    assert {
        *(("renewed", timing) for timing in ("early", "in_period", "late", "carried_over")),
        *(("cancelled", timing) for timing in ("early", "in_period", "late", "carried_over")),
        ("archived", "early"),
        ("archived", "in_period"),
        ("lapsed", "carried_over"),
        ("late", "late"),
        ("late", "carried_over"),
        ("open", None),
    } <= reached
    assert any(row["renewal_contract_id"] and row["outcome"] == "lapsed" for row in rows)


def test_customers_are_quoted_and_reached_in_time_and_late_and_not_at_all(
    answers: duckdb.DuckDBPyConnection,
) -> None:
    for in_time, days in (
        ("is_quote_in_time", "quote_sent_days_before_due"),
        ("is_outreach_in_time", "first_outreach_days_before_due"),
    ):
        counts = answers.execute(
            f"""
            select count(*) filter ({in_time}),
                count(*) filter (not {in_time} and {days} is not null),
                count(*) filter ({days} is null)
            from said where is_resolved
            """
        ).fetchall()[0]
        assert min(counts) > 50, (in_time, counts)
