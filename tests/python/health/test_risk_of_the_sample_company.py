"""On the default company the churn model earns its place, and the lists agree with their parts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest

from refreshing import BuiltCompany

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def warehouse(built_default_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    path = built_default_company.warehouse_dir / "warehouse.duckdb"
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


def rows(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return warehouse.sql(query).to_arrow_table().to_pylist()


def test_the_model_ranks_later_quarters_better_than_the_score(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    totals = rows(
        warehouse,
        "select * from marts.fct_churn_model_evaluations"
        " where period = 'all' and group_name = 'total'",
    )
    assert {row["horizon_days"] for row in totals} == {90, 180}
    for row in totals:
        assert row["auc_low"] > row["score_auc"] > Decimal("0.6")
        assert row["is_better_than_score"] and row["is_better_than_due_date"]
        assert row["brier_score"] < row["base_rate_brier_score"]


def test_chances_come_true(warehouse: duckdb.DuckDBPyConnection) -> None:
    """By decile of all quarters: what was foretold lies near what came."""
    for row in rows(
        warehouse,
        "select * from marts.fct_churn_model_evaluations"
        " where period = 'all' and group_name <> 'total'",
    ):
        margin = Decimal("0.015")
        assert row["loss_rate_low"] - margin < row["mean_probability"], row
        assert row["mean_probability"] < row["loss_rate_high"] + margin, row


def test_every_customer_with_cmrr_has_a_chance_with_its_judgement(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(warehouse, "select * from marts.fct_churn_risk")
    customers = rows(warehouse, "select customer_id, cmrr from marts.dim_customers where cmrr > 0")
    for horizon in (90, 180):
        assert {
            row["customer_id"]: row["cmrr"] for row in found if row["horizon_days"] == horizon
        } == {row["customer_id"]: row["cmrr"] for row in customers}
    assert all(0 < row["probability"] < 1 and row["auc"] is not None for row in found)
    assert all(row["reason_3_direction"] in ("raises", "lowers") for row in found)


def test_the_work_list_is_the_product_of_its_columns(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(warehouse, "select * from marts.rpt_at_risk order by at_risk_rank")
    assert [row["at_risk_rank"] for row in found] == list(range(1, len(found) + 1))
    losses = [row["expected_loss"] for row in found]
    assert losses == sorted(losses, reverse=True)
    for row in found:
        loss = row["chance_of_loss"] * row["cmrr_at_stake"] * row["nearness"]
        assert abs(row["expected_loss"] - loss.quantize(CENT, ROUND_HALF_UP)) <= CENT
        assert row["chance_source"] == "model"


def test_the_forecast_holds_every_open_renewal_once(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    [open_cmrr] = rows(
        warehouse,
        "select (select sum(open_cmrr) from marts.rpt_renewal_forecast where segment = 'total')"
        " as of_report, (select sum(open_cmrr) from marts.rpt_renewal_forecast"
        " where segment <> 'total') as of_segments,"
        " (select sum(at_risk_cmrr) from marts.rpt_at_risk_cmrr) as at_risk,"
        " (select sum(expected_cmrr) from marts.fct_renewals, marts.dim_fiscal_months as months"
        "  where not is_resolved and months.month = date_trunc('month',"
        "  (select max(as_of_date) from marts.fct_refresh_days))"
        "  and due_quarter_start <= months.fiscal_quarter_start + interval 12 month) as of_facts",
    )
    assert len(set(open_cmrr.values())) == 1, open_cmrr
    for row in rows(warehouse, "select * from marts.rpt_renewal_forecast"):
        assert row["retained_cmrr"] <= row["forecast_low"] <= row["forecast_cmrr"]
        assert row["forecast_cmrr"] <= row["forecast_high"]
        assert row["forecast_high"] <= row["retained_cmrr"] + row["open_cmrr"]
