"""The state drill, ``python -m orchestration.drills.state``.

A company is lived through day by day, with the tables that only grow and their parents, and on
each day with the landing data that was there on it. Then, with the newest landing data, the same
days are lived otherwise: replayed one by one, killed in the middle of a build and run again,
skipped and caught up with, run out of order, fully refreshed, brought back from the published file.
Each must end with the very rows that living day by day left. Every table with the tag ``state`` is
compared.

Exit codes: 0 all the same; 1 some differ.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from orchestration.casts import quote_name
from orchestration.catch_up import build_arguments, catch_up, day_in_progress
from orchestration.contract import PROJECT_DIR, read_contract
from orchestration.drills.company import rows_loaded_by
from orchestration.landing import Landing, check_landing, create_raw_views, local_date
from orchestration.publish import SCHEMA, publish
from orchestration.replay import make_sample_company
from orchestration.settings import PUBLISHED_FILE, WORKING_FILE, project_variable
from orchestration.state import (
    BUILT_DAYS,
    SNAPSHOTS,
    TAG,
    restore_state,
    state_tables,
)
from orchestration.working_file import write_day

ONE_DAY = timedelta(days=1)
CUSTOMERS, YEARS = 40, 1
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
FROZEN = ("fct_closed_periods", "fct_closed_bridges", "assert_frozen_bridges_match_their_hash")

State = Mapping[str, list[str]]


class Life:
    """A working file and the days that are built in it, of the state and its parents alone.

    One directory serves all lives, one after the other; ``keep`` and ``begin_from`` put the file
    away and take it out again.
    """

    def __init__(self, landing: Path, directory: Path) -> None:
        self.landing, self.directory = landing, directory
        directory.mkdir(parents=True, exist_ok=True)
        os.environ.update(
            TENURE_WAREHOUSE=str(directory),
            DBT_PROFILES_DIR=str(PROJECT_DIR),
            DBT_PROJECT_DIR=str(PROJECT_DIR),
            DBT_TARGET_PATH=str(directory / "target"),
            DBT_LOG_PATH=str(directory / "logs"),
            DBT_SEND_ANONYMOUS_USAGE_STATS="false",
        )
        os.environ.pop("TENURE_AS_OF", None)

    @property
    def file(self) -> Path:
        """The working file."""
        return self.directory / WORKING_FILE

    @cached_property
    def landed(self) -> Landing:
        """The landing data, checked."""
        return check_landing(self.landing, read_contract())

    @cached_property
    def manifest(self) -> Any:
        """The dbt project, parsed once for all days."""
        parsed = dbtRunner().invoke(["--quiet", "parse"])
        if not parsed.success:
            raise SystemExit(f"The dbt project does not parse: {parsed.exception}")
        return parsed.result

    @cached_property
    def tables(self) -> list:
        """The tables with the tag ``state``."""
        return state_tables(self.manifest.writable_manifest().to_dict(), [TAG])

    def dbt(self, *arguments: str) -> bool:
        """Run dbt in this process; true where it succeeded."""
        flags = ("--log-level-file", "none", "--no-write-json", "--no-print")
        quiet = () if os.environ.get("TENURE_DRILL_TALKS") else ("--quiet",)
        done = dbtRunner(manifest=self.manifest).invoke([*quiet, *flags, *arguments])
        # dbt keeps the file open for its next run; other files take its place here.
        DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()
        gc.collect()
        return bool(done.success)

    def run_dbt(self, arguments: list[str]) -> None:
        """Run dbt without its tests, as the refresh would run it with them."""
        left_out = NO_TESTS if arguments[0] == "build" else ()
        if not self.dbt(*arguments, *left_out, "--threads", "1"):
            raise SystemExit(f"dbt failed: {' '.join(arguments)}")

    def live(
        self, day: date, *, full_refresh: bool = False, is_present: bool = False
    ) -> list[date]:
        """What a refresh does on a day; the days that it replayed.

        In the present there is no more landing data than what was loaded by the day.
        """
        with duckdb.connect(self.file) as connection:
            restore_state(connection, self.directory / PUBLISHED_FILE, self.tables)
            create_raw_views(connection, self.landed)
            for landed in self.landed.tables if is_present else ():
                name = f"{quote_name(landed.table.schema)}.{quote_name(landed.table.name)}"
                connection.execute(
                    f"create or replace view {name} as {rows_loaded_by(landed, day)}"
                )
            write_day(connection, day)
        replays = catch_up(self.file, day, self.tables, self.run_dbt, many=True)
        with day_in_progress(self.file, day):
            build = build_arguments(day, full_refresh=full_refresh)
            self.run_dbt([*build, "--select", f"+tag:{TAG}"])
        return [replay.day for replay in replays]

    def die(self, day: date, after: int) -> None:
        """Live a day in a process of its own, killed once so many state tables are written."""
        names = "|".join(table.name for table in self.tables)
        written = re.compile(rf"\d+ of \d+ OK .*\b({names})\b")
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "orchestration.drills.state", "--live", day.isoformat()),
                *("--landing", str(self.landing), "--out", str(self.directory)),
            ],
            cwd=PROJECT_DIR,
            env={**os.environ, "TENURE_DRILL_TALKS": "1"},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                after -= bool(written.search(line))
                if after <= 0:
                    break
            else:
                raise SystemExit(f"{day} came to its end before it was killed")
            os.killpg(process.pid, signal.SIGKILL)

    def state(self) -> State:
        """The rows of every state table, in order."""
        with duckdb.connect(self.file, read_only=True) as connection:
            return {
                table.name: [
                    repr(row)
                    for row in connection.execute(f"from {table.label} order by all").fetchall()
                ]
                for table in self.tables
            }

    def publish_state(self) -> None:
        """Publish the state as a refresh publishes it with all the marts."""
        by_schema = {
            schema: [table.name for table in self.tables if table.schema == schema]
            for schema in (SCHEMA, SNAPSHOTS)
        }
        publish(self.file, self.directory / PUBLISHED_FILE, by_schema[SCHEMA], by_schema[SNAPSHOTS])

    def keep(self, name: str) -> None:
        """Put the file away under a name."""
        shutil.copy(self.file, self.directory / f"{name}.kept")

    def begin_from(self, name: str | None) -> None:
        """Take out the file kept under a name, or none: a life that begins anew."""
        for file in (self.file, self.file.with_name(WORKING_FILE + ".wal")):
            file.unlink(missing_ok=True)
        (self.directory / PUBLISHED_FILE).unlink(missing_ok=True)
        if name is not None:
            shutil.copy(self.directory / f"{name}.kept", self.file)


class Drill:
    """The ways to live the days from ``first`` to ``last``, and what each of them left."""

    def __init__(
        self,
        life: Life,
        first: date,
        last: date,
        closes: Sequence[tuple[date, date]],
        *,
        is_thorough: bool = True,
    ) -> None:
        self.life, self.first, self.last, self.is_thorough = life, first, last, is_thorough
        days = [first + ONE_DAY * number for number in range((last - first).days + 1)]
        self.days = days
        self.locks = [day for day in days[1:] if day.day == 1]
        self.loads = [loaded for _, loaded in closes if first < loaded <= last]
        self.closes = {fell for fell, loaded in closes if first < fell and loaded <= last}
        self.results: dict[str, str] = {}
        self.lived: dict[date, State] = {}

    def run(self) -> bool:
        """Live the days in every way; true where all left the same."""
        for way in (
            self.day_by_day,
            self.replayed,
            self.killed,
            self.killed_and_gone_on,
            self.skipped,
            self.out_of_order,
            self.fully_refreshed,
            self.brought_back,
            self.tampered_with,
        ):
            way()
        return all(result.startswith("same") for result in self.results.values())

    def day_by_day(self) -> None:
        """The life that the others are measured by; its last day is lived twice."""
        self.life.begin_from(None)
        before_these = {self.days[1], *self.locks, *self.loads}
        for number, day in enumerate(self.days, start=1):
            print(f"Living {day}, {number} of {len(self.days)}", flush=True)
            if day in before_these:
                self.life.keep(f"before {day}")
            self.life.live(day, is_present=True)
            self.lived[day] = self.life.state()
        self.life.keep("lived")
        frozen = set(self._close_days())
        shown = f"same ({', '.join(map(str, sorted(frozen)))})"
        self._tell("closes frozen on the day they fell", shown if frozen == self.closes else "NOT")
        self.life.live(self.last)
        self._compare("the last day twice", self.lived[self.last])

    def replayed(self) -> None:
        """The same days with the landing data of today, as it tells of them now."""
        self.life.begin_from(None)
        for day in self.days:
            self.life.live(day)
            if self.life.state() != self.lived[day]:
                break
        self._compare("the days replayed one by one from the newest landing data", self.lived[day])

    def killed(self) -> None:
        """Killed once so many of a day's state tables are written, again later, then run again."""
        count = len(self.life.tables)
        middle = (count + 1) // 2
        for name, day, moments in [
            ("the first build", self.first, [middle]),
            ("the day of a lock", self.locks[-1], [1, count]),
            ("the day that learns of a close", self.loads[-1], [middle]),
        ]:
            self.life.begin_from(None if day == self.first else f"before {day}")
            for after in [1, middle, count] if self.is_thorough else moments:
                self.life.die(day, after)
            self.life.live(day)
            self._compare(f"{name} killed, and run again", self.lived[day])

    def killed_and_gone_on(self) -> None:
        """Killed on the day of a lock, and not run again but on the day after."""
        day = self.locks[-1]
        self.life.begin_from(f"before {day}")
        self.life.die(day, 1)
        self.life.live(day + ONE_DAY)
        self._compare("the day of a lock killed, and the next run", self.lived[day + ONE_DAY])

    def skipped(self) -> None:
        """Only the first and the last day are asked for."""
        self.life.begin_from(f"before {self.days[1]}")
        replayed = self.life.live(self.last)
        built = {self.first, *replayed, self.last}
        self._compare("all days between skipped", self._lived_with(built))
        self.life.keep("skipped")

    def out_of_order(self) -> None:
        """After the skip, the days between from the middle on, then from the first."""
        self.life.begin_from("skipped")
        built = {self.first, self.last, *self.locks, *self._close_days()}
        middle = len(self.days) // 2
        for day in (self.days[middle], self.days[1]):
            self.life.live(day)
            built.add(day)
        self._compare("skipped days run afterwards, out of order", self._lived_with(built))

    def fully_refreshed(self) -> None:
        """The last day once more, with --full-refresh."""
        self.life.begin_from("lived")
        self.life.live(self.last, full_refresh=True)
        self._compare("the last day with --full-refresh", self.lived[self.last])

    def brought_back(self) -> None:
        """The working file lost after it was published, the last day once more."""
        self.life.begin_from("lived")
        self.life.publish_state()
        self.life.file.unlink()
        self.life.live(self.last)
        self._compare("the working file lost, state from the published one", self.lived[self.last])

    def tampered_with(self) -> None:
        """A cent changed in a frozen bridge turns the test of its hash red."""
        self.life.begin_from("lived")
        test = ("test", "--select", *FROZEN, "--indirect-selection", "cautious")
        variables = ("--vars", json.dumps({"as_of_date": self.last.isoformat()}))
        is_green = self.life.dbt(*test, *variables)
        with duckdb.connect(self.life.file) as connection:
            connection.execute(
                "update marts.fct_closed_bridges set add_on_cmrr = add_on_cmrr + 0.01"
                " where rowid = (select max(rowid) from marts.fct_closed_bridges)"
            )
        is_red = not self.life.dbt(*test, *variables)
        seen = is_green and is_red
        self._tell("a frozen cent changed", "same, and seen by its test" if seen else "NOT SEEN")

    def _close_days(self) -> list[date]:
        frozen = self.lived[self.last]["fct_closed_periods"]
        return [
            day for day in self.days[1:-1] if any(f", {day!r}, False," in row for row in frozen)
        ]

    def _lived_with(self, built: set[date]) -> State:
        """What living day by day left, had only these days been built."""
        rows = [repr((day, day == self.first)) for day in sorted(built)]
        return {**self.lived[self.last], BUILT_DAYS[1]: sorted(rows)}

    def _compare(self, name: str, expected: State) -> None:
        found = self.life.state()
        differing = [
            f"{table} ({_difference(expected[table], found[table])})"
            for table in expected
            if sorted(expected[table]) != sorted(found[table])
        ]
        rows = sum(map(len, found.values()))
        same = f"same ({len(found)} tables, {rows:,} rows)"
        self._tell(name, f"DIFFERENT: {', '.join(differing)}" if differing else same)

    def _tell(self, name: str, result: str) -> None:
        self.results[name] = result
        print(f"{name}: {result}", flush=True)


