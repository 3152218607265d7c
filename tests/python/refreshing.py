"""Refreshes in processes of their own, as `make refresh` runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.contract import PROJECT_DIR


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
