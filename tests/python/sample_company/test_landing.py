"""The landing files: complete, typed, loaded when they say, the same for the same arguments."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from sample_company.__main__ import LAST_DAY
from sample_company.landing import CSV_TABLES, arrow_type
from sample_company.landing_contract import tables
from tests.python.sample_company.making import Made, make

ROOT = Path(__file__).parents[3]
OVER = datetime.combine(LAST_DAY + timedelta(days=1), time())
HAPPENED = (
    "updated_at",
    "created_at",
    "occurred_at",
    "received_at",
    "posted_at",
    "paid_at",
    "sent_at",
    "responded_at",
    "attended_at",
    "closed_at",
)


@pytest.mark.parametrize("key", list(tables()), ids=".".join)
def test_every_table_is_written_with_the_contracts_columns_and_types(
    small_company: Made, key: tuple[str, str]
) -> None:
    table = small_company.landing[key]
    expected = pa.schema([(c.name, arrow_type(c.type)) for c in tables()[key]])
    assert table.schema.remove_metadata() == expected
    assert table.num_rows > 0


def test_there_are_forty_tables_some_as_csv_and_some_in_several_files(
    small_company: Made,
) -> None:
    files = Counter()
    for path in (small_company.directory / "landing").glob("*/*/*"):
        files[path.parent.parent.name, path.parent.name] += 1
        is_csv = (path.parent.parent.name, path.parent.name) in CSV_TABLES
        assert path.suffix == (".csv" if is_csv else ".parquet")
    assert len(files) == 40
    assert max(files.values()) > 1


@pytest.mark.parametrize("key", list(tables()), ids=".".join)
def test_no_row_is_loaded_before_what_it_tells_or_after_the_last_day(
    small_company: Made, key: tuple[str, str]
) -> None:
    for row in small_company.landing[key].to_pylist():
        loaded_at = row["loaded_at"]
        if loaded_at is None:
            continue
        assert loaded_at < OVER
        for name in HAPPENED:
            if row.get(name) is not None:
                assert row[name] <= loaded_at, (name, row)


def test_what_is_loaded_on_the_last_morning_makes_it_the_newest_day(small_company: Made) -> None:
    newest = max(
        table["loaded_at"].combine_chunks().drop_null().to_pylist()[-1].date()
        if table.num_rows
        else date.min
        for table in (t.sort_by("loaded_at") for t in small_company.landing.values())
    )
    assert newest == LAST_DAY


def test_an_order_entered_late_is_loaded_late(small_company: Made) -> None:
    late = [
        row
        for row in small_company.rows("billing", "orders")
        if row["created_at"] is not None
        and row["signed_at"] is not None
        and row["created_at"].date() > row["signed_at"].date()
    ]
    assert all(row["loaded_at"] > row["created_at"] for row in late)


def test_the_same_arguments_make_the_same_bytes(tmp_path: Path) -> None:
    for name, hash_seed in (("one", "1"), ("two", "2")):
        subprocess.run(
            [
                sys.executable,
                "-m",
                "sample_company",
                "--out",
                str(tmp_path / name),
                "--customers",
                "12",
                "--years",
                "1",
            ],
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
        )
    one = {
        p.relative_to(tmp_path / "one"): p.read_bytes()
        for p in tmp_path.glob("one/**/*.*")
        if p.is_file()
    }
    two = {
        p.relative_to(tmp_path / "two"): p.read_bytes()
        for p in tmp_path.glob("two/**/*.*")
        if p.is_file()
    }
    assert one == two
    assert len(one) > 40


def test_another_seed_makes_another_company(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one", 3, 1, seed=1), make(tmp_path / "two", 3, 1, seed=2)
    assert one.landing["crm", "accounts"] != two.landing["crm", "accounts"]


@pytest.mark.parametrize(("customers", "years"), [(1, 1), (1, 4), (40, 1)])
def test_small_companies_have_all_tables_too(tmp_path: Path, customers: int, years: int) -> None:
    made = make(tmp_path, customers, years)
    assert set(made.landing) == set(tables())
    assert made.landing["billing", "contracts"].num_rows >= 1
