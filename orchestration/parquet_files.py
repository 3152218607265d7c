"""Publishing as Parquet: a directory per version, and one name that points to the newest.

``current`` is a symbolic link that is replaced by one rename. Whoever resolves it once reads one
version, whole, for as long as that is kept.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb

from orchestration.casts import quote_name, quote_text
from orchestration.publish import PublishError
from orchestration.sealed import is_name, sync

CURRENT = "current"
# Parquet has no type that keeps these exactly: DuckDB writes them as floating point.
INEXACT = ("HUGEINT", "UHUGEINT")


class ParquetTarget:
    """A directory with ``current/<schema>/<table>.parquet``, and the versions before it."""

    name = "Parquet"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._version = ""

    def prepare(self, version: str, tables: duckdb.DuckDBPyConnection) -> None:
        """Write the tables of a published file beside what is there.

        Raises PublishError, with ``current`` as it was, where that does not work.
        """
        self._version = version
        new = self._path(version).with_name(f"{version}.tmp")
        try:
            self._clear()
            current = self.directory / CURRENT
            if current.exists() and not current.is_symlink():
                raise FileExistsError(f"{current} is there and is no link of ours")
            # A version that is shown again, after a rollback, is there already.
            if not self._path(version).exists():
                new.mkdir(parents=True)
                for schema, table in tables.execute(
                    "select schema_name, table_name from duckdb_tables()"
                    " where database_name = current_database() and not internal order by all"
                ).fetchall():
                    _write(tables, schema, table, new / schema)
                sync(new)
            link = self.directory / f"{CURRENT}.tmp"
            link.symlink_to(Path("versions", version), target_is_directory=True)
        except (OSError, duckdb.Error) as error:
            self.close()
            raise PublishError(f"Parquet: {error}") from error

    def switch(self) -> None:
        """Point ``current`` to what was prepared, in one step."""
        new = self._path(self._version).with_name(f"{self._version}.tmp")
        if new.exists():
            new.rename(self._path(self._version))
        (self.directory / f"{CURRENT}.tmp").replace(self.directory / CURRENT)
        sync(self.directory)

    def close(self) -> None:
        """Remove what was prepared and not shown."""
        self._clear()

    def keep(self, versions: set[str]) -> None:
        """Remove all versions but these and the current one."""
        kept = {*versions, (self.directory / CURRENT).resolve().name}
        for path in (self.directory / "versions").iterdir():
            if is_name(path.name) and path.name not in kept:
                self._remove(path)

    def forget(self, version: str) -> None:
        """Remove a version that is not shown; it is written anew should it be gone back to."""
        if (self.directory / CURRENT).resolve() != self._path(version).resolve():
            self._remove(self._path(version))

    @staticmethod
    def _remove(path: Path) -> None:
        """Remove a version, under another name first: half of one is none."""
        if path.exists():
            gone = path.rename(path.with_name(f"{path.name}.tmp"))
            shutil.rmtree(gone, ignore_errors=True)

    def _clear(self) -> None:
        (self.directory / f"{CURRENT}.tmp").unlink(missing_ok=True)
        for path in (self.directory / "versions").glob("*.tmp"):
            if is_name(path.stem):
                shutil.rmtree(path, ignore_errors=True)

    def _path(self, version: str) -> Path:
        return self.directory / "versions" / version


def _write(tables: duckdb.DuckDBPyConnection, schema: str, table: str, directory: Path) -> None:
    """One table as one file, with its comments in the file's metadata; counted once more."""
    directory.mkdir(exist_ok=True)
    where = "where schema_name = $1 and table_name = $2"
    columns = tables.execute(
        f"select column_name, data_type, comment from duckdb_columns() {where}"
        " order by column_index",
        [schema, table],
    ).fetchall()
    for column, kind, _ in columns:
        if kind in INEXACT:
            raise PublishError(
                f"Parquet: {schema}.{table}.{column} is {kind}, for which it has no type that"
                " keeps it exactly"
            )
    about = tables.execute(f"select comment from duckdb_tables() {where}", [schema, table])
    meaning = about.fetchall()[0][0] or ""
    meanings = json.dumps({column: comment for column, _, comment in columns if comment})
    file = directory / f"{table}.parquet"
    name = f"{quote_name(schema)}.{quote_name(table)}"
    written = tables.execute(
        f"copy {name} to {quote_text(str(file))} (format parquet, compression zstd,"
        f" kv_metadata {{comment: {quote_text(meaning)}, columns: {quote_text(meanings)}}})"
    ).fetchall()[0][0]
    counted = tables.execute(
        f"select num_rows from parquet_file_metadata({quote_text(str(file))})"
    ).fetchall()[0][0]
    if counted != written:
        raise PublishError(f"Parquet has {counted:,} of {written:,} rows of {schema}.{table}")
    sync(file)
