"""Seconds and peak memory of the CMRR models beside their floor, on made billing data.

``python -m benchmarks.cmrr`` makes the billing history of 100,000 customers (billing_data.sql),
builds the models with dbt as a refresh does, then makes the same rows by plain window sums
(floor.sql). Every step is a process of its own, so that its peak memory is its own. Where the
two disagree on a single row the benchmark stops. The report goes to results/cmrr.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from orchestration.contract import read_contract

BENCHMARKS_DIR = Path(__file__).resolve().parent
PROJECT_DIR = BENCHMARKS_DIR.parent
RESULT_FILE = BENCHMARKS_DIR / "results" / "cmrr.md"
AS_OF = "2025-12-31"
FLOOR_OF = {
    "fct_cmrr_movements": "movements",
    "fct_cmrr_months": "months",
    "fct_cmrr_bridge": "bridge",
}
CMRR_MODELS = " ".join(
    [*FLOOR_OF, *(f"+{mart},path:models/intermediate/cmrr" for mart in FLOOR_OF)]
)
ALL_MODELS = " ".join(f"+{mart}" for mart in FLOOR_OF)
DBT = "from dbt.cli.main import cli; cli()"
TARGET_RATIO = 3
TARGET_MEGABYTES = 2000

MOVEMENT_DAYS = """
    select movement_date, customer_id, contract_family_id, sku, sum(amount)
    from {table} group by all having sum(amount) <> 0
"""
MONTH_LEVELS = """
    select
        month, customer_id, contract_family_id, sku, cmrr, recognised_mrr,
        booked_not_live, held_over, notice_not_effective, unsigned_in_service
    from {table}
"""
BRIDGE_ENDS = """
    select month, customer_id, contract_family_id, sku, beginning_cmrr, ending_cmrr
    from {table} where beginning_cmrr <> 0 or ending_cmrr <> 0
"""
SAME_ROWS = {
    "fct_cmrr_movements": MOVEMENT_DAYS,
    "fct_cmrr_months": MONTH_LEVELS,
    "fct_cmrr_bridge": BRIDGE_ENDS,
}


class BenchmarkError(Exception):
    """A step failed, or the models and the floor disagree; the message says which and where."""


@dataclass(frozen=True)
class Step:
    """One process: wall and processor seconds, peak resident memory in MB, what it printed."""

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    output: str


@dataclass(frozen=True)
class ModelRun:
    """One model of a dbt run: its name, when it ran (epoch seconds) and how many rows it has."""

    name: str
    started: float
    ended: float
    row_count: int

    @property
    def seconds(self) -> float:
        """Wall seconds from start to end."""
        return self.ended - self.started


@dataclass(frozen=True)
class Result:
    """What one benchmark measured."""

    customers: int
    years: int
    line_count: int
    data: Step
    staging: Step
    dbt_start: Step
    cmrr: Step
    floor: Step
    models: tuple[ModelRun, ...]
    after_commitments: frozenset[str]
    floor_seconds: Mapping[str, float]
    floor_cpu_seconds: float
    floor_rows: Mapping[str, int]

    def busy(self, names: Iterable[str]) -> float:
        """Seconds in which at least one of the named models ran."""
        wanted = set(names)
        spans = sorted((m.started, m.ended) for m in self.models if m.name in wanted)
        total, covered_to = 0.0, 0.0
        for started, ended in spans:
            total += max(0.0, ended - max(started, covered_to))
            covered_to = max(covered_to, ended)
        return total

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of the CMRR models, what dbt takes to start left out."""
        return self.cmrr.cpu_seconds - self.dbt_start.cpu_seconds

    @property
    def floor_total(self) -> float:
        """Seconds of the three floor tables together."""
        return sum(self.floor_seconds.values())


