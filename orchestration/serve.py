"""The Dagster server, ``python -m orchestration.serve``, behind `make serve`.

Web page and daemon (schedule, sensor, queue of runs) for the refresh, with everything that Dagster
keeps in ``.dagster`` of the project, or where DAGSTER_HOME says.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from orchestration.contract import PROJECT_DIR
from orchestration.refresh import BAD_INPUT, FAILED, QUIET
from orchestration.settings import SettingsError, read_settings, read_timetable

INSTANCE = "dagster.yaml"


def main(arguments: list[str] | None = None) -> int:
    """Start the server in place of this process; an exit code where it cannot."""
    options = _parse(arguments)
    os.environ.update(QUIET)
    try:
        settings, timetable = read_settings(), read_timetable()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    # In a process of its own, as dbt leaves semaphores behind in this one.
    parsed = subprocess.run(
        [sys.executable, "-m", "orchestration.project"], cwd=PROJECT_DIR, check=False
    )
    if parsed.returncode:
        return FAILED
    home = dagster_home(os.environ.get("DAGSTER_HOME", ""))
    os.environ["DAGSTER_HOME"] = str(home)
    print(
        f"Landing data from {settings.raw_path}, warehouse in {settings.warehouse};"
        f" refreshed daily at {timetable.hour}:00 {timetable.time_zone}, checked over all periods"
        f" on Sundays at {timetable.hour}:30; Dagster's history in {home}\n"
        f"http://{options.host}:{options.port}",
        flush=True,
    )
    return _become_dagster("--host", options.host, "--port", str(options.port))


def dagster_home(given: str) -> Path:
    """The directory of the Dagster instance, made and configured where it is not yet."""
    home = (PROJECT_DIR / (given.strip() or ".dagster")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / INSTANCE).exists():
        shutil.copyfile(Path(__file__).with_name(INSTANCE), home / INSTANCE)
    return home


def _become_dagster(*where: str) -> NoReturn:
    os.chdir(PROJECT_DIR)
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    dagster = str(Path(sys.executable).with_name("dagster"))
    os.execv(dagster, [dagster, "dev", "-m", "orchestration.definitions", *where])


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=3000, help="port of the web page (3000)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