def _difference(expected: list[str], found: list[str]) -> str:
    missing, added = set(expected) - set(found), set(found) - set(expected)
    shown = [f"missing {row}" for row in sorted(missing)[:2]]
    shown += [f"added {row}" for row in sorted(added)[:2]]
    return f"{len(missing)} missing, {len(added)} added: {'; '.join(shown)}"


def read_results(file: Path) -> dict[str, str]:
    """What a drill wrote down; nothing where it did not come to its end."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def closes_of(landed: Landing) -> list[tuple[date, date]]:
    """Day on which each close fell and day on which it was loaded, oldest first."""
    time_zone = project_variable("time_zone")
    with duckdb.connect() as connection:
        create_raw_views(connection, landed)
        rows = connection.execute(
            "select distinct closed_at, min(loaded_at) from raw_ledger.fiscal_periods"
            " where closed_at is not null group by closed_at order by 2, 1"
        ).fetchall()
    return [
        (local_date(closed, time_zone), local_date(loaded, time_zone)) for closed, loaded in rows
    ]


def short_window(closes: list[tuple[date, date]], days: int = 12) -> tuple[date, date]:
    """The newest days in a row that cross a month end, a lock and a close, to its loading."""
    last = next(loaded for _, loaded in reversed(closes) if loaded.day < days)
    return last - ONE_DAY * (days - 1), last


def two_months(last_day: date) -> tuple[date, date]:
    """The two whole months before ``last_day`` (or to it), and the day before them."""
    last = (last_day + ONE_DAY).replace(day=1) - ONE_DAY
    first = (last.replace(day=1) - ONE_DAY).replace(day=1) - ONE_DAY
    return first, last


def main(arguments: list[str] | None = None) -> int:
    """Make the company where no landing data is given, drill, report."""
    options = _parse(arguments)
    out = (PROJECT_DIR / options.out).resolve()
    if options.landing is None and not make_sample_company(
        out, {"customers": CUSTOMERS, "years": YEARS}
    ):
        return 1
    life = Life(Path(options.landing) if options.landing else out / "landing", out)
    if options.live:
        life.live(date.fromisoformat(options.live))
        return 0
    closes = closes_of(life.landed)
    loaded = life.landed.loaded_between(project_variable("time_zone"))
    assert loaded is not None
    first, last = short_window(closes) if options.short else two_months(loaded[1])
    print(f"Drill from {first} to {last}", flush=True)
    drill = Drill(life, first, last, closes, is_thorough=not options.short)
    passed = drill.run()
    if options.results:
        Path(options.results).write_text(json.dumps(drill.results, indent=2), encoding="utf-8")
    return 0 if passed else 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="sample_data/drill", help="directory (sample_data/drill)")
    parser.add_argument("--landing", help="landing data to live through (a company made for it)")
    parser.add_argument("--short", action="store_true", help="12 days in place of two months")
    parser.add_argument("--results", help="file to write the results to, as JSON")
    parser.add_argument("--live", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
