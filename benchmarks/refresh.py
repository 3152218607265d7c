"""Seconds of one refresh by step, beside a bare ``dbt build`` of the same nodes and their floor.

``python -m benchmarks.refresh`` makes a sample company, refreshes it twice (the second time is
measured, step by step), then builds and tests the same nodes on the same file with the dbt
command alone, and once more with one thread, counting the seconds inside DuckDB: the floor. Every
run is a process of its own. The report goes to results/refresh.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.cmrr import BENCHMARKS_DIR, PROJECT_DIR, BenchmarkError, Step, machine, measure
from orchestration.working_file import read_day

RESULT_FILE = BENCHMARKS_DIR / "results" / "refresh.md"
TARGET_RATIO = 1.5
DBT = "from dbt.cli.main import cli; cli()"
BUILD = ("build", "--exclude-resource-type", "unit_test")
# What is measured of a refresh: functions, each in the module that calls it. A function within
# another is counted in its own row alone, but for those "of it".
STEPS = {
    "landing check": ("orchestration.assets:land",),
    "dbt step": ("orchestration.assets:build",),
    "of it the kept manifest": ("orchestration.dbt_run:kept_manifest",),
    "of it dbt, with that manifest": ("orchestration.dbt_run:Dbt.run",),
    "rows counted": ("orchestration.assets:row_counts",),
    "lineage of columns": (
        "orchestration.assets:built_columns",
        "orchestration.assets:shown_columns",
    ),
    "Python checks": ("orchestration.assets:check",),
    "publishing": ("orchestration.assets:publish_marts",),
    "backups, before the run and before publishing": (
        "orchestration.steps:back_up",
        "orchestration.publication:back_up",
    ),
}


@dataclass
class Spent:
    """Wall and processor seconds, added up."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Add what is spent within."""
        started, started_cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - started
        self.cpu_seconds += time.process_time() - started_cpu

    def add(self, other: Spent, times: int = 1) -> None:
        """Add what was spent elsewhere; with -1, take it away."""
        self.seconds += times * other.seconds
        self.cpu_seconds += times * other.cpu_seconds


