"""Assembly of the Dagster code location; ``refresh`` is the job that `make refresh` runs."""

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.assets import Warehouse, dbt_models, landing, published_marts
from orchestration.project import DBT_EXECUTABLE, dbt_project

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Landing check, dbt build with its tests, publish.",
)

defs = dg.Definitions(
    assets=[landing, dbt_models, published_marts],
    jobs=[refresh_job],
    resources={
        "dbt": DbtCliResource(project_dir=dbt_project, dbt_executable=DBT_EXECUTABLE),
        "warehouse": Warehouse(),
    },
    executor=dg.in_process_executor,
)
