"""A working file of another release, or of another DuckDB: fitted, or refused with what to do."""

from __future__ import annotations

import copy
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import Settings
from orchestration.state import StateError
from orchestration.upgrade import fit_state, forget_outdated, ready_state
from orchestration.working_file import open_working_file, storage_version

STATE = {
    "lock_month": {"data_type": "date", "constraints": [{"type": "not_null"}]},
    "amount": {"data_type": "decimal(18, 2)"},
    "reason": {"data_type": "varchar"},
}


def manifest(columns: dict[str, dict] = STATE, code: str = "1", macro: str = "m") -> dict[str, Any]:
    """A project with one state table and one incremental model, made of a staging model."""
    return {
        "nodes": {
            "model.tenure.fct_locks": {
                "unique_id": "model.tenure.fct_locks",
                "resource_type": "model",
                "schema": "marts",
                "alias": "fct_locks",
                "tags": ["state"],
                "config": {"materialized": "incremental"},
                "columns": {name: {"name": name, **column} for name, column in columns.items()},
                "checksum": {"checksum": "0"},
            },
            "model.tenure.int_days": {
                "unique_id": "model.tenure.int_days",
                "resource_type": "model",
                "schema": "intermediate",
                "alias": "int_days",
                "tags": [],
                "config": {"materialized": "incremental"},
                "columns": {},
                "checksum": {"checksum": "0"},
                "depends_on": {"nodes": ["model.tenure.stg_events"], "macros": []},
            },
            "model.tenure.stg_events": {
                "unique_id": "model.tenure.stg_events",
                "resource_type": "model",
                "schema": "staging",
                "alias": "stg_events",
                "tags": [],
                "config": {"materialized": "view"},
                "columns": {},
                "checksum": {"checksum": code},
                "depends_on": {"nodes": ["source.tenure.events"], "macros": ["macro.tenure.day"]},
            },
        },
        "macros": {"macro.tenure.day": {"macro_sql": macro, "depends_on": {"macros": []}}},
    }


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A working file with the state table and the incremental model."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create schema marts; create schema intermediate")
        connection.execute(
            "create table marts.fct_locks as select '2026-01-01'::date as lock_month,"
            " 0.01::decimal(18,2) as amount, 'a' as reason"
        )
        connection.execute("create table intermediate.int_days as select 1 as day")
        yield connection


def test_state_of_this_release_is_left_alone(connection: duckdb.DuckDBPyConnection) -> None:
    assert fit_state(connection, manifest()) == []
    assert fit_state(connection, {"nodes": {}}) == []


def test_a_new_column_that_may_be_null_is_added(connection: duckdb.DuckDBPyConnection) -> None:
    columns = {**STATE, "due_date": {"data_type": "date"}}
    assert fit_state(connection, manifest(columns)) == [
        "marts.fct_locks.due_date is new: null in the rows that were written before"
    ]
    assert connection.execute("select due_date, reason from marts.fct_locks").fetchall() == [
        (None, "a")
    ]
    assert fit_state(connection, manifest(columns)) == []


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (
            {**STATE, "amount": {"data_type": "decimal(18, 4)"}},
            r"marts\.fct_locks\.amount is DECIMAL\(18,2\); the project has DECIMAL\(18,4\)",
        ),
        (
            {name: STATE[name] for name in ("lock_month", "amount")},
            r"marts\.fct_locks\.reason is not in the project any more",
        ),
        (
            {**STATE, "sku": {"data_type": "varchar", "constraints": [{"type": "not_null"}]}},
            r"marts\.fct_locks\.sku is new and never null",
        ),
    ],
)
def test_more_than_that_is_for_a_person_to_decide(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, dict], problem: str
) -> None:
    added = {**columns, "due_date": {"data_type": "date"}}
    with pytest.raises(
        StateError, match=rf"made by another release (?s:.*){problem}(?s:.*)by hand"
    ):
        fit_state(connection, manifest(added))
    assert len(connection.execute("describe marts.fct_locks").fetchall()) == 3


