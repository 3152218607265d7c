"""The company of the drills: yesterday published, today as it comes out when nothing happens.

Today is the day after one on which a period is locked, and that day was missed: a refresh checks
the landing data, replays, builds, checks and publishes. Landing data ends with today, so today is
what a refresh finds by itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from orchestration.casts import quote_name, quote_text
from orchestration.contract import read_contract
from orchestration.drills.project import copy_project, leave_out_tests_of_columns
from orchestration.journal import Journal
from orchestration.landing import LandedTable, check_landing, view_query
from orchestration.settings import PUBLISHED_FILE, WORKING_FILE, project_variable

CUSTOMERS, YEARS = 40, 1
SHOWN_SCHEMAS = ("marts", "snapshots")
ROOMS = frozenset({"cmrr", "core", "closes", "generic", "macros", "renewals", "staging"})
TOO_LONG = 1800

Content = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Ended:
    """A refresh that ended: how, and what it said."""

    code: int
    out: str
    err: str


class Company:
    """Landing data, a copy of the project, and the warehouses of yesterday and today."""

    def __init__(self, directory: Path, landing: Path, *, is_short: bool = False) -> None:
        self.directory, self.runs_before = directory.resolve(), 0
        for made in ("project", "landing", "kept", "warehouse"):
            shutil.rmtree(self.directory / made, ignore_errors=True)
        self.project = copy_project(self.directory / "project", ROOMS if is_short else None)
        leave_out_tests_of_columns(self.project)
        self.today = _day_after_a_lock(landing)
        self.yesterday = self.today - timedelta(days=2)
        self.landing = cut_landing(landing, self.directory / "landing", self.today)

    @property
    def warehouse(self) -> Path:
        """The one warehouse: backups know where theirs is, so all lives are lived in it."""
        return self.directory / "warehouse"

    def begin_from(self, kept: Path) -> Path:
        """The warehouse as it was kept, for the next life."""
        for left in self.warehouse.iterdir() if self.warehouse.exists() else ():
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        shutil.copytree(kept, self.warehouse, dirs_exist_ok=True)
        return self.warehouse

    def keep(self, name: str) -> Path:
        """Put a copy of the warehouse away under a name."""
        kept = self.directory / "kept" / name
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.warehouse, kept)
        return kept

    def yesterdays(self) -> Path:
        """The warehouse as yesterday's refresh left it, for a drill of its own."""
        return self.begin_from(self.undisturbed_yesterday)

    @cached_property
    def undisturbed_yesterday(self) -> Path:
        """What yesterday's refresh left."""
        ended = self.refresh(self.warehouse, as_of=self.yesterday)
        if ended.code:
            raise SystemExit(f"Yesterday's refresh failed:\n{ended.err}")
        return self.keep("yesterday")

    @cached_property
    def undisturbed_today(self) -> Path:
        """What today's refresh left, to which nothing happened."""
        ended = self.refresh(self.yesterdays())
        if ended.code:
            raise SystemExit(f"Today's refresh failed:\n{ended.err}")
        return self.keep("today")

    def prepare(self) -> None:
        """Live yesterday and today, before anything is done to them."""
        self.undisturbed_today, self.right, self.old, self.run  # noqa: B018

    @cached_property
    def right(self) -> Content:
        """What is published today when nothing happens."""
        return content(self.undisturbed_today / PUBLISHED_FILE)

    @cached_property
    def old(self) -> Content:
        """What was published yesterday."""
        return content(self.undisturbed_yesterday / PUBLISHED_FILE)

    @cached_property
    def run(self) -> dict[str, Any]:
        """The record of today's undisturbed refresh."""
        return Journal(self.undisturbed_today).ended()[-1]

    def start(
        self,
        warehouse: Path,
        *,
        as_of: date | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = "orchestration.refresh",
        **options: Any,
    ) -> subprocess.Popen[str]:
        """A refresh in a session of its own, so that it can be killed with all it started."""
        self.runs_before = len(steps_of_runs(warehouse))
        return subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=self.project,
            env={
                **os.environ,
                "TENURE_RAW_PATH": str(self.landing),
                "TENURE_WAREHOUSE": str(warehouse),
                "TENURE_AS_OF": as_of.isoformat() if as_of else "",
                **(environment or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def refresh(self, warehouse: Path, **options: Any) -> Ended:
        """A refresh, to its end."""
        with self.start(warehouse, **options) as process:
            out, err = process.communicate(timeout=TOO_LONG)
        return Ended(process.returncode, out, err)

    def wait_for(self, process: subprocess.Popen[str], warehouse: Path, step: str) -> bool:
        """Wait until a refresh is in a step; false where it ended before."""
        while process.poll() is None:
            if any(step in steps for steps in steps_of_runs(warehouse)[self.runs_before :]):
                return True
            time.sleep(0.02)
        return False

    def next_is_right(self, warehouse: Path, **options: Any) -> str:
        """Run the next refresh; empty where it ends as one to which nothing happened."""
        ended = self.refresh(warehouse, **options)
        if ended.code:
            return f"the next refresh ended with {ended.code}: {ended.err.strip()[:500]}"
        if difference := differing(self.right, content(warehouse / PUBLISHED_FILE)):
            return f"the next refresh published something else: {difference}"
        left = [path.name for path in warehouse.glob("*.tmp*")]
        return f"left behind: {', '.join(left)}" if left else ""

    def is_old(self, warehouse: Path) -> str:
        """Empty where readers have what they had yesterday."""
        difference = differing(self.old, content(warehouse / PUBLISHED_FILE))
        return f"what is published changed: {difference}" if difference else ""


def content(published_file: Path) -> Content:
    """Rows and a hash of the rows of every published table; opens the file as any reader does."""
    with duckdb.connect(published_file, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where schema_name in (select unnest($1)) order by all",
            [list(SHOWN_SCHEMAS)],
        ).fetchall()
        return {
            f"{schema}.{name}": connection.execute(
                "select count(*), coalesce(sum(hash(t)::hugeint), 0)::hugeint"
                f" from {quote_name(schema)}.{quote_name(name)} as t"
            ).fetchall()[0]
            for schema, name in tables
        }


def differing(expected: Content, found: Content) -> str:
    """The tables that differ, as many as fit into a line."""
    names = sorted(t for t in {*expected, *found} if expected.get(t) != found.get(t))
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def runs_of(file: Path) -> list[dict[str, Any]]:
    """The rows of ``ops.refresh_runs``, oldest first."""
    with duckdb.connect(file, read_only=True) as connection:
        answer = connection.execute("from ops.refresh_runs order by started_at")
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def steps_of_runs(warehouse: Path) -> list[list[str]]:
    """The steps that each run of a warehouse has entered, of those that held it."""
    runs: list[list[str]] = []
    for event in Journal(warehouse).events():
        if event["event"] == "began":
            runs.append([])
        elif event["event"] == "step":
            runs[-1].append(event["step"])
    return runs


def cut_landing(landing: Path, target: Path, last_day: date) -> Path:
    """The landing data as it stood at the end of a day, in Parquet."""
    with duckdb.connect() as connection:
        for landed in check_landing(landing, read_contract()).tables:
            file = target / landed.table.source / landed.table.name / "part-0.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy ({rows_loaded_by(landed, last_day)}) to {quote_text(str(file))}"
                " (format parquet)"
            )
    return target


def rows_loaded_by(landed: LandedTable, last_day: date) -> str:
    """The query of a landed table's rows as they stood at the end of a day."""
    zone = quote_text(project_variable("time_zone"))
    return (
        f"select * from ({view_query(landed)}) where loaded_at is null or"
        f" cast((loaded_at at time zone 'UTC') at time zone {zone} as date)"
        f" <= date {quote_text(last_day.isoformat())}"
    )


def working_file(warehouse: Path) -> Path:
    """The working file of a warehouse."""
    return warehouse / WORKING_FILE


def make_company(out: Path) -> Path:
    """The landing data of forty customers and one year, made where it is not there yet."""
    from orchestration.replay import make_sample_company

    if not make_sample_company(out, {"customers": CUSTOMERS, "years": YEARS}):
        raise SystemExit("The sample company could not be made.")
    return out / "landing"


def _day_after_a_lock(landing: Path) -> date:
    """The second day of the last month that has one."""
    loaded = check_landing(landing, read_contract()).loaded_between(project_variable("time_zone"))
    assert loaded is not None
    second = loaded[1].replace(day=2)
    return second if second <= loaded[1] else (second - timedelta(days=31)).replace(day=2)
