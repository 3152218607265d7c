"""What the tests share: one small company, refreshed once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.working_file import read_day
from refreshing import BuiltCompany, run_refresh


@pytest.fixture(scope="session")
def built_company(tmp_path_factory: pytest.TempPathFactory) -> BuiltCompany:
    """A company of forty customers and one year, refreshed as of its newest day."""
    directory = tmp_path_factory.mktemp("company")
    made = subprocess.run(
        [sys.executable, *f"-m sample_company --out {directory} --customers 40 --years 1".split()],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    warehouse = directory / "warehouse"
    refreshed = run_refresh(directory / "landing", warehouse)
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    return BuiltCompany(
        landing=directory / "landing",
        answer_key=directory / "answer_key",
        warehouse_dir=warehouse,
        as_of=read_day(warehouse / "warehouse.duckdb"),
    )
