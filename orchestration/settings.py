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


@dataclass(frozen=True)
class Timetable:
    """When the daily refresh runs, and the first day that Dagster can be asked for."""

    hour: int
    time_zone: str
    first_day: date


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
    project = yaml.safe_load((project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    return project["vars"][name]


def _absolute(path: str) -> Path:
    return (PROJECT_DIR / Path(path).expanduser()).resolve()
