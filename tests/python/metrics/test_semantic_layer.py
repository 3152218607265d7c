"""MetricFlow and rpt_kpis are two readers of the same YAML: they agree on every metric."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.checks import metrics_of
from orchestration.dbt_run import close_connections
from orchestration.kpi_checks.frames import PERIOD
from orchestration.kpi_checks.registry import KEY, TOLERANCE
from orchestration.project import PROJECT_DIR, prepare_manifest, read_manifest
from refreshing import BuiltCompany

GRAINS = ("month", "quarter", "year")
# What every figure of a customer can be sliced by; cmrr_levels is asked for all of it.
DIMENSIONS = {
    *("segment", "coverage_model", "csm", "industry", "employee_band", "region"),
    *("sales_channel", "currency", "tenure_band", "product_line"),
}


@pytest.fixture(scope="module")
def manifest() -> dict:
    """dbt's manifest of the project."""
    prepare_manifest()
    return read_manifest()


@pytest.fixture(scope="module")
def engine(
    built_default_company: BuiltCompany,
    manifest: dict,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator:
    """One MetricFlow engine over the default company; over a copy, as it opens the file to write,
    which nobody else may read then."""
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration

    assert manifest
    before = dict(os.environ)
    copy = tmp_path_factory.mktemp("semantic_layer")
    shutil.copy(built_default_company.warehouse_dir / "warehouse.duckdb", copy)
    os.environ.update(
        TENURE_WAREHOUSE=str(copy),
        TENURE_AS_OF=str(built_default_company.as_of),
    )
    configuration = CLIConfiguration()
    configuration.setup(
        dbt_profiles_path=PROJECT_DIR, dbt_project_path=PROJECT_DIR, configure_file_logging=False
    )
    yield configuration.mf
    close_connections()
    shutil.rmtree(copy)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def served(built_default_company: BuiltCompany) -> pd.DataFrame:
    """rpt_kpis of the default company, as published."""
    published = built_default_company.warehouse_dir / "published.duckdb"
    with duckdb.connect(published, read_only=True) as file:
        return file.sql(
            "select metric, period_grain, period_start, dimension_name, dimension_value,"
            " cast(current_value as double) as value from marts.rpt_kpis"
        ).df()


def ask(engine, metrics: list[str], group_by: list[str]) -> pd.DataFrame:
    """What MetricFlow answers, as a frame."""
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=group_by)
    table = engine.query(request).result_df
    return pd.DataFrame(table.rows, columns=list(table.column_names))


def named(frame: pd.DataFrame, *by: str) -> None:
    """Name what the answer is by; the metrics after it stand in an order of MetricFlow's own."""
    frame.columns = [*by, *frame.columns[len(by) :]]


def primary(model: dict) -> str:
    """The name of the entity that a semantic model's own dimensions belong to."""
    if model["primary_entity"]:
        return model["primary_entity"]
    return next(entity["name"] for entity in model["entities"] if entity["type"] == "primary")


def answers(engine, model: dict, metrics: list[str], slice_name: str | None) -> pd.DataFrame:
    """MetricFlow's values of a semantic model's metrics, in total or by a slice, as rpt_kpis has
    them."""
    period, own = model["config"]["meta"]["period"], primary(model)
    dimensions = {dimension["name"] for dimension in model["dimensions"]}
    by = []
    if period == "sliced":
        by = [f"{own}__dimension_name", f"{own}__dimension_value"]
    elif slice_name:
        by = [f"{own if slice_name in dimensions else 'customer_period'}__{slice_name}"]
    if period in ("period", "sliced"):
        frames = [ask(engine, metrics, ["metric_time__day", f"{own}__period_grain", *by])]
        named(frames[0], "period_start", "period_grain", *by)
    else:
        frames = []
        for grain in GRAINS:
            frame = ask(engine, metrics, [f"metric_time__{grain}", *by])
            named(frame, "period_start", *by)
            frames.append(frame.assign(period_grain=grain))
    frame = pd.concat(frames, ignore_index=True)
    if period == "sliced":
        names = frame[by[0]].replace({"all": "total", "csm_user_id": "csm"})
        values = frame[by[1]].mask(names == "total", "all")
    else:
        names = slice_name or "total"
        values = frame[by[0]].fillna("not_given").astype(str) if by else "all"
    frame = frame.assign(dimension_name=names, dimension_value=values)
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    long = frame.melt([*PERIOD, "dimension_name", "dimension_value"], metrics, var_name="metric")
    return long.assign(value=pd.to_numeric(long["value"], errors="coerce"))


def test_metricflow_and_rpt_kpis_agree_on_every_metric(
    engine, served, manifest, built_default_company
):
    models = manifest["semantic_models"].values()
    of_measure = {measure["name"]: model for model in models for measure in model["measures"]}
    metas = metrics_of(manifest)
    by_model: dict[str, list[str]] = defaultdict(list)
    model_of = {}
    for metric in manifest["metrics"].values():
        if metric["name"] in metas:
            model = of_measure[metric["type_params"]["input_measures"][0]["name"]]
            by_model[model["name"]].append(metric["name"])
            model_of[model["name"]] = model
    as_of = pd.Timestamp(built_default_company.as_of)
    # rpt_kpis has one name for what MetricFlow has two.
    coverage = served[served["dimension_name"] == "segment"]
    served = pd.concat([served, coverage.assign(dimension_name="coverage_model")])
    compared, asked, wrong = set(), set(), []
    for name, metrics in by_model.items():
        model = model_of[name]
        slices = [None, *model["config"]["meta"].get("slices", [])[:1]]
        if model["config"]["meta"]["period"] == "sliced":
            slices = [None]
        if name == "cmrr_levels":
            slices = [None, *sorted(DIMENSIONS)]
        for slice_name in slices:
            theirs = answers(engine, model, metrics, slice_name)
            ours = served[served["metric"].isin(metrics)]
            # rpt_kpis has the slices and grains that a metric names; MetricFlow has them all.
            both = ours.merge(theirs, on=["metric", *KEY], how="inner", suffixes=("", "_mf"))
            same = np.isclose(
                both["value"].fillna(0), both["value_mf"].fillna(0), rtol=TOLERANCE, atol=TOLERANCE
            )
            told = both[both["value"].notna() & both["value_mf"].notna()]
            compared |= set(told["metric"])
            asked |= set(told.loc[told["metric"] == "cmrr", "dimension_name"])
            wrong.extend(both[~same].head(3).to_dict("records"))
            total = theirs[
                (theirs["dimension_name"] == "total") & (theirs["period_start"] <= as_of)
            ]
            missing = total.merge(ours, on=["metric", *KEY], how="left", suffixes=("_mf", ""))
            missing = missing[missing["value"].isna() & (missing["value_mf"].fillna(0) != 0)]
            grains = {one: metas[one].get("grains", GRAINS) for one in metrics}
            wrong.extend(
                row
                for row in missing.to_dict("records")
                if row["period_grain"] in grains[row["metric"]]
            )
    assert wrong == []
    with_values = set(served.loc[served["value"].notna(), "metric"])
    assert with_values - compared == set()
    assert {metas[one]["kpi"] for one in compared} == {meta["kpi"] for meta in metas.values()}
    assert asked == {"total", *DIMENSIONS}
