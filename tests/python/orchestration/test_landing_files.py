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
from orchestration.state import StateTable

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
    note_files(tmp_path, stamp_files(landing, CONTRACT))
    (landing / "billing" / "orders" / "part-1.parquet").write_bytes(b"came later: not read")
    ensure_unchanged(tmp_path)
    change(some_file(landing))
    with pytest.raises(LandingChangedError, match=r"orders/part-0\.parquet; expected"):
        ensure_unchanged(tmp_path)


STATE = [StateTable("marts", "fct_locks")]
FILES, OTHERS = {"a.parquet": [1, 2, 3]}, {"a.parquet": [1, 2, 4]}


@pytest.mark.parametrize(
    ("before", "is_published", "now", "is_kept"),
    [
        (FILES, False, OTHERS, False),
        (FILES, False, FILES, True),
        (FILES, True, OTHERS, True),
        (None, False, FILES, True),
    ],
)
def test_state_that_was_never_published_is_forgotten_when_other_files_come(
    tmp_path: Path, before: dict | None, is_published: bool, now: dict, is_kept: bool
) -> None:
    if before is not None:
        note_files(tmp_path, before)
    if is_published:
        mark_published(tmp_path)
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create schema marts; create table marts.fct_locks as select 1 as x")
        done = forget_unpublished(connection, tmp_path, now, STATE)
        left = connection.execute("select count(*) from duckdb_tables()").fetchall()
    assert (left == [(1,)]) is (done is None) is is_kept


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text('{"files": {')
    ensure_unchanged(tmp_path)
    mark_published(tmp_path)
