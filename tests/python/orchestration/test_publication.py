"""Publication: shown everywhere or nowhere, kept, and gone back to."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgres
import duckdb
import pytest

from orchestration import rollback
from orchestration.backups import state_source
from orchestration.contract import PROJECT_DIR
from orchestration.publication import (
    _publishing,
    publish_everywhere,
    rewrite_kept,
    roll_back,
    versions_told,
)
from orchestration.publish import PublishError, publish
from orchestration.sealed import seal, sealed_files
from orchestration.settings import Settings
from orchestration.state import StateTable
from orchestration.working_file import WarehouseBusyError, unfinished_days, write_day
from postgres_server import PostgresServer, postgres_server

LOCKS = StateTable("marts", "fct_locks")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MONEY = ["0.00", "-0.01", "10000.00", "-9999999999999999.99", "9999999999999999.99"]
FINE = "9999999999999999999999999999999999.9999"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    with postgres_server() as running:
        yield running


@pytest.fixture
def database(server: PostgresServer) -> str:
    """The address of the server, with nothing published in it."""
    for schema in ("marts", "snapshots", "reports"):
        ask(server.uri, f"drop schema if exists {schema} cascade")
    return server.uri


def ask(uri: str, statement: str) -> list[tuple]:
    """Run a statement in the database; its rows, if it has any."""
    with postgres.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse whose working file has one mart, one state table and one snapshot."""
    settings = Settings(raw_path=tmp_path, warehouse=tmp_path / "ware'house")
    settings.warehouse.mkdir()
    with duckdb.connect(settings.working_file) as connection:
        write_day(connection, date(2026, 1, 31))
        connection.execute("create schema marts; create schema snapshots")
        connection.execute(
            "create table marts.fct_money (id integer, amount decimal(18,2), rate decimal(38,4),"
            ' "odd\'name" varchar, day date, seen_at timestamp, is_good boolean)'
        )
        for number, amount in enumerate(MONEY):
            connection.execute(
                "insert into marts.fct_money values ($1, $2, $3, 'ü''\"', '1999-12-31',"
                " '2026-01-31 23:59:59.123456', true)",
                [number, amount, FINE],
            )
        connection.execute("insert into marts.fct_money (id) values (9)")
        connection.execute("create table marts.fct_locks as select 1 as lock")
        connection.execute("create table snapshots.accounts as select 'A' as account_id")
        connection.execute("comment on table marts.fct_money is 'What it''s for'")
        connection.execute("comment on column marts.fct_money.amount is 'In \"euros\"'")
    return settings


def change(settings: Settings, **changes: object) -> Settings:
    """The same settings but for some."""
    return Settings(**{**settings.__dict__, **changes})


def publish_now(settings: Settings, hours: int = 0) -> dict[str, int]:
    """Publish what is in the working file, so many hours after noon."""
    return publish_everywhere(
        settings,
        [LOCKS],
        lambda file: publish(settings.working_file, file, ["fct_locks", "fct_money"], ["accounts"]),
        NOON + timedelta(hours=hours),
    )


def add(settings: Settings, number: int) -> None:
    """A lock more, and a row more in the mart, as another day brings it."""
    with duckdb.connect(settings.working_file) as connection:
        connection.execute("insert into marts.fct_locks values ($1)", [number])
        connection.execute("insert into marts.fct_money (id) values ($1)", [number])


def locks(path: Path) -> list[int]:
    """The locks that a published file has."""
    with duckdb.connect(path, read_only=True) as connection:
        rows = connection.execute("select lock from marts.fct_locks order by 1").fetchall()
        return [lock for (lock,) in rows]


def parquet_locks(directory: Path) -> list[int]:
    """The locks that the current Parquet files have."""
    file = directory / "current/marts/fct_locks.parquet"
    return [row[0] for row in duckdb.execute(f"select lock from '{file}' order by 1").fetchall()]


def postgres_locks(uri: str) -> list[int]:
    """The locks that the database shows."""
    return [row[0] for row in ask(uri, "select lock from marts.fct_locks order by 1")]


