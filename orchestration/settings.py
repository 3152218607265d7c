"""What a refresh is told from outside: the environment, and the dbt project's variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.contract import PROJECT_DIR

WORKING_FILE = "warehouse.duckdb"
PUBLISHED_FILE = "published.duckdb"


class SettingsError(Exception):
    """A setting is missing or makes no sense; the text says which and what to give."""


@dataclass(frozen=True)
class Settings:
    """Where a refresh reads and writes, and what it is asked for.

    ``as_of`` is the day (None: the newest); ``catch_up`` allows it to replay any number of missed
    days; ``full_refresh`` builds every incremental model anew, but for those that only grow.
    """

    raw_path: Path
    warehouse: Path
    as_of: str | None = None
    catch_up: bool = False
    full_refresh: bool = False

    @property
    def working_file(self) -> Path:
        """The file that dbt builds in.

        What only grows in it (the tag ``state``) cannot be built again from landing data; it is
        published too, and comes back from there. Everything else can.
        """
        return self.warehouse / WORKING_FILE

    @property
    def published_file(self) -> Path:
        """The file that readers open."""
        return self.warehouse / PUBLISHED_FILE

    @property
    def target(self) -> Path:
        """dbt's artifacts of the newest refresh: compiled SQL, results, logs."""
        return self.warehouse / "target"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from TENURE_RAW_PATH, TENURE_WAREHOUSE, TENURE_AS_OF, TENURE_CATCH_UP and
    TENURE_FULL_REFRESH (the last two: 1 is yes).

    Relative paths are taken from the project's directory, where dbt runs too. Raises
    SettingsError without TENURE_RAW_PATH.
    """
    raw_path = environment.get("TENURE_RAW_PATH", "").strip()
    if not raw_path:
        raise SettingsError(
            "TENURE_RAW_PATH is not set: name the landing directory,"
            " as in TENURE_RAW_PATH=/data/landing make refresh"
        )
    return Settings(
        raw_path=_absolute(raw_path),
        warehouse=_absolute(environment.get("TENURE_WAREHOUSE", "").strip() or "warehouse"),
        as_of=environment.get("TENURE_AS_OF", "").strip() or None,
        catch_up=environment.get("TENURE_CATCH_UP", "").strip() == "1",
        full_refresh=environment.get("TENURE_FULL_REFRESH", "").strip() == "1",
    )


def project_variable(name: str, project_dir: Path = PROJECT_DIR) -> Any:
    """The value of a variable in dbt_project.yml."""
    project = yaml.safe_load((project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    return project["vars"][name]


def _absolute(path: str) -> Path:
    return (PROJECT_DIR / Path(path).expanduser()).resolve()
