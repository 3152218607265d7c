"""Publishing: all of it or nothing, and readers are never disturbed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.publish import PublishError, mart_tables, publish


@pytest.fixture
def working(tmp_path: Path) -> Path:
    """A working file with two marts, a table that is none, and comments."""
    path = tmp_path / "ware'house.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema marts; create schema staging")
        connection.execute("create table staging.private as select 1 as secret")
        connection.execute(
            "create table marts.fct_b as select (9 - i)::varchar as id, i::decimal(18,2) as amount,"
            " null::date as day from range(5) as r(i)"
        )
        connection.execute('create table marts.dim_a (id varchar, "odd\'name" integer)')
        connection.execute("create table marts.left_over as select 1 as x")
        connection.execute("comment on table marts.fct_b is 'What it''s for'")
        connection.execute("comment on column marts.fct_b.amount is 'In \"euros\"'")
    return path


def shown(path: Path, query: str) -> list[tuple]:
    """The answer to a query on a file."""
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_named_marts_and_nothing_else(working: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    assert publish(working, published, ["dim_a", "fct_b"]) == {"dim_a": 0, "fct_b": 5}
    assert shown(published, "select schema_name, table_name from duckdb_tables() order by 2") == [
        ("marts", "dim_a"),
        ("marts", "fct_b"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [published.name, working.name]


def test_snapshots_are_published_in_their_schema(working: Path, tmp_path: Path) -> None:
    with duckdb.connect(working) as connection:
        connection.execute("create schema snapshots")
        connection.execute("create table snapshots.accounts_snapshot as select 'A' as account_id")
        connection.execute("comment on table snapshots.accounts_snapshot is 'As it was'")
    published = tmp_path / "published.duckdb"
    rows = publish(working, published, ["dim_a"], ["accounts_snapshot"])
    assert rows == {"dim_a": 0, "accounts_snapshot": 1}
    assert shown(published, "from snapshots.accounts_snapshot") == [("A",)]
    query = "select comment from duckdb_tables() where schema_name = 'snapshots'"
    assert shown(published, query) == [("As it was",)]


def test_columns_types_and_comments_are_kept(working: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(working, published, ["dim_a", "fct_b"])
    query = (
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where schema_name = 'marts' order by table_name, column_index"
    )
    assert shown(published, query) == [
        ("dim_a", "id", "VARCHAR", None),
        ("dim_a", "odd'name", "INTEGER", None),
        ("fct_b", "id", "VARCHAR", None),
        ("fct_b", "amount", "DECIMAL(18,2)", 'In "euros"'),
        ("fct_b", "day", "DATE", None),
    ]
    query = "select comment from duckdb_tables() where table_name = 'fct_b'"
    assert shown(published, query) == [("What it's for",)]


def test_rows_are_sorted(working: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(working, published, ["fct_b"])
    ids = [row[0] for row in shown(published, "select id from marts.fct_b")]
    assert ids == ["5", "6", "7", "8", "9"]


def test_a_reader_keeps_the_file_that_it_opened(working: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(working, published, ["fct_b"])
    with duckdb.connect(published, read_only=True) as reader:
        with duckdb.connect(working) as writer:
            writer.execute("delete from marts.fct_b where id > '6'")
        publish(working, published, ["fct_b"])
        assert reader.execute("select count(*) from marts.fct_b").fetchall() == [(5,)]
    assert shown(published, "select count(*) from marts.fct_b") == [(2,)]


def test_a_failure_leaves_the_old_file_byte_for_byte(working: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(working, published, ["fct_b"])
    before = published.read_bytes()
    with pytest.raises(PublishError, match=r"was not replaced: .*fct_missing"):
        publish(working, published, ["fct_b", "fct_missing"])
    assert published.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [published.name, working.name]


def test_what_a_killed_run_left_is_cleared(working: Path, tmp_path: Path) -> None:
    left = tmp_path / "published.duckdb.123.tmp"
    left.write_bytes(b"half")
    left.with_name(left.name + ".wal").write_bytes(b"half")
    publish(working, tmp_path / "published.duckdb", ["fct_b"])
    assert not list(tmp_path.glob("*.tmp*"))


def test_the_format_is_the_one_that_duckdb_1_4_reads(working: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(working, published, ["fct_b"])
    # Bytes 12 to 19 of a DuckDB file hold the storage version: 67 is 1.4's.
    assert int.from_bytes(published.read_bytes()[12:20], "little") == 67


def test_marts_are_the_models_of_the_schema_marts() -> None:
    nodes = {
        "model.a": {"resource_type": "model", "schema": "marts", "alias": "fct_b"},
        "model.b": {"resource_type": "model", "schema": "marts", "alias": "dim_a"},
        "model.c": {"resource_type": "model", "schema": "staging", "alias": "stg_c"},
        "test.d": {"resource_type": "test", "schema": "marts", "alias": "unique"},
    }
    assert mart_tables({"nodes": nodes}) == ["dim_a", "fct_b"]