def test_all_places_show_the_same_to_the_cent(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    settings = change(settings, postgres=database, parquet=tmp_path / "parquet")
    assert publish_now(settings) == {"fct_locks": 1, "fct_money": 6, "accounts": 1}
    columns = 'id, amount::text, rate::text, "odd\'name", day, seen_at, is_good'
    with duckdb.connect(settings.published_file, read_only=True) as connection:
        expected = connection.execute(
            f"select {columns} from marts.fct_money order by id"
        ).fetchall()
    assert [row[1:3] for row in expected[:5]] == [(amount, FINE) for amount in MONEY]
    parquet = tmp_path / "parquet/current/marts/fct_money.parquet"
    query = f"select {columns} from '{parquet}' order by id"
    assert duckdb.execute(query).fetchall() == expected
    assert ask(database, f"select {columns} from marts.fct_money order by id") == expected
    assert ask(database, "select account_id from snapshots.accounts") == [("A",)]


def test_types_and_comments_arrive(settings: Settings, database: str, tmp_path: Path) -> None:
    settings = change(settings, postgres=database, parquet=tmp_path / "parquet")
    publish_now(settings)
    assert ask(
        database,
        "select attname::text, format_type(atttypid, atttypmod), col_description(attrelid, attnum)"
        " from pg_attribute where attrelid = 'marts.fct_money'::regclass and attnum > 0"
        " order by attnum",
    ) == [
        ("id", "integer", None),
        ("amount", "numeric(18,2)", 'In "euros"'),
        ("rate", "numeric(38,4)", None),
        ("odd'name", "text", None),
        ("day", "date", None),
        ("seen_at", "timestamp without time zone", None),
        ("is_good", "boolean", None),
    ]
    comment = ask(database, "select obj_description('marts.fct_money'::regclass)")
    assert comment == [("What it's for",)]
    file = tmp_path / "parquet/current/marts/fct_money.parquet"
    described = duckdb.execute(f"describe from '{file}'").fetchall()
    assert [row[1] for row in described[1:3]] == ["DECIMAL(18,2)", "DECIMAL(38,4)"]
    said = duckdb.execute(f"select key, value from parquet_kv_metadata('{file}')").fetchall()
    assert (b"comment", b"What it's for") in said
    assert (b"columns", b'{"amount": "In \\"euros\\""}') in said


def test_readers_of_every_place_keep_what_they_opened(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    settings = change(settings, postgres=database, parquet=tmp_path / "parquet")
    publish_now(settings)
    opened = (tmp_path / "parquet/current").resolve()
    with (
        duckdb.connect(settings.published_file, read_only=True) as file,
        postgres.connect(database) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("begin isolation level repeatable read")
        cursor.execute("select count(*) from marts.fct_locks")
        assert cursor.fetchall() == [(1,)]
        add(settings, 2)
        publish_now(settings, 1)
        assert file.execute("from marts.fct_locks").fetchall() == [(1,)]
        assert duckdb.execute(f"from '{opened}/marts/fct_locks.parquet'").fetchall() == [(1,)]
        cursor.execute("select nspname::text from pg_namespace where nspname like 'marts%'")
    assert locks(settings.published_file) == [1, 2]
    assert parquet_locks(tmp_path / "parquet") == [1, 2]
    assert postgres_locks(database) == [1, 2]
    old = "select count(*) from pg_namespace where nspname like '%\\_\\_old\\_%'"
    assert ask(database, old)[0][0] > 0
    publish_now(settings, 2)
    assert ask(database, old) == [(0,)]


def test_readers_roles_may_read_and_nothing_else(settings: Settings, database: str) -> None:
    ask(database, 'drop role if exists "bi-tool"')
    ask(database, 'create role "bi-tool"')
    publish_now(change(settings, postgres=database, postgres_readers=("bi-tool",)))
    assert ask(
        database,
        "select has_table_privilege('bi-tool', 'marts.fct_money', 'select'),"
        " has_table_privilege('bi-tool', 'marts.fct_money', 'insert'),"
        " has_schema_privilege('bi-tool', 'snapshots', 'usage')",
    ) == [(True, False, True)]
    with pytest.raises(PublishError, match='role "nobody-we-know" does not exist'):
        publish_now(change(settings, postgres=database, postgres_readers=("nobody-we-know",)), 1)


def test_views_of_others_follow_to_the_new_tables(settings: Settings, database: str) -> None:
    settings = change(settings, postgres=database)
    publish_now(settings)
    ask(database, "create schema reports")
    ask(database, "create view reports.money as select id, amount from marts.fct_money")
    ask(database, "create view reports.sums as select count(*) as rows from reports.money")
    add(settings, 2)
    publish_now(settings, 1)
    assert ask(database, "select rows from reports.sums") == [(7,)]
    with duckdb.connect(settings.working_file) as connection:
        connection.execute("alter table marts.fct_money drop column amount")
    before = settings.published_file.read_bytes()
    with pytest.raises(PublishError, match=r"the view reports.money .* does not fit"):
        publish_now(settings, 2)
    assert ask(database, "select rows from reports.sums") == [(7,)]
    assert settings.published_file.read_bytes() == before


def test_what_would_be_lost_with_the_old_tables_stops_publishing(
    settings: Settings, database: str
) -> None:
    settings = change(settings, postgres=database)
    publish_now(settings)
    ask(database, "create schema reports")
    ask(database, "create materialized view reports.kept as select id from marts.fct_money")
    with pytest.raises(PublishError, match=r"reports\.kept reads the published tables"):
        publish_now(settings, 1)
    assert ask(database, "select count(*) from reports.kept") == [(6,)]


def test_a_schema_of_somebody_else_is_left_alone(settings: Settings, database: str) -> None:
    ask(database, "create schema snapshots")
    with pytest.raises(PublishError, match="a schema snapshots that this project did not publish"):
        publish_now(change(settings, postgres=database))
    assert not settings.published_file.exists()
    assert ask(database, "select count(*) from pg_namespace where nspname like 'marts%'") == [(0,)]


def test_text_with_the_character_0_arrives_without_it(settings: Settings, database: str) -> None:
    with duckdb.connect(settings.working_file) as connection:
        connection.execute("update marts.fct_money set \"odd'name\" = 'a' || chr(0) || 'b'")
    publish_now(change(settings, postgres=database))
    assert ask(database, 'select distinct "odd\'name" from marts.fct_money') == [("ab",)]


def test_a_database_that_is_away_stops_all_places(settings: Settings, tmp_path: Path) -> None:
    publish_now(change(settings, parquet=tmp_path / "parquet"))
    before = settings.published_file.read_bytes()
    add(settings, 2)
    away = change(
        settings,
        parquet=tmp_path / "parquet",
        postgres="postgresql://me:secret@127.0.0.1:1/bi?connect_timeout=5",
    )
    with pytest.raises(PublishError) as raised:
        publish_now(away, 1)
    assert "published.duckdb was not replaced: PostgreSQL (postgresql://me:***@" in str(
        raised.value
    )
    assert "Connection refused" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert settings.published_file.read_bytes() == before
    assert parquet_locks(tmp_path / "parquet") == [1]
    assert [version.name for version in sealed_files(settings.versions)] == ["20260131T120000Z"]
    assert not list((tmp_path / "parquet/versions").glob("*.tmp"))


def test_a_day_that_was_not_shown_counts_as_unfinished(settings: Settings) -> None:
    with pytest.raises(PublishError):
        publish_now(change(settings, postgres="postgresql://127.0.0.1:1/bi"))
    with duckdb.connect(settings.working_file) as connection:
        assert unfinished_days(connection) == {date(2026, 1, 31)}
    publish_now(settings)
    with duckdb.connect(settings.working_file) as connection:
        assert unfinished_days(connection) == frozenset()


def test_a_server_that_dies_before_the_commit_leaves_all_as_it_was(
    settings: Settings, server: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = change(settings, postgres=database)
    publish_now(settings)
    before = settings.published_file.read_bytes()
    add(settings, 2)
    from orchestration.postgres import PostgresTarget

    switch = PostgresTarget.switch

    def dying(target: PostgresTarget) -> None:
        server.stop()
        switch(target)

    monkeypatch.setattr(PostgresTarget, "switch", dying)
    with pytest.raises(PublishError, match="was not replaced: PostgreSQL"):
        publish_now(settings, 1)
    monkeypatch.undo()
    server.start()
    assert settings.published_file.read_bytes() == before
    assert postgres_locks(database) == [1]
    publish_now(settings, 2)
    assert postgres_locks(database) == locks(settings.published_file) == [1, 2]


def test_a_failure_between_two_places_is_told(
    settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = change(settings, postgres=database)
    publish_now(settings)
    add(settings, 2)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("orchestration.publication._link", full)
    with pytest.raises(PublishError, match=r"(?s)No space left.*PostgreSQL had been replaced"):
        publish_now(settings, 1)
    assert locks(settings.published_file) == [1]
    monkeypatch.undo()
    publish_now(settings, 2)
    assert postgres_locks(database) == locks(settings.published_file) == [1, 2]


@pytest.mark.parametrize("room", [0, 300_000, 700_000])
def test_a_full_disk_leaves_all_places_as_they_were(
    settings: Settings, tmp_path: Path, room: int
) -> None:
    """The system lets no file grow beyond the room, wherever that is met."""
    settings = change(settings, parquet=tmp_path / "parquet")
    publish_now(settings)
    before = settings.published_file.read_bytes()
    with duckdb.connect(settings.working_file) as connection:
        connection.execute(
            'insert into marts.fct_money (id, "odd\'name") select i, md5(i::varchar)'
            " from range(30000) as r(i)"
        )
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from orchestration.publication import publish_everywhere\n"
        "from orchestration.publish import PublishError, publish\n"
        "from orchestration.settings import Settings\n"
        "warehouse, parquet, room = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])\n"
        "settings = Settings(raw_path=warehouse, warehouse=warehouse, parquet=parquet)\n"
        "def write(file):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))\n"
        "    return publish(settings.working_file, file, ['fct_locks', 'fct_money'])\n"
        "try: publish_everywhere(settings, [], write)\n"
        "except PublishError as error: print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, settings.warehouse, tmp_path / "parquet", str(room)],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "published.duckdb was not replaced" in ended.stdout, ended.stderr
    assert settings.published_file.read_bytes() == before
    assert parquet_locks(tmp_path / "parquet") == [1]
    assert len(sealed_files(settings.versions)) == 1
    with duckdb.connect(settings.working_file) as connection:
        connection.execute("delete from marts.fct_money where id > 9")
    publish_now(settings, 1)
    left = [path.name for path in settings.versions.iterdir()]
    assert len(left) == 4, left


def test_the_newest_versions_are_kept(settings: Settings, tmp_path: Path) -> None:
    settings = change(settings, parquet=tmp_path / "parquet", keep_versions=2)
    for hour in range(4):
        publish_now(settings, hour)
    names = ["20260131T150000Z", "20260131T140000Z"]
    assert [version.name for version in sealed_files(settings.versions)] == names
    kept = {path.name for path in (tmp_path / "parquet/versions").iterdir()}
    assert kept == set(names)


def test_going_back_shows_the_version_everywhere_and_forward_again(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    settings = change(settings, postgres=database, parquet=tmp_path / "parquet")
    publish_now(settings)
    add(settings, 2)
    publish_now(settings, 1)
    for name, expected in [("20260131T120000Z", [1]), ("20260131T130000Z", [1, 2])]:
        assert roll_back(settings, name).name == name
        assert locks(settings.published_file) == expected
        assert parquet_locks(tmp_path / "parquet") == expected
        assert postgres_locks(database) == expected
        shown = [line for line in versions_told(settings).splitlines() if "published now" in line]
        assert len(shown) == 1 and name in shown[0]


def test_state_never_goes_back_with_what_is_published(settings: Settings) -> None:
    """The working file lost after a rollback: its state is the newest, not what is shown."""
    publish_now(settings)
    add(settings, 2)
    publish_now(settings, 1)
    roll_back(settings, "20260131T120000Z")
    assert locks(settings.published_file) == [1]
    source, warnings = state_source(settings)
    assert (locks(source), warnings) == ([1, 2], [])
    shutil.rmtree(settings.backups)
    source, _ = state_source(settings)
    assert locks(source) == [1, 2]


def test_a_version_that_somebody_changed_is_not_shown(settings: Settings) -> None:
    publish_now(settings)
    with duckdb.connect(settings.versions / "20260131T120000Z.duckdb") as connection:
        connection.execute("update marts.fct_locks set lock = 7")
    with pytest.raises(PublishError, match="cannot be gone back to: "):
        roll_back(settings, "20260131T120000Z")
    with pytest.raises(PublishError, match=r"no version 'x'(?s:.*)20260131T120000Z  as of 2026-01"):
        roll_back(settings, "x")


def test_a_second_rollback_does_not_wait_and_a_refresh_does(settings: Settings) -> None:
    publish_now(settings)
    add(settings, 2)
    refreshed = threading.Thread(target=publish_now, args=(settings, 1))
    with _publishing(settings, wait=False):
        with pytest.raises(WarehouseBusyError, match="another rollback, is publishing"):
            roll_back(settings, "20260131T120000Z")
        refreshed.start()
        refreshed.join(0.5)
        assert refreshed.is_alive()
        assert locks(settings.published_file) == [1]
    refreshed.join(30)
    assert locks(settings.published_file) == [1, 2]


def test_a_version_that_nobody_saw_is_none(settings: Settings) -> None:
    """A run that is killed between a version and its showing leaves one."""
    publish_now(settings)
    shutil.copy(settings.published_file, settings.versions / "20260131T130000Z.duckdb")
    seal(settings.versions / "20260131T130000Z.duckdb", {"as_of": "2026-01-31", "rows": {}})
    assert "20260131T130000Z" not in versions_told(settings)
    with pytest.raises(PublishError, match="no version '20260131T130000Z'"):
        roll_back(settings, "20260131T130000Z")
    assert state_source(settings)[0].name == "20260131T120000Z.duckdb"
    publish_now(settings, 2)
    assert not (settings.versions / "20260131T130000Z.duckdb").exists()


def test_without_hard_links_the_file_is_copied(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refused)
    publish_now(settings)
    assert "published now" in versions_told(settings)
    assert settings.published_file.stat().st_nlink == 1


def test_kept_files_can_be_written_anew(settings: Settings, tmp_path: Path) -> None:
    """As to take a person out: versions and backups are whole afterwards, and what is shown too."""
    settings = change(settings, parquet=tmp_path / "parquet")
    publish_now(settings)
    add(settings, 2)
    publish_now(settings, 1)

    def rewrite(path: Path) -> int:
        copy = path.with_name("anew")
        shutil.copy(path, copy)
        with duckdb.connect(copy) as connection:
            connection.execute("update marts.fct_locks set lock = lock + 10")
        copy.replace(path)
        return 1

    assert rewrite_kept(settings, rewrite) == 4
    assert locks(settings.published_file) == [11, 12]
    assert {path.name for path in (tmp_path / "parquet/versions").iterdir()} == {"20260131T130000Z"}
    roll_back(settings, "20260131T120000Z")
    assert locks(settings.published_file) == [11]
    assert parquet_locks(tmp_path / "parquet") == [11]
    assert locks(state_source(settings)[0]) == [11, 12]


def test_the_command_lists_shows_and_refuses(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENURE_WAREHOUSE", str(settings.warehouse))
    for name in ("TENURE_RAW_PATH", "TENURE_POSTGRES", "TENURE_PARQUET"):
        monkeypatch.delenv(name, raising=False)
    assert rollback.main([]) == 0
    assert capsys.readouterr().out.startswith("No version is kept yet")
    publish_now(settings)
    assert rollback.main([]) == 0
    assert "  20260131T120000Z  as of 2026-01-31, 8 rows" in capsys.readouterr().out
    assert rollback.main(["20260131T120000Z"]) == 0
    assert "Published again: version 20260131T120000Z" in capsys.readouterr().out
    assert rollback.main(["yesterday"]) == 1
    with _publishing(settings, wait=False):
        assert rollback.main(["20260131T120000Z"]) == 3
    monkeypatch.setenv("TENURE_KEEP_VERSIONS", "none")
    assert rollback.main([]) == 2
    assert "TENURE_KEEP_VERSIONS is 'none'" in capsys.readouterr().err
