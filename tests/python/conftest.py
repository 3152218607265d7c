"""What the tests share: one small company, refreshed once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.working_file import read_day
from refreshing import BuiltCompany, run_refresh


def build(directory: Path, *arguments: str) -> BuiltCompany:
    """Make a company with the arguments given and refresh it as of its newest day."""
    made = subprocess.run(
        [sys.executable, "-m", "sample_company", "--out", str(directory), *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    refreshed = run_refresh(directory / "landing", directory / "warehouse")
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    return built_in(directory)


def built_in(directory: Path) -> BuiltCompany:
    """The company of a directory, as it was refreshed last."""
    warehouse = directory / "warehouse"
    return BuiltCompany(
        landing=directory / "landing",
        answer_key=directory / "answer_key",
        warehouse_dir=warehouse,
        as_of=read_day(warehouse / "warehouse.duckdb"),
    )


@pytest.fixture(scope="session")
def built_company(tmp_path_factory: pytest.TempPathFactory) -> BuiltCompany:
    """A company of forty customers and one year, refreshed as of its newest day."""
    return build(tmp_path_factory.mktemp("company"), "--customers", "40", "--years", "1")


@pytest.fixture(scope="session")
def built_default_company(tmp_path_factory: pytest.TempPathFactory) -> BuiltCompany:
    """The company that `make run` makes, refreshed as of its newest day.

    TENURE_BUILT_COMPANY names the directory of one that `make run` has just made, as in CI.
    """
    if made := os.environ.get("TENURE_BUILT_COMPANY"):
        return built_in(PROJECT_DIR / made)
    return build(tmp_path_factory.mktemp("default_company"))
