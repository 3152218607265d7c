"""The assets, checks and jobs of a refresh put together, with days or without."""

from __future__ import annotations

import dagster as dg

from orchestration.assets import Warehouse, checks, dbt_models, landing, publish
from orchestration.jobs import checks_job, daily, new_landing_files, refresh_jobs, weekly


def assemble(days: dg.PartitionsDefinition | None) -> dg.Definitions:
    """The code location, partitioned by days; without, for a refresh that finds its day itself."""
    assets = [landing, dbt_models, publish]
    if days is not None:
        assets = list(
            dg.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=days), assets)
        )
    return dg.Definitions(
        assets=assets,
        asset_checks=[checks],
        jobs=[*refresh_jobs(dbt_models.specs), checks_job(checks)],
        schedules=[daily, weekly] if days else [],
        sensors=[new_landing_files] if days else [],
        resources={"warehouse": Warehouse()},
        executor=dg.in_process_executor,
    )
