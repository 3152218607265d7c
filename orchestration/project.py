"""The dbt project as Dagster sees it, and its manifest, parsed once and kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
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


def read_manifest() -> dict[str, Any]:
    """dbt's manifest of the project, read once until it is made anew; change nothing in it."""
    manifest = manifest_file()
    return _manifest_of(manifest, manifest.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _manifest_of(manifest: Path, _: int) -> dict[str, Any]:
    return json.loads(manifest.read_text(encoding="utf-8"))


def prepare_manifest() -> None:
    """Parse the dbt project, unless its manifest was made of the files that are there.

    Raises ParseError with dbt's words where the project does not parse.
    """
    manifest = manifest_file()
    if not _is_fresh(manifest):
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
        # Before the parse: what changes during it is parsed next time.
        files, is_fresh = _fingerprint(), _is_fresh(manifest)
        flags = [flag for flag in QUIET if is_fresh or flag != "--no-write-json"]
        folders = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
        target = ["--target-path", str(manifest.parent), "--log-path", str(manifest.parent)]
        parsed = dbtRunner().invoke([*flags, "parse", *folders, *target])
        if isinstance(parsed.exception, KeyboardInterrupt | SystemExit):
            raise parsed.exception
        if not parsed.success:
            raise ParseError(str(parsed.exception).strip())
        if not is_fresh:
            _files_of(manifest).write_text(files, encoding="utf-8")
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


def _is_fresh(manifest: Path) -> bool:
    """Whether the manifest was made of the files that are there now."""
    made_of = _files_of(manifest)
    return (
        manifest.exists()
        and made_of.exists()
        and made_of.read_text(encoding="utf-8") == _fingerprint()
    )


def _files_of(manifest: Path) -> Path:
    return manifest.with_name("manifest_made_of.txt")


def _fingerprint() -> str:
    """Names, sizes and times of change of the project's files: compared for being the same, as a
    clock that was wrong, or a file from a backup, makes new files older than the manifest."""
    files = [PROJECT_DIR / name for name in FILES]
    for folder in SOURCES:
        files.extend(sorted((PROJECT_DIR / folder).rglob("*")))
    stamps = [
        (path.relative_to(PROJECT_DIR).as_posix(), status.st_size, status.st_mtime_ns)
        for path in files
        if path.is_file() and (status := path.stat())
    ]
    return hashlib.sha256(repr(stamps).encode()).hexdigest()


if __name__ == "__main__":
    try:
        prepare_manifest()
    except ParseError as error:
        sys.exit(f"The dbt project does not parse:\n{error}")
