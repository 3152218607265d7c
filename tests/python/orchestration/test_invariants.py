"""What must hold of the marts: each invariant, kept and broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration import invariants
from orchestration.built import Built

METRICS = {
    "gross_revenue_retention": {"unit": "fraction"},
    "net_revenue_retention": {"unit": "fraction", "unbounded": True},
    "nps": {"unit": "NPS"},
}
KPIS = """
    create table {schema}.rpt_kpis as
    select
        col0 as metric, 'month' as period_grain, date '2026-01-01' as period_start,
        'total' as dimension_name, 'all' as dimension_value,
        cast(col1 as decimal(28, 6)) as current_value, col2 as current_denominator,
        10 as sample_size,
        true as is_complete
    from (values
        ('gross_revenue_retention', 0.9, 100.0),
        ('net_revenue_retention', 1.2, 100.0),
        ('nps', 40.0, 10.0)
    )
"""


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    """Marts in which all holds, with the same marts published."""
    connection = duckdb.connect()
    connection.execute(f"attach '{tmp_path / 'published.duckdb'}' as published")
    connection.execute("create schema refresh")
    connection.execute("create table refresh.as_of as select date '2026-02-20' as day")
    for schema in ("marts", "published.marts"):
        connection.execute(f"create schema {schema}")
        connection.execute(KPIS.format(schema=schema))
        connection.execute(
            f"create table {schema}.fct_health_components as"
            " select 'C1' as customer_id, date '2026-02-20' as health_date,"
            " unnest([0.40, 0.60]) as weight"
        )
        connection.execute(
            f"create table {schema}.fct_expected_cmrr_locks as select 'K1' as id, 10 as cmrr"
        )
        connection.execute(
            f"create table {schema}.fct_closed_bridges as select 'F1' as id, 5 as new"
        )
        connection.execute(
            f"create table {schema}.fct_kpi_closed_values as select 'nps' as metric,"
            " 40.0 as metric_value, date '2026-02-10' as published_on"
        )
    yield Built(connection, is_published=True, metrics=METRICS)
    connection.close()


BREAKS = {
    "gross_retention_is_no_more_than_net": "update marts.rpt_kpis set current_value = 0.8"
    " where metric = 'net_revenue_retention'",
    "fractions_are_between_nothing_and_one": "update marts.rpt_kpis set current_value = 1.01"
    " where metric = 'gross_revenue_retention'",
    "nps_is_within_its_scale": "update marts.rpt_kpis set current_value = -101"
    " where metric = 'nps'",
    "health_weights_add_up_to_one": "update marts.fct_health_components set weight = 0.45",
    "locks_are_as_they_were": "update marts.fct_expected_cmrr_locks set cmrr = 11",
    "closed_bridges_are_as_they_were": "delete from marts.fct_closed_bridges",
    "closed_kpis_are_as_they_were": "update marts.fct_kpi_closed_values set metric_value = 41",
    "no_kpi_lost_its_value": "update marts.rpt_kpis set current_value = null where metric = 'nps'",
}


@pytest.mark.parametrize("name", BREAKS)
def test_an_invariant_holds_until_it_is_broken_and_names_what_broke_it(
    built: Built, name: str
) -> None:
    find = getattr(invariants, name)
    assert find(built) == []
    built.connection.execute(BREAKS[name])
    assert len(find(built)) == 1


def test_every_invariant_is_broken_once_here_or_with_the_checks() -> None:
    elsewhere = {"bridge_foots", "no_more_is_published_than_was_loaded"}
    assert {check.name for check in invariants.INVARIANTS} == {*BREAKS, *elsewhere}


def test_an_empty_base_and_a_lock_that_is_new_are_no_loss(built: Built) -> None:
    built.connection.execute(
        "update marts.rpt_kpis set current_value = null, current_denominator = 0"
    )
    built.connection.execute("insert into marts.fct_expected_cmrr_locks values ('K2', 1)")
    assert invariants.no_kpi_lost_its_value(built) == []
    assert invariants.locks_are_as_they_were(built) == []


def test_an_earlier_day_than_the_published_one_may_know_less(built: Built) -> None:
    built.connection.execute("delete from marts.rpt_kpis")
    built.connection.execute(
        "insert into published.marts.rpt_kpis"
        " select 'cmrr', 'day', date '2026-02-20', 'total', 'all', 1, 1, 1, true"
    )
    assert len(invariants.no_kpi_lost_its_value(built)) == 3
    built.connection.execute("update refresh.as_of set day = date '2026-02-19'")
    assert invariants.no_kpi_lost_its_value(built) == []


def test_a_first_refresh_has_nothing_to_compare_with(built: Built) -> None:
    first = Built(built.connection, is_published=False, metrics=METRICS)
    built.connection.execute("delete from marts.fct_closed_bridges")
    assert invariants.closed_bridges_are_as_they_were(first) == []
    assert invariants.no_kpi_lost_its_value(first) == []
