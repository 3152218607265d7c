"""One refresh, ``python -m orchestration.refresh``: landing check, dbt build and tests, publish.

Days that were missed and on which a period is locked or closed are replayed first; ``--catch-up``
lets it replay more than 24 of them. ``--full-refresh`` builds incremental models anew, but for what
only grows: locks, closed bridges, snapshots.

Exit codes: 0 published; 1 a model, a test or the publishing failed; 2 a setting or the landing
data is wrong, or --catch-up is needed; 3 another refresh or program holds the warehouse. The
published file is replaced only at 0.
"""

from __future__ import annotations

import argparse
import os
import sys

import duckdb

from orchestration.catch_up import CatchUpError
from orchestration.checks import CheckError
from orchestration.dbt_run import DbtError
from orchestration.landing import LandingError
from orchestration.landing_files import LandingChangedError
from orchestration.project import ParseError, prepare_manifest
from orchestration.publish import PublishError
from orchestration.run_table import summary
from orchestration.runs import BAD_INPUT, BUSY, FAILED, PUBLISHED, recorded
from orchestration.settings import Settings, SettingsError, read_settings
from orchestration.state import StateError
from orchestration.webhook import tell
from orchestration.working_file import WarehouseBusyError

MAX_FAILURES_SHOWN = 20
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
}


def refresh(arguments: list[str] | None = None) -> int:
    """Run one refresh as environment and arguments ask; the exit code says how it went."""
    os.environ.update(QUIET)
    os.environ.update(_asked_for(arguments))
    try:
        settings = read_settings()
    except SettingsError as error:
        tell({"text": f"Tenure: not refreshed: {error}", "exit_code": BAD_INPUT})
        return _failed(BAD_INPUT, str(error))
    # dbt finds the working file through the environment, and runs in the project's directory.
    os.environ["TENURE_WAREHOUSE"] = str(settings.warehouse)
    try:
        with recorded(settings) as run:
            prepare_manifest()
            _run_job()
    except LandingChangedError as error:
        return _failed(BAD_INPUT, f"{error}\n\n{_next(settings)}")
    except LandingError as error:
        return _failed(BAD_INPUT, f"{error}\n\nNothing was built. {_kept(settings)}")
    except CatchUpError as error:
        return _failed(BAD_INPUT, f"{error}\n\nNothing was built. {_kept(settings)}")
    except StateError as error:
        return _failed(FAILED, f"{error}\n\nNothing was built.")
    except WarehouseBusyError as error:
        return _failed(BUSY, f"Not run: {error}.")
    except ParseError as error:
        return _failed(FAILED, f"The dbt project does not parse:\n{error}\n\n{_next(settings)}")
    except DbtError as error:
        return _failed(FAILED, f"{_what_failed(error)}\n\n{_next(settings)}")
    except (CheckError, PublishError, duckdb.Error, OSError) as error:
        return _failed(FAILED, f"{error}\n\n{_next(settings)}")
    print(summary(run.row))
    return PUBLISHED


def _asked_for(arguments: list[str] | None) -> dict[str, str]:
    """The command line as environment variables; the job reads those alone."""
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
    options = parser.parse_args(arguments or [])
    flags = {"TENURE_CATCH_UP": options.catch_up, "TENURE_FULL_REFRESH": options.full_refresh}
    return {name: "1" for name, given in flags.items() if given}


def _run_job() -> None:
    """Run the job in this process; raises what a step raised."""
    # Only now: definitions read the manifest when they are imported.
    from orchestration.definitions import defs

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    try:
        defs.resolve_job_def("refresh").execute_in_process(run_config=quiet)
    except Exception as error:
        # Dagster wraps what goes wrong before the first step, such as a warehouse that is held.
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, WarehouseBusyError):
            cause = cause.__cause__
        raise (cause or error) from None


def _what_failed(error: DbtError) -> str:
    failures = error.failures
    if not failures:
        return f"dbt stopped before it built anything:\n{error}"
    count = len(failures)
    shown = "\n".join(str(failure) for failure in failures[:MAX_FAILURES_SHOWN])
    left = f"\n  and {count - MAX_FAILURES_SHOWN} more" if count > MAX_FAILURES_SHOWN else ""
    nodes = "model or test" if count == 1 else "models or tests"
    return f"{count} {nodes} failed:\n{shown}{left}"


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
