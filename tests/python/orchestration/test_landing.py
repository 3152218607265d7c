"""The landing check: what keeps the contract is read as it is, what breaks it is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landing_maker import write_landing, write_table
from orchestration.contract import Column, Table, read_contract
from orchestration.landing import (
    LandingError,
    check_landing,
    create_raw_views,
    parse_as_of,
    resolve_as_of,
)

ACCOUNTS = Table(
    "crm",
    "accounts",
    ("account_id",),
    (
        Column("account_id", "varchar"),
        Column("account_name", "varchar", is_nullable=True),
        Column("employee_count", "integer", is_nullable=True),
        Column("amount", "decimal(18,2)", is_nullable=True),
        Column("founded_date", "date", is_nullable=True),
        Column("is_partner", "boolean", is_nullable=True),
        Column("updated_at", "timestamp"),
        Column("loaded_at", "timestamp"),
    ),
)
USERS = Table(
    "crm",
    "users",
    ("user_id",),
    (Column("user_id", "varchar"), Column("loaded_at", "timestamp")),
)
CONTRACT = [ACCOUNTS, USERS]
ROW = {
    "account_id": "a1",
    "account_name": 'Smith, "Sons" & Co',
    "employee_count": 12,
    "amount": "1234.50",
    "founded_date": "1999-12-31",
    "is_partner": True,
    "updated_at": "2025-03-31 22:30:00",
}
HEADER = ",".join(ACCOUNTS.column_names)


def landed(directory: Path, kind: str = "parquet", *rows: dict) -> Path:
    """A landing directory with these accounts (one if none are given) and one user."""
    users = [{"user_id": "u1", "loaded_at": "2025-01-02"}]
    given = {("crm", "accounts"): list(rows) or [ROW], ("crm", "users"): users}
    return write_landing(directory, given, kind, CONTRACT)


def csv_landed(directory: Path, text: str) -> Path:
    """A landing directory whose accounts are this CSV text."""
    landed(directory, "csv")
    (directory / "crm/accounts/part-0.csv").write_text(text, encoding="utf-8")
    return directory


def arrow_landed(directory: Path, **columns: pa.Array) -> Path:
    """A landing directory whose accounts have these columns in these Arrow types instead."""
    landed(directory)
    path = directory / "crm/accounts/part-0.parquet"
    table = pq.read_table(path)
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    pq.write_table(table, path)
    return directory


def problems(directory: Path) -> list[str]:
    """What the check says is wrong."""
    with pytest.raises(LandingError) as raised:
        check_landing(directory, CONTRACT)
    return [str(problem) for problem in raised.value.problems]


def read(directory: Path, columns: str = "*") -> list[tuple]:
    """The accounts through their raw view."""
    connection = duckdb.connect()
    create_raw_views(connection, check_landing(directory, CONTRACT))
    return connection.execute(f"select {columns} from raw_crm.accounts order by 1").fetchall()


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_views_give_the_contracts_columns_in_its_types(tmp_path: Path, kind: str) -> None:
    at = datetime(2025, 3, 31, 22, 30)
    row = ("a1", ROW["account_name"], 12, Decimal("1234.50"), date(1999, 12, 31), True, at, at)
    assert read(landed(tmp_path, kind)) == [row]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_table_may_be_split_into_many_files(tmp_path: Path, kind: str) -> None:
    landed(tmp_path, kind)
    for number in range(1, 4):
        row = {**ROW, "account_id": f"b{number}"}
        write_table(tmp_path / f"crm/accounts/part-{number}.{kind}", ACCOUNTS, [row])
    assert read(tmp_path, "account_id") == [("a1",), ("b1",), ("b2",), ("b3",)]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("name", ["it's", 'a "b" c', "100% [x]*?", "key=value"])
def test_odd_paths_are_read_as_they_are(tmp_path: Path, kind: str, name: str) -> None:
    assert read(landed(tmp_path / name, kind), "account_id") == [("a1",)]


def test_views_hold_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landed(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    landing = check_landing(Path("here"), CONTRACT)
    connection = duckdb.connect(str(tmp_path / "w.duckdb"))
    create_raw_views(connection, landing)
    monkeypatch.chdir("/")
    assert len(connection.execute("from raw_crm.accounts").fetchall()) == 1


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_files_without_rows_are_fine(tmp_path: Path, kind: str) -> None:
    write_landing(
        tmp_path, {("crm", "users"): [{"user_id": "u", "loaded_at": "2025-01-02"}]}, kind, CONTRACT
    )
    assert read(tmp_path) == []


def test_empty_text_in_csv_is_null(tmp_path: Path) -> None:
    csv_landed(tmp_path, f'{HEADER}\na1,"",,,,,2025-01-01,2025-01-01\n')
    assert read(tmp_path, "account_name, employee_count, amount") == [(None, None, None)]


def test_extra_columns_are_left_out_and_named_in_a_warning(tmp_path: Path) -> None:
    landed(tmp_path)
    path = tmp_path / "crm/accounts/part-0.parquet"
    nested = pa.array([{"x": 1, "y": {"z": 2}}])
    table = pq.read_table(path).append_column("extra", nested).append_column("more", pa.array([1]))
    pq.write_table(table, path)
    assert check_landing(tmp_path, CONTRACT).warnings == [
        "crm.accounts: columns extra, more not in the contract, left out"
    ]
    assert len(read(tmp_path)[0]) == len(ACCOUNTS.columns)


def test_files_may_have_their_columns_in_another_order(tmp_path: Path) -> None:
    landed(tmp_path)
    path = tmp_path / "crm/accounts/part-0.parquet"
    table = pq.read_table(path)
    pq.write_table(table.select(table.column_names[::-1]), path.with_name("part-1.parquet"))
    assert len(set(read(tmp_path))) == 1


def test_no_directory(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "none")
    assert "is not a directory" in problem
    assert "TENURE_RAW_PATH" in problem


def test_an_empty_directory(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert "is empty; expected one folder per source (crm)" in problem


def test_a_missing_table_and_a_folder_without_files(tmp_path: Path) -> None:
    landed(tmp_path)
    (tmp_path / "crm/users/part-0.parquet").unlink()
    (tmp_path / "crm/users/_SUCCESS").touch()
    (tmp_path / "crm/accounts").rename(tmp_path / "crm/kunden")
    missing, without_files = problems(tmp_path)
    assert missing.startswith("table crm.accounts: the folder")
    assert "is missing" in missing
    assert without_files.startswith("table crm.users: no *.parquet or *.csv in")


def test_both_kinds_of_file_in_one_table(tmp_path: Path) -> None:
    landed(tmp_path)
    landed(tmp_path, "csv")
    assert ["both Parquet and CSV" in problem for problem in problems(tmp_path)] == [True, True]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_missing_column_is_named_with_its_file_and_type(tmp_path: Path, kind: str) -> None:
    shorter = Table("crm", "accounts", (), ACCOUNTS.columns[:3] + ACCOUNTS.columns[4:])
    landed(tmp_path, kind)
    write_table(
        tmp_path / f"crm/accounts/part-0.{kind}",
        shorter,
        [{k: v for k, v in ROW.items() if k != "amount"}],
    )
    assert problems(tmp_path) == [
        f"table crm.accounts, file part-0.{kind}, column amount:"
        " the column is missing; expected it as decimal(18,2)"
    ]


def test_files_of_a_table_with_different_columns(tmp_path: Path) -> None:
    landed(tmp_path)
    path = tmp_path / "crm/accounts/part-0.parquet"
    table = pq.read_table(path).append_column("extra", pa.array([1]))
    pq.write_table(table, path.with_name("part-1.parquet"))
    (problem,) = problems(tmp_path)
    assert problem.startswith("table crm.accounts, file part-1.parquet: column extra in one of")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"this is no Parquet file",
        lambda content: content[:-30],
        lambda content: content[:4] + b"\xff" * 60 + content[64:],
    ],
    ids=["empty", "text", "truncated", "a broken page"],
)
def test_a_parquet_file_that_cannot_be_read(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    landed(tmp_path)
    path = tmp_path / "crm/accounts/part-1.parquet"
    path.write_bytes(damage((tmp_path / "crm/accounts/part-0.parquet").read_bytes()))
    (problem,) = problems(tmp_path)
    assert problem.startswith("table crm.accounts, file part-1.parquet: the file cannot be read")
    assert problem.endswith("expected a whole Parquet file")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty; expected CSV with a header"),
        (f"{HEADER}\na1,b\n", "the file cannot be read as CSV"),
        (f'{HEADER}\n"a1,b,1,1,2025-01-01,true,2025-01-01,2025-01-01\n', "cannot be read as CSV"),
        (f"{HEADER},amount\n", "column amount more than once in the header"),
    ],
    ids=["empty", "ragged", "open quote", "column twice"],
)
def test_a_csv_file_that_cannot_be_read(tmp_path: Path, text: str, expected: str) -> None:
    (problem,) = problems(csv_landed(tmp_path, text))
    assert problem.startswith("table crm.accounts, file part-0.csv: ")
    assert expected in problem


def test_a_csv_file_that_is_no_text(tmp_path: Path) -> None:
    csv_landed(tmp_path, "")
    (tmp_path / "crm/accounts/part-0.csv").write_bytes(b"\xff\xfe\x00account_id")
    (problem,) = problems(tmp_path)
    assert "the file cannot be read as CSV" in problem


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("employee_count", "1.5", "'1.5' is not an integer"),
        ("employee_count", "9999999999", "'9999999999' is not an integer"),
        ("employee_count", "many", "'many' is not an integer"),
        ("amount", "12.345", "'12.345' is not a decimal(18,2); expected at most 16 digits"),
        ("amount", "1e3", "'1e3' is not a decimal(18,2)"),
        ("amount", "12345678901234567", "'12345678901234567' is not a decimal(18,2)"),
        ("founded_date", "31.12.1999", "'31.12.1999' is not a date"),
        ("founded_date", "2025-02-30", "'2025-02-30' is not a date"),
        ("is_partner", "perhaps", "'perhaps' is not a boolean; expected true or false"),
        ("updated_at", "yesterday", "'yesterday' is not a timestamp"),
        ("updated_at", "2025-01-01 25:00:00", "'2025-01-01 25:00:00' is not a timestamp"),
    ],
)
def test_text_that_the_type_cannot_hold(
    tmp_path: Path, column: str, value: str, expected: str
) -> None:
    good = dict(
        zip(
            ACCOUNTS.column_names,
            ["a1", "b", "1", "1.00", "2025-01-01", "true", "2025-01-01", "2025-01-01"],
            strict=True,
        )
    )
    bad = {**good, "account_id": "a2", column: value}
    lines = [HEADER, *(",".join(row.values()) for row in (good, bad, bad, good))]
    (problem,) = problems(csv_landed(tmp_path, "\n".join(lines) + "\n"))
    where = f"table crm.accounts, file part-0.csv, column {column}, row 2 (account_id a2): "
    assert problem.startswith(where + expected)
    assert problem.endswith("; 1 more rows likewise")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-01-01T10:00:00+02:00", datetime(2025, 1, 1, 8)),
        ("2025-01-01 10:00:00Z", datetime(2025, 1, 1, 10)),
        ("2025-01-01 23:30:00-05", datetime(2025, 1, 2, 4, 30)),
        ("2025-01-01 10:00:00.123456", datetime(2025, 1, 1, 10, 0, 0, 123456)),
        ("2025-01-01", datetime(2025, 1, 1)),
    ],
)
def test_timestamps_as_text_are_read_as_utc(tmp_path: Path, value: str, expected: datetime) -> None:
    csv_landed(tmp_path, f"{HEADER}\na1,,,,,,{value},2025-01-01\n")
    assert read(tmp_path, "updated_at") == [(expected,)]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("amount", pa.array([Decimal("12.30")], pa.decimal128(9, 4)), Decimal("12.30")),
        ("amount", pa.array([12.34], pa.float64()), Decimal("12.34")),
        ("amount", pa.array([7], pa.int64()), Decimal("7.00")),
        ("employee_count", pa.array([7], pa.int64()), 7),
        ("employee_count", pa.array([7.0], pa.float64()), 7),
        ("founded_date", pa.array([datetime(2025, 1, 1)], pa.timestamp("us")), date(2025, 1, 1)),
        ("updated_at", pa.array([datetime(2025, 1, 1)], pa.timestamp("ns")), datetime(2025, 1, 1)),
        (
            "updated_at",
            pa.array([datetime(2025, 1, 1, 10)], pa.timestamp("us", "Europe/Berlin")),
            datetime(2025, 1, 1, 10),
        ),
        ("account_id", pa.array([42], pa.int64()), "42"),
        ("is_partner", pa.array([1], pa.int8()), True),
    ],
)
def test_other_types_are_cast_where_nothing_is_lost(
    tmp_path: Path, column: str, values: pa.Array, expected: object
) -> None:
    assert read(arrow_landed(tmp_path, **{column: values}), column) == [(expected,)]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("amount", pa.array([Decimal("12.345")], pa.decimal128(18, 3)), "'12.345' is not a dec"),
        ("amount", pa.array([12.345], pa.float64()), "'12.345' is not a decimal(18,2)"),
        ("amount", pa.array([float("nan")], pa.float64()), "'nan' is not a decimal(18,2)"),
        ("employee_count", pa.array([2**40], pa.int64()), "'1099511627776' is not an integer"),
        ("employee_count", pa.array([1.5], pa.float64()), "'1.5' is not an integer"),
        (
            "founded_date",
            pa.array([datetime(2025, 1, 1, 10)], pa.timestamp("us")),
            "'2025-01-01 10:00:00' is not a date",
        ),
        ("is_partner", pa.array([2], pa.int8()), "'2' is not a boolean"),
    ],
)
def test_values_that_would_change_are_named(
    tmp_path: Path, column: str, values: pa.Array, expected: str
) -> None:
    (problem,) = problems(arrow_landed(tmp_path, **{column: values}))
    assert f"column {column}, row 1 (account_id a1): {expected}" in problem


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("account_name", pa.array([1.5]), "the file holds double; expected varchar"),
        ("amount", pa.array([True]), "the file holds boolean; expected decimal(18,2)"),
        ("updated_at", pa.array([1735689600]), "the file holds bigint; expected timestamp"),
        ("founded_date", pa.array([{"y": 1}]), "expected date"),
    ],
)
def test_types_that_cannot_be_meant_are_refused(
    tmp_path: Path, column: str, values: pa.Array, expected: str
) -> None:
    (problem,) = problems(arrow_landed(tmp_path, **{column: values}))
    assert problem.startswith(f"table crm.accounts, file part-0.parquet, column {column}: ")
    assert expected in problem


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    csv_landed(tmp_path, f"{HEADER}\na1,,x,12.345,,,never,2025-01-01\n")
    (tmp_path / "crm/users/part-0.csv").write_text("", encoding="utf-8")
    with pytest.raises(LandingError, match=r"breaks its contract \(4 problems\)"):
        check_landing(tmp_path, CONTRACT)


def test_the_error_of_a_thousand_problems_stays_readable() -> None:
    contract = [Table("crm", f"t{number}", (), USERS.columns) for number in range(1000)]
    with pytest.raises(LandingError) as raised:
        check_landing(Path("/"), contract)
    assert len(str(raised.value).splitlines()) == 62
    assert str(raised.value).endswith("and 940 more")


def test_as_of_is_the_newest_loaded_day_in_the_time_zone(tmp_path: Path) -> None:
    landing = check_landing(landed(tmp_path), CONTRACT)
    assert resolve_as_of(landing, None, "UTC") == date(2025, 3, 31)
    assert resolve_as_of(landing, None, "Europe/Berlin") == date(2025, 4, 1)
    assert resolve_as_of(landing, "2025-02-01", "UTC") == date(2025, 2, 1)
    assert resolve_as_of(landing, "2030-01-01", "UTC") == date(2030, 1, 1)


def test_an_as_of_before_all_data(tmp_path: Path) -> None:
    landing = check_landing(landed(tmp_path), CONTRACT)
    with pytest.raises(LandingError, match=r"2025-01-01 is before all data: .* of 2025-01-02"):
        resolve_as_of(landing, "2025-01-01", "UTC")


def test_landing_data_without_any_row(tmp_path: Path) -> None:
    landing = check_landing(write_landing(tmp_path, {}, contract=CONTRACT), CONTRACT)
    with pytest.raises(LandingError, match=r"no table .* has a row with a loaded_at"):
        resolve_as_of(landing, "2025-01-01", "UTC")


@pytest.mark.parametrize("given", ["tomorrow", "2025-13-01", "20250101", "2025-1-1"])
def test_an_as_of_that_is_no_date(given: str) -> None:
    with pytest.raises(LandingError, match=f"TENURE_AS_OF is '{given}'; expected a calendar date"):
        parse_as_of(given)


def test_the_projects_contract_is_whole() -> None:
    contract = read_contract()
    labels = {table.label for table in contract}
    assert len(labels) == len(contract) == 40
    assert len({table.source for table in contract}) == 8
    assert all("loaded_at" in table.column_names for table in contract)
    assert all(set(table.key) <= set(table.column_names) for table in contract)
    assert all(table.key for table in contract)
    references = {c.references for table in contract for c in table.columns if c.references}
    assert references <= labels


def test_every_table_of_the_project_lands(tmp_path: Path) -> None:
    day = {"period_start": "2025-01-01", "period_end": "2025-01-31", "loaded_at": "2025-02-01"}
    row = {**day, "fiscal_year": 2025, "fiscal_quarter": 1}
    write_landing(tmp_path, {("ledger", "fiscal_periods"): [row]})
    landing = check_landing(tmp_path, read_contract())
    connection = duckdb.connect()
    create_raw_views(connection, landing)
    found = connection.execute(
        "select count(*) from duckdb_views() where schema_name like 'raw_%'"
    ).fetchall()
    assert (found, landing.row_count) == ([(40,)], 1)
