"""Publishing into PostgreSQL: schemas that are loaded aside and change places in one transaction.

Everything is one transaction, so that a run which is killed leaves nothing behind, and readers see
the old schemas until it is committed. Queries that run then come to their end on the old tables.
Views of other schemas that read ours are moved to the new tables in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as postgres
import duckdb

from orchestration.casts import quote_name, quote_text
from orchestration.publish import PublishError

MARK = "Published by Tenure"
LOCK_TIMEOUT = "30s"
OLD = "__old_"
CONNECT_TIMEOUT_SECONDS = 10
MAX_NAME_BYTES = 63
TYPES = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}

# Views outside of our schemas that read our tables, and whatever else hangs on them.
DEPENDENTS = """
    select distinct
        outside.oid::regclass::text,
        outside.relkind::text,
        pg_get_viewdef(outside.oid)
    from pg_depend as link
    inner join pg_rewrite as rule
        on link.classid = 'pg_rewrite'::regclass and link.objid = rule.oid
    inner join pg_class as outside on rule.ev_class = outside.oid
    inner join pg_class as ours on link.refobjid = ours.oid
    where
        link.refclassid = 'pg_class'::regclass
        and ours.relnamespace = any(array(
            select oid from pg_namespace where nspname in ({schemas})
        ))
        and not outside.relnamespace = any(array(
            select oid from pg_namespace where nspname in ({schemas})
        ))
    order by 1
"""


class PostgresTarget:
    """A database with the published schemas; ``prepare`` loads them, ``switch`` shows them."""

    name = "PostgreSQL"

    def __init__(self, uri: str, readers: Sequence[str] = ()) -> None:
        self.uri, self.readers = uri, readers
        self._connection: postgres.Connection | None = None
        self._schemas: list[str] = []

    def prepare(self, version: str, tables: duckdb.DuckDBPyConnection) -> None:
        """Load the tables of a published file, unseen by readers until ``switch``.

        Raises PublishError, with the database as it was, where it cannot be reached or refuses.
        """
        by_schema = _columns_of(tables)
        self._schemas = list(by_schema)
        try:
            self._connection = postgres.connect(_with_timeout(self.uri))
            with self._connection.cursor() as cursor:
                self._check_ours(cursor)
                for schema, columns_by_table in by_schema.items():
                    cursor.execute(f"create schema {_new(schema)}")
                    cursor.execute(
                        f"comment on schema {_new(schema)} is"
                        f" {quote_text(f'{MARK}, version {version}')}"
                    )
                    for table, columns in columns_by_table.items():
                        _load(cursor, tables, schema, table, columns)
                    for role in self.readers:
                        cursor.execute(
                            f"grant usage on schema {_new(schema)} to {quote_name(role)}"
                        )
                        cursor.execute(
                            f"grant select on all tables in schema {_new(schema)}"
                            f" to {quote_name(role)}"
                        )
                self._change_places(cursor)
        except adbc_driver_manager.Error as error:
            self.close()
            raise PublishError(self._said(error)) from None
        except BaseException:
            self.close()
            raise

    def switch(self) -> None:
        """Show what was prepared, in one step; then remove what was shown before."""
        assert self._connection is not None
        try:
            self._connection.commit()
        except adbc_driver_manager.Error as error:
            self.close()
            raise PublishError(self._said(error)) from None
        with suppress(adbc_driver_manager.Error):
            self._remove_old()
        self.close()

    def close(self) -> None:
        """Let go of the database; what was prepared and not shown is gone."""
        if self._connection is not None:
            with suppress(adbc_driver_manager.Error):
                self._connection.rollback()
            with suppress(adbc_driver_manager.Error):
                self._connection.close()
            self._connection = None

    def _check_ours(self, cursor: postgres.Cursor) -> None:
        """Refuse to replace a schema that somebody else made."""
        cursor.execute(
            "select nspname, coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace"
        )
        comments = dict(cursor.fetchall())
        for schema in self._schemas:
            if not comments.get(schema, MARK).startswith(MARK):
                raise PublishError(
                    f"PostgreSQL has a schema {schema} that this project did not publish;"
                    " name another database, or give that schema another name"
                )

    def _change_places(self, cursor: postgres.Cursor) -> None:
        """The new schemas for the old ones, and the views of others moved to the new tables.

        Last of all before the commit: only names change, so nobody waits for long.
        """
        cursor.execute(f"set local lock_timeout = {quote_text(LOCK_TIMEOUT)}")
        named = ", ".join(map(quote_text, self._schemas))
        cursor.execute(DEPENDENTS.format(schemas=named))
        dependents = cursor.fetchall()
        cursor.execute(
            f"select nspname, txid_current() from pg_namespace where nspname in ({named})"
        )
        for schema, number in cursor.fetchall():
            cursor.execute(f"alter schema {schema} rename to {schema}{OLD}{number}")
        for schema in self._schemas:
            cursor.execute(f"alter schema {_new(schema)} rename to {schema}")
        for name, kind, definition in dependents:
            if kind != "v":
                raise PublishError(
                    f"PostgreSQL: {name} reads the published tables and is no plain view;"
                    " it would be lost with them. Drop it, or make it a view"
                )
            try:
                cursor.execute(f"create or replace view {name} as {definition}")
            except adbc_driver_manager.Error as error:
                raise PublishError(
                    f"PostgreSQL: the view {name} reads the published tables and does not fit the"
                    f" new ones ({_first_line(error)}). Drop or change it"
                ) from None

    def _remove_old(self) -> None:
        """Remove what was shown before; what somebody still reads is left for the next time."""
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select nspname from pg_namespace where obj_description(oid, 'pg_namespace')"
                f" like {quote_text(f'{MARK}%')} and strpos(nspname, {quote_text(OLD)}) > 0"
            )
            left = [name for (name,) in cursor.fetchall()]
            for name in left:
                try:
                    cursor.execute("set local lock_timeout = '2s'")
                    cursor.execute(f"drop schema {quote_name(name)} cascade")
                    self._connection.commit()
                except adbc_driver_manager.Error:
                    self._connection.rollback()

    def _said(self, error: Exception) -> str:
        return f"PostgreSQL ({_shown(self.uri)}): {_first_line(error)}"


def _columns_of(tables: duckdb.DuckDBPyConnection) -> dict[str, dict[str, dict[str, str]]]:
    """By schema, table and column, the type in PostgreSQL; PublishError where there is none."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for schema, table, column, duckdb_type in tables.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and not internal"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        is_decimal = re.fullmatch(r"DECIMAL\(\d+,\d+\)", duckdb_type)
        postgres_type = (
            duckdb_type.replace("DECIMAL", "numeric") if is_decimal else TYPES.get(duckdb_type)
        )
        if postgres_type is None:
            raise PublishError(
                f"PostgreSQL: {schema}.{table}.{column} is {duckdb_type}, for which it has no type"
                " that keeps it exactly"
            )
        for name in (table, column):
            if len(name.encode()) > MAX_NAME_BYTES:
                raise PublishError(f"PostgreSQL: the name {name} is longer than it allows")
        found.setdefault(schema, {}).setdefault(table, {})[column] = postgres_type
    return found


