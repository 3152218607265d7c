"""Makes companies for tests and reads their files back as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from sample_company.__main__ import LAST_DAY
from sample_company.company import make_company
from sample_company.landing import arrow_type
from sample_company.landing_contract import tables

Key = tuple[str, str]


@dataclass
class Made:
    """A company's files, read back as they are."""

    directory: Path
    landing: dict[Key, pa.Table]
    answer_key: dict[str, pa.Table]

    def rows(self, source: str, table: str) -> list[dict]:
        """Rows of a landing table."""
        return self.landing[source, table].to_pylist()


def read_landed(directory: Path, key: Key) -> pa.Table:
    """A landing table from its files; a CSV's columns are read as the contract types them."""
    folder = directory / "landing" / key[0] / key[1]
    files = sorted(folder.iterdir())
    if files[0].suffix == ".csv":
        types = {column.name: arrow_type(column.type) for column in tables()[key]}
        options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
        return pa.concat_tables(
            pyarrow.csv.read_csv(file, convert_options=options) for file in files
        )
    return pa.concat_tables(pq.read_table(file) for file in files)


def make(directory: Path, customers: int, years: int, seed: int = 7) -> Made:
    """Write a company and read it back."""
    make_company(directory, customers=customers, years=years, seed=seed, last_day=LAST_DAY)
    return Made(
        directory,
        {key: read_landed(directory, key) for key in tables()},
        {
            path.stem: pq.read_table(path)
            for path in sorted((directory / "answer_key").glob("*.parquet"))
        },
    )
