"""The dbt project as Dagster sees it, and its manifest, parsed once and kept."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from dagster_dbt import DbtProject

from orchestration.contract import PROJECT_DIR

SOURCES = ("models", "seeds", "macros", "snapshots", "analyses", "tests/dbt")
FILES = ("dbt_project.yml", "profiles.yml")

# The dbt of this very environment, whether or not it is activated.
DBT_EXECUTABLE = str(Path(sys.executable).with_name("dbt"))

# dbt's own loggers cost a tenth of a small build, even where they drop every line.
QUIET = ("--log-level", "none", "--log-level-file", "none", "--no-write-json", "--no-print")
# dbt reads this in the profile, and parses everything anew where it has changed.
PARSED_WITHOUT = "TENURE_WAREHOUSE"

dbt_project = DbtProject(project_dir=PROJECT_DIR, profiles_dir=PROJECT_DIR)


class ParseError(Exception):
    """dbt cannot parse the project; the text is what dbt said."""


def manifest_file() -> Path:
    """The manifest that Dagster reads."""
    return dbt_project.manifest_path


def prepare_manifest() -> None:
    """Parse the dbt project, unless its manifest is newer than all of its files.

    Raises ParseError with dbt's words where the project does not parse.
    """
    manifest = manifest_file()
    if not manifest.exists() or manifest.stat().st_mtime <= _newest_change():
        kept_manifest.cache_clear()
        kept_manifest()


@cache
def kept_manifest() -> Any:
    """The parsed project, as dbt takes it: read from what the last parse left, where nothing has
    changed since; its manifest on disk is made anew where something has.

    Raises ParseError with dbt's words where the project does not parse.
    """
    from dbt.cli.main import dbtRunner

    manifest = manifest_file()
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with (manifest.parent / ".parse.lock").open("w") as lock, _without(PARSED_WITHOUT):
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_fresh = manifest.exists() and manifest.stat().st_mtime > _newest_change()
        flags = [flag for flag in QUIET if is_fresh or flag != "--no-write-json"]
        folders = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
        target = ["--target-path", str(manifest.parent), "--log-path", str(manifest.parent)]
        parsed = dbtRunner().invoke([*flags, "parse", *folders, *target])
    if isinstance(parsed.exception, KeyboardInterrupt | SystemExit):
        raise parsed.exception
    if not parsed.success:
        raise ParseError(str(parsed.exception).strip())
    return parsed.result


@contextmanager
def _without(variable: str) -> Iterator[None]:
    """Within, an environment variable is not set."""
    value = os.environ.pop(variable, None)
    try:
        yield
    finally:
        if value is not None:
            os.environ[variable] = value


def _newest_change() -> float:
    """When the newest of the project's files or folders changed, in seconds of the epoch."""
    files = [PROJECT_DIR / name for name in FILES]
    for folder in SOURCES:
        files.append(PROJECT_DIR / folder)
        files.extend((PROJECT_DIR / folder).rglob("*"))
    return max(path.stat().st_mtime for path in files if path.exists())


if __name__ == "__main__":
    try:
        prepare_manifest()
    except ParseError as error:
        sys.exit(f"The dbt project does not parse:\n{error}")
