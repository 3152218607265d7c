"""Landing check: are the landing files what the contract says, and where are they.

The check reads every file once, finds everything that is wrong with all of them, and only then
either raises one :class:`LandingError` that lists it all or makes the ``raw_<source>`` views.
Nothing is rounded, cut or guessed: a value that the contract's type cannot hold is an error.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from orchestration.casts import Conversion, convert, described, glob_escape, quote_name, quote_text
from orchestration.contract import Table

MAX_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it is, and what was expected there."""

    expected: str
    table: str | None = None
    file: str | None = None
    column: str | None = None
    row: str | None = None

    def __str__(self) -> str:
        where = [
            f"{name} {value}"
            for name, value in [
                ("table", self.table),
                ("file", self.file),
                ("column", self.column),
                ("row", self.row),
            ]
            if value is not None
        ]
        return f"{', '.join(where)}: {self.expected}" if where else self.expected


class LandingError(Exception):
    """The landing data cannot be used; ``problems`` says everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        shown = [f"  - {problem}" for problem in self.problems[:MAX_SHOWN]]
        left = len(self.problems) - len(shown)
        more = [f"  - and {left:,} more"] if left else []
        count = len(self.problems)
        title = f"The landing data breaks its contract ({count:,} problem{'s' * (count != 1)}):"
        return "\n".join([title, *shown, *more])


@dataclass(frozen=True)
class Reading:
    """Files of one table that have the same columns, and how DuckDB reads them."""

    kind: str
    files: tuple[Path, ...]
    physical: dict[str, tuple[str, str]]  # contract name -> (name in the files, DuckDB type)
    header: tuple[str, ...]  # the columns as the files have them

    def relation(self, options: str = "") -> str:
        """The table function call that reads the files."""
        paths = "[" + ", ".join(quote_text(glob_escape(str(f))) for f in self.files) + "]"
        if self.kind == "parquet":
            return f"read_parquet({paths}, hive_partitioning = false{options})"
        columns = ", ".join(f"{quote_text(name)}: 'varchar'" for name in self.header)
        return (
            f"read_csv({paths}, auto_detect = false, header = true, delim = ',', quote = '\"',"
            f" escape = '\"', nullstr = '', hive_partitioning = false,"
            f" columns = {{{columns}}}{options})"
        )


@dataclass
class LandedTable:
    """A table as found: how to read it, what the scan saw, and the seconds that it took."""

    table: Table
    readings: list[Reading]
    row_count: int = 0
    first_loaded_at: datetime | None = None
    last_loaded_at: datetime | None = None
    seconds: float = 0.0


@dataclass
class Landing:
    """All tables of a landing directory that keeps the contract."""

    directory: Path
    tables: list[LandedTable]
    warnings: list[str] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        """Landed rows of all tables."""
        return sum(landed.row_count for landed in self.tables)

    def loaded_between(self, time_zone: str) -> tuple[date, date] | None:
        """Calendar dates of the oldest and newest ``loaded_at``; None where there is none."""
        firsts = [t.first_loaded_at for t in self.tables if t.first_loaded_at is not None]
        lasts = [t.last_loaded_at for t in self.tables if t.last_loaded_at is not None]
        if not firsts:
            return None
        return local_date(min(firsts), time_zone), local_date(max(lasts), time_zone)


def check_landing(directory: Path, contract: Sequence[Table]) -> Landing:
    """Read every file of ``directory`` against ``contract``.

    Raises LandingError with every problem found, in the order of the contract.
    """
    directory = directory.expanduser().resolve()
    if not directory.is_dir():
        expected = (
            f"{directory} is not a directory; expected a landing directory with"
            f" <source>/<table>/*.parquet (or *.csv). Set TENURE_RAW_PATH."
        )
        raise LandingError([Problem(expected)])
    if not any(directory.iterdir()):
        expected = (
            f"{directory} is empty; expected one folder per source"
            f" ({', '.join(dict.fromkeys(table.source for table in contract))})."
            " Set TENURE_RAW_PATH."
        )
        raise LandingError([Problem(expected)])

    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    problems: list[Problem] = []
    landing = Landing(directory, [])
    with connection:
        for table in contract:
            started = time.perf_counter()
            landed = _check_table(connection, directory, table, problems, landing.warnings)
            if landed is not None:
                landed.seconds = time.perf_counter() - started
                landing.tables.append(landed)
    if problems:
        raise LandingError(problems)
    return landing


def resolve_as_of(landing: Landing, given: str | None, time_zone: str) -> date:
    """The as-of date of a refresh: the one given, else the newest ``loaded_at``'s local date.

    Raises LandingError where it is no date, lies before all data, or there is no data at all.
    """
    as_of = parse_as_of(given)
    loaded = landing.loaded_between(time_zone)
    if loaded is None:
        expected = f"no table in {landing.directory} has a row with a loaded_at; expected some data"
        raise LandingError([Problem(expected)])
    if as_of is None:
        return loaded[1]
    if as_of < loaded[0]:
        expected = (
            f"the as-of date {as_of} is before all data: the oldest loaded_at is of {loaded[0]},"
            f" the newest of {loaded[1]}. Set TENURE_AS_OF to a day from {loaded[0]} on."
        )
        raise LandingError([Problem(expected)])
    return as_of


def parse_as_of(given: str | None) -> date | None:
    """TENURE_AS_OF as a date, None where it is not set. Raises LandingError otherwise."""
    if not given:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given.strip()):
            raise ValueError
        return date.fromisoformat(given.strip())
    except ValueError:
        expected = f"TENURE_AS_OF is {given!r}; expected a calendar date such as 2025-12-31"
        raise LandingError([Problem(expected)]) from None


def create_raw_views(connection: duckdb.DuckDBPyConnection, landing: Landing) -> None:
    """Make (or make again) one view per table in the schemas ``raw_<source>``."""
    for schema in dict.fromkeys(landed.table.schema for landed in landing.tables):
        connection.execute(f"create schema if not exists {quote_name(schema)}")
    for landed in landing.tables:
        name = f"{quote_name(landed.table.schema)}.{quote_name(landed.table.name)}"
        connection.execute(f"create or replace view {name} as {view_query(landed)}")


def view_query(landed: LandedTable) -> str:
    """The select behind a raw view: the contract's columns, in its order and types."""
    parts = []
    for reading in landed.readings:
        columns = ", ".join(
            f"{_conversion(reading, column.name, column.data_type).value}"
            f" as {quote_name(column.name)}"
            for column in landed.table.columns
        )
        parts.append(f"select {columns} from {reading.relation()}")
    return " union all ".join(parts)


