"""State: found by its tag, and brought back from the published file."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.project import dbt_project, prepare_manifest
from orchestration.publish import publish
from orchestration.state import (
    StateError,
    StateTable,
    built_days,
    frozen_closes,
    restore_state,
    snapshot_tables,
    state_tables,
)

TABLES = [
    StateTable("marts", "fct_locks", ("id",)),
    StateTable("marts", "fct_not_built_yet"),
    StateTable("snapshots", "accounts_snapshot"),
]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A published file with a state table, a snapshot and a table that is no state."""
    working = tmp_path / "lost.duckdb"
    with duckdb.connect(working) as connection:
        connection.execute("create schema marts; create schema snapshots")
        connection.execute("create table marts.fct_locks as select i as id from range(3) as r(i)")
        connection.execute("create table marts.dim_other as select 1 as id")
        connection.execute("create table snapshots.accounts_snapshot as select 'A' as account_id")
    path = tmp_path / "published.duckdb"
    publish(working, path, ["dim_other", "fct_locks"], ["accounts_snapshot"])
    return path


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Schema and name of the tables of a file."""
    return connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database() order by all"
    ).fetchall()


def test_a_working_file_without_state_takes_it_from_the_published_one(
    published: Path, tmp_path: Path
) -> None:
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        done = restore_state(connection, published, TABLES)
        assert done == (
            "the working file had no state; restored from published.duckdb: 2 tables, 4 rows"
        )
        assert tables_of(connection) == [
            ("marts", "fct_locks"),
            ("snapshots", "accounts_snapshot"),
        ]
        assert connection.execute("from marts.fct_locks order by 1").fetchall() == [
            (0,),
            (1,),
            (2,),
        ]
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("insert into marts.fct_locks values (null)")


def test_a_working_file_with_state_is_left_alone(published: Path, tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create schema snapshots")
        connection.execute("create table snapshots.accounts_snapshot as select 'B' as account_id")
        assert restore_state(connection, published, TABLES) is None
        assert tables_of(connection) == [("snapshots", "accounts_snapshot")]


def test_nothing_is_restored_where_nothing_was_published(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        assert restore_state(connection, tmp_path / "published.duckdb", TABLES) is None


def test_a_published_file_that_cannot_be_read_stops_the_refresh(tmp_path: Path) -> None:
    (tmp_path / "published.duckdb").write_bytes(b"no DuckDB file at all" * 1000)
    with (
        duckdb.connect(tmp_path / "warehouse.duckdb") as connection,
        pytest.raises(StateError, match="which should give it back, cannot be read"),
    ):
        restore_state(connection, tmp_path / "published.duckdb", TABLES)


def test_a_new_file_was_built_on_no_day_and_has_frozen_nothing() -> None:
    with duckdb.connect() as connection:
        assert built_days(connection) == {"days": [], "first": []}
        assert frozen_closes(connection) == set()


def test_the_tag_tells_what_is_state() -> None:
    prepare_manifest()
    manifest = json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))
    tables = {table.name: table for table in state_tables(manifest)}
    assert {
        "accounts_snapshot",
        "contracts_snapshot",
        "csm_assignments_snapshot",
        "fct_closed_bridges",
        "fct_closed_periods",
        "fct_refresh_days",
    } <= set(tables)
    assert tables["fct_refresh_days"].not_null == ("as_of_date", "is_first_build")
    assert "accounts_snapshot" in snapshot_tables(manifest)


def test_state_models_are_written_once_and_survive_a_full_refresh() -> None:
    prepare_manifest()
    manifest = json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))
    models = [
        node["config"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "state" in node["tags"]
    ]
    assert models
    for config in models:
        assert config["materialized"] == "incremental"
        assert config["incremental_strategy"] == "append"
        assert config["full_refresh"] is False
        assert config["on_schema_change"] == "fail"
