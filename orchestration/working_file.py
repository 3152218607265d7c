"""The working file and its lock: one refresh at a time, and no refresh stopped by a broken file."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from orchestration.casts import quote_text
from orchestration.state import StateError


class WarehouseBusyError(Exception):
    """Another process has the warehouse; the text says what to do."""


@contextmanager
def warehouse_lock(directory: Path) -> Iterator[None]:
    """Hold the warehouse directory alone; the system lets go of it when the process ends.

    Raises WarehouseBusyError at once where another refresh holds it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise WarehouseBusyError(
                f"another refresh{f' (process {holder})' if holder else ''} holds {directory};"
                " run this one again when it has ended"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)


def open_working_file(path: Path) -> tuple[duckdb.DuckDBPyConnection, str | None]:
    """A connection to the working file, and what was done about it if it was not as it should be.

    A file that a killed run or a broken disk left unreadable is moved aside with its log, and a
    new one begun; one in an older storage format is copied into the one of this DuckDB. Raises
    WarehouseBusyError where another process has the file open, and StateError, with the file left
    alone, where another DuckDB is needed to read it.
    """
    try:
        with duckdb.connect(path) as connection:
            connection.execute("force checkpoint")
    except duckdb.Error as error:
        done = _move_aside(path, error)
    else:
        done = _upgrade(path)
    return duckdb.connect(path), done


def storage_version(path: Path) -> int:
    """The version of the storage format that a DuckDB file is written in."""
    with path.open("rb") as file:
        header = file.read(20)
    return int.from_bytes(header[12:20], "little")


def _move_aside(path: Path, error: duckdb.Error) -> str:
    reason = str(error).splitlines()[0]
    if "Could not set lock" in str(error):
        raise WarehouseBusyError(
            f"another program has {path} open (a SQL client, or a dbt that outlived its"
            " refresh); close it and run again"
        ) from None
    if "version number" in reason and "can only read" in reason:
        raise StateError(
            f"{path} cannot be read by DuckDB {duckdb.__version__} ({reason}).\nRun the release of"
            " this project that wrote it, or one with a later DuckDB. Or move the file away: the"
            " newest backup gives back what only grows, and landing data the rest."
        ) from None
    aside = _free_name(path)
    path.rename(aside)
    log = path.with_name(path.name + ".wal")
    if log.exists():
        log.rename(aside.with_name(aside.name + ".wal"))
    return f"{path.name} could not be opened ({reason}); moved to {aside.name}"


def _upgrade(path: Path) -> str | None:
    """Copy a file in an older storage format into the one that a new file has; what was done.

    The copy takes its place by one rename once it has every row. Where that does not work the file
    stays as it is: this DuckDB can read it.
    """
    before = storage_version(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".upgrade-") as directory:
        new = Path(directory) / path.name
        try:
            duckdb.connect(new).close()
            now = storage_version(new)
            if before >= now:
                return None
            with duckdb.connect() as connection:
                connection.execute(f"attach {quote_text(str(path))} as old (read_only)")
                connection.execute(f"attach {quote_text(str(new))} as new")
                connection.execute("copy from database old to new")
                if _row_counts(connection, "old") != _row_counts(connection, "new"):
                    raise OSError("the copy has other rows")
                connection.execute("checkpoint new")
            new.replace(path)
        except (duckdb.Error, OSError) as error:
            return f"{path.name} keeps the storage format {before}: {str(error).splitlines()[0]}"
    return f"{path.name} was copied from storage format {before} to {now}"


def _row_counts(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    names = connection.execute(
        'select format(\'"{}"."{}"\', schema_name, table_name) from duckdb_tables()'
        " where database_name = $1",
        [database],
    ).fetchall()
    return {
        name: connection.execute(f"select count(*) from {database}.{name}").fetchall()[0][0]
        for (name,) in names
    }


def write_day(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Note in the working file the day that it is built for."""
    connection.execute("create schema if not exists refresh")
    connection.execute("create or replace table refresh.as_of as select $1::date as day", [as_of])


def start_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Note that a day is being built."""
    connection.execute("create schema if not exists refresh")
    connection.execute("create table if not exists refresh.unfinished_days (day date)")
    finish_day(connection, day)
    connection.execute("insert into refresh.unfinished_days values ($1)", [day])


def finish_day(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Note that the build of a day came to its end."""
    connection.execute("delete from refresh.unfinished_days where day = $1", [day])


def unfinished_days(connection: duckdb.DuckDBPyConnection) -> frozenset[date]:
    """Days whose build did not come to its end."""
    exists = connection.execute(
        "select 1 from duckdb_tables()"
        " where schema_name = 'refresh' and table_name = 'unfinished_days'"
    ).fetchall()
    if not exists:
        return frozenset()
    days = connection.execute("select day from refresh.unfinished_days").fetchall()
    return frozenset(day for (day,) in days)


def read_day(path: Path) -> date:
    """The day that the working file is built for."""
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute("select day from refresh.as_of").fetchall()[0][0]


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.unreadable-{number}")).exists():
        number += 1
    return aside