def measure(command: Sequence[str], environment: Mapping[str, str]) -> Step:
    """Run ``command`` from the project directory and wait for it.

    Raises BenchmarkError with the end of its output where it fails.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=PROJECT_DIR,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise BenchmarkError(f"{' '.join(command[:3])} failed:\n{text[-4000:]}")
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    return Step(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_megabytes=usage.ru_maxrss * bytes_per_unit / 1_000_000,
        output=text,
    )


@dataclass(frozen=True)
class Runner:
    """Runs SQL files and dbt on the working file of a directory, each in a process of its own."""

    directory: Path
    as_of: str = AS_OF
    flags: tuple[str, ...] = ()
    dbt_program: tuple[str, ...] = ("-c", DBT)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "DBT_PROFILES_DIR": str(PROJECT_DIR),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "TENURE_WAREHOUSE": str(self.directory),
            "TENURE_AS_OF": self.as_of,
        }

    def sql(self, script: str, **variables: int | str) -> Step:
        """Run a SQL file of this folder with the variables given."""
        settings = [f"{name}={value}" for name, value in variables.items()]
        module = [sys.executable, "-m", "benchmarks.sql_run"]
        database = self.directory / "warehouse.duckdb"
        return measure(
            [*module, str(database), str(BENCHMARKS_DIR / script), *settings], self._environment
        )

    def dbt(self, *arguments: str) -> Step:
        """Build models and seeds with dbt, as the arguments select them."""
        paths = ["--target-path", str(self.directory / "target"), "--log-path", str(self.directory)]
        kinds = ["--resource-type", "model", "--resource-type", "seed", *self.flags]
        return measure(
            [sys.executable, *self.dbt_program, "build", *paths, *kinds, *arguments],
            self._environment,
        )


def run_benchmark(directory: Path, customers: int, years: int) -> Result:
    """Make the data in ``directory`` (empty), build, make the floor, compare, measure.

    Raises BenchmarkError where a step fails or a row differs.
    """
    database = directory / "warehouse.duckdb"
    runner = Runner(directory)
    run_sql, run_dbt = runner.sql, runner.dbt

    create_raw_relations(database)
    data = run_sql("billing_data.sql", customers=customers, years=years, as_of=AS_OF)
    staging = run_dbt("--select", *ALL_MODELS.split(), "--exclude", *CMRR_MODELS.split())
    dbt_start = run_dbt("--select", "churn_reasons")
    cmrr = run_dbt("--select", *CMRR_MODELS.split())
    floor = run_sql("floor.sql", as_of=AS_OF)

    statements = json.loads(floor.output)
    timings = {name.split(".")[-1]: seconds for name, seconds, _ in statements}
    with duckdb.connect(str(database), read_only=True) as connection:
        compare(connection)
        return Result(
            customers=customers,
            years=years,
            line_count=count(connection, "raw_billing.order_lines"),
            data=data,
            staging=staging,
            dbt_start=dbt_start,
            cmrr=cmrr,
            floor=floor,
            models=tuple(read_model_runs(connection, directory / "target")),
            after_commitments=frozenset(models_after_commitments(directory / "target")),
            floor_seconds={name: timings[name] for name in FLOOR_OF.values()},
            floor_cpu_seconds=sum(cpu_seconds for _, _, cpu_seconds in statements),
            floor_rows={name: count(connection, f"floor.{name}") for name in FLOOR_OF.values()},
        )


def create_raw_relations(database: Path) -> None:
    """All relations of the landing contract, empty, in a new working file."""
    with duckdb.connect(str(database)) as connection:
        for table in read_contract():
            columns = ", ".join(f"{column.name} {column.data_type}" for column in table.columns)
            connection.execute(f"create schema if not exists {table.schema}")
            connection.execute(f"create table {table.schema}.{table.name} ({columns})")


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """The models and the floor say the same of every day, month, family and SKU.

    Raises BenchmarkError with the number of rows that only one of the two has.
    """
    for mart, query in SAME_ROWS.items():
        model = query.format(table=f"marts.{mart}")
        floor = query.format(table=f"floor.{FLOOR_OF[mart]}")
        differing = connection.execute(
            f"select (select count(*) from (({model}) except all ({floor})))"
            f" + (select count(*) from (({floor}) except all ({model})))"
        ).fetchall()[0][0]
        if differing:
            raise BenchmarkError(f"{mart} and its floor differ in {differing:,} rows")


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table."""
    return connection.execute(f"select count(*) from {table}").fetchall()[0][0]


def read_model_runs(connection: duckdb.DuckDBPyConnection, target: Path) -> Iterable[ModelRun]:
    """The models of the last dbt run, in the order in which they began."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    runs = []
    for result in results:
        executed = next(timing for timing in result["timing"] if timing["name"] == "execute")
        compiled = next(timing for timing in result["timing"] if timing["name"] == "compile")
        name = result["unique_id"].split(".")[-1]
        runs.append(
            ModelRun(
                name,
                _epoch(compiled["started_at"]),
                _epoch(executed["completed_at"]),
                count(connection, result["relation_name"]),
            )
        )
    return sorted(runs, key=lambda run: run.started)


def models_after_commitments(target: Path) -> set[str]:
    """Names of the models that read int_line_commitments, directly or through others."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    children = manifest["child_map"]
    found: set[str] = set()
    waiting = [node for node in children if node.endswith(".int_line_commitments")]
    while waiting:
        for child in children.get(waiting.pop(), []):
            if child.startswith("model.") and child not in found:
                found.add(child)
                waiting.append(child)
    return {node.split(".")[-1] for node in found}


