"""A copy of the project that a drill may break, and that is quick enough to refresh often."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import yaml

from orchestration.contract import PROJECT_DIR

FOLDERS = ("models", "macros", "seeds", "snapshots", "orchestration", "tests/dbt")
FILES = ("dbt_project.yml", "profiles.yml")
LAYERS = ("models/intermediate", "models/marts", "tests/dbt")
NEEDED_ROOMS = frozenset({"cmrr", "core", "closes", "generic", "macros", "staging"})


def copy_project(copy: Path, rooms: Collection[str] | None = None) -> Path:
    """Copy the project to ``copy``; of the rooms those named (all of them where none are)."""
    for folder in FOLDERS:
        shutil.copytree(
            PROJECT_DIR / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in FILES:
        shutil.copy(PROJECT_DIR / file, copy / file)
    for layer in LAYERS if rooms is not None else ():
        for room in (copy / layer).iterdir():
            if room.is_dir() and room.name not in rooms:
                shutil.rmtree(room)
    if rooms is not None:
        # The metrics are of all rooms.
        shutil.rmtree(copy / "models/metrics")
    return copy


def leave_out_tests_of_columns(copy: Path) -> None:
    """Leave the tests out that stand in YAML: most of a refresh's time, none of its moments."""
    for path in (copy / "models").rglob("*.yml"):
        described = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        described.pop("unit_tests", None)
        _leave_out_tests(described)
        path.write_text(yaml.safe_dump(described, sort_keys=False, width=1000), encoding="utf-8")


def _leave_out_tests(part: object) -> None:
    if isinstance(part, dict):
        part.pop("data_tests", None)
        for value in part.values():
            _leave_out_tests(value)
    elif isinstance(part, list):
        for value in part:
            _leave_out_tests(value)