def local_date(instant: datetime, time_zone: str) -> date:
    """The calendar date of a UTC timestamp in ``time_zone``."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).date()


# One table


def _check_table(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    table: Table,
    problems: list[Problem],
    warnings: list[str],
) -> LandedTable | None:
    folder = directory / table.source / table.name
    before = len(problems)
    files = _files(folder, table, problems)
    readings = _readings(connection, folder, table, files, problems, warnings)
    if len(problems) > before:
        return None
    landed = LandedTable(table, readings)
    for reading in readings:
        _scan(connection, folder, landed, reading, problems)
    return landed if len(problems) == before else None


def _files(folder: Path, table: Table, problems: list[Problem]) -> list[Path]:
    """The data files of a table; what starts with a dot or underscore is a loader's own."""
    if not folder.is_dir():
        problems.append(
            Problem(f"the folder {folder} is missing; expected it, with a file", table.label)
        )
        return []
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (".parquet", ".csv") and path.name[0] not in "._"
    )
    kinds = {path.suffix.lower() for path in files}
    if not files:
        problems.append(
            Problem(
                f"no *.parquet or *.csv in {folder}; expected at least one file"
                " (a table with nothing to say has a file without rows)",
                table.label,
            )
        )
    elif len(kinds) > 1:
        problems.append(
            Problem(
                f"both Parquet and CSV in {folder}; expected one kind of file in a table",
                table.label,
            )
        )
        return []
    return files


