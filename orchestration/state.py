"""State: the tables that only grow, and what happens to them when the working file is lost.

Locks, closed bridges, the days that were built and the snapshots tell how things stood on days
that are over; landing data alone cannot bring them back. They carry the tag ``state`` in the dbt
project, live in the working file, and are backed up (orchestration/backups.py). A working file
without them takes them from a backup before anything is built.

Tables with the tag ``shown`` are kept in the same way, but hold what readers were shown: only a
whole refresh writes them, never the replay of a missed day, and a day whose refresh did not come
to its end leaves nothing in them but what was published of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_name, quote_text

TAG = "state"
SHOWN = "shown"
SHOWN_DAY = "published_on"
SNAPSHOTS = "snapshots"
BUILT_DAYS = ("marts", "fct_refresh_days")
CLOSED_PERIODS = ("marts", "fct_closed_periods")


class StateError(Exception):
    """State would be lost if the refresh went on; the text says what to do."""


@dataclass(frozen=True)
class StateTable:
    """A table that only grows, and its columns that are never null."""

    schema: str
    name: str
    not_null: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The quoted name, with its schema."""
        return f"{quote_name(self.schema)}.{quote_name(self.name)}"


def state_tables(
    manifest: Mapping[str, Any], tags: Collection[str] = (TAG, SHOWN)
) -> list[StateTable]:
    """The models and snapshots of the project with one of the tags, from dbt's manifest."""
    return sorted(
        (
            StateTable(
                node["schema"],
                node["alias"],
                tuple(
                    column["name"]
                    for column in node["columns"].values()
                    if any(rule["type"] == "not_null" for rule in column.get("constraints") or ())
                ),
            )
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "snapshot") and set(tags) & set(node["tags"])
        ),
        key=lambda table: (table.schema, table.name),
    )


def snapshot_tables(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the project's snapshots, from dbt's manifest."""
    return sorted(
        node["alias"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "snapshot" and node["schema"] == SNAPSHOTS
    )


def restore_state(
    connection: duckdb.DuckDBPyConnection, source: Path, tables: Sequence[StateTable]
) -> str | None:
    """Take the state from ``source``, if the working file has none; what was done.

    ``source`` is a backup, or a file that was published. All of it or nothing. Raises StateError
    where it cannot be read: beginning anew would freeze and lock the past once more, as it looks
    today.
    """
    if not source.exists() or any(exists(connection, table) for table in tables):
        return None
    restored = replace_state(connection, source, tables)
    if not restored:
        return None
    return (
        f"the working file had no state; restored from {source.name}:"
        f" {len(restored)} tables, {sum(restored.values()):,} rows"
    )


def replace_state(
    connection: duckdb.DuckDBPyConnection, source: Path, tables: Sequence[StateTable]
) -> dict[str, int]:
    """The state of ``source`` in place of what the working file has, in one step; rows by table."""
    try:
        connection.execute(f"attach {quote_text(str(source))} as published (read_only)")
    except duckdb.Error as error:
        raise StateError(
            f"The working file has no state, and {source}, which should give it back,"
            f" cannot be read ({str(error).splitlines()[0]}).\nBring one of the two back from a"
            " copy; to begin anew, without what was locked and frozen, move that file away, and"
            " what is kept in versions and backups."
        ) from None
    restored = {}
    connection.execute("begin")
    drop_state(connection, tables)
    for table in tables:
        if not exists(connection, table, "published"):
            continue
        connection.execute(f"create schema if not exists {quote_name(table.schema)}")
        connection.execute(f"create table {table.label} as from published.{table.label}")
        for column in table.not_null:
            connection.execute(
                f"alter table {table.label} alter column {quote_name(column)} set not null"
            )
        counted = connection.execute(f"select count(*) from {table.label}").fetchall()
        restored[table.name] = counted[0][0]
    connection.execute("commit")
    connection.execute("detach published")
    return restored


def forget_unshown(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    tables: Sequence[StateTable],
    unfinished: Collection[date],
) -> None:
    """Put back what readers were shown on days whose refresh did not come to its end.

    That is what the newest publication has of them: nothing, or what an earlier refresh that day
    said.
    """
    kept = [table for table in tables if exists(connection, table)]
    if not (kept and unfinished):
        return
    is_published = source.exists()
    if is_published:
        connection.execute(f"attach {quote_text(str(source))} as published (read_only)")
    of_these_days = f"where {SHOWN_DAY} in (select unnest($1::date[]))"
    connection.execute("begin")
    for table in kept:
        connection.execute(f"delete from {table.label} {of_these_days}", [list(unfinished)])
        if is_published and exists(connection, table, "published"):
            connection.execute(
                f"insert into {table.label} by name"
                f" select * from published.{table.label} {of_these_days}",
                [list(unfinished)],
            )
    connection.execute("commit")
    if is_published:
        connection.execute("detach published")


def built_days(connection: duckdb.DuckDBPyConnection) -> dict[str, list]:
    """The as-of dates that were ever built (``days``) and the first build's (``first``)."""
    if not exists(connection, StateTable(*BUILT_DAYS)):
        return {"days": [], "first": []}
    rows = connection.execute(
        f"select as_of_date, is_first_build from {'.'.join(BUILT_DAYS)} order by 1"
    ).fetchall()
    return {"days": [day for day, _ in rows], "first": [day for day, first in rows if first]}


def frozen_closes(connection: duckdb.DuckDBPyConnection) -> set[tuple]:
    """Month and ``closed_at`` of every close that has been frozen."""
    if not exists(connection, StateTable(*CLOSED_PERIODS)):
        return set()
    return set(
        connection.execute(f"select month, closed_at from {'.'.join(CLOSED_PERIODS)}").fetchall()
    )


def drop_state(connection: duckdb.DuckDBPyConnection, tables: Sequence[StateTable]) -> None:
    """Forget everything: for a first build that never ended, or where a backup takes its place."""
    for table in tables:
        connection.execute(f"drop table if exists {table.label}")


def exists(
    connection: duckdb.DuckDBPyConnection, table: StateTable, database: str | None = None
) -> bool:
    """Whether the working file, or an attached one, has a table."""
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = $1 and table_name = $2"
        " and database_name = coalesce($3, current_database())",
        [table.schema, table.name, database],
    ).fetchall()
    return bool(found)
