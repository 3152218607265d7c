"""When a refresh runs: every day at an hour, when new landing files have come, or when asked."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.run_table import CHECKS_JOB
from orchestration.settings import SettingsError, project_variable, read_settings, read_timetable

QUIET_SECONDS = 120  # a loader that has written nothing for so long has come to its end
EVERY_PERIOD = {"ops": {"checks": {"config": {"every_period": True}}}}
ONE_AT_A_TIME = {"tenure/warehouse": "writes"}  # the run queue lets one such run through

TIMETABLE = read_timetable()
# A day of the warehouse, its as-of date, is Dagster's partition: up to and with today.
DAYS = dg.DailyPartitionsDefinition(
    start_date=TIMETABLE.first_day.isoformat(),
    timezone=project_variable("time_zone"),
    end_offset=1,
)


def refresh_jobs(specs: Iterable[dg.AssetSpec]) -> list[dg.UnresolvedAssetJobDefinition]:
    """The refresh, and one job for each room of models with what depends on it, and publishing."""
    everything = dg.AssetSelection.all()
    built = [spec for spec in specs if spec.key.path[0] in ("intermediate", "marts")]
    rooms = sorted({str(spec.group_name) for spec in built})
    in_room = {
        room: dg.AssetSelection.assets(*(spec.key for spec in built if spec.group_name == room))
        for room in rooms
    }
    described = {
        "refresh": (
            everything,
            "Landing check, dbt build with its tests, checks, publish: one day or, in order, a"
            " range of days.",
        ),
        **{
            f"refresh_{room}": (
                selection.downstream(),
                f"The room {room} and what depends on it, for the day that the rest was built for.",
            )
            for room, selection in in_room.items()
        },
    }
    return [
        dg.define_asset_job(
            name,
            selection=selection,
            description=description,
            executor_def=dg.in_process_executor,
            tags=ONE_AT_A_TIME,
        )
        for name, (selection, description) in described.items()
    ]


def checks_job(checks: dg.AssetChecksDefinition) -> dg.UnresolvedAssetJobDefinition:
    """The checks of a refresh over all periods of what was built last; nothing is built."""
    return dg.define_asset_job(
        CHECKS_JOB,
        selection=dg.AssetSelection.checks(checks),
        description="Every KPI of every period against its independent computation, and all else"
        " that must hold of what was built last. Builds and publishes nothing.",
        config=EVERY_PERIOD,
        executor_def=dg.in_process_executor,
        tags=ONE_AT_A_TIME,
    )


weekly = dg.ScheduleDefinition(
    name="weekly",
    job_name=CHECKS_JOB,
    cron_schedule=f"30 {TIMETABLE.hour} * * 0",  # once the daily refresh is through
    execution_timezone=TIMETABLE.time_zone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.schedule(
    job_name="refresh",
    cron_schedule=f"0 {TIMETABLE.hour} * * *",
    execution_timezone=TIMETABLE.time_zone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The refresh of today, whatever day that is where the business is."""
    day = local_day(context.scheduled_execution_time)
    return dg.RunRequest(run_key=f"daily {day}", partition_key=day.isoformat())


@dg.sensor(job_name="refresh", minimum_interval_seconds=60)
def new_landing_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A refresh of today once landing files have changed, and the loader has come to its end."""
    try:
        folder = read_settings().raw_path
    except SettingsError as error:
        return dg.SkipReason(str(error))
    found, changed = landing_fingerprint(folder)
    if not found:
        return dg.SkipReason(f"{folder} has no files")
    if found == context.cursor:
        return dg.SkipReason("nothing new has landed")
    if context.cursor is None:
        context.update_cursor(found)
        return dg.SkipReason("what has landed by now is not new")
    age = time.time() - changed
    if age < QUIET_SECONDS:
        return dg.SkipReason(f"the newest file is {age:.0f} s old: the loader may be writing")
    context.update_cursor(found)
    day = local_day(datetime.now(ZoneInfo("UTC")))
    return dg.RunRequest(run_key=found, partition_key=day.isoformat())


def local_day(instant: datetime) -> date:
    """The business's calendar day at an instant."""
    return instant.astimezone(ZoneInfo(project_variable("time_zone"))).date()


def landing_fingerprint(folder: Path) -> tuple[str, float]:
    """What tells one state of the landing files from another, and when the newest changed.

    Empty where there are none; files whose names begin with a dot or underscore do not count.
    """
    files = sorted(
        (str(path.relative_to(folder)), path.stat())
        for path in folder.glob("*/*/*")
        if path.suffix.lower() in (".parquet", ".csv") and path.name[0] not in "._"
    )
    if not files:
        return "", 0.0
    listed = "".join(f"{name} {stat.st_size} {stat.st_mtime_ns}\n" for name, stat in files)
    newest = max(stat.st_mtime for _, stat in files)
    return hashlib.sha256(listed.encode()).hexdigest()[:16], newest
