"""MetricFlow's own validation of what it reads, by the command that a person would run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.project import PROJECT_DIR, dbt_project, prepare_manifest
from refreshing import BuiltCompany

MF = Path(sys.executable).with_name("mf")
MANIFEST = "semantic_manifest.json"
NOTHING = "(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)"


@pytest.fixture
def validate(
    built_company: BuiltCompany, tmp_path: Path
) -> Callable[[dict[str, Any]], subprocess.CompletedProcess[str]]:
    """`mf validate-configs` of a semantic manifest, against the warehouse of the small company."""
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    (tmp_path / "target").mkdir()

    def run(manifest: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "target" / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        return subprocess.run(
            [MF, "validate-configs", "--show-all"],
            cwd=tmp_path,
            env={
                **os.environ,
                "TENURE_WAREHOUSE": str(built_company.warehouse_dir),
                "TENURE_AS_OF": built_company.as_of.isoformat(),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def manifest() -> dict[str, Any]:
    """What dbt made of the YAML for MetricFlow."""
    prepare_manifest()
    text = dbt_project.manifest_path.with_name(MANIFEST).read_text(encoding="utf-8")
    return json.loads(text)


def one(named: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The metric, semantic model or measure of a name."""
    return next(each for each in named if each["name"] == name)


def test_the_semantic_layer_is_valid_and_fits_the_warehouse(validate, manifest) -> None:
    said = validate(manifest)
    assert said.returncode == 0, said.stdout[-5000:]
    assert f"Successfully validated metrics against data warehouse {NOTHING}" in said.stdout
    validated = [line for line in said.stdout.splitlines() if "Successfully validated" in line]
    assert all(NOTHING in line for line in validated)


def test_a_metric_of_a_measure_that_is_not_there_is_not_valid(validate, manifest) -> None:
    one(manifest["metrics"], "net_new_cmrr")["type_params"]["measure"]["name"] = "net_new"
    said = validate(manifest)
    assert said.returncode == 1
    assert "Breaking issues found when checking semantics" in said.stdout
    assert "net_new" in said.stdout


def test_a_measure_of_a_column_that_is_not_there_is_not_valid(validate, manifest) -> None:
    kept = ("cmrr_flows", "customer_periods")
    models = [model for model in manifest["semantic_models"] if model["name"] in kept]
    measure = one(one(models, "cmrr_flows")["measures"], "net_new_cmrr_moved")
    measure["expr"] = "new_cmrr + a_column_of_old"
    metrics = [one(manifest["metrics"], "net_new_cmrr")]
    said = validate({**manifest, "semantic_models": models, "metrics": metrics})
    assert said.returncode == 1
    assert "Breaking issues found when validating measures against data warehouse" in said.stdout
    assert "a_column_of_old" in said.stdout
