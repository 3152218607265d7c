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
    ``parquet`` and ``postgres`` are where it publishes besides; ``postgres_readers`` the roles that
    may read there.
    """

    raw_path: Path
    warehouse: Path
    as_of: str | None = None
    catch_up: bool = False
    full_refresh: bool = False
    parquet: Path | None = None
    postgres: str | None = None
    postgres_readers: tuple[str, ...] = ()
    keep_versions: int = 5
    backup_directory: Path | None = None
    keep_backups: int = 14

    @property
    def working_file(self) -> Path:
        """The file that dbt builds in.

        What only grows in it (the tag ``state``) cannot be built again from landing data; it is
        backed up, and comes back from there. Everything else can.
        """
        return self.warehouse / WORKING_FILE

    @property
    def published_file(self) -> Path:
        """The file that readers open."""
        return self.warehouse / PUBLISHED_FILE

    @property
    def versions(self) -> Path:
        """What was published before, to go back to."""
        return self.warehouse / "versions"

    @property
    def backups(self) -> Path:
        """Backups of what only grows."""
        return self.backup_directory or self.warehouse / "backups"

    @property
    def target(self) -> Path:
        """dbt's artifacts of the newest refresh: compiled SQL, results, logs."""
        return self.warehouse / "target"


def read_settings(
    environment: Mapping[str, str] = os.environ, *, reads_landing: bool = True
) -> Settings:
    """Settings from the environment's TENURE_ variables; README.md has them all.

    Relative paths are taken from the project's directory, where dbt runs too; of the flags, 1 is
    yes. Raises SettingsError where one makes no sense, or without TENURE_RAW_PATH where landing
    data is to be read.
    """

    def given(name: str) -> str:
        return environment.get(f"TENURE_{name}", "").strip()

    if reads_landing and not given("RAW_PATH"):
        raise SettingsError(
            "TENURE_RAW_PATH is not set: name the landing directory,"
            " as in TENURE_RAW_PATH=/data/landing make refresh"
        )
    return Settings(
        raw_path=_absolute(given("RAW_PATH")),
        warehouse=_absolute(given("WAREHOUSE") or "warehouse"),
        as_of=given("AS_OF") or None,
        catch_up=given("CATCH_UP") == "1",
        full_refresh=given("FULL_REFRESH") == "1",
        parquet=_absolute(given("PARQUET")) if given("PARQUET") else None,
        postgres=_uri("TENURE_POSTGRES", given("POSTGRES")),
        postgres_readers=tuple(given("POSTGRES_READERS").replace(",", " ").split()),
        keep_versions=_count("TENURE_KEEP_VERSIONS", given("KEEP_VERSIONS") or "5"),
        backup_directory=_absolute(given("BACKUPS")) if given("BACKUPS") else None,
        keep_backups=_count("TENURE_KEEP_BACKUPS", given("KEEP_BACKUPS") or "14"),
    )


def project_variable(name: str, project_dir: Path = PROJECT_DIR) -> Any:
    """The value of a variable in dbt_project.yml."""
    return project_variables(project_dir)[name]


def project_variables(project_dir: Path = PROJECT_DIR) -> dict[str, Any]:
    """The variables in dbt_project.yml."""
    project = yaml.safe_load((project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    return project["vars"]


def _absolute(path: str) -> Path:
    return (PROJECT_DIR / Path(path).expanduser()).resolve()


def _uri(name: str, text: str) -> str | None:
    """The address of a database; it may hold a password, and is never shown."""
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            f"{name} is no address of a PostgreSQL database:"
            " expected one as in postgresql://user@host:5432/database"
        )
    return text or None


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise SettingsError(f"{name} is {text!r}: expected a whole number, 1 or more")
    return int(text)
