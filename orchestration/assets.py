"""The steps of a refresh as Dagster assets and checks: landing, dbt, checks, publish."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.checks import CHECKS, CheckError, failed_checks
from orchestration.contract import read_contract
from orchestration.dbt_run import DbtError, NodeResult
from orchestration.project import dbt_project
from orchestration.publish import SCHEMA
from orchestration.runs import recorded, step
from orchestration.settings import Settings, read_settings
from orchestration.state import SNAPSHOTS
from orchestration.steps import (
    build,
    check,
    land,
    one_writer,
    publish_marts,
    row_counts,
)
from orchestration.translator import TenureTranslator, raw_spec
from orchestration.working_file import read_day, warehouse_lock


class Warehouse(dg.ConfigurableResource):
    """The warehouse of a run, as the environment names it; held alone while the run lasts."""

    @contextmanager
    def yield_for_execution(self, _: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Hold the warehouse from before the first step until after the last."""
        settings = self.settings
        with recorded(settings) as run, warehouse_lock(settings.warehouse):
            run.begin()
            try:
                yield self
            finally:
                run.settle()

    @property
    def settings(self) -> Settings:
        """Settings of this run."""
        return read_settings()


@dg.multi_asset(name="landing", specs=[raw_spec(table) for table in read_contract()])
def landing(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
    """Check every landing file against the contract and make the raw views over them."""
    settings = warehouse.settings
    with one_writer(settings.working_file):
        landed, as_of, warnings = land(settings)
    for warning in warnings:
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
def dbt_models(warehouse: Warehouse) -> Iterator[Any]:
    """Replay missed days, then build and test every model; one dbt command at a time, in this
    process: DuckDB has one writer."""
    settings = warehouse.settings
    as_of = read_day(settings.working_file)
    try:
        with one_writer(settings.working_file):
            results = build(settings, as_of)
    except DbtError as error:
        yield from dbt_events(settings, error.results)
        raise
    yield from dbt_events(settings, results)


def dbt_events(
    settings: Settings, results: list[NodeResult]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What dbt built and tested, as Dagster's assets and checks.

    A node that is not of this code location (it was added after it was loaded) is passed over.
    """
    unique_id = "dagster_dbt/unique_id"
    specs = {spec.metadata[unique_id]: spec for spec in dbt_models.specs}
    tests = {spec.metadata[unique_id]: spec for spec in dbt_models.check_specs}
    rows = row_counts(settings.working_file) if results else {}
    for result in results:
        seconds = round(result.seconds, 3)
        if result.is_built and (spec := specs.get(result.unique_id)):
            metadata: dict[str, Any] = {"seconds": seconds}
            count = rows.get(tuple(spec.key.path))
            if count is not None:
                metadata["dagster/row_count"] = count
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
        elif (test := tests.get(result.unique_id)) and result.status != "skipped":
            yield dg.AssetCheckResult(
                asset_key=test.asset_key,
                check_name=test.name,
                passed=result.status == "pass",
                severity=dg.AssetCheckSeverity.WARN
                if result.status == "warn"
                else dg.AssetCheckSeverity.ERROR,
                metadata={"seconds": seconds, "failing_rows": result.failures or 0},
            )


@dg.multi_asset_check(
    name="checks",
    specs=[
        dg.AssetCheckSpec(
            each.name,
            asset=dg.AssetKey([SCHEMA, each.table]),
            description=each.description,
            blocking=True,
        )
        for each in CHECKS
    ],
    can_subset=True,
)
def checks(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult]:
    """Look at what dbt built with checks that dbt cannot make; nothing is published otherwise."""
    settings = warehouse.settings
    asked = [key.name for key in context.selected_asset_check_keys]
    with one_writer(settings.working_file):
        found = check(settings, asked)
    for each, lines in found.items():
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey([SCHEMA, each.table]),
            check_name=each.name,
            passed=not lines,
            metadata={"found": len(lines), "lines": "\n".join(lines[:10])},
        )
    if failed := failed_checks(found):
        with step("checks"):
            raise CheckError(failed)


@dg.asset(
    key=["published", SCHEMA],
    group_name="published",
    deps=[key for key in dbt_models.keys if key.path[0] in (SCHEMA, SNAPSHOTS)],
)
def published_marts(warehouse: Warehouse) -> dg.MaterializeResult:
    """Replace the published file by the marts and snapshots, once every test of severity error has
    passed."""
    settings = warehouse.settings
    with one_writer(settings.working_file):
        rows = publish_marts(settings)
    return dg.MaterializeResult(metadata={"rows": rows, "path": str(settings.published_file)})
