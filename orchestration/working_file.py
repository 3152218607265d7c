"""The working file and its lock: one refresh at a time, and no refresh stopped by a broken file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb


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
    """A connection to the working file, and what was done about it if it could not be read.

    A file that a killed run or a broken disk left unreadable is moved aside with its log, and a
    new one begun. Raises WarehouseBusyError where another process has the file open.
    """
    try:
        return duckdb.connect(path), None
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise WarehouseBusyError(
                f"another program has {path} open (a SQL client, or a dbt that outlived its"
                " refresh); close it and run again"
            ) from None
        reason = str(error).splitlines()[0]
    aside = _free_name(path)
    path.rename(aside)
    log = path.with_name(path.name + ".wal")
    if log.exists():
        log.rename(aside.with_name(aside.name + ".wal"))
    return duckdb.connect(
        path
    ), f"{path.name} could not be opened ({reason}); moved to {aside.name}"


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
