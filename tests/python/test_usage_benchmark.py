"""The usage benchmark's events have what usage is hard for, and its check finds a lost one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import cmrr, sql_run, usage

ROWS = 40_000


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Parquet file of the events of a hundred customers."""
    directory = tmp_path_factory.mktemp("usage")
    database = directory / "warehouse.duckdb"
    cmrr.create_raw_relations(database)
    sql_run.run(
        database,
        cmrr.BENCHMARKS_DIR / "usage_data.sql",
        {
            "row_count": str(ROWS),
            "accounts": "100",
            "as_of": cmrr.AS_OF,
            "events_file": str(directory / "events.parquet"),
        },
    )
    return directory / "events.parquet"


def test_one_event_in_a_hundred_is_late_and_some_land_again(events: Path) -> None:
    days_late = "cast(loaded_at as date) - cast(occurred_at as date)"
    row_count, keys, late, very_late, most, distinct_rows = duckdb.execute(
        f"select count(*), count(distinct event_id), count(*) filter ({days_late} > 2),"
        f" count(*) filter ({days_late} > 15), max({days_late}),"
        f" count(distinct (event_id, loaded_at)) from '{events}'"
    ).fetchall()[0]
    assert keys == ROWS
    assert 0 < very_late < late
    assert 0.005 < late / row_count < 0.02
    assert 30 < most <= 42
    assert keys < distinct_rows < row_count


def test_a_day_that_lost_an_event_stops_the_benchmark(events: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw_product_usage; create schema intermediate")
        connection.execute(f"create view raw_product_usage.events as from '{events}'")
        connection.execute(
            "create table intermediate.int_usage_days as"
            " select cast(occurred_at as date) as usage_date, count(distinct event_id)"
            " as event_count from raw_product_usage.events group by all"
        )
        usage.check(connection)
        connection.execute(
            "update intermediate.int_usage_days set event_count = event_count - 1"
            " where usage_date = '2025-06-01'"
        )
        with pytest.raises(cmrr.BenchmarkError, match="1 days have another number"):
            usage.check(connection)
