"""The marts of a whole company, at every place; its state lost, and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import adbc_driver_postgresql.dbapi as postgres
import duckdb
import pytest

from orchestration.backups import published
from orchestration.casts import quote_name
from orchestration.runs import recorded
from orchestration.settings import Settings
from orchestration.state import state_tables
from orchestration.steps import land, publish_marts, read_manifest
from postgres_server import postgres_server
from refreshing import BuiltCompany


@pytest.fixture(scope="module")
def settings(
    built_company: BuiltCompany, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A copy of the company's warehouse, published as Parquet and in PostgreSQL too."""
    warehouse = tmp_path_factory.mktemp("published")
    for name in ("warehouse.duckdb", "published.duckdb"):
        shutil.copy(built_company.warehouse_dir / name, warehouse)
    with postgres_server() as server:
        settings = Settings(
            raw_path=built_company.landing,
            warehouse=warehouse,
            as_of=built_company.as_of.isoformat(),
            parquet=warehouse / "parquet",
            postgres=server.uri,
        )
        with recorded(settings):
            publish_marts(settings)
        yield settings


def sums(columns: list[tuple[str, str]]) -> str:
    """An expression list: rows, and the sum of every decimal column, as text."""
    added = [
        f"sum({quote_name(name)})::text" for name, kind in columns if kind.startswith("DECIMAL")
    ]
    return ", ".join(["count(*)", *added])


def test_every_table_is_the_same_everywhere(settings: Settings) -> None:
    assert settings.postgres and settings.parquet
    differing = []
    with (
        duckdb.connect(settings.published_file, read_only=True) as file,
        postgres.connect(settings.postgres) as connection,
        connection.cursor() as cursor,
    ):
        tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for schema, table, column, kind in file.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where not internal order by all"
        ).fetchall():
            tables.setdefault((schema, table), []).append((column, kind))
        assert len(tables) > 100
        for (schema, table), columns in tables.items():
            asked = sums(columns)
            expected = file.execute(f"select {asked} from {schema}.{table}").fetchall()
            parquet = settings.parquet / "current" / schema / f"{table}.parquet"
            found = duckdb.execute(f"select {asked} from '{parquet}'").fetchall()
            cursor.execute(f"select {asked} from {schema}.{table}")
            if not expected == found == cursor.fetchall():
                differing.append(table)
        cursor.execute(
            "select count(*) from pg_class where relkind = 'r' and relnamespace::regnamespace::text"
            " = 'marts' and obj_description(oid) is null"
        )
        assert cursor.fetchall() == [(0,)]
    assert differing == []


def test_a_lost_working_file_begins_with_the_state_of_its_backup(settings: Settings) -> None:
    tables = state_tables(read_manifest())
    backup = published(settings)[0]
    with duckdb.connect(backup.path, read_only=True) as kept:
        expected = {
            table.label: kept.execute(f"from {table.label} order by all").fetchall()
            for table in tables
        }
    settings.working_file.unlink()
    settings.published_file.unlink()
    _, _, warnings = land(settings)
    assert [warning for warning in warnings if backup.path.name in warning]
    with duckdb.connect(settings.working_file, read_only=True) as connection:
        found = {
            table.label: connection.execute(f"from {table.label} order by all").fetchall()
            for table in tables
        }
    assert found == expected
