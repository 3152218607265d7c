"""The steps of a refresh as Dagster assets and checks: landing, dbt, checks, publish."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from pydantic import PrivateAttr

from orchestration.catalogue import shown_columns
from orchestration.catch_up import CatchUpError
from orchestration.checks import CheckError, checks_of
from orchestration.dbt_run import DbtError, NodeResult
from orchestration.landing import LandingError
from orchestration.project import ParseError, dbt_project, read_manifest
from orchestration.publish import SCHEMA, PublishError
from orchestration.run_table import COUNTED
from orchestration.runs import current_run, failed, recorded
from orchestration.settings import Settings, SettingsError, read_settings
from orchestration.state import SNAPSHOTS, StateError
from orchestration.steps import (
    PartialRefreshError,
    build,
    build_part,
    build_range,
    built_columns,
    check,
    check_every_period,
    held_warehouse,
    land,
    one_writer,
    publish_marts,
    row_counts,
    stop_where_found,
)
from orchestration.translator import A_DAY_LATE, KEEPERS, UNIQUE_ID, TenureTranslator, raw_key
from orchestration.working_file import WarehouseBusyError, read_day

TRANSLATOR = TenureTranslator()
# What a person can put right: told in its own words, without where in the code it was noticed.
TOLD = (
    CatchUpError,
    CheckError,
    DbtError,
    LandingError,
    ParseError,
    PartialRefreshError,
    PublishError,
    SettingsError,
    StateError,
    WarehouseBusyError,
)


# A range of days is one run, which replays them in order: DuckDB has one writer.
IN_ORDER = dg.BackfillPolicy.single_run()


class Warehouse(dg.ConfigurableResource):
    """The warehouse of a run, as the environment names it; held alone from the first step until
    after the last. A run waits so many minutes for another refresh to end."""

    wait_minutes: int = 60
    _until_the_end: ExitStack = PrivateAttr(default_factory=ExitStack)
    _is_held: bool = PrivateAttr(default=False)

    @contextmanager
    def yield_for_execution(self, _: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Let go of the warehouse after the last step, with the record of what happened."""
        with ExitStack() as self._until_the_end:
            yield self

    @contextmanager
    def step(self, context: dg.AssetExecutionContext) -> Iterator[Settings]:
        """Within, a step has the warehouse to itself; what goes wrong is told plainly."""
        try:
            settings = read_settings()
            # dbt finds the working file through the environment.
            os.environ["TENURE_WAREHOUSE"] = str(settings.warehouse)
            if not self._is_held:
                run = self._until_the_end.enter_context(recorded(settings))
                run.note(job=context.run.job_name)
                held = held_warehouse(settings.warehouse, self.wait_minutes, context.log.info)
                self._until_the_end.enter_context(held)
                self._is_held = True
                run.begin()
                self._until_the_end.callback(run.settle)
            with one_writer(settings.working_file):
                yield settings
        except TOLD as error:
            failed(error)
            raise dg.Failure(description=str(error), allow_retries=False) from error


