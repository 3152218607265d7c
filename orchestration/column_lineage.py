"""Which columns of other tables each column of a model or snapshot is made of, by the SQL of dbt.

A query is traced anew only where it, or a column of what it reads, has changed since it was traced
last; the rest is kept beside the manifest. A query that cannot be traced costs its own lineage,
and nothing else. Seeds read nothing, and Python models have no SQL: neither has a lineage.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlglot import MappingSchema, exp, parse_one
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer import build_scope
from sqlglot.optimizer.qualify import qualify

DIALECT = "duckdb"
# What was traced by other code is traced anew.
TRACED_BY = (version("sqlglot"), hashlib.sha256(Path(__file__).read_bytes()).hexdigest())
NUMBER = re.compile(r"\b\d+\b")  # of another day or count, a query has the same lineage

Table = tuple[str, str]  # schema and name
Columns = Mapping[Table, Mapping[str, str]]  # types by name
Lineage = dict[str, list[list[str]]]  # of each column: schema, table and column, in order


@dataclass(frozen=True)
class Query:
    """What a table is made of: its SQL as dbt compiled it, and the tables that it may read."""

    sql: str
    parents: Collection[Table]


class UntracedError(Exception):
    """A query cannot be traced; the text says why."""


def column_lineage(
    queries: Mapping[Table, Query], columns: Columns, kept_file: Path
) -> tuple[dict[Table, Lineage], list[str]]:
    """The lineage of each table's columns; and what could not be traced, one line each.

    ``columns`` are those of all tables that are built; ``kept_file`` has what was traced before.
    """
    kept = _read(kept_file)
    new: dict[str, dict[str, Any]] = {}
    found: dict[Table, Lineage] = {}
    untraced = []
    for table, query in queries.items():
        label = ".".join(table)
        read = {each: columns[each] for each in sorted({table, *query.parents} & set(columns))}
        made_of = _made_of(table, query, read)
        entry = kept.get(label)
        if entry is None or entry.get("made_of") != made_of:
            entry = new[label] = {"made_of": made_of, **_traced(table, query, read)}
        if entry["wrong"]:
            untraced.append(f"{label}: {entry['wrong']}")
        else:
            found[table] = entry["columns"]
    if new:
        _write(kept_file, {**kept, **new})
    return found, untraced


def _traced(table: Table, query: Query, columns: Columns) -> dict[str, Any]:
    try:
        return {"wrong": None, "columns": trace(table, query.sql, columns)}
    except Exception as error:  # whatever a SQL parser trips over is no failure of the refresh
        reason = str(error).strip() or type(error).__name__
        return {"wrong": reason.splitlines()[0][:200], "columns": {}}


def trace(table: Table, sql: str, columns: Columns) -> Lineage:
    """The columns that each column of a query is made of, but for the table's own of before.

    Qualified once: every column is traced in the scopes of the same tree.
    """
    tree = parse_one(sql, dialect=DIALECT)
    for read in tree.find_all(exp.Table):
        read.set("catalog", None)
    for with_ in list(tree.find_all(exp.With)):
        _unroll(with_)
    schema = MappingSchema(dialect=DIALECT)
    for (schema_name, name), types in columns.items():
        schema.add_table(exp.table_(name, db=schema_name), dict(types), dialect=DIALECT)
    tree = qualify(
        tree, dialect=DIALECT, schema=schema, validate_qualify_columns=False, identify=False
    )
    nodes = lineage(
        None,
        tree,
        schema,
        dialect=DIALECT,
        scope=build_scope(tree),
        trim_selects=False,
        copy=False,
    )
    return {name: _sources(table, node, columns) for name, node in nodes.items()}


def _sources(table: Table, node: Node, columns: Columns) -> list[list[str]]:
    """The columns at which the trace of a column ends; constants and counts of rows have none."""
    sources = set()
    for end in node.walk():
        if isinstance(end.expression, exp.Placeholder):
            raise UntracedError(f"{end.name} is of no table that is known")
        if isinstance(end.expression, exp.Table):
            source = (end.expression.db, end.expression.name)
            if source in columns and source != table:
                sources.add((*source, exp.to_column(end.name).name))
    return [list(source) for source in sorted(sources)]


def _unroll(with_: exp.With) -> None:
    """Put two queries in the place of a recursive one: how it begins, and with that one step more.

    A scope of sqlglot does not see what a recursive query begins with.
    """
    if not with_.recursive:
        return
    unrolled = []
    for cte in with_.expressions:
        union, begun = cte.this, f"{cte.alias}__begun"
        steps = list(union.expression.find_all(exp.Table)) if isinstance(union, exp.Union) else []
        again = [read for read in steps if read.name == cte.alias and not read.db]
        if again:
            first = exp.CTE(this=union.this.copy(), alias=cte.args["alias"].copy())
            first.args["alias"].set("this", exp.to_identifier(begun))
            unrolled.append(first)
        for read in again:
            read.replace(exp.alias_(exp.to_table(begun), read.alias_or_name, table=True))
        unrolled.append(cte)
    with_.set("expressions", unrolled)
    with_.set("recursive", False)


def _made_of(table: Table, query: Query, columns: Columns) -> str:
    parts = [TRACED_BY, table, NUMBER.sub("", query.sql), list(columns.items())]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _read(kept_file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads(kept_file.read_text(encoding="utf-8")))
    return {}


def _write(kept_file: Path, kept: Mapping[str, Any]) -> None:
    """Keep it for the next time, in one step; where that does not work it is traced once more."""
    written = kept_file.with_name(f"{kept_file.name}.{os.getpid()}.tmp")
    try:
        written.write_text(json.dumps(kept), encoding="utf-8")
        written.replace(kept_file)
    except OSError:
        with suppress(OSError):
            written.unlink(missing_ok=True)