def report(result: Result) -> str:
    """The result as a Markdown page."""
    groups = {
        "the three marts alone": list(FLOOR_OF),
        "all that follows from the lines' days": sorted(result.after_commitments),
        "all CMRR models": [model.name for model in result.models],
    }
    ratios = {title: result.busy(names) / result.floor_total for title, names in groups.items()}
    lines = [
        "# CMRR models beside the floor",
        "",
        "Written by `make bench`; `benchmarks/cmrr.py` says how it is measured.",
        "",
        f"{result.customers:,} customers, {result.line_count:,} order lines, {result.years} years"
        f" to {AS_OF}, three currencies. Machine: {machine()}. Python"
        f" {platform.python_version()}, dbt-core {version('dbt-core')},"
        f" DuckDB {duckdb.__version__}; two dbt threads, DuckDB with all cores.",
        "",
        "| model | rows | seconds | floor rows | floor seconds | ratio |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for model in result.models:
        floor_name = FLOOR_OF.get(model.name)
        beside = "| | | |"
        if floor_name:
            seconds = result.floor_seconds[floor_name]
            rows = result.floor_rows[floor_name]
            beside = f"| {rows:,} | {seconds:.2f} | {model.seconds / seconds:.1f} |"
        lines.append(f"| {model.name} | {model.row_count:,} | {model.seconds:.2f} {beside}")
    lines += [
        "",
        "| group | seconds | floor seconds | ratio |",
        "|---|---:|---:|---:|",
        *(
            f"| {title} | {result.busy(names):.2f} | {result.floor_total:.2f}"
            f" | {ratios[title]:.1f} |"
            for title, names in groups.items()
        ),
        f"| all CMRR models, processor seconds | {result.cpu_seconds:.2f}"
        f" | {result.floor_cpu_seconds:.2f}"
        f" | {result.cpu_seconds / result.floor_cpu_seconds:.1f} |",
        "",
        "| process | seconds | processor seconds | peak MB |",
        "|---|---:|---:|---:|",
    ]
    steps = {
        "data made in SQL": result.data,
        "dbt: staging": result.staging,
        "dbt: one seed alone": result.dbt_start,
        "dbt: CMRR models": result.cmrr,
        "floor": result.floor,
    }
    lines += [
        f"| {title} | {step.seconds:.1f} | {step.cpu_seconds:.1f} | {step.peak_megabytes:,.0f} |"
        for title, step in steps.items()
    ]
    judged = ratios["all CMRR models"]
    lines += [
        "",
        f"Target for all CMRR models: within {TARGET_RATIO} times the floor's seconds:"
        f" {judged:.1f}, {_met(judged <= TARGET_RATIO)}. Under"
        f" {TARGET_MEGABYTES:,} MB: {result.cmrr.peak_megabytes:,.0f},"
        f" {_met(result.cmrr.peak_megabytes < TARGET_MEGABYTES)}.",
        "",
        "- The floor is `benchmarks/floor.sql`: from `int_line_commitments` and `int_months`,"
        " taken as known, one union of the lines' edges, one sum per day or month, one window"
        " sum, and for the two monthly tables one join to the months; written as tables to the"
        " same file. It prices, pairs, compares, types and explains nothing, has no keys, no"
        " constraints and no comments. Its rows are compared with the marts' in every run: the"
        " same change of every day, the same levels and bridge ends of every month.",
        "- A model's seconds are wall seconds in dbt, constraints and comments included. A"
        " group's seconds are those in which at least one of its models ran, for two run at a"
        " time. Starting dbt is in the processes' seconds only. Where other work shares the"
        " machine, wall seconds swing; processor seconds are steadier: those of the models are"
        " their process's less those of a dbt process that loads one seed.",
        "- Peak MB is the greatest resident memory of the process: dbt itself takes some 200.",
        "",
    ]
    return "\n".join(lines)


def machine() -> str:
    """Cores and memory of this machine, in general words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory"


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def _epoch(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: sizes, and where the report goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--years", type=int, default=8)
    parser.add_argument("--output", type=Path, default=RESULT_FILE, help="the report")
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="tenure-bench-") as directory:
            page = report(run_benchmark(Path(directory), given.customers, given.years))
    except BenchmarkError as error:
        sys.exit(str(error))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
