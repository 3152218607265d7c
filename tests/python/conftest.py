"""What the tests share: one small company, refreshed once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.working_file import read_day


@dataclass(frozen=True)
class BuiltCompany:
    """A sample company and the warehouse of its newest day. Read it; write only to copies."""

    landing: Path
    answer_key: Path
    warehouse_dir: Path
    as_of: date


def run_refresh(
    raw_path: Path, warehouse: Path, as_of: str = "", project_dir: Path = PROJECT_DIR
) -> subprocess.CompletedProcess[str]:
    """One refresh as `make refresh` runs it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration.refresh"],
        cwd=project_dir,
        env=refresh_environment(raw_path, warehouse, as_of),
        capture_output=True,
        text=True,
        check=False,
    )


def refresh_environment(raw_path: Path, warehouse: Path, as_of: str = "") -> dict[str, str]:
    """The environment of a refresh."""
    return {
        **os.environ,
        "TENURE_RAW_PATH": str(raw_path),
        "TENURE_WAREHOUSE": str(warehouse),
        "TENURE_AS_OF": as_of,
    }


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
