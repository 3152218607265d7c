"""Writes a world's rows as landing files: <source>/<table>/*.parquet, or *.csv with a header."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from sample_company.landing_contract import Column, tables
from sample_company.world import World

CSV_TABLES = {("billing", "exchange_rates"), ("crm", "quotas")}
ROWS_PER_FILE = 250_000
# Tables that come in several files however small: one for each half of their rows.
SPLIT_TABLES = {("billing", "order_lines"), ("crm", "contacts"), ("ledger", "journal_lines")}


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of a type of the landing contract."""
    if name.startswith("decimal"):
        precision, scale = name[len("decimal(") : -1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return {
        "varchar": pa.string(),
        "integer": pa.int32(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }[name]


def _from_array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray) and values.dtype.kind in "US":
        values = values.astype(object)
    array = pa.array(values, from_pandas=True)
    if pa.types.is_decimal(kind) and pa.types.is_floating(array.type):
        # Through text, because a float has no exact value to cast.
        array = pc.cast(pc.round(array, kind.scale), pa.string())
    return pc.cast(array, kind)


def table_of(world: World, key: tuple[str, str], columns: list[Column]) -> pa.Table:
    """A table's rows as the loader has them at the end of the world's last day."""
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in columns])
    parts = []
    rows = world.rows.get(key, [])
    if rows:
        parts.append(
            pa.table(
                {
                    column.name: pa.array(
                        [row[column.name] for row in rows], arrow_type(column.type)
                    )
                    for column in columns
                }
            )
        )
    for block in world.columns.get(key, []):
        parts.append(
            pa.table({c.name: _from_array(block[c.name], arrow_type(c.type)) for c in columns})
        )
    table = pa.concat_tables(parts) if parts else schema.empty_table()
    over = datetime.combine(world.last_day + timedelta(days=1), time())
    loaded = table["loaded_at"]
    known = pc.or_kleene(pc.is_null(loaded), pc.less(loaded, pa.scalar(over, loaded.type)))
    return table.filter(known).cast(schema)


def _pieces(key: tuple[str, str], table: pa.Table) -> Iterator[pa.Table]:
    size = ROWS_PER_FILE
    if key in SPLIT_TABLES:
        size = min(size, max(1, (table.num_rows + 1) // 2))
    yield from (table.slice(start, size) for start in range(0, max(1, table.num_rows), size))


def write_landing(world: World, directory: Path) -> dict[tuple[str, str], int]:
    """Write every table of the contract, in place of what was there; returns rows by table."""
    counts = {}
    for key, columns in tables().items():
        table = table_of(world, key, columns)
        counts[key] = table.num_rows
        folder = directory / key[0] / key[1]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, piece in enumerate(_pieces(key, table)):
            if key in CSV_TABLES:
                pyarrow.csv.write_csv(piece, folder / f"part-{number:03d}.csv")
            else:
                pq.write_table(piece, folder / f"part-{number:03d}.parquet", compression="zstd")
    return counts