def _load(
    cursor: postgres.Cursor,
    tables: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, str],
) -> None:
    """One table: made, filled, counted, and commented as the published one is."""
    name = f"{_new(schema)}.{quote_name(table)}"
    made = ", ".join(f"{quote_name(column)} {kind}" for column, kind in columns.items())
    cursor.execute(f"create table {name} ({made})")
    # PostgreSQL has no text with the character 0.
    selected = ", ".join(
        f"replace({quote_name(column)}, chr(0), '') as {quote_name(column)}"
        if kind == "text"
        else quote_name(column)
        for column, kind in columns.items()
    )
    source = f"{quote_name(schema)}.{quote_name(table)}"
    with tables.cursor() as reading:
        rows = reading.sql(f"select {selected} from {source}").to_arrow_reader(50_000)
        cursor.adbc_ingest(table, rows, mode="append", db_schema_name=_new(schema))
    counted = tables.execute(f"select count(*) from {source}").fetchall()[0][0]
    cursor.execute(f"select count(*) from {name}")
    arrived = cursor.fetchall()[0][0]
    if arrived != counted:
        raise PublishError(f"PostgreSQL has {arrived:,} of {counted:,} rows of {schema}.{table}")
    where = "where schema_name = $1 and table_name = $2 and comment is not null"
    for (comment,) in tables.execute(
        f"select comment from duckdb_tables() {where}", [schema, table]
    ).fetchall():
        cursor.execute(f"comment on table {name} is {quote_text(comment)}")
    for column, comment in tables.execute(
        f"select column_name, comment from duckdb_columns() {where}", [schema, table]
    ).fetchall():
        cursor.execute(f"comment on column {name}.{quote_name(column)} is {quote_text(comment)}")
    cursor.execute(f"analyze {name}")


def _new(schema: str) -> str:
    return f"{schema}__new"


def _with_timeout(uri: str) -> str:
    if "connect_timeout=" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}connect_timeout={CONNECT_TIMEOUT_SECONDS}"


def _shown(uri: str) -> str:
    """The address without its password."""
    return re.sub(r"(password=)[^&]*", r"\1***", re.sub(r"(//[^:/?@]*):[^@]*@", r"\1:***@", uri))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
