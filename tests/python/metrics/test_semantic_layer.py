"""MetricFlow and rpt_kpis are two readers of the same YAML: they agree on every metric."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.checks import metrics_of
from orchestration.kpi_checks.frames import PERIOD
from orchestration.kpi_checks.registry import KEY, TOLERANCE
from orchestration.project import PROJECT_DIR, dbt_project, prepare_manifest
from refreshing import BuiltCompany

GRAINS = ("month", "quarter", "year")


@pytest.fixture(scope="module")
def manifest() -> dict:
    """dbt's manifest of the project."""
    prepare_manifest()
    return json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def engine(built_company: BuiltCompany, manifest: dict) -> Iterator:
    """One MetricFlow engine over the small company."""
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration

    assert manifest
    before = dict(os.environ)
    os.environ.update(
        TENURE_WAREHOUSE=str(built_company.warehouse_dir), TENURE_AS_OF=str(built_company.as_of)
    )
    configuration = CLIConfiguration()
    configuration.setup(
        dbt_profiles_path=PROJECT_DIR, dbt_project_path=PROJECT_DIR, configure_file_logging=False
    )
    yield configuration.mf
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def served(built_company: BuiltCompany) -> pd.DataFrame:
    """rpt_kpis of the small company, as published."""
    with duckdb.connect(built_company.warehouse_dir / "published.duckdb", read_only=True) as file:
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
        frames[0].columns = ["period_start", "period_grain", *by, *metrics]
    else:
        frames = []
        for grain in GRAINS:
            frame = ask(engine, metrics, [f"metric_time__{grain}", *by])
            frame.columns = ["period_start", *by, *metrics]
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


def test_metricflow_and_rpt_kpis_agree_on_every_metric(engine, served, manifest, built_company):
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
    as_of = pd.Timestamp(built_company.as_of)
    compared, wrong = set(), []
    for name, metrics in by_model.items():
        model = model_of[name]
        slices = [None, *model["config"]["meta"].get("slices", [])[:1]]
        if model["config"]["meta"]["period"] == "sliced":
            slices = [None]
        for slice_name in slices:
            theirs = answers(engine, model, metrics, slice_name)
            ours = served[served["metric"].isin(metrics)]
            # rpt_kpis has the slices and grains that a metric names; MetricFlow has them all.
            both = ours.merge(theirs, on=["metric", *KEY], how="inner", suffixes=("", "_mf"))
            same = np.isclose(
                both["value"].fillna(0), both["value_mf"].fillna(0), rtol=TOLERANCE, atol=TOLERANCE
            )
            compared |= set(both["metric"])
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
    assert compared >= with_values
