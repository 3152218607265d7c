"""Settings come from the environment, and say what is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.replay import replayed_days
from orchestration.settings import (
    SettingsError,
    Timetable,
    project_variable,
    read_settings,
    read_timetable,
)


def test_the_warehouse_has_a_default() -> None:
    settings = read_settings({"TENURE_RAW_PATH": "/data/landing", "TENURE_AS_OF": " "})
    assert settings.raw_path == Path("/data/landing")
    assert settings.published_file == PROJECT_DIR / "warehouse" / "published.duckdb"
    assert settings.working_file == PROJECT_DIR / "warehouse" / "warehouse.duckdb"
    assert settings.as_of is None
    assert not settings.catch_up
    assert not settings.full_refresh


def test_the_flags_are_set_by_1() -> None:
    given = {"TENURE_RAW_PATH": "l", "TENURE_CATCH_UP": "1", "TENURE_FULL_REFRESH": "1"}
    settings = read_settings(given)
    assert settings.catch_up
    assert settings.full_refresh


def test_relative_paths_start_at_the_project() -> None:
    given = {
        "TENURE_RAW_PATH": "x/../landing",
        "TENURE_WAREHOUSE": "w",
        "TENURE_AS_OF": "2025-01-31",
    }
    settings = read_settings(given)
    assert settings.raw_path == PROJECT_DIR / "landing"
    assert settings.warehouse == PROJECT_DIR / "w"
    assert settings.as_of == "2025-01-31"


def test_without_a_landing_directory() -> None:
    with pytest.raises(SettingsError, match="TENURE_RAW_PATH is not set: name the landing dir"):
        read_settings({})


def test_the_timetable_has_defaults_and_says_what_makes_no_sense() -> None:
    assert read_timetable({}) == Timetable(6, "UTC", date(2020, 1, 1))
    given = {
        "TENURE_SCHEDULE_HOUR": "23",
        "TENURE_SCHEDULE_TIME_ZONE": "Europe/Berlin",
        "TENURE_FIRST_DAY": "2024-02-29",
    }
    assert read_timetable(given) == Timetable(23, "Europe/Berlin", date(2024, 2, 29))
    for name, value in [
        ("TENURE_SCHEDULE_HOUR", "24"),
        ("TENURE_SCHEDULE_HOUR", "six"),
        ("TENURE_SCHEDULE_TIME_ZONE", "Berlin"),
        ("TENURE_FIRST_DAY", "2025-02-29"),
    ]:
        with pytest.raises(SettingsError, match=f"{name} is '{value}': give "):
            read_timetable({name: value})


def test_variables_are_those_of_the_dbt_project(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars: {time_zone: Europe/Berlin}")
    assert project_variable("time_zone", tmp_path) == "Europe/Berlin"
    assert project_variable("reporting_currency") == "USD"


@pytest.mark.parametrize(
    ("last_day", "month_ends"),
    [
        (date(2025, 12, 30), ["2025-09-30", "2025-10-31", "2025-11-30"]),
        (date(2025, 12, 31), ["2025-09-30", "2025-10-31", "2025-11-30"]),
        (date(2024, 3, 1), ["2023-12-31", "2024-01-31", "2024-02-29"]),
    ],
)
def test_the_replay_takes_the_month_ends_before_the_last_day(
    last_day: date, month_ends: list[str]
) -> None:
    days = replayed_days(last_day)
    assert [day.isoformat() for day in days] == [*month_ends, last_day.isoformat()]


def test_where_to_publish_besides_and_what_to_keep() -> None:
    settings = read_settings(
        {
            "TENURE_PARQUET": "parquet",
            "TENURE_POSTGRES": "postgresql://me@host/bi",
            "TENURE_POSTGRES_READERS": "bi, analysts",
            "TENURE_BACKUPS": "/other/disk",
            "TENURE_KEEP_VERSIONS": "2",
        },
        reads_landing=False,
    )
    assert settings.parquet == PROJECT_DIR / "parquet"
    assert settings.postgres == "postgresql://me@host/bi"
    assert settings.postgres_readers == ("bi", "analysts")
    assert settings.backups == Path("/other/disk")
    assert (settings.keep_versions, settings.keep_backups) == (2, 14)
    plain = read_settings({}, reads_landing=False)
    assert (plain.parquet, plain.postgres, plain.postgres_readers) == (None, None, ())
    assert plain.backups == PROJECT_DIR / "warehouse" / "backups"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TENURE_KEEP_VERSIONS", "0", "TENURE_KEEP_VERSIONS is '0': expected a whole number"),
        ("TENURE_KEEP_BACKUPS", "-1", "TENURE_KEEP_BACKUPS is '-1'"),
        ("TENURE_POSTGRES", "host:secret", "TENURE_POSTGRES is no address of a PostgreSQL"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        read_settings({name: value}, reads_landing=False)
    assert "secret" not in str(raised.value)
