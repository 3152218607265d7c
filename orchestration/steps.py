"""What a refresh does, step by step: land, build, check, publish. Dagster calls these in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration import checks
from orchestration.backups import back_up, state_source
from orchestration.built import Check
from orchestration.casts import quote_name
from orchestration.catch_up import build_arguments, catch_up, day_in_progress
from orchestration.checks import CheckError, failed_checks, open_built, run_checks
from orchestration.contract import read_contract
from orchestration.dbt_run import Dbt, DbtError, NodeResult
from orchestration.landing import Landing, create_raw_views, resolve_as_of
from orchestration.landing_files import (
    check_quiet_landing,
    ensure_unchanged,
    forget_unpublished,
    landing_kept,
    mark_published,
    note_files,
    noted,
)
from orchestration.privacy import VARIABLE, deleted_people, forget_in_file, masks
from orchestration.project import read_manifest
from orchestration.publication import publish_everywhere, rewrite_kept
from orchestration.publish import mart_tables, publish
from orchestration.run_table import TABLE
from orchestration.runs import current_run, note, step
from orchestration.settings import (
    Settings,
    SettingsError,
    project_variable,
    project_variables,
)
from orchestration.state import (
    SHOWN,
    built_days,
    exists,
    forget_unshown,
    snapshot_tables,
    state_tables,
)
from orchestration.upgrade import outdated, ready_state
from orchestration.working_file import (
    WarehouseBusyError,
    open_working_file,
    read_day,
    unfinished_days,
    warehouse_lock,
    write_day,
)

WAIT_SECONDS = 5


class PartialRefreshError(SettingsError):
    """A part of the warehouse cannot be refreshed alone; the text says why and what to do."""


def land(settings: Settings, days: Sequence[date] = ()) -> tuple[Landing, date, list[str]]:
    """Check every landing file and make the raw views over them; what was found, the day that the
    working file is now for, and warnings.

    That is the last of ``days``, or where there are none, the day of the settings.
    """
    with step("landing"):
        landed, stamps = check_quiet_landing(settings.raw_path, read_contract())
        asked = [day.isoformat() for day in days] or [settings.as_of]
        time_zone = project_variable("time_zone")
        as_of = [resolve_as_of(landed, day, time_zone) for day in (asked[0], asked[-1])][-1]
        note(as_of_date=as_of, landed_rows=landed.row_count)
        connection, done = open_working_file(settings.working_file)
        with connection:
            manifest = read_manifest()
            tables = state_tables(manifest)
            back_up(connection, settings, tables)
            forgotten = forget_unpublished(connection, settings, stamps, tables)
            source, readied = ready_state(connection, settings, manifest)
            _forget_unshown(connection, source, manifest)
            create_raw_views(connection, landed)
            write_day(connection, as_of)
            note_files(connection, settings.warehouse, stamps)
    return landed, as_of, [*landed.warnings, *filter(None, [done, forgotten]), *readied]


def build(settings: Settings, as_of: date) -> list[NodeResult]:
    """Replay missed days, then build and test everything as of a day; what became of each node.

    Raises DbtError where a node failed, CatchUpError where too many days were missed.
    """
    dbt = Dbt(settings.target)
    with step("catch_up"), landing_kept(settings.warehouse):
        replays = catch_up(
            settings.working_file,
            as_of,
            state_tables(read_manifest()),
            dbt.run,
            many=settings.catch_up,
        )
        note(replayed_days=len(replays))
    with (
        step("dbt"),
        landing_kept(settings.warehouse),
        day_in_progress(settings.working_file, as_of),
    ):
        return dbt.run(build_arguments(as_of, full_refresh=settings.full_refresh))


def build_part(settings: Settings, days: Sequence[date], select: Sequence[str]) -> list[NodeResult]:
    """Build and test a part of the warehouse anew, as of the day that all of it was built for.

    Raises PartialRefreshError where that is another day than asked for, or never came to its end,
    as readers would see two days at once; and where a model that is only added to was made by other
    code, as they would see two rules.
    """
    built = _whole_day(settings.working_file)
    if built is None or set(days) - {built}:
        state = f"was last built as of {built}" if built else "has no whole build"
        asked = f"; asked for is {days[-1]}" if days else ""
        raise PartialRefreshError(
            f"{settings.working_file} {state}{asked}: a part of it can only be built anew for the"
            " day of the rest. Run a whole refresh first."
        )
    note(as_of_date=built)
    manifest = read_manifest()
    with duckdb.connect(settings.working_file) as connection:
        changed = outdated(connection, manifest, project_variables())
        if names := [table.name for table in changed if exists(connection, table)]:
            raise PartialRefreshError(
                f"The project has changed since {', '.join(names)} was made, to which a refresh"
                " only adds. Run a whole refresh first: it makes them anew."
            )
        back_up(connection, settings, state_tables(manifest))
    with (
        step("dbt"),
        landing_kept(settings.warehouse),
        day_in_progress(settings.working_file, built),
    ):
        return Dbt(settings.target).run([*build_arguments(built), *select])


def check(
    settings: Settings, names: Sequence[str] | None = None, *, every_period: bool = False
) -> dict[Check, list[str]]:
    """What the checks find (all, or those named) in the working file."""
    asked = [
        each for each in checks.checks_of(read_manifest()) if names is None or each.name in names
    ]
    with (
        step("checks"),
        open_built(
            settings.working_file, settings.published_file, every_period=every_period
        ) as built,
    ):
        return run_checks(built, asked)


def check_every_period(
    settings: Settings, names: Sequence[str] | None = None
) -> dict[Check, list[str]]:
    """What the checks find in all periods of the working file, which nothing is built in.

    Raises PartialRefreshError where the newest build did not come to its end, LandingChangedError
    where landing files that it read are no longer what they were.
    """
    built = _whole_day(settings.working_file)
    if built is None:
        raise PartialRefreshError(
            f"{settings.working_file} has no whole build that could be checked."
            " Run a whole refresh first."
        )
    note(as_of_date=built)
    ensure_unchanged(settings.warehouse)
    found = check(settings, names, every_period=True)
    note(message="every period was checked")
    return found


def stop_where_found(found: dict[Check, list[str]]) -> None:
    """Raise CheckError, a failure of the step, where the checks found anything."""
    if failed := failed_checks(found):
        with step("checks"):
            raise CheckError(failed)


def publish_marts(settings: Settings) -> dict[str, int]:
    """Put the marts and snapshots where readers find them; rows per table.

    Masked, if the project says so; and then who asked for deletion is taken out of what is kept.
    """
    manifest = read_manifest()
    masked = masks(manifest) if project_variable(VARIABLE) else {}
    with step("publish"):
        ensure_unchanged(settings.warehouse)
        current_run().keep_before_publishing()
        rows = publish_everywhere(
            settings,
            state_tables(manifest),
            lambda file: publish(
                settings.working_file,
                file,
                mart_tables(manifest),
                snapshot_tables(manifest),
                masked,
                [TABLE],
            ),
        )
        if people := deleted_people(settings.working_file):
            rewrite_kept(settings, lambda file: forget_in_file(file, manifest, people))
        current_run().published(sum(rows.values()))
        mark_published(settings.warehouse)
    print(f"Published {len(rows)} tables, {sum(rows.values()):,} rows: {settings.published_file}")
    return rows


def build_range(settings: Settings, days: Sequence[date]) -> list[NodeResult]:
    """Refresh days in order, each checked and published before the next, but for the last: that one
    is only built. What became of each of its nodes."""
    for number, day in enumerate(days, start=1):
        print(f"Refreshing {day}, {number} of {len(days)}", flush=True)
        connection, _ = open_working_file(settings.working_file)
        with connection:
            _forget_unshown(connection, state_source(settings)[0], read_manifest())
            write_day(connection, day)
            note_files(connection, settings.warehouse, noted(settings.warehouse).files or {})
        note(as_of_date=day)
        results = build(settings, day)
        if day == days[-1]:
            return results
        stop_where_found(check(settings))
        publish_marts(settings)
    raise ValueError("no days")


def row_counts(working_file: Path) -> dict[tuple[str, str], int]:
    """Rows of every table and view of the working file, by schema and name; not of landing data."""
    counts: dict[tuple[str, str], int] = {}
    with duckdb.connect(working_file, read_only=True) as connection:
        relations = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not temporary"
            " union all select schema_name, view_name from duckdb_views()"
            " where not internal and not starts_with(schema_name, 'raw_') order by all"
        ).fetchall()
        # One by one: a statement for all of them takes seconds to plan.
        for schema, name in relations:
            # A view reads landing files, which may be gone; that is told before publishing.
            with suppress(duckdb.IOException):
                counts[schema, name] = connection.execute(
                    f"select count(*) from {quote_name(schema)}.{quote_name(name)}"
                ).fetchall()[0][0]
    return counts


def built_columns(working_file: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Columns of every table and view of the working file with their types, by schema and name."""
    with duckdb.connect(working_file, read_only=True) as connection:
        listed = connection.execute(
            "select schema_name, table_name, column_name, lower(data_type) from duckdb_columns()"
            " where not internal order by schema_name, table_name, column_index"
        ).fetchall()
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in listed:
        columns.setdefault((schema, table), {})[column] = data_type
    return columns


