"""A clock that is wrong, jumps while a refresh runs, or is of another zone: the same marts.

The clock of the whole process is false, DuckDB's and dbt's too: libfaketime (a package of the
development group) stands between it and the system.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from pathlib import Path

from orchestration.drills.company import Company, content, differing
from orchestration.drills.report import Outcome
from orchestration.settings import PUBLISHED_FILE

DAY = 24 * 3600


def clock_drill(company: Company) -> Iterator[Outcome]:
    """Back and forth by more than a year, in far zones; a jump within; files of the future."""
    library = faketime_library()
    if library is None:
        yield Outcome("clock", "", ["libfaketime is not installed: nothing was drilled"])
        return
    for offset, zone in (("-400d", "Pacific/Kiritimati"), ("+400d", "Pacific/Pago_Pago")):
        warehouse = company.yesterdays()
        environment = {**_false_clock(library), "FAKETIME": offset, "TZ": zone}
        problem = company.next_is_right(warehouse, environment=environment)
        yield Outcome(
            f"a clock that is wrong by {offset}, in {zone}",
            "published the undisturbed marts",
            [problem] if problem else [],
        )
    yield _jumping(company, library)


def _jumping(company: Company, library: Path) -> Outcome:
    """Landing files and manifest of next year; the clock three days ahead, then three behind."""
    warehouse = company.yesterdays()
    next_year = time.time() + 365 * DAY
    for path in [*company.landing.rglob("*.parquet"), *company.project.glob("target/*.json")]:
        os.utime(path, (next_year, next_year))
    clock = company.directory / "clock.txt"
    clock.write_text("+3d\n", encoding="utf-8")
    environment = {
        **_false_clock(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
    }
    problems = []
    with company.start(warehouse, environment=environment) as process:
        if company.wait_for(process, warehouse, "dbt"):
            clock.write_text("-3d\n", encoding="utf-8")
        _, err = process.communicate()
    if process.returncode:
        problems.append(f"ended with {process.returncode}: {err[:500]}")
    elif difference := differing(company.right, content(warehouse / PUBLISHED_FILE)):
        problems.append(f"published something else: {difference}")
    problem = company.next_is_right(warehouse)
    return Outcome(
        "landing files and manifest of next year; the clock jumps back six days within the refresh",
        "published the undisturbed marts, and so did the next refresh under the right clock",
        [*problems, *([problem] if problem else [])],
    )


def faketime_library() -> Path | None:
    """The library that makes the clock false; None where it is not installed."""
    found = importlib.util.find_spec("libfaketime")
    for folder in found.submodule_search_locations or () if found else ():
        for library in Path(folder).rglob("libfaketime.so.1"):
            return library
    return None


def _false_clock(library: Path) -> dict[str, str]:
    # Files keep their own times: on a real machine a jump of the clock does not change them. The
    # library's mend for hanging waits would make every wait for Python's lock end at once, in a
    # busy loop.
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "NO_FAKE_STAT": "1",
    }
