"""A working file that an earlier release of the project made: fitted to this one, or refused.

What dbt builds anew each time fits by itself. What only grows gets columns that are new and may be
null; where more than that has changed, somebody must decide, before anything is built. Other
incremental models are built anew where the code that makes them has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.backups import state_source
from orchestration.casts import quote_name
from orchestration.settings import Settings, project_variables
from orchestration.state import (
    SHOWN,
    TAG,
    StateError,
    StateTable,
    exists,
    restore_state,
    state_tables,
)

NOTES = StateTable("refresh", "incremental_models")
NOTED = "name varchar primary key, code varchar"


def ready_state(
    connection: duckdb.DuckDBPyConnection, settings: Settings, manifest: Mapping[str, Any]
) -> tuple[Path, list[str]]:
    """Make the working file ready for a refresh; where published state is, and what was done.

    Lost state is brought back, and what another release made is fitted to this one.
    """
    source, done = state_source(settings)
    restored = restore_state(connection, source, state_tables(manifest))
    if restored is not None:
        done.append(restored)
    done += fit_state(connection, manifest)
    done += forget_outdated(connection, manifest, project_variables())
    return source, done


def fit_state(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> list[str]:
    """Give state tables the columns that they have in the project; what was done.

    Raises StateError, with nothing done, where a column is gone, has another type, or is new and
    never null.
    """
    problems, additions, done = [], [], []
    for node in _models(manifest):
        table = StateTable(node["schema"], node["alias"])
        if not {TAG, SHOWN} & set(node["tags"]) or not exists(connection, table):
            continue
        has = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = $1"
                " and table_name = $2 and database_name = current_database()",
                [table.schema, table.name],
            ).fetchall()
        )
        wanted = {
            column["name"]: _type(connection, column["data_type"])
            for column in node["columns"].values()
        }
        never_null = {
            column["name"]
            for column in node["columns"].values()
            if any(rule["type"] == "not_null" for rule in column.get("constraints") or ())
        }
        for column, kind in wanted.items():
            place = f"{table.schema}.{table.name}.{column}"
            if column in has:
                if has[column] != kind:
                    problems.append(f"{place} is {has[column]}; the project has {kind}")
            elif column in never_null:
                problems.append(f"{place} is new and never null ({kind})")
            else:
                additions.append(
                    f"alter table {table.label} add column {quote_name(column)} {kind}"
                )
                done.append(f"{place} is new: null in the rows that were written before")
        problems.extend(
            f"{table.schema}.{table.name}.{column} is not in the project any more"
            for column in has
            if column not in wanted
        )
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise StateError(
            "The working file was made by another release of this project, and what only grows in"
            f" it is not built again:\n{listed}\nRun the release that made it, or change these"
            " columns in the working file by hand (a backup is made before each run)."
        )
    for statement in additions:
        connection.execute(statement)
    return done


def forget_outdated(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], variables: object = None
) -> list[str]:
    """Drop incremental models, but for state, that other code has made; what was done.

    dbt builds anew what is not there.
    """
    connection.execute("create schema if not exists refresh")
    connection.execute(f"create table if not exists {NOTES.label} ({NOTED})")
    done = []
    connection.execute("begin")
    for table, code in outdated(connection, manifest, variables).items():
        if exists(connection, table):
            connection.execute(f"drop table {table.label}")
            done.append(
                f"{table.name} was made by other code: it is built anew, which takes longer"
            )
        connection.execute(
            f"insert or replace into {NOTES.label} values ($1, $2)", [table.name, code]
        )
    connection.execute("commit")
    return done


def outdated(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], variables: object = None
) -> dict[StateTable, str]:
    """Incremental models, but for state, that are not known to be made by the code of the project;
    a hash of that.

    The code is the model's own, that of all it is made of, its macros, and the project's variables.
    """
    before: dict[str, str] = {}
    if exists(connection, NOTES):
        before = dict(connection.execute(f"from {NOTES.label}").fetchall())
    codes = {
        StateTable(node["schema"], node["alias"]): _code(manifest, node["unique_id"], variables)
        for node in _models(manifest)
        if node["config"]["materialized"] == "incremental" and not {TAG, SHOWN} & set(node["tags"])
    }
    return {table: code for table, code in codes.items() if before.get(table.name) != code}


def _models(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted(models, key=lambda node: (node["schema"], node["alias"]))


def _type(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A type as DuckDB spells it."""
    return connection.execute(f"select typeof(cast(null as {name}))").fetchall()[0][0]


def _code(manifest: Mapping[str, Any], model: str, variables: object) -> str:
    """A hash of all the code that makes a model."""
    waiting, codes = [model], {"variables": json.dumps(variables, sort_keys=True, default=str)}
    while waiting:
        name = waiting.pop()
        if name in codes:
            continue
        if name.startswith("macro."):
            macro = manifest["macros"].get(name)
            codes[name] = macro["macro_sql"] if macro else ""
        else:
            node = manifest["nodes"].get(name)
            codes[name] = node["checksum"]["checksum"] if node else ""
        depends_on = (
            (manifest["macros"] if name.startswith("macro.") else manifest["nodes"])
            .get(name, {})
            .get("depends_on", {})
        )
        waiting.extend(depends_on.get("nodes") or ())
        waiting.extend(depends_on.get("macros") or ())
    return hashlib.sha256(json.dumps(codes, sort_keys=True).encode()).hexdigest()
