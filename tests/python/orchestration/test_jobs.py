"""When a refresh runs, and of which day."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.jobs import (
    QUIET_SECONDS,
    TIMETABLE,
    daily,
    landing_fingerprint,
    local_day,
    weekly,
)
from orchestration.jobs import new_landing_files as sensor


@pytest.fixture
def landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that landed an hour ago, and the environment that names it."""
    folder = tmp_path / "crm" / "accounts"
    folder.mkdir(parents=True)
    file = folder / "one.csv"
    file.write_text("account_id\nA1\n")
    age(file, 3600)
    monkeypatch.setenv("TENURE_RAW_PATH", str(tmp_path))
    return file


def age(file: Path, seconds: float) -> None:
    """Make a file so old."""
    changed = time.time() - seconds
    os.utime(file, (changed, changed))


def tick(cursor: str | None) -> tuple[dg.RunRequest | dg.SkipReason, str | None]:
    """What the sensor says, and where it stands then."""
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        return sensor(context), context.cursor


def test_the_daily_refresh_is_of_the_day_on_which_it_runs() -> None:
    at = datetime(2026, 3, 1, 6, tzinfo=UTC)
    request = daily(dg.build_schedule_context(scheduled_execution_time=at))
    assert request.partition_key == "2026-03-01"
    assert request.run_key == "daily 2026-03-01"


def test_every_period_is_checked_on_sundays_after_the_daily_refresh_has_begun() -> None:
    assert weekly.cron_schedule == f"30 {TIMETABLE.hour} * * 0"
    assert daily.cron_schedule == f"0 {TIMETABLE.hour} * * *"
    assert weekly.execution_timezone == daily.execution_timezone == TIMETABLE.time_zone
    assert weekly.job_name == "weekly_checks"
    assert weekly.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_day_is_that_of_the_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.jobs.project_variable", lambda _: "Pacific/Auckland")
    assert local_day(datetime(2026, 3, 1, 10, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert local_day(datetime(2026, 3, 1, 11, 0, tzinfo=UTC)) == date(2026, 3, 2)


def test_what_had_landed_before_the_sensor_began_is_not_new(landed: Path) -> None:
    said, cursor = tick(None)
    assert isinstance(said, dg.SkipReason)
    assert cursor == landing_fingerprint(landed.parents[2])[0]
    assert tick(cursor)[0].skip_message == "nothing new has landed"


def test_new_files_are_refreshed_once(landed: Path) -> None:
    _, before = tick(None)
    new = landed.with_name("two.csv")
    new.write_text("account_id\nA2\n")
    age(new, QUIET_SECONDS + 10)
    said, cursor = tick(before)
    assert isinstance(said, dg.RunRequest)
    assert said.run_key == cursor != before
    assert said.partition_key == local_day(datetime.now(UTC)).isoformat()
    assert isinstance(tick(cursor)[0], dg.SkipReason)


def test_a_loader_that_is_still_writing_is_waited_for(landed: Path) -> None:
    _, before = tick(None)
    age(landed, QUIET_SECONDS - 30)
    said, cursor = tick(before)
    assert "the loader may be writing" in said.skip_message
    assert cursor == before


def test_a_loaders_own_files_do_not_count(landed: Path) -> None:
    folder = landed.parents[2]
    found = landing_fingerprint(folder)
    landed.with_name("_two.csv").touch()
    landed.with_name("notes.txt").touch()
    assert landing_fingerprint(folder) == found


def test_without_a_landing_directory_the_sensor_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TENURE_RAW_PATH", "")
    assert "TENURE_RAW_PATH is not set" in tick(None)[0].skip_message
    monkeypatch.setenv("TENURE_RAW_PATH", str(tmp_path))
    assert tick(None)[0].skip_message.endswith("has no files")
