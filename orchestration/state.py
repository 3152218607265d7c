"""State: the tables that only grow, and what happens to them when the working file is lost.

Locks, closed bridges, the days that were built and the snapshots tell how things stood on days
that are over; landing data alone cannot bring them back. They carry the tag ``state`` in the dbt
project, live in the working file, and are published with the marts. A working file without them
takes them from the published file before anything is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_name, quote_text

TAG = "state"
SNAPSHOTS = "snapshots"
BUILT_DAYS = ("marts", "fct_refresh_days")
CLOSED_PERIODS = ("marts", "fct_closed_periods")


class StateError(Exception):
    """State would be lost if the refresh went on; the text says what to do."""


@dataclass(frozen=True)
class StateTable:
    """A table with the tag ``state``, and its columns that are never null."""

    schema: str
    name: str
    not_null: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The quoted name, with its schema."""
        return f"{quote_name(self.schema)}.{quote_name(self.name)}"


def state_tables(manifest: Mapping[str, Any]) -> list[StateTable]:
    """The state tables of the project, from dbt's manifest: models and snapshots."""
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
            if node["resource_type"] in ("model", "snapshot") and TAG in node["tags"]
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
    connection: duckdb.DuckDBPyConnection, published_file: Path, tables: Sequence[StateTable]
) -> str | None:
    """Take the state from the published file, if the working file has none; what was done.

    All of it or nothing. Raises StateError where the published file cannot be read: beginning anew
    would freeze and lock the past once more, as it looks today.
    """
    if not published_file.exists() or any(_exists(connection, table) for table in tables):
        return None
    try:
        connection.execute(f"attach {quote_text(str(published_file))} as published (read_only)")
    except duckdb.Error as error:
        raise StateError(
            f"The working file has no state, and {published_file}, which should give it back,"
            f" cannot be read ({str(error).splitlines()[0]}).\nBring one of the two back from a"
            " backup; to begin anew, without what was locked and frozen, move that file away."
        ) from None
    restored = {}
    connection.execute("begin")
    for table in tables:
        if not _exists(connection, table, "published"):
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
    if not restored:
        return None
    return (
        f"the working file had no state; restored from {published_file.name}:"
        f" {len(restored)} tables, {sum(restored.values()):,} rows"
    )


def built_days(connection: duckdb.DuckDBPyConnection) -> dict[str, list]:
    """The as-of dates that were ever built (``days``) and the first build's (``first``)."""
    if not _exists(connection, StateTable(*BUILT_DAYS)):
        return {"days": [], "first": []}
    rows = connection.execute(
        f"select as_of_date, is_first_build from {'.'.join(BUILT_DAYS)} order by 1"
    ).fetchall()
    return {"days": [day for day, _ in rows], "first": [day for day, first in rows if first]}


def frozen_closes(connection: duckdb.DuckDBPyConnection) -> set[tuple]:
    """Month and ``closed_at`` of every close that has been frozen."""
    if not _exists(connection, StateTable(*CLOSED_PERIODS)):
        return set()
    return set(
        connection.execute(f"select month, closed_at from {'.'.join(CLOSED_PERIODS)}").fetchall()
    )


def drop_state(connection: duckdb.DuckDBPyConnection, tables: Sequence[StateTable]) -> None:
    """Forget everything: only for a first build that never ended."""
    for table in tables:
        connection.execute(f"drop table if exists {table.label}")


def _exists(
    connection: duckdb.DuckDBPyConnection, table: StateTable, database: str | None = None
) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = $1 and table_name = $2"
        " and database_name = coalesce($3, current_database())",
        [table.schema, table.name, database],
    ).fetchall()
    return bool(found)
