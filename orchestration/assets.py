"""The three steps of a refresh: landing check, dbt (missed days first), publish."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration.catch_up import (
    build_arguments,
    catch_up,
    day_in_progress,
    days_in_environment,
)
from orchestration.contract import read_contract
from orchestration.landing import create_raw_views, resolve_as_of
from orchestration.landing_files import (
    check_quiet_landing,
    ensure_unchanged,
    forget_unpublished,
    mark_published,
    note_files,
)
from orchestration.progress import condensed_dbt
from orchestration.project import dbt_project
from orchestration.publish import SCHEMA, mart_tables, publish
from orchestration.run_table import TABLE
from orchestration.runs import current_run, recorded, step
from orchestration.settings import Settings, project_variable, read_settings
from orchestration.state import (
    SHOWN,
    SNAPSHOTS,
    forget_unshown,
    restore_state,
    snapshot_tables,
    state_tables,
)
from orchestration.translator import TenureTranslator, raw_spec
from orchestration.working_file import (
    open_working_file,
    read_day,
    unfinished_days,
    warehouse_lock,
    write_day,
)


class Warehouse(dg.ConfigurableResource):
    """The warehouse of a run, as the environment names it; held alone while the run lasts."""

    @contextmanager
    def yield_for_execution(self, _: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Hold the warehouse from before the first step until after the last."""
        settings = self.settings
        with recorded(settings) as run, warehouse_lock(settings.warehouse):
            run.begin()
            yield self

    @property
    def settings(self) -> Settings:
        """Settings of this run."""
        return read_settings()


def read_manifest() -> dict[str, Any]:
    """The manifest of the dbt project."""
    return json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))


@dg.multi_asset(name="landing", specs=[raw_spec(table) for table in read_contract()])
def landing(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Check every landing file against the contract and make the raw views over them."""
    settings = warehouse.settings
    with step("landing"):
        time_zone = project_variable("time_zone")
        landed, stamps = check_quiet_landing(settings.raw_path, read_contract())
        as_of = resolve_as_of(landed, settings.as_of, time_zone)
        current_run().note(as_of_date=as_of, landed_rows=landed.row_count)
        connection, done = open_working_file(settings.working_file)
        with connection:
            tables = state_tables(read_manifest())
            forgotten = forget_unpublished(connection, settings, stamps, tables)
            restored = restore_state(connection, settings.published_file, tables)
            forget_unshown(
                connection,
                settings.published_file,
                state_tables(read_manifest(), [SHOWN]),
                unfinished_days(connection),
            )
            create_raw_views(connection, landed)
            write_day(connection, as_of)
            note_files(connection, settings.warehouse, stamps)
    for warning in [*landed.warnings, *filter(None, [done, forgotten, restored])]:
        context.log.warning(warning)
        print(f"Warning: {warning}")
    print(
        f"Landing data keeps its contract: {len(landed.tables)} tables,"
        f" {landed.row_count:,} rows; as of {as_of}"
    )
    for table in landed.tables:
        key = raw_spec(table.table).key
        yield dg.MaterializeResult(
            asset_key=key, metadata={"dagster/row_count": table.row_count, "as_of": str(as_of)}
        )


@dbt_assets(
    manifest=dbt_project.manifest_path,
    project=dbt_project,
    dagster_dbt_translator=TenureTranslator(),
    name="dbt",
)
def dbt_models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse
) -> Iterator[Any]:
    """Replay missed days, then build and test every model, one dbt run at a time: DuckDB has one
    writer."""
    settings = warehouse.settings
    results = settings.target / "run_results.json"
    as_of = read_day(settings.working_file)

    def run_dbt(arguments: list[str]) -> None:
        results.unlink(missing_ok=True)
        with condensed_dbt(), days_in_environment(arguments) as given:
            dbt.cli(given, target_path=settings.target).wait()

    with step("catch_up"), landing_kept(settings):
        replays = catch_up(
            settings.working_file,
            as_of,
            state_tables(read_manifest()),
            run_dbt,
            many=settings.catch_up,
        )
        current_run().note(replayed_days=len(replays))
    results.unlink(missing_ok=True)
    arguments = build_arguments(as_of, full_refresh=settings.full_refresh)
    with (
        step("dbt"),
        landing_kept(settings),
        day_in_progress(settings.working_file, as_of),
        condensed_dbt(),
        days_in_environment(arguments) as given,
    ):
        yield from dbt.cli(given, context=context, target_path=settings.target).stream()


@contextmanager
def landing_kept(settings: Settings) -> Iterator[None]:
    """Within, the landing files are read; a change of them is told before what came of it."""
    try:
        yield
    finally:
        ensure_unchanged(settings.warehouse)


@dg.asset(
    key=["published", SCHEMA],
    group_name="published",
    deps=[key for key in dbt_models.keys if key.path[0] in (SCHEMA, SNAPSHOTS)],
)
def published_marts(warehouse: Warehouse) -> dg.MaterializeResult:
    """Replace the published file by the marts and snapshots, once every test of severity error has
    passed."""
    settings = warehouse.settings
    manifest = read_manifest()
    with step("publish"):
        ensure_unchanged(settings.warehouse)
        current_run().keep_before_publishing()
        rows = publish(
            settings.working_file,
            settings.published_file,
            mart_tables(manifest),
            snapshot_tables(manifest),
            [TABLE],
        )
        current_run().published(sum(rows.values()))
        mark_published(settings.warehouse)
    print(f"Published {len(rows)} tables, {sum(rows.values()):,} rows: {settings.published_file}")
    return dg.MaterializeResult(metadata={"rows": rows, "path": str(settings.published_file)})
