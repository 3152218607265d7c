"""Measures, component scores and scores agree with a recount by brute force."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from health.brute_force import Histories, component_scores, health_score, measures

from refreshing import BuiltCompany

SAMPLED_DAYS = 600
NOT_MEASURES = {"health_day_number", "customer_id", "health_date", "segment"}


@pytest.fixture(scope="module")
def warehouse(built_company: BuiltCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    path = built_company.warehouse_dir / "warehouse.duckdb"
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


def sampled_days(warehouse: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Days of all customers, the last days and the newest among them."""
    rows = (
        warehouse.sql("from intermediate.int_health_days order by customer_id, health_date")
        .to_arrow_table()
        .to_pylist()
    )
    newest = max(row["health_date"] for row in rows)
    ends = [row for row in rows if row["is_last_day"] or row["health_date"] == newest]
    return ends + random.Random(7).sample(rows, min(SAMPLED_DAYS, len(rows)))


def test_every_sampled_day_agrees(warehouse: duckdb.DuckDBPyConnection) -> None:
    histories = Histories.read(warehouse)
    told_measures = {
        (row["customer_id"], row["health_date"]): row
        for row in warehouse.sql("from intermediate.int_health_measures")
        .to_arrow_table()
        .to_pylist()
    }
    told_scores: dict[tuple[str, date], dict] = {}
    for customer, day, component, score in warehouse.sql(
        "select customer_id, health_date, component, component_score"
        " from marts.fct_health_components where component_score is not null"
    ).fetchall():
        told_scores.setdefault((customer, day), {})[component] = score
    told_health = {
        (customer, day): score
        for customer, day, score in warehouse.sql(
            "select customer_id, health_date, health_score from marts.fct_customer_health"
        ).fetchall()
    }
    seen_measures: set[str] = set()
    for day in sampled_days(warehouse):
        key = (day["customer_id"], day["health_date"])
        told = {
            name: value
            for name, value in told_measures[key].items()
            if name not in NOT_MEASURES and value is not None
        }
        found = measures(histories, *key, day["cmrr"])
        assert found == pytest.approx(told, rel=1e-12), key
        seen_measures |= set(found)
        scores = component_scores(found, day["segment"], day["health_date"])
        assert scores == told_scores.get(key, {}), key
        expected = health_score(scores, day["segment"], day["lifecycle_stage"], day["health_date"])
        assert told_health[key] == expected, key
    # In a company of one year nobody had CMRR a year before.
    every_measure = set(next(iter(told_measures.values()))) - NOT_MEASURES
    assert seen_measures == every_measure - {"cmrr_growth"}
