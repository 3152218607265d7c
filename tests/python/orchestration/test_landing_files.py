"""Landing files that change while they are read, and what is forgotten because of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from landing_maker import write_landing
from orchestration.contract import read_contract
from orchestration.landing import LandingError
from orchestration.landing_files import (
    NOTE,
    LandingChangedError,
    check_quiet_landing,
    ensure_unchanged,
    forget_unpublished,
    mark_published,
    note_files,
    stamp_files,
)
from orchestration.settings import Settings
from orchestration.state import StateTable, built_days

CONTRACT = [table for table in read_contract() if table.source == "billing"]


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Empty tables of billing, written an hour ago."""
    directory = write_landing(tmp_path / "landing", {}, contract=CONTRACT)
    for path in directory.rglob("*.parquet"):
        status = path.stat()
        os.utime(path, (status.st_atime, status.st_mtime - 3600))
    return directory


class Waiting:
    """A sleep that does something at each turn, and remembers how long it was to be."""

    def __init__(self, *turns: Callable[[], object]) -> None:
        self.turns, self.waited = list(turns), []

    def __call__(self, seconds: float) -> None:
        """One wait."""
        self.waited.append(seconds)
        if self.turns:
            self.turns.pop(0)()


def some_file(landing: Path) -> Path:
    """One of the files."""
    return landing / "billing" / "orders" / "part-0.parquet"


def test_a_quiet_landing_is_read_once(landing: Path) -> None:
    sleep = Waiting()
    landed, stamps = check_quiet_landing(landing, CONTRACT, sleep=sleep)
    assert len(landed.tables) == len(stamps) == len(CONTRACT)
    assert sleep.waited == []


def test_an_old_file_that_is_broken_is_refused_at_once(landing: Path) -> None:
    file = some_file(landing)
    file.write_bytes(b"no parquet")
    os.utime(file, (0, 0))
    sleep = Waiting()
    with pytest.raises(LandingError, match=r"part-0\.parquet"):
        check_quiet_landing(landing, CONTRACT, sleep=sleep)
    assert sleep.waited == []


def test_a_new_file_that_is_broken_and_stays_so_costs_one_wait(landing: Path) -> None:
    some_file(landing).write_bytes(b"no parquet")
    sleep = Waiting()
    with pytest.raises(LandingError, match=r"part-0\.parquet"):
        check_quiet_landing(landing, CONTRACT, sleep=sleep)
    assert sleep.waited == [2.0]


def test_a_file_that_is_being_written_is_read_when_it_is_whole(landing: Path) -> None:
    file = some_file(landing)
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    sleep = Waiting(
        lambda: file.write_bytes(whole[:200]),
        lambda: file.write_bytes(whole),
    )
    landed, _ = check_quiet_landing(landing, CONTRACT, sleep=sleep)
    assert len(landed.tables) == len(CONTRACT)
    assert sleep.waited == [2.0, 5.0]


def test_files_that_never_come_to_rest_are_refused(
    landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import landing_files

    check = landing_files.check_landing
    turn = iter(range(100))

    def touched(*arguments: object) -> object:
        landed = check(*arguments)
        os.utime(some_file(landing), (0, next(turn)))
        return landed

    monkeypatch.setattr(landing_files, "check_landing", touched)
    sleep = Waiting()
    with pytest.raises(LandingChangedError, match=r"orders/part-0\.parquet"):
        check_quiet_landing(landing, CONTRACT, sleep=sleep)
    assert sleep.waited == [2.0, 5.0, 10.0]


def noted_in(warehouse: Path, stamps: dict) -> None:
    """What a refresh notes of the files that it found."""
    with duckdb.connect(warehouse / "warehouse.duckdb") as connection:
        note_files(connection, warehouse, stamps)


def replaced(file: Path) -> None:
    """Another file takes its place, with the same bytes and time."""
    status = file.stat()
    other = file.with_name(".other")
    other.write_bytes(file.read_bytes())
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)


@pytest.mark.parametrize(
    "change",
    [
        replaced,
        Path.unlink,
        lambda file: file.write_bytes(file.read_bytes() + b" "),
        lambda file: os.utime(file, (1, 1)),
    ],
)
def test_a_file_that_is_no_longer_what_was_checked_is_told(
    landing: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    noted_in(tmp_path, stamp_files(landing, CONTRACT))
    (landing / "billing" / "orders" / "part-1.parquet").write_bytes(b"came later: not read")
    ensure_unchanged(tmp_path)
    change(some_file(landing))
    with pytest.raises(LandingChangedError, match=r"orders/part-0\.parquet; expected"):
        ensure_unchanged(tmp_path)


STATE = [StateTable("marts", "fct_refresh_days")]
FILES, OTHERS = {"a.parquet": [1, 2, 3]}, {"a.parquet": [1, 2, 4]}


def with_state(file: Path) -> None:
    """A file with the days that were built."""
    with duckdb.connect(file) as connection:
        build_state(connection)


def build_state(connection: duckdb.DuckDBPyConnection) -> None:
    """The days that were built."""
    connection.execute(
        "create schema marts; create table marts.fct_refresh_days as"
        " select '2026-06-01'::date as as_of_date, true as is_first_build"
    )


def is_forgotten(warehouse: Path, now: dict) -> bool:
    """Whether the state of the working file is forgotten when these files are found."""
    settings = Settings(raw_path=warehouse, warehouse=warehouse)
    with duckdb.connect(settings.working_file) as connection:
        if not built_days(connection)["days"]:
            build_state(connection)
        done = forget_unpublished(connection, settings, now, STATE)
        left = connection.execute("select count(*) from duckdb_tables()").fetchall()
    assert (done is not None) is (left == [(0,)])
    return done is not None


def test_state_that_was_never_published_is_forgotten_when_other_files_come(tmp_path: Path) -> None:
    noted_in(tmp_path, FILES)
    assert not is_forgotten(tmp_path, FILES)
    assert is_forgotten(tmp_path, OTHERS)


def test_state_that_was_published_is_kept(tmp_path: Path) -> None:
    noted_in(tmp_path, FILES)
    mark_published(tmp_path)
    assert not is_forgotten(tmp_path, OTHERS)


@pytest.mark.parametrize(
    ("published", "expected"), [(with_state, True), (None, False), (Path.touch, False)]
)
def test_state_is_forgotten_only_where_the_published_file_can_give_it_back(
    tmp_path: Path, published: Callable[[Path], object] | None, expected: bool
) -> None:
    noted_in(tmp_path, FILES)
    mark_published(tmp_path)
    noted_in(tmp_path, FILES)
    if published is not None:
        published(tmp_path / "published.duckdb")
    assert is_forgotten(tmp_path, OTHERS) is expected


def test_a_warehouse_that_is_older_than_the_note_keeps_its_state(tmp_path: Path) -> None:
    with_state(tmp_path / "warehouse.duckdb")
    assert not is_forgotten(tmp_path, OTHERS)
    noted_in(tmp_path, FILES)
    assert not is_forgotten(tmp_path, OTHERS)


def test_a_note_that_cannot_be_read_keeps_the_state(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text('{"files": {')
    ensure_unchanged(tmp_path)
    assert not is_forgotten(tmp_path, OTHERS)
    noted_in(tmp_path, FILES)
    assert not is_forgotten(tmp_path, OTHERS)
