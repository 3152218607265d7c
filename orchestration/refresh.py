"""One refresh, ``python -m orchestration.refresh``: landing check, dbt build and tests, publish.

Days that were missed and on which a period is locked or closed are replayed first; ``--catch-up``
lets it replay more than 24 of them. ``--full-refresh`` builds incremental models anew, but for what
only grows: locks, closed bridges, snapshots. ``--checks`` builds and publishes nothing: it holds
every period of what was built last against the checks.

Exit codes: 0 published; 1 a model, a test or the publishing failed; 2 a setting or the landing
data is wrong, or --catch-up is needed; 3 another refresh or program holds the warehouse. The
published file is replaced only at 0.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date, timedelta

import duckdb

from orchestration.catch_up import CatchUpError
from orchestration.checks import CheckError
from orchestration.dbt_run import DbtError
from orchestration.landing import LandingError
from orchestration.landing_files import LandingChangedError
from orchestration.project import ParseError, prepare_manifest
from orchestration.publish import PublishError
from orchestration.run_table import CHECKS_JOB, summary
from orchestration.runs import BAD_INPUT, BUSY, FAILED, PUBLISHED, recorded
from orchestration.settings import Settings, SettingsError, read_settings
from orchestration.state import StateError
from orchestration.steps import PartialRefreshError
from orchestration.webhook import tell
from orchestration.working_file import WarehouseBusyError

QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
}


class UnknownRoomError(SettingsError):
    """A room was asked for that does not exist; the text lists those that do."""


def refresh(arguments: list[str] | None = None) -> int:
    """Run one refresh as environment and arguments ask; the exit code says how it went."""
    os.environ.update(QUIET)
    options = _asked_for(arguments)
    # The job reads its settings from the environment alone.
    flags = {"TENURE_CATCH_UP": options.catch_up, "TENURE_FULL_REFRESH": options.full_refresh}
    os.environ.update({name: "1" for name, given in flags.items() if given})
    try:
        settings = read_settings()
    except SettingsError as error:
        tell({"text": f"Tenure: not refreshed: {error}", "exit_code": BAD_INPUT})
        return _failed(BAD_INPUT, str(error))
    # dbt finds the working file through the environment, and runs in the project's directory.
    os.environ["TENURE_WAREHOUSE"] = str(settings.warehouse)
    try:
        days = _days(options.days)
        for number, day in enumerate(days, start=1):
            if day is not None:
                os.environ["TENURE_AS_OF"] = day
                print(f"Refreshing {day}, {number} of {len(days)}", flush=True)
            with recorded(settings) as run:
                prepare_manifest()
                _run_job(CHECKS_JOB if options.checks else _refresh_job(options.room))
            print(summary(run.row))
    except LandingChangedError as error:
        return _failed(BAD_INPUT, f"{error}\n\n{_next(settings)}")
    except (LandingError, CatchUpError, PartialRefreshError, UnknownRoomError) as error:
        return _failed(BAD_INPUT, f"{error}\n\nNothing was built. {_kept(settings)}")
    except StateError as error:
        return _failed(FAILED, f"{error}\n\nNothing was built.")
    except WarehouseBusyError as error:
        return _failed(BUSY, f"Not run: {error}.")
    except ParseError as error:
        return _failed(FAILED, f"The dbt project does not parse:\n{error}\n\n{_next(settings)}")
    except (CheckError, DbtError, PublishError, duckdb.Error, OSError) as error:
        return _failed(FAILED, f"{error}\n\n{_next(settings)}")
    return PUBLISHED


def _asked_for(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.refresh", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--catch-up", action="store_true", help="replay more than 24 missed days if need be"
    )
    parser.add_argument(
        "--full-refresh",
        action="store_true",
        help="build incremental models anew; what only grows is kept",
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--room", help="only this room, what depends on it, and publishing")
    asked.add_argument(
        "--checks", action="store_true", help="no refresh: check every period of what was built"
    )
    asked.add_argument(
        "--days",
        nargs=2,
        default=[],
        metavar=("FIRST", "LAST"),
        type=_day,
        help="refresh every day from the first to the last, in order",
    )
    return parser.parse_args(arguments or [])


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _refresh_job(room: str | None) -> str:
    return "refresh" if room is None else f"refresh_{room}"


def _run_job(name: str) -> None:
    """Run a job in this process; raises what a step told."""
    # Only now: the assets are made of the manifest when they are imported.
    import dagster as dg

    from orchestration.assembly import assemble
    from orchestration.jobs import EVERY_PERIOD

    location = assemble(None)
    if name not in (names := [job.name for job in location.jobs]):
        rooms = [job.removeprefix("refresh_") for job in names if job.startswith("refresh_")]
        raise UnknownRoomError(
            f"There is no room {name.removeprefix('refresh_')!r}; there are {', '.join(rooms)}."
        )
    config = {
        **(EVERY_PERIOD if name == CHECKS_JOB else {}),
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "resources": {"warehouse": {"config": {"wait_minutes": 0}}},
    }
    try:
        done = location.resolve_job_def(name).execute_in_process(run_config=config)
    except dg.Failure as failure:
        raise failure.__cause__ or failure from None
    # Dagster passes over a step, and is content, where one before it left something out.
    if name != CHECKS_JOB and not done.asset_materializations_for_node("publish"):
        raise PublishError("Nothing was published: dbt did not build every mart.")


def _days(asked: list[str]) -> list[str | None]:
    """Every day from the first to the last that was asked for; one that is left open for none."""
    if not asked:
        return [None]
    first, last = map(date.fromisoformat, asked)
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _kept(settings: Settings) -> str:
    """What readers have now, and the next step."""
    published = settings.published_file
    kept = f"{published} is as it was." if published.exists() else "Nothing is published yet."
    return f"{kept} Put right what is named above and run the refresh again."


def _next(settings: Settings) -> str:
    return (
        f"{_kept(settings)} What was built is in {settings.working_file},"
        f" dbt's log in {settings.target / 'dbt.log'}."
    )


def _failed(code: int, text: str) -> int:
    sys.stdout.flush()
    print(text, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(refresh(sys.argv[1:]))