def _readings(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: Table,
    files: list[Path],
    problems: list[Problem],
    warnings: list[str],
) -> list[Reading]:
    """Files grouped by the columns they have, after the check that the contract's are there."""
    if not files:
        return []
    kind = files[0].suffix.lower()[1:]
    read: Callable[..., dict[Path, tuple[tuple[str, str], ...]]]
    read = _parquet_columns if kind == "parquet" else _csv_columns
    columns_of = read(connection, folder, table, files, problems)
    groups: dict[tuple[tuple[str, str], ...], list[Path]] = {}
    for path, columns in columns_of.items():
        groups.setdefault(columns, []).append(path)

    readings = []
    first: tuple[Path, set[str]] | None = None
    for columns, paths in groups.items():
        found = {name.lower(): (name, data_type) for name, data_type in columns}
        shown = paths[0].relative_to(folder).as_posix()
        missing = [column for column in table.columns if column.name not in found]
        problems.extend(
            Problem(
                f"the column is missing; expected it as {column.data_type}",
                table.label,
                shown,
                column.name,
            )
            for column in missing
        )
        if first is None:
            first = (paths[0], set(found))
        elif first[1] ^ set(found) - {column.name for column in missing}:
            only = sorted((first[1] ^ set(found)) - {column.name for column in missing})
            if only:
                problems.append(
                    Problem(
                        f"{_names(only)} in one of this file and {first[0].name}, not in both;"
                        " expected the same columns in every file of a table",
                        table.label,
                        shown,
                    )
                )
        readings.append(
            Reading(
                kind,
                tuple(paths),
                {name: found[name] for name in table.column_names if name in found},
                tuple(name for name, _ in columns),
            )
        )
    if first is not None:
        extra = sorted(first[1] - set(table.column_names))
        if extra:
            warnings.append(f"{table.label}: {_names(extra)} not in the contract, left out")
    return readings


def _parquet_columns(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: Table,
    files: list[Path],
    problems: list[Problem],
) -> dict[Path, tuple[tuple[str, str], ...]]:
    """Top-level columns and DuckDB types of each readable Parquet file, from the footers."""

    def footers(paths: Sequence[Path]) -> list[tuple]:
        listed = ", ".join(quote_text(glob_escape(str(path))) for path in paths)
        return connection.execute(
            "select file_name, name, num_children, duckdb_type"
            f" from parquet_schema([{listed}]) order by file_name, column_id"
        ).fetchall()

    try:
        rows = footers(files)
    except duckdb.Error:
        rows = []
        for path in files:
            try:
                rows.extend(footers([path]))
            except duckdb.Error as error:
                problems.append(_unreadable(error, table, path.relative_to(folder), "Parquet"))

    flat: dict[Path, list[tuple[str, int | None, str]]] = {}
    for file_name, *column in rows:
        flat.setdefault(Path(file_name), []).append(tuple(column))
    return {path: tuple(_top_level(columns)) for path, columns in flat.items()}


def _top_level(flat: list[tuple[str, int | None, str]]) -> Iterable[tuple[str, str]]:
    """Parquet lists nested columns depth first: children are passed over."""
    inside = 0
    for name, children, data_type in flat[1:]:
        if inside == 0:
            yield name, data_type
        else:
            inside -= 1
        inside += children or 0


def _csv_columns(
    _: duckdb.DuckDBPyConnection,
    folder: Path,
    table: Table,
    files: list[Path],
    problems: list[Problem],
) -> dict[Path, tuple[tuple[str, str], ...]]:
    """The header of each CSV file; every column is read as text."""
    columns_of = {}
    for path in files:
        shown = path.relative_to(folder).as_posix()
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                header = next(csv.reader(lines), [])
        except (UnicodeDecodeError, csv.Error) as error:
            problems.append(_unreadable(error, table, path.relative_to(folder), "CSV"))
            continue
        if not any(header):
            problems.append(
                Problem("the file is empty; expected CSV with a header", table.label, shown)
            )
        elif twice := sorted({name for name in header if header.count(name) > 1}):
            problems.append(
                Problem(
                    f"{_names(twice)} more than once in the header; expected each column once",
                    table.label,
                    shown,
                )
            )
        else:
            columns_of[path] = tuple((name, "TEXT") for name in header)
    return columns_of


