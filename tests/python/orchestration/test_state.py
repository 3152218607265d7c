"""State: found by its tag, and brought back from the published file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.catch_up import replay_arguments
from orchestration.project import dbt_project, prepare_manifest
from orchestration.publish import publish
from orchestration.state import (
    SHOWN,
    StateError,
    StateTable,
    built_days,
    forget_unshown,
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
        "fct_kpi_closed_values",
        "fct_published_health",
        "fct_published_health_components",
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
        if node["resource_type"] == "model" and {"state", "shown"} & set(node["tags"])
    ]
    assert models
    for config in models:
        assert config["materialized"] == "incremental"
        assert config["incremental_strategy"] == "append"
        assert config["full_refresh"] is False
        assert config["on_schema_change"] == "fail"


def test_no_replay_of_a_missed_day_writes_what_was_shown() -> None:
    """No state table is made of what was shown, and what was shown is no state table itself."""
    prepare_manifest()
    manifest = json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))
    shown = {name for name, node in manifest["nodes"].items() if SHOWN in node.get("tags", [])}
    assert {table.name for table in state_tables(manifest, [SHOWN])} == {
        name.split(".")[-1] for name in shown
    }
    assert replay_arguments(date(2026, 1, 31), date(2026, 2, 1))[1:3] == ["--select", "+tag:state"]
    replayed = {name for name, node in manifest["nodes"].items() if "state" in node["tags"]}
    waiting = list(replayed)
    while waiting:
        parents = set(manifest["parent_map"].get(waiting.pop(), [])) - replayed
        replayed |= parents
        waiting.extend(parents)
    assert not replayed & shown


SHOWN_TABLE = StateTable("marts", "fct_shown")


def shown_file(path: Path, rows: list[tuple[str, int]]) -> Path:
    """A file with a table of what was shown."""
    with duckdb.connect(path) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.fct_shown (published_on date, score integer)")
        connection.executemany("insert into marts.fct_shown values ($1, $2)", rows)
    return path


def test_a_day_whose_refresh_failed_was_shown_to_nobody(tmp_path: Path) -> None:
    published = shown_file(tmp_path / "published.duckdb", [("2026-01-30", 1)])
    working = shown_file(
        tmp_path / "warehouse.duckdb", [("2026-01-30", 1), ("2026-01-31", 2), ("2026-02-01", 3)]
    )
    with duckdb.connect(working) as connection:
        forget_unshown(connection, published, [SHOWN_TABLE], [date(2026, 1, 31)])
        assert connection.execute("from marts.fct_shown order by 1").fetchall() == [
            (date(2026, 1, 30), 1),
            (date(2026, 2, 1), 3),
        ]
        forget_unshown(connection, tmp_path / "none.duckdb", [SHOWN_TABLE], [date(2026, 2, 1)])
        assert connection.execute("from marts.fct_shown").fetchall() == [(date(2026, 1, 30), 1)]


def test_a_second_refresh_of_a_day_that_fails_leaves_what_the_first_one_showed(
    tmp_path: Path,
) -> None:
    published = shown_file(tmp_path / "published.duckdb", [("2026-01-31", 1)])
    working = shown_file(tmp_path / "warehouse.duckdb", [("2026-01-31", 2), ("2026-01-30", 9)])
    with duckdb.connect(working) as connection:
        forget_unshown(connection, published, [SHOWN_TABLE], [date(2026, 1, 31)])
        assert connection.execute("from marts.fct_shown order by 1").fetchall() == [
            (date(2026, 1, 30), 9),
            (date(2026, 1, 31), 1),
        ]


def test_where_every_refresh_came_to_its_end_nothing_is_forgotten(tmp_path: Path) -> None:
    working = shown_file(tmp_path / "warehouse.duckdb", [("2026-01-31", 2)])
    with duckdb.connect(working) as connection:
        forget_unshown(connection, tmp_path / "none.duckdb", [SHOWN_TABLE], [])
        forget_unshown(connection, tmp_path / "none.duckdb", [], [date(2026, 1, 31)])
        assert connection.execute("from marts.fct_shown").fetchall() == [(date(2026, 1, 31), 2)]