def is_there(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the incremental model is built."""
    query = "from duckdb_tables() where table_name = 'int_days'"
    return bool(connection.execute(query).fetchall())


@pytest.mark.parametrize(
    ("changed", "variables"),
    [
        (manifest(code="2"), {"time_zone": "UTC"}),
        (manifest(macro="n"), {"time_zone": "UTC"}),
        (manifest(), {"time_zone": "Europe/Berlin"}),
    ],
)
def test_an_incremental_model_of_other_code_is_built_anew(
    connection: duckdb.DuckDBPyConnection, changed: dict[str, Any], variables: dict[str, str]
) -> None:
    """The code is also that of the models it is made of, of their macros, and the variables."""
    utc = {"time_zone": "UTC"}
    connection.execute("drop table intermediate.int_days")
    assert forget_outdated(connection, manifest(), utc) == []
    connection.execute("create table intermediate.int_days as select 1 as day")
    assert forget_outdated(connection, manifest(), utc) == []
    assert is_there(connection)
    assert forget_outdated(connection, changed, variables) == [
        "int_days was made by other code: it is built anew, which takes longer"
    ]
    assert not is_there(connection)
    assert forget_outdated(connection, changed, variables) == []


def test_a_model_that_nobody_noted_the_code_of_is_built_anew(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert len(forget_outdated(connection, manifest())) == 1
    assert not is_there(connection)
    assert connection.execute("select count(*) from marts.fct_locks").fetchall() == [(1,)]


def test_getting_ready_brings_back_fits_and_says_so(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path)
    with duckdb.connect(settings.published_file) as published:
        published.execute("create schema marts")
        published.execute(
            "create table marts.fct_locks as select '2026-01-01'::date as lock_month,"
            " 0.01::decimal(18,2) as amount"
        )
    with duckdb.connect(settings.working_file) as connection:
        source, done = ready_state(connection, settings, manifest())
    assert source == settings.published_file
    assert done == [
        "the working file had no state; restored from published.duckdb: 1 tables, 1 rows",
        "marts.fct_locks.reason is new: null in the rows that were written before",
    ]


def in_format(path: Path, version: str) -> None:
    """A working file in a storage format, with a table, a view, a comment and what is not null."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as w (storage_version '{version}')")
        connection.execute("create schema w.marts; create schema w.raw_crm")
        connection.execute("create table w.marts.t (x integer not null, d decimal(18,2))")
        connection.execute("insert into w.marts.t select i, 0.01 from range(1000) as r(i)")
        connection.execute("comment on column w.marts.t.x is 'what it is'")
        file = path.with_name("landed.parquet")
        connection.execute(f"copy (select 1 as a) to '{file}'")
        connection.execute(f"create view w.raw_crm.v as from '{file}'")
        file.unlink()


def test_a_file_in_an_older_format_is_copied_into_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    in_format(path, "v1.0.0")
    assert storage_version(path) == 64
    connection, done = open_working_file(path)
    with connection:
        assert connection.execute("select count(*), sum(d) from marts.t").fetchall()[0][0] == 1000
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("insert into marts.t values (null, 0)")
        query = "select comment from duckdb_columns() where table_name = 't' and column_name = 'x'"
        assert connection.execute(query).fetchall() == [("what it is",)]
        views = "select view_name from duckdb_views() where not internal"
        assert connection.execute(views).fetchall() == [("v",)]
    assert done is not None
    assert done.startswith("warehouse.duckdb was copied from storage format 64 to ")
    assert storage_version(path) > 64
    assert [file.name for file in tmp_path.iterdir()] == ["warehouse.duckdb"]
    connection, done = open_working_file(path)
    connection.close()
    assert done is None


def test_a_copy_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "warehouse.duckdb"
    in_format(path, "v1.0.0")
    counts = iter([{"t": 1000}, {"t": 999}])
    monkeypatch.setattr("orchestration.working_file._row_counts", lambda *_: next(counts))
    connection, done = open_working_file(path)
    with connection:
        assert connection.execute("select count(*) from marts.t").fetchall() == [(1000,)]
    assert done == "warehouse.duckdb keeps the storage format 64: the copy has other rows"
    assert storage_version(path) == 64


def renumber(path: Path, version: int) -> None:
    """Say in a file's header that it is in a storage format, as another DuckDB would have."""
    content = bytearray(path.read_bytes())
    content[12:20] = version.to_bytes(8, "little")
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", content[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    content[:8] = checksum.to_bytes(8, "little")
    path.write_bytes(content)


@pytest.mark.parametrize("version", [50, 1000])
def test_a_file_that_only_another_duckdb_can_read_is_refused_and_left(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "warehouse.duckdb"
    in_format(path, "v1.0.0")
    renumber(path, version)
    before = copy.copy(path.read_bytes())
    with pytest.raises(StateError, match=r"cannot be read by DuckDB .*(?s:.*)move the file away"):
        open_working_file(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["warehouse.duckdb"]
