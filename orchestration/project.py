"""The dbt project as Dagster sees it, and its manifest."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from dagster_dbt import DbtProject

from orchestration.contract import PROJECT_DIR

SOURCES = ("models", "seeds", "macros", "snapshots", "analyses", "tests/dbt")
FILES = ("dbt_project.yml", "profiles.yml")

# The dbt of this very environment, whether or not it is activated.
DBT_EXECUTABLE = str(Path(sys.executable).with_name("dbt"))

dbt_project = DbtProject(project_dir=PROJECT_DIR, profiles_dir=PROJECT_DIR)


class ParseError(Exception):
    """dbt cannot parse the project; the text is what dbt said."""


def prepare_manifest(manifest: Path = dbt_project.manifest_path) -> None:
    """Parse the dbt project, unless its manifest is newer than all of its files.

    Raises ParseError with dbt's words where the project does not parse.
    """
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with (manifest.parent / ".parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if manifest.exists() and manifest.stat().st_mtime > _newest_change():
            return
        parsed = subprocess.run(
            [DBT_EXECUTABLE, "--quiet", "parse", "--target-path", manifest.parent],
            cwd=PROJECT_DIR,
            env={**os.environ, "DBT_PROFILES_DIR": str(PROJECT_DIR)},
            capture_output=True,
            text=True,
            check=False,
        )
        if parsed.returncode:
            raise ParseError((parsed.stdout + parsed.stderr).strip())


def _newest_change() -> float:
    """When the newest of the project's files or folders changed, in seconds of the epoch."""
    files = [PROJECT_DIR / name for name in FILES]
    for folder in SOURCES:
        files.append(PROJECT_DIR / folder)
        files.extend((PROJECT_DIR / folder).rglob("*"))
    return max(path.stat().st_mtime for path in files if path.exists())
