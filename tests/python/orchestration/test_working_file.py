"""The working file: held by one refresh, and never in the way of the next."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.working_file import (
    WarehouseBusyError,
    finish_day,
    open_working_file,
    read_day,
    start_day,
    unfinished_days,
    warehouse_lock,
    write_day,
)


def test_a_second_refresh_is_told_who_holds_the_warehouse(tmp_path: Path) -> None:
    message = r"another refresh \(process \d+\) holds"
    with warehouse_lock(tmp_path / "new"):
        with pytest.raises(WarehouseBusyError, match=message), warehouse_lock(tmp_path / "new"):
            pass
        with pytest.raises(WarehouseBusyError, match=message), warehouse_lock(tmp_path / "new"):
            pass
    with warehouse_lock(tmp_path / "new"):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from orchestration.working_file import warehouse_lock\n"
        "with warehouse_lock(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseBusyError), warehouse_lock(tmp_path):
            pass
        holder.kill()
    with warehouse_lock(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"", b"no DuckDB file at all" * 1000])
def test_a_file_that_cannot_be_opened_is_moved_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "warehouse.duckdb"
    (tmp_path / "warehouse.duckdb.unreadable-1").touch()
    path.write_bytes(content)
    connection, done = open_working_file(path)
    with connection:
        write_day(connection, date(2025, 3, 31))
    assert read_day(path) == date(2025, 3, 31)
    assert done is not None
    assert done.endswith("moved to warehouse.duckdb.unreadable-2")
    assert (tmp_path / "warehouse.duckdb.unreadable-2").read_bytes() == content


def test_a_broken_log_goes_aside_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table t as select 1 as x")
    log = tmp_path / "warehouse.duckdb.wal"
    log.write_bytes(b"\x00garbage" * 100)
    connection, done = open_working_file(path)
    with connection:
        write_day(connection, date(2025, 3, 31))
    assert read_day(path) == date(2025, 3, 31)
    assert done is None or not log.exists()


def test_a_file_that_another_program_has_open_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    code = (
        "import duckdb, sys, time; connection = duckdb.connect(sys.argv[1]);"
        "print('open', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        with pytest.raises(WarehouseBusyError, match=r"another program has .* open"):
            open_working_file(path)
        program.kill()
    assert path.exists()


def test_a_day_is_unfinished_until_it_is_finished(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        assert unfinished_days(connection) == frozenset()
        for day in (date(2025, 3, 30), date(2025, 3, 31), date(2025, 3, 31)):
            start_day(connection, day)
        finish_day(connection, date(2025, 3, 30))
        assert unfinished_days(connection) == {date(2025, 3, 31)}
        finish_day(connection, date(2025, 3, 31))
        assert unfinished_days(connection) == frozenset()