class Counter:
    """What is spent in functions, by the names of their rows."""

    def __init__(self, names: Iterable[str]) -> None:
        self.spent = {name: Spent() for name in names}
        self._running: list[str] = []

    def count(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, counted; what another one within it spends is the other's alone."""

        def counted(*given: Any, **named: Any) -> Any:
            own = Spent()
            self._running.append(name)
            with own.counting():
                answer = function(*given, **named)
            self._running.pop()
            self.spent[name].add(own)
            if self._running and not name.startswith("of it"):
                self.spent[self._running[-1]].add(own, -1)
            return answer

        return counted


@dataclass(frozen=True)
class Result:
    """What one benchmark measured."""

    landed: str
    rows: int
    nodes: int
    refresh: Step
    steps: dict[str, Spent]
    bare: Step
    single: Step
    floor: Spent = field(default_factory=Spent)

    @property
    def ratio(self) -> float:
        """The dbt step of a refresh, in times a bare dbt build; processor seconds."""
        return self.steps["dbt step"].cpu_seconds / self.bare.cpu_seconds


def run_benchmark(directory: Path, customers: int, years: int, company: Path | None) -> Result:
    """Make a company in ``directory`` (or take one that is refreshed already), refresh it, build it
    with dbt alone, measure.

    Raises BenchmarkError where a run fails.
    """
    module = [sys.executable, "-m"]
    size = ["--customers", str(customers), "--years", str(years)]
    warehouse = directory / "warehouse"
    if company is None:
        measure([*module, "sample_company", "--out", str(directory), *size], {})
    else:
        shutil.copytree(company / "warehouse", warehouse)
    environment = {
        "TENURE_RAW_PATH": str((company or directory) / "landing"),
        "TENURE_WAREHOUSE": str(warehouse),
        "TENURE_AS_OF": "",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    if company is None:
        measure([*module, "orchestration.refresh"], environment)
    refresh = measure([*module, "benchmarks.refresh", "--measured", "refresh"], environment)
    environment["TENURE_AS_OF"] = read_day(warehouse / "warehouse.duckdb").isoformat()
    target = ["--target-path", str(directory / "target"), "--log-path", str(directory)]
    dbt = [sys.executable, "-c", DBT]
    environment["DBT_PROFILES_DIR"] = str(PROJECT_DIR)
    measure([*dbt, "parse", *target], environment)
    bare = measure([*dbt, *BUILD, *target], environment)
    single = measure([*module, "benchmarks.refresh", "--measured", "floor", *target], environment)
    told = json.loads(refresh.output.splitlines()[-1])
    listed = json.loads((warehouse / "target" / "run_results.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(warehouse / "published.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select sum(estimated_size)::bigint from duckdb_tables()"
        ).fetchall()[0][0]
    return Result(
        landed=refresh.output.splitlines()[0].split(": ")[1].split(";")[0],
        rows=rows,
        nodes=len(listed["results"]),
        refresh=refresh,
        steps={name: Spent(*spent) for name, spent in told.items()},
        bare=bare,
        single=single,
        floor=Spent(*json.loads(single.output.splitlines()[-1])),
    )


def measured_refresh() -> None:
    """One refresh in this process; prints what its steps took as JSON in the last line."""
    from importlib import import_module

    counter, everything = Counter(STEPS), Spent()
    with everything.counting():
        from orchestration.project import prepare_manifest
        from orchestration.refresh import refresh

        prepare_manifest()
        for name, places in STEPS.items():
            for place in places:
                module, path = place.split(":")
                *owner, function = path.split(".")
                holder = import_module(module)
                for part in owner:
                    holder = getattr(holder, part)
                setattr(holder, function, counter.count(name, getattr(holder, function)))
        code = refresh([])
    if code:
        sys.exit(code)
    spent = {"everything": everything, **counter.spent}
    print(json.dumps({name: [each.seconds, each.cpu_seconds] for name, each in spent.items()}))


def measured_floor(arguments: Sequence[str]) -> None:
    """A dbt build with one thread; prints the seconds inside DuckDB as JSON in the last line."""
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
    from dbt.cli.main import dbtRunner

    spent = Spent()
    execute = DuckDBCursorWrapper.execute

    def counted(self: Any, *given: Any, **named: Any) -> Any:
        with spent.counting():
            return execute(self, *given, **named)

    DuckDBCursorWrapper.execute = counted
    done = dbtRunner().invoke([*BUILD, "--quiet", "--threads", "1", *arguments])
    if not done.success:
        sys.exit(f"dbt failed: {done.exception}")
    print(json.dumps([spent.seconds, spent.cpu_seconds]))


def report(result: Result) -> str:
    """The result as a Markdown page."""
    everything = result.steps["everything"]
    named = [name for name in STEPS if not name.startswith("of it")]
    rest = Spent(
        everything.seconds - sum(result.steps[name].seconds for name in named),
        everything.cpu_seconds - sum(result.steps[name].cpu_seconds for name in named),
    )
    rows = {**result.steps, "imports, Dagster and its events": rest}
    rows["everything"] = rows.pop("everything")
    manifest = result.steps["of it the kept manifest"].cpu_seconds
    dbts_own = result.single.cpu_seconds - result.floor.cpu_seconds
    lines = [
        "# One refresh, by step",
        "",
        "Written by `make bench`; `benchmarks/refresh.py` says how it is measured.",
        "",
        f"Landed: {result.landed}; published: {result.rows:,} rows;"
        f" {result.nodes:,} seeds, models, snapshots and data tests. The second refresh of a day."
        f" Machine: {machine()}, load average {os.getloadavg()[0]:.0f}. Python"
        f" {platform.python_version()}, dbt-core {version('dbt-core')},"
        f" Dagster {version('dagster')}, DuckDB {duckdb.__version__}.",
        "",
        "| a refresh | seconds | processor seconds |",
        "|---|---:|---:|",
        *(
            f"| {name} | {spent.seconds:.1f} | {spent.cpu_seconds:.1f} |"
            for name, spent in rows.items()
        ),
        "",
        "| beside it | seconds | processor seconds |",
        "|---|---:|---:|",
        f"| `dbt build` of the same nodes, two threads | {result.bare.seconds:.1f}"
        f" | {result.bare.cpu_seconds:.1f} |",
        f"| the same with one thread | {result.single.seconds:.1f}"
        f" | {result.single.cpu_seconds:.1f} |",
        f"| of it inside DuckDB: the floor | {result.floor.seconds:.1f}"
        f" | {result.floor.cpu_seconds:.1f} |",
        "",
        f"Target for the dbt step: under {TARGET_RATIO} times a bare `dbt build`:"
        f" {result.ratio:.2f} in processor seconds,"
        f" {'met' if result.ratio < TARGET_RATIO else 'missed'}.",
        "",
        f"- The floor is what DuckDB needs for the statements: {result.floor.cpu_seconds:.1f}"
        f" processor seconds. dbt adds {dbts_own:.1f}:"
        f" {1000 * dbts_own / result.nodes:.0f} ms a node, its start included."
        f" Dagster, with every import of the refresh, adds {rest.cpu_seconds:.1f}; we add"
        f" {sum(result.steps[name].cpu_seconds for name in named if name != 'dbt step'):.1f} for"
        " the other rows.",
        f"- The dbt step starts no dbt: it reads the kept manifest ({manifest:.1f}) and runs dbt in"
        " the process of the refresh, with dbt's own loggers switched off.",
        "- Processor seconds are steady where other work shares the machine; wall seconds are not.",
        "",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: sizes, and where the report goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=40)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument(
        "--company", type=Path, help="directory of a company that is refreshed already"
    )
    parser.add_argument("--output", type=Path, default=RESULT_FILE, help="the report")
    parser.add_argument("--measured", choices=["refresh", "floor"], help=argparse.SUPPRESS)
    given, left = parser.parse_known_args(arguments)
    if given.measured == "refresh":
        measured_refresh()
        return
    if given.measured == "floor":
        os.chdir(PROJECT_DIR)
        measured_floor(left)
        return
    try:
        with tempfile.TemporaryDirectory(prefix="tenure-bench-") as directory:
            page = report(
                run_benchmark(Path(directory), given.customers, given.years, given.company)
            )
    except BenchmarkError as error:
        sys.exit(str(error))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
