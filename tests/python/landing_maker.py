"""Writes small landing directories, typed by the landing contract, for tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contract import Column, Table, read_contract

Row = Mapping[str, Any]


def write_landing(
    directory: Path,
    rows: Mapping[tuple[str, str], Sequence[Row]],
    kind: str = "parquet",
    contract: Sequence[Table] | None = None,
) -> Path:
    """Write every table of the contract under ``directory``; those not in ``rows`` are empty.

    ``rows`` maps (source, table) to dicts by column name. Strings stand for dates, timestamps
    and decimals where that reads better. A column left out is null if it may be; ``is_deleted``
    is then false and ``loaded_at`` is ``updated_at``. Anything else left out is a ValueError;
    give None for a value that is missing on purpose. ``kind`` is parquet or csv.
    """
    tables = list(contract if contract is not None else read_contract())
    known = {(table.source, table.name) for table in tables}
    if unknown := set(rows) - known:
        raise ValueError(f"not in the landing contract: {sorted(unknown)}")
    for table in tables:
        folder = directory / table.source / table.name
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / f"part-0.{kind}", table, rows.get((table.source, table.name), []))
    return directory


def write_table(path: Path, table: Table, rows: Iterable[Row]) -> None:
    """Write one file of ``table``; its ending (.parquet or .csv) says which kind."""
    complete = [_complete(table, row) for row in rows]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(table.column_names)
            writer.writerows([row[name] for name in table.column_names] for row in complete)
        return
    schema = pa.schema([(column.name, arrow_type(column.data_type)) for column in table.columns])
    pq.write_table(pa.Table.from_pylist(complete, schema=schema), path)


def arrow_type(data_type: str) -> pa.DataType:
    """The Arrow type of a contract type."""
    if data_type.startswith("decimal"):
        precision, scale = data_type.removeprefix("decimal(").rstrip(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return {
        "varchar": pa.string(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "boolean": pa.bool_(),
    }[data_type]


def _complete(table: Table, row: Row) -> dict[str, Any]:
    if unknown := set(row) - set(table.column_names):
        raise ValueError(f"{table.label} has no column {sorted(unknown)}")
    given = {"is_deleted": False, "loaded_at": row.get("updated_at"), **row}
    missing = [c.name for c in table.columns if not c.is_nullable and c.name not in given]
    if missing or ("loaded_at" not in row and "updated_at" not in row):
        raise ValueError(f"{table.label} needs {missing or 'loaded_at'} in {dict(row)}")
    return {column.name: _typed(column, given.get(column.name)) for column in table.columns}


def _typed(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.data_type.startswith("decimal"):
        scale = arrow_type(column.data_type).scale
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale))
    if column.data_type == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if column.data_type == "timestamp" and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    if column.data_type == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return value
