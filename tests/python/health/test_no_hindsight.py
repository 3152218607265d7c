"""The score of a past day, built that day, is the one that is built of it today, but for late rows.

The day built is a Sunday some weeks before the newest day. What differs must be explained by a row
that was loaded, overwritten or deleted after it; what was shown then is restated with that cause.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.contract import PROJECT_DIR
from refreshing import BuiltCompany, refresh_environment

WEEKS_BEFORE = 8
TARGETS = ("fct_health_components", "fct_published_health", "fct_published_health_components")


def dbt(company: BuiltCompany, warehouse: Path, day: date, *select: str) -> None:
    """Build models of a warehouse as of a day, without their tests."""
    environment = {
        **refresh_environment(company.landing, warehouse, day.isoformat()),
        "DBT_PROFILES_DIR": str(PROJECT_DIR),
        "DBT_TARGET_PATH": str(warehouse / "target"),
        "DBT_LOG_PATH": str(warehouse / "logs"),
    }
    command = [
        *("-c", "from dbt.cli.main import cli; cli()"),
        *("build", "--quiet", "--threads", "1", "--exclude-resource-type", "test"),
        *("--exclude-resource-type", "unit_test", "--select", *select),
    ]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def past_day(built_company: BuiltCompany) -> date:
    newest = built_company.as_of
    return newest - timedelta(days=newest.isoweekday() % 7, weeks=WEEKS_BEFORE)


@pytest.fixture(scope="module")
def warehouse(
    built_company: BuiltCompany, past_day: date, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Built as of the past day, kept as ``then``, and as of the newest day after it."""
    root = tmp_path_factory.mktemp("no_hindsight")
    file = root / "warehouse.duckdb"
    shutil.copy(built_company.warehouse_dir / "warehouse.duckdb", file)
    with duckdb.connect(file) as connection:
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
            " and (table_name like 'fct_published_health%' or table_name = 'fct_refresh_days')"
        ).fetchall():
            connection.execute(f"drop table marts.{name}")
    dbt(built_company, root, past_day, *(f"+{name}" for name in TARGETS))
    with duckdb.connect(file) as connection:
        connection.execute("create schema kept")
        for name in ("fct_customer_health", "fct_health_components"):
            connection.execute(f"create table kept.{name} as from marts.{name}")
    dbt(built_company, root, built_company.as_of, "+rpt_health_published_differences")
    with duckdb.connect(file, read_only=True) as connection:
        yield connection


UNEXPLAINED = """
    select customer_id, component, kept.component_score, today.component_score
    from (from kept.fct_health_components where health_date = $1) as kept
    inner join (from marts.fct_health_components where health_date = $1) as today
        using (customer_id, component)
    where
        (kept.component_score, kept.weight)
        is distinct from (today.component_score, today.weight)
        and not exists (
            from intermediate.int_health_late_rows as late
            where
                late.customer_id = kept.customer_id
                and late.component in (kept.component, 'contract')
                and late.known_date > $1 and late.earliest_spoken_of_date <= $1
        )
"""


def test_only_late_rows_change_the_score_of_a_past_day(
    warehouse: duckdb.DuckDBPyConnection, past_day: date
) -> None:
    customers, same = warehouse.execute(
        "select count(*), count(*) filter (where a.health_score is not distinct from"
        " b.health_score) from kept.fct_customer_health as a"
        " inner join marts.fct_customer_health as b using (customer_id, health_date)"
        " where health_date = $1",
        [past_day],
    ).fetchall()[0]
    assert customers > 20
    assert same > 0.5 * customers
    assert warehouse.execute(UNEXPLAINED, [past_day]).fetchall() == []


def test_what_was_shown_is_kept_and_its_differences_have_causes(
    warehouse: duckdb.DuckDBPyConnection, past_day: date
) -> None:
    shown = warehouse.execute(
        "select customer_id, health_score, health_band from marts.fct_published_health"
        " where published_on = $1 order by 1",
        [past_day],
    ).fetchall()
    assert shown == (
        warehouse.execute(
            "select customer_id, health_score, health_band from kept.fct_customer_health"
            " where health_date = $1 order by 1",
            [past_day],
        ).fetchall()
    )
    differing, restated = (
        warehouse.execute(query, [past_day]).fetchall()
        for query in (
            "select customer_id, component from (from kept.fct_health_components"
            " where health_date = $1) as a inner join marts.fct_health_components as b"
            " using (customer_id, component, health_date) where (a.component_score, a.weight,"
            " a.points) is distinct from (b.component_score, b.weight, b.points) order by all",
            "select customer_id, component from marts.fct_health_restatements where"
            " published_on = $1 and component not in ('contract', 'csm_risk', 'band')"
            " order by all",
        )
    )
    assert differing
    assert restated == differing
    causes = warehouse.execute(
        "select distinct cause from marts.rpt_health_published_differences"
    ).fetchall()
    assert {cause for (cause,) in causes} <= {"late_data", "other_components"}
