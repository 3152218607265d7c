"""What a refresh is told from outside: the environment, and the dbt project's variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


@dataclass(frozen=True)
class Timetable:
    """When the daily refresh runs, and the first day that Dagster can be asked for."""

    hour: int
    time_zone: str
    first_day: date


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


def read_timetable(environment: Mapping[str, str] = os.environ) -> Timetable:
    """The timetable from TENURE_SCHEDULE_HOUR (6), TENURE_SCHEDULE_TIME_ZONE (that of the dbt
    project) and TENURE_FIRST_DAY (2020-01-01).

    Raises SettingsError, which says what to give, where one makes no sense.
    """
    hour = environment.get("TENURE_SCHEDULE_HOUR", "").strip() or "6"
    if not (hour.isascii() and hour.isdigit() and int(hour) < 24):
        raise SettingsError(f"TENURE_SCHEDULE_HOUR is {hour!r}: give an hour from 0 to 23")
    time_zone = environment.get("TENURE_SCHEDULE_TIME_ZONE", "").strip()
    time_zone = time_zone or project_variable("time_zone")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"TENURE_SCHEDULE_TIME_ZONE is {time_zone!r}: give a time zone such as Europe/Berlin"
        ) from None
    first_day = environment.get("TENURE_FIRST_DAY", "").strip() or "2020-01-01"
    try:
        return Timetable(int(hour), time_zone, date.fromisoformat(first_day))
    except ValueError:
        raise SettingsError(
            f"TENURE_FIRST_DAY is {first_day!r}: give a day such as 2020-01-01"
        ) from None


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
