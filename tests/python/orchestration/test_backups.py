"""Backups of what only grows: made, thinned, checked before use, and brought back."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import restore
from orchestration.backups import back_up, kept_backups, mark_published, state_source
from orchestration.restore import bring_back
from orchestration.sealed import Sealed, annotate, damage, seal, sealed_files
from orchestration.settings import Settings
from orchestration.state import StateError, StateTable, forget_unshown, restore_state
from orchestration.working_file import (
    open_working_file,
    start_day,
    unfinished_days,
    warehouse_lock,
    write_day,
)

LOCKS = StateTable("marts", "fct_locks", ("lock",))
TABLES = [LOCKS, StateTable("marts", "fct_not_built_yet"), StateTable("snapshots", "accounts")]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse whose working file has one state table and one snapshot."""
    settings = Settings(raw_path=tmp_path, warehouse=tmp_path / "ware'house")
    settings.warehouse.mkdir()
    with duckdb.connect(settings.working_file) as connection:
        write_day(connection, date(2026, 1, 31))
        connection.execute("create schema marts; create schema snapshots")
        connection.execute("create table marts.fct_locks as select 1 as lock, 0.01 as amount")
        connection.execute("create table snapshots.accounts as select 'A' as account_id")
        connection.execute("create table marts.dim_other as select 1 as id")
    return settings


@pytest.fixture
def connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the working file."""
    with duckdb.connect(settings.working_file) as connection:
        yield connection


def lock(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Another lock."""
    connection.execute("insert into marts.fct_locks values ($1, 0.02)", [number])


def locks(path: Path) -> list[int]:
    """The locks of a file."""
    with duckdb.connect(path, read_only=True) as connection:
        return [row[0] for row in connection.execute("from marts.fct_locks order by 1").fetchall()]


def names(settings: Settings) -> list[str]:
    """Names of the backups, newest first."""
    return [backup.name for backup in sealed_files(settings.backups)]


def publish_state(connection: duckdb.DuckDBPyConnection, settings: Settings, hours: int) -> Sealed:
    """A backup as a publication makes it, so many hours after noon."""
    backup = back_up(connection, settings, TABLES, NOON + timedelta(hours=hours))
    assert backup is not None
    mark_published(backup, Sealed(Path(backup.name), {}))
    return backup


