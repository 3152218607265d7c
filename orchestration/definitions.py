"""Assembly of the Dagster code location; ``refresh`` is the job that `make refresh` runs."""

import dagster as dg

from orchestration.assets import Warehouse, checks, dbt_models, landing, published_marts

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Landing check, dbt build with its tests, checks, publish.",
)

defs = dg.Definitions(
    assets=[landing, dbt_models, published_marts],
    asset_checks=[checks],
    jobs=[refresh_job],
    resources={"warehouse": Warehouse()},
    executor=dg.in_process_executor,
)