@contextmanager
def held_warehouse(
    directory: Path, wait_minutes: float, tell: Callable[[str], None]
) -> Iterator[None]:
    """Hold the warehouse alone, waiting for another refresh to end, for so long at most.

    Raises WarehouseBusyError when that time is over.
    """
    give_up = time.monotonic() + 60 * wait_minutes
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(warehouse_lock(directory))
                break
            except WarehouseBusyError as error:
                if time.monotonic() >= give_up:
                    raise
                tell(f"Waiting: {error}")
            time.sleep(min(WAIT_SECONDS, max(0.0, give_up - time.monotonic())))
        yield


@contextmanager
def one_writer(working_file: Path) -> Iterator[None]:
    """Within, a working file that another program has open is told as WarehouseBusyError."""
    try:
        yield
    except (duckdb.IOException, DbtError) as error:
        if "Could not set lock" not in str(error):
            raise
        raise WarehouseBusyError(
            f"another program has {working_file} open (a SQL client, for example);"
            " close it and run again"
        ) from None


def _forget_unshown(
    connection: duckdb.DuckDBPyConnection, source: Path, manifest: dict[str, Any]
) -> None:
    forget_unshown(
        connection,
        source,
        state_tables(manifest, [SHOWN]),
        unfinished_days(connection),
    )


def _whole_day(working_file: Path) -> date | None:
    """The day of the newest build, where it came to its end."""
    if not working_file.exists():
        return None
    day = read_day(working_file)
    with duckdb.connect(working_file, read_only=True) as connection:
        is_whole = day in built_days(connection)["days"] and day not in unfinished_days(connection)
    return day if is_whole else None