def test_a_backup_has_the_state_and_nothing_else(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    backup = back_up(connection, settings, TABLES, NOON)
    assert backup is not None
    assert damage(backup) is None
    assert backup.name == "20260131T120000Z"
    with duckdb.connect(backup.path, read_only=True) as kept:
        assert kept.execute("select table_name from duckdb_tables() order by 1").fetchall() == [
            ("accounts",),
            ("fct_locks",),
        ]
        assert kept.execute("from marts.fct_locks").fetchall()[0][0] == 1
    assert back_up(connection, settings, [StateTable("marts", "fct_none")], NOON) is None


def test_the_same_state_is_not_backed_up_twice(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    first = back_up(connection, settings, TABLES, NOON)
    assert back_up(connection, settings, TABLES) == first
    lock(connection, 2)
    assert back_up(connection, settings, TABLES, NOON) != first
    assert names(settings) == ["20260131T120001Z", "20260131T120000Z"]
    newest = sealed_files(settings.backups)[0]
    newest.path.write_bytes(b"broken")
    assert back_up(connection, settings, TABLES, NOON) != newest
    assert len(names(settings)) == 3


def test_a_cent_that_changed_is_another_state(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    back_up(connection, settings, TABLES, NOON)
    connection.execute("update marts.fct_locks set amount = 0.02")
    back_up(connection, settings, TABLES, NOON)
    assert len(names(settings)) == 2


def test_lost_state_comes_back_from_the_newest_that_was_published(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    publish_state(connection, settings, 0)
    lock(connection, 2)
    published = publish_state(connection, settings, 1)
    lock(connection, 3)
    back_up(connection, settings, TABLES, NOON + timedelta(hours=2))
    connection.close()
    settings.working_file.unlink()
    source, warnings = state_source(settings)
    assert (source, warnings) == (published.path, [])
    with duckdb.connect(settings.working_file) as again:
        done = restore_state(again, source, TABLES)
        assert done is not None and done.endswith("20260131T130000Z.duckdb: 2 tables, 3 rows")
        with pytest.raises(duckdb.ConstraintException):
            again.execute("insert into marts.fct_locks values (null, 0)")
    assert locks(settings.working_file) == [1, 2]


@pytest.mark.parametrize("harm", ["cut", "changed", "gone", "emptied"])
def test_a_damaged_backup_is_passed_over_with_a_warning(
    settings: Settings, connection: duckdb.DuckDBPyConnection, harm: str
) -> None:
    older = publish_state(connection, settings, 0)
    lock(connection, 2)
    newest = publish_state(connection, settings, 1)
    content = bytearray(newest.path.read_bytes())
    if harm == "cut":
        newest.path.write_bytes(content[:-100])
    elif harm == "changed":
        content[len(content) // 2] ^= 1
        newest.path.write_bytes(content)
    elif harm == "gone":
        newest.path.unlink()
    else:
        newest.path.write_bytes(b"")
    source, warnings = state_source(settings)
    assert source == older.path
    assert len(warnings) == 1
    assert "20260131T130000Z.duckdb is damaged and passed over: " in warnings[0]


def test_a_backup_whose_note_was_never_written_is_none(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    older = publish_state(connection, settings, 0)
    lock(connection, 2)
    newest = publish_state(connection, settings, 1)
    newest.path.with_suffix(".json").write_text("{")
    (settings.backups / "20260131T140000Z.duckdb").write_bytes(b"half")
    (settings.backups / "mine.duckdb").write_bytes(b"of somebody else")
    assert state_source(settings) == (older.path, [])
    lock(connection, 3)
    back_up(connection, settings, TABLES, NOON + timedelta(hours=3))
    assert not (settings.backups / "20260131T140000Z.duckdb").exists()
    assert (settings.backups / "mine.duckdb").exists()


def test_a_version_gives_state_back_where_its_backup_is_damaged(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    publish_state(connection, settings, 0)
    lock(connection, 2)
    newest = publish_state(connection, settings, 1)
    settings.versions.mkdir()
    version = settings.versions / newest.path.name
    version.write_bytes(newest.path.read_bytes())
    seal(version, {"shown": True})
    newest.path.write_bytes(b"")
    source, warnings = state_source(settings)
    assert source == version
    assert len(warnings) == 1


def test_what_was_shown_that_day_is_known_from_the_backup(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    """A second refresh of the day fails, after a rollback of what is published."""
    shown = StateTable("marts", "fct_shown")
    day = date(2026, 1, 31)
    connection.execute(
        "create table marts.fct_shown as select $1 as published_on, 1 as score", [day]
    )
    backup = back_up(connection, settings, [shown], NOON)
    assert backup is not None
    mark_published(backup, Sealed(Path(backup.name), {}))
    connection.execute("update marts.fct_shown set score = 2")
    forget_unshown(connection, state_source(settings)[0], [shown], [day])
    assert connection.execute("from marts.fct_shown").fetchall() == [(day, 1)]


def test_a_backup_that_cannot_be_written_stops_the_refresh(
    settings: Settings, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("orchestration.backups.seal", full)
    with pytest.raises(StateError, match=r"(?s)No space left.*TENURE_BACKUPS"):
        back_up(connection, settings, TABLES, NOON)
    monkeypatch.undo()
    assert names(settings) == []
    assert back_up(connection, settings, TABLES, NOON) is not None


def test_a_backup_that_reads_back_otherwise_is_refused(
    settings: Settings, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import backups

    write = backups._write

    def losing(connection: duckdb.DuckDBPyConnection, path: Path, tables: list) -> None:
        write(connection, path, tables)
        with duckdb.connect(path) as broken:
            broken.execute("delete from marts.fct_locks")

    monkeypatch.setattr(backups, "_write", losing)
    with pytest.raises(StateError, match="has 0 rows in place of 1"):
        back_up(connection, settings, TABLES, NOON)
    assert names(settings) == []


def test_two_warehouses_do_not_share_backups(
    settings: Settings, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    back_up(connection, settings, TABLES, NOON)
    other = Settings(tmp_path, tmp_path / "other", backup_directory=settings.backups)
    with pytest.raises(StateError, match=r"has the backups of the warehouse .*ware'house"):
        back_up(connection, other, TABLES, NOON)
    copied = Settings(tmp_path, tmp_path / "copied")
    shutil.copytree(settings.warehouse, copied.warehouse)
    assert back_up(connection, copied, TABLES, NOON) is not None
    gone = sealed_files(settings.backups)[0]
    annotate(gone, {"warehouse": "/gone"})
    assert back_up(connection, other, TABLES, NOON) is not None


def test_newest_ones_days_and_months_are_kept() -> None:
    def made(*moments: str) -> list[Sealed]:
        return [Sealed(Path(f"{moment}.duckdb"), {}) for moment in sorted(moments, reverse=True)]

    today = [f"20260131T{hour:02}0000Z" for hour in range(24)]
    days = [f"202601{day:02}T120000Z" for day in range(1, 31)]
    months = [f"2025{month:02}28T120000Z" for month in range(1, 13)]
    kept = kept_backups(made(*today, *days, *months), 3)
    assert sorted(kept) == sorted([*today[-3:], *days[-2:], *months[-11:]])


def test_the_newest_published_one_is_kept_whatever_came_after() -> None:
    published = Sealed(Path("20260131T000000Z.duckdb"), {"published": "x"})
    later = [Sealed(Path(f"20260131T{hour:02}0000Z.duckdb"), {}) for hour in (5, 4, 3, 2)]
    assert published.name in kept_backups([*later, published], 1)


def test_older_ones_are_removed_and_the_one_asked_for_is_spared(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    few = Settings(settings.raw_path, settings.warehouse, keep_backups=1)
    for hour in range(3):
        lock(connection, hour + 2)
        back_up(connection, few, TABLES, NOON + timedelta(hours=hour), spared=["20260131T120000Z"])
    assert names(settings) == ["20260131T140000Z", "20260131T120000Z"]


def test_the_state_of_a_backup_takes_the_place_of_todays(settings: Settings) -> None:
    with duckdb.connect(settings.working_file) as connection:
        start_day(connection, date(2026, 1, 30))
        old = back_up(connection, settings, TABLES, NOON)
        connection.execute("delete from refresh.unfinished_days")
        lock(connection, 2)
    assert old is not None
    assert bring_back(settings, old.name, TABLES) == {"fct_locks": 1, "accounts": 1}
    assert locks(settings.working_file) == [1]
    with duckdb.connect(settings.working_file) as connection:
        assert connection.execute("from marts.dim_other").fetchall() == [(1,)]
        assert unfinished_days(connection) == {date(2026, 1, 30)}
    assert any(locks(backup.path) == [1, 2] for backup in sealed_files(settings.backups))
    with pytest.raises(StateError, match=r"no backup 'x'(?s:.*)20260131T120000Z  2 tables, 2 rows"):
        bring_back(settings, "x", TABLES)
    old.path.write_bytes(b"")
    with pytest.raises(StateError, match="cannot be used: it has 0 bytes of"):
        bring_back(settings, old.name, TABLES)


def test_a_state_brought_back_stays_should_the_working_file_be_lost(settings: Settings) -> None:
    with duckdb.connect(settings.working_file) as connection:
        old = publish_state(connection, settings, 0)
        lock(connection, 2)
        publish_state(connection, settings, 1)
    settings.versions.mkdir()
    version = settings.versions / "20260131T130000Z.duckdb"
    version.write_bytes(b"")
    seal(version, {"shown": True})
    bring_back(settings, old.name, TABLES)
    assert locks(state_source(settings)[0]) == [1]


def test_a_lost_working_file_can_be_brought_back_by_hand(settings: Settings) -> None:
    with duckdb.connect(settings.working_file) as connection:
        backup = back_up(connection, settings, TABLES, NOON)
    assert backup is not None
    settings.working_file.unlink()
    bring_back(settings, backup.name, TABLES)
    assert locks(settings.working_file) == [1]


def test_the_command_lists_and_refuses(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENURE_WAREHOUSE", str(settings.warehouse))
    for name in ("TENURE_RAW_PATH", "TENURE_BACKUPS"):
        monkeypatch.delenv(name, raising=False)
    assert restore.main([]) == 0
    assert capsys.readouterr().out.startswith("There is no backup in ")
    with duckdb.connect(settings.working_file) as connection:
        back_up(connection, settings, TABLES, NOON)
    assert restore.main([]) == 0
    assert "20260131T120000Z  2 tables, 2 rows" in capsys.readouterr().out
    monkeypatch.setattr(restore, "prepare_manifest", lambda: None)
    monkeypatch.setattr(restore, "state_tables", lambda _: TABLES)
    monkeypatch.setattr(restore, "read_manifest", dict)
    with warehouse_lock(settings.warehouse):
        assert restore.main(["20260131T120000Z"]) == 3
    assert restore.main(["yesterday"]) == 1
    assert restore.main(["20260131T120000Z"]) == 0
    assert "Brought back from backup 20260131T120000Z: 2 tables, 2 rows" in capsys.readouterr().out


def test_a_note_says_what_a_person_wants_to_know(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    backup = back_up(connection, settings, TABLES, NOON)
    assert backup is not None
    note = json.loads(backup.path.with_suffix(".json").read_text())
    assert note["content"]['"marts"."fct_locks"'][0] == 1
    assert note["warehouse"] == str(settings.warehouse)
    assert len(note["sha256"]) == 64


def test_a_working_file_that_is_opened_again_is_the_same(settings: Settings) -> None:
    connection, done = open_working_file(settings.working_file)
    connection.close()
    assert done is None