def _scan(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    landed: LandedTable,
    reading: Reading,
    problems: list[Problem],
) -> None:
    """Read every value once: counts rows, finds what cannot be read or cast."""
    table = landed.table
    conversions = {
        column.name: _conversion(reading, column.name, column.data_type) for column in table.columns
    }
    refused = {name: found for name, found in conversions.items() if found.is_refused}
    for name in refused:
        column_type = next(c.data_type for c in table.columns if c.name == name)
        problems.append(
            Problem(
                f"the file holds {reading.physical[name][1].lower()}; expected {column_type}",
                table.label,
                _shown(reading, folder),
                name,
            )
        )
    if refused:
        return

    checked = {name: found for name, found in conversions.items() if found.is_bad}
    # A hash of every other column makes DuckDB decode it: a broken page shows here, not in dbt.
    decoded = [quote_name(reading.physical[name][0]) for name in conversions if name not in checked]
    loaded_at = conversions["loaded_at"].attempt or conversions["loaded_at"].value
    measures = [
        "count(*)",
        f"min({loaded_at})",
        f"max({loaded_at})",
        *(f"count(*) filter (where {found.is_bad})" for found in checked.values()),
        *(f"bit_xor(hash({name}))" for name in decoded),
    ]
    try:
        row = connection.execute(
            f"select {', '.join(measures)} from {reading.relation()}"
        ).fetchall()[0]
    except duckdb.Error as error:
        if len(reading.files) == 1:
            kind = "CSV" if reading.kind == "csv" else "Parquet"
            problems.append(_unreadable(error, table, reading.files[0].relative_to(folder), kind))
            return
        for path in reading.files:
            _scan(connection, folder, landed, _only(reading, path), problems)
        return

    landed.row_count += row[0]
    if row[1] is not None:
        landed.first_loaded_at = min(row[1], landed.first_loaded_at or row[1])
        landed.last_loaded_at = max(row[2], landed.last_loaded_at or row[2])
    for (name, found), count in zip(checked.items(), row[3:], strict=False):
        if count:
            problems.append(_first_bad(connection, folder, table, reading, name, found, count))


def _first_bad(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: Table,
    reading: Reading,
    name: str,
    found: Conversion,
    count: int,
) -> Problem:
    """Where the first value stands that the contract's type cannot hold."""
    value, bad_file = connection.execute(
        f"select cast({found.source} as varchar), tenure_file"
        f" from {reading.relation(', filename = ' + quote_text('tenure_file'))}"
        f" where {found.is_bad} limit 1"
    ).fetchall()[0]
    key = ", ".join(
        f"cast({quote_name(reading.physical[column][0])} as varchar)" for column in table.key
    )
    value, row_number, *keys = connection.execute(
        f"select cast({found.source} as varchar), row_number, {key or 'null'}"
        f" from (select *, row_number() over () as row_number"
        f" from {_only(reading, Path(bad_file)).relation()})"
        f" where {found.is_bad} order by row_number limit 1"
    ).fetchall()[0]
    keyed = f" ({', '.join(table.key)} {'|'.join(map(str, keys))})" if table.key else ""
    others = f"; {count - 1:,} more rows likewise" if count > 1 else ""
    data_type = next(column.data_type for column in table.columns if column.name == name)
    return Problem(
        f"{value!r} is not {described(data_type)}{others}",
        table.label,
        Path(bad_file).relative_to(folder).as_posix(),
        name,
        f"{row_number}{keyed}",
    )


def _only(reading: Reading, path: Path) -> Reading:
    return Reading(reading.kind, (path,), reading.physical, reading.header)


def _shown(reading: Reading, folder: Path) -> str:
    more = len(reading.files) - 1
    return reading.files[0].relative_to(folder).as_posix() + (f" and {more} more" if more else "")


def _unreadable(error: Exception, table: Table, file: Path, kind: str) -> Problem:
    said = " ".join(str(error).splitlines()[:1])
    return Problem(
        f"the file cannot be read as {kind} ({said}); expected a whole {kind} file",
        table.label,
        file.as_posix(),
    )


def _names(names: Sequence[str]) -> str:
    return ("column " if len(names) == 1 else "columns ") + ", ".join(names)


def _conversion(reading: Reading, name: str, data_type: str) -> Conversion:
    physical_name, physical = reading.physical[name]
    return convert(quote_name(physical_name), physical, data_type)
