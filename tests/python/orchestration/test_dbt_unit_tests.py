"""The unit tests of the models, run where their inputs exist: beside a built company."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from orchestration.contract import PROJECT_DIR
from orchestration.progress import dbt_failures
from orchestration.project import DBT_EXECUTABLE
from refreshing import BuiltCompany


def test_every_unit_test_of_the_models_passes(built_company: BuiltCompany, tmp_path: Path) -> None:
    shutil.copy(built_company.warehouse_dir / "warehouse.duckdb", tmp_path)
    target = tmp_path / "target"
    tested = subprocess.run(
        [DBT_EXECUTABLE, "test", "--select", "test_type:unit", "--target-path", str(target)],
        cwd=PROJECT_DIR,
        env={
            **os.environ,
            "TENURE_WAREHOUSE": str(tmp_path),
            "TENURE_AS_OF": built_company.as_of.isoformat(),
            "DBT_LOG_PATH": str(target),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    failures = "\n".join(str(failure) for failure in dbt_failures(target))
    assert tested.returncode == 0, failures or tested.stdout
    assert "PASS=0 " not in tested.stdout
