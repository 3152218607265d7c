"""Publishing: marts and snapshots alone, in a file of their own, put in place in one step."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from orchestration.casts import quote_name, quote_text
from orchestration.state import SNAPSHOTS

SCHEMA = "marts"
OPERATIONS = "ops"
STORAGE_VERSION = "v1.4.0"  # what DuckDB 1.4 and every later version can read

# By schema and table and by column: the SQL expression that is written in the column's place.
Replacements = Mapping[str, Mapping[str, str]]


class PublishError(Exception):
    """The marts could not be published; the file that readers have is as it was."""


def mart_tables(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the tables that the project puts into the marts, from dbt's manifest."""
    return sorted(
        node["alias"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == SCHEMA
    )


def publish(
    working_file: Path,
    published_file: Path,
    marts: Iterable[str],
    snapshots: Iterable[str] = (),
    masks: Replacements = MappingProxyType({}),
    operations: Iterable[str] = (),
) -> dict[str, int]:
    """Replace ``published_file`` by the named tables of ``working_file``; rows per table.

    Readers who have the old file open keep reading it; whoever opens it next gets the new one.
    Rows are sorted, so the same marts make the same content. ``masks`` are written in place of what
    the working file has (orchestration/privacy.py). Raises PublishError, and leaves the
    old file alone, if anything goes wrong before the rename.
    """
    for left_over in published_file.parent.glob(f"{published_file.name}.*.tmp*"):
        left_over.unlink()
    new_file = published_file.with_name(f"{published_file.name}.{os.getpid()}.tmp")
    try:
        tables = {SCHEMA: list(marts), SNAPSHOTS: list(snapshots), OPERATIONS: list(operations)}
        rows = _copy(working_file, new_file, tables, masks)
        _sync(new_file)
        new_file.replace(published_file)
        _sync(published_file.parent)
    except (duckdb.Error, OSError) as error:
        new_file.unlink(missing_ok=True)
        raise PublishError(f"{published_file} was not replaced: {error}") from error
    return rows


def rewrite(
    published_file: Path, tables: Mapping[str, list[str]], replacements: Replacements
) -> None:
    """Write a file of tables anew with other values, in one step; the old bytes are gone.

    Raises PublishError, and leaves the file alone, if anything goes wrong before the rename.
    """
    new_file = published_file.with_name(f"{published_file.name}.{os.getpid()}.tmp")
    new_file.unlink(missing_ok=True)
    try:
        _copy(published_file, new_file, tables, replacements)
        _sync(new_file)
        new_file.replace(published_file)
        _sync(published_file.parent)
    except (duckdb.Error, OSError) as error:
        new_file.unlink(missing_ok=True)
        raise PublishError(f"{published_file} was not written anew: {error}") from error


def _copy(
    working_file: Path,
    new_file: Path,
    tables: Mapping[str, list[str]],
    replacements: Replacements,
) -> dict[str, int]:
    rows = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote_text(str(working_file))} as working (read_only)")
        connection.execute(
            f"attach {quote_text(str(new_file))} as published"
            f" (storage_version {quote_text(STORAGE_VERSION)})"
        )
        for schema, names in tables.items():
            if names:
                connection.execute(f"create schema published.{schema}")
            for table in names:
                name = f"{schema}.{quote_name(table)}"
                replaced = ", ".join(
                    f"{expression} as {quote_name(column)}"
                    for column, expression in replacements.get(f"{schema}.{table}", {}).items()
                )
                columns = f"* replace ({replaced})" if replaced else "*"
                connection.execute(
                    f"create table published.{name} as"
                    f" select {columns} from working.{name} order by all"
                )
                for comment in _comments(connection, schema, table):
                    connection.execute(comment)
                counted = connection.execute(f"select count(*) from published.{name}").fetchall()
                rows[table] = counted[0][0]
        connection.execute("checkpoint published")
        connection.execute("detach published")
    return rows


def _comments(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    """Statements that give a published table the comments of the working one."""
    where = "where database_name = 'working' and schema_name = $1 and table_name = $2"
    name = f"published.{schema}.{quote_name(table)}"
    statements = [
        f"comment on table {name} is {quote_text(comment)}"
        for (comment,) in connection.execute(
            f"select comment from duckdb_tables() {where} and comment is not null", [schema, table]
        ).fetchall()
    ]
    statements.extend(
        f"comment on column {name}.{quote_name(column)} is {quote_text(comment)}"
        for column, comment in connection.execute(
            f"select column_name, comment from duckdb_columns() {where} and comment is not null"
            " order by column_index",
            [schema, table],
        ).fetchall()
    )
    return statements


def _sync(path: Path) -> None:
    """Wait until a file's content, or a directory's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