@dg.multi_asset(
    name="landing",
    specs=TRANSLATOR.raw_specs(read_manifest(), dbt_project),
    backfill_policy=IN_ORDER,
)
def landing(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Check every landing file against the contract and make the raw views over them."""
    with warehouse.step(context) as settings:
        landed, as_of, warnings = land(settings, asked_days(context))
    for warning in warnings:
        context.log.warning(warning)
        print(f"Warning: {warning}")
    print(
        f"Landing data keeps its contract: {len(landed.tables)} tables,"
        f" {landed.row_count:,} rows; as of {as_of}"
    )
    for table in landed.tables:
        metadata: dict[str, Any] = {
            "dagster/row_count": table.row_count,
            "seconds": round(table.seconds, 3),
            "as_of": str(as_of),
        }
        if table.last_loaded_at is not None:
            loaded = table.last_loaded_at.replace(tzinfo=UTC).timestamp()
            metadata["dagster/last_updated_timestamp"] = dg.MetadataValue.timestamp(loaded)
        key = raw_key(table.table.source, table.table.name)
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)


@dbt_assets(
    manifest=dbt_project.manifest_path,
    project=dbt_project,
    dagster_dbt_translator=TRANSLATOR,
    name="dbt",
    backfill_policy=IN_ORDER,
)
def dbt_models(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Replay missed days, then build and test every model; one dbt command at a time, in this
    process: DuckDB has one writer. A range of days is refreshed in order."""
    days = asked_days(context)
    with warehouse.step(context) as settings:
        try:
            if select := asked_part(context):
                results = build_part(settings, days, select)
            elif len(days) > 1:
                results = build_range(settings, days)
            else:
                results = build(settings, read_day(settings.working_file))
        except DbtError as error:
            yield from dbt_events(context, settings, error.results)
            raise
        yield from dbt_events(context, settings, results)


def asked_days(context: dg.AssetExecutionContext) -> list[date]:
    """The days that a run was asked for, in order; none where it finds the day itself."""
    if not context.has_partition_key_range:
        return []
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


def asked_part(context: dg.AssetExecutionContext) -> list[str]:
    """The arguments with which dbt builds and tests only what a run was asked for; none for all."""
    asked, tests = context.selected_asset_keys, context.selected_asset_check_keys
    if asked == dbt_models.keys and tests == dbt_models.check_keys:
        return []
    nodes = [spec.metadata[UNIQUE_ID] for spec in dbt_models.specs if spec.key in asked]
    expected = {key for key in dbt_models.check_keys if key.asset_key in asked}
    manifest = read_manifest()["nodes"]
    if tests == expected:
        indirect = "eager"
    else:
        indirect = "empty"
        nodes += [spec.metadata[UNIQUE_ID] for spec in dbt_models.check_specs if spec.key in tests]
    names = [f"fqn:{'.'.join(manifest[node]['fqn'])}" for node in nodes]
    return ["--indirect-selection", indirect, "--select", *names]


def dbt_events(
    context: dg.AssetExecutionContext, settings: Settings, results: list[NodeResult]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What dbt built and tested, as Dagster's assets and checks.

    A node that is not of this code location (it was added after it was loaded) is passed over.
    """
    specs = {spec.metadata[UNIQUE_ID]: spec for spec in dbt_models.specs}
    tests = {spec.metadata[UNIQUE_ID]: spec for spec in dbt_models.check_specs}
    rows = row_counts(settings.working_file) if results else {}
    tables = built_columns(settings.working_file) if results else {}
    queries = {
        spec.key: (spec, result.sql)
        for result in results
        if result.is_built and (spec := specs.get(result.unique_id))
    }
    columns = shown_columns(queries, tables, context.log.warning)
    for result in results:
        seconds = round(result.seconds, 3)
        if result.is_built and (spec := specs.get(result.unique_id)):
            metadata: dict[str, Any] = {"seconds": seconds, **columns.get(spec.key, {})}
            count = rows.get(tuple(spec.key.path))
            if count is not None:
                metadata["dagster/row_count"] = count
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
        elif (test := tests.get(result.unique_id)) and not result.is_skipped:
            yield dg.AssetCheckResult(
                asset_key=test.asset_key,
                check_name=test.name,
                passed=result.has_passed,
                severity=dg.AssetCheckSeverity.WARN
                if result.is_warning
                else dg.AssetCheckSeverity.ERROR,
                metadata={"seconds": seconds, "failing_rows": result.failures or 0},
            )


class ChecksConfig(dg.Config):
    """Which periods are checked: on a refresh, the open ones and the newest closed ones."""

    every_period: bool = False


@dg.multi_asset_check(
    name="checks",
    specs=[
        dg.AssetCheckSpec(
            each.name,
            asset=dg.AssetKey([SCHEMA, each.table]),
            description=each.description,
            blocking=True,
        )
        for each in checks_of(read_manifest())
    ],
    can_subset=True,
)
def checks(
    context: dg.AssetCheckExecutionContext, config: ChecksConfig, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult]:
    """Look at what dbt built with checks that dbt cannot make; nothing is published otherwise."""
    asked = [key.name for key in context.selected_asset_check_keys]
    with warehouse.step(context) as settings:
        look = check_every_period if config.every_period else check
        found = look(settings, asked)
        for each, lines in found.items():
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey([SCHEMA, each.table]),
                check_name=each.name,
                passed=not lines,
                metadata={"found": len(lines), "lines": "\n".join(lines[:10])},
            )
        stop_where_found(found)


@dg.multi_asset(
    name="publish",
    specs=[
        dg.AssetSpec(
            ["published", SCHEMA],
            description="The file that readers open: marts and snapshots, replaced in one step once"
            " every test and check of severity error has passed.",
            group_name="published",
            owners=[f"team:{KEEPERS}"],
            kinds={"duckdb"},
            freshness_policy=A_DAY_LATE,
            deps=[key for key in dbt_models.keys if key.path[0] in (SCHEMA, SNAPSHOTS)],
        )
    ],
    backfill_policy=IN_ORDER,
)
def publish(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Replace the published file, as nothing was found that stands against it."""
    with warehouse.step(context) as settings:
        started = time.perf_counter()
        rows = publish_marts(settings)
        seconds = time.perf_counter() - started
        run = current_run().row
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(rows.values()),
            "seconds": round(seconds, 3),
            "rows": rows,
            "path": str(settings.published_file),
            **{name: run[name] for name, _ in COUNTED if run.get(name) is not None},
        }
    )
