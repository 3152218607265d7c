"""Seconds and peak memory of the usage and adoption models beside their floor, on made events.

``python -m benchmarks.usage`` makes two years of events of 100,000 customers as Parquet
(usage_data.sql), builds as of the last day but one from nothing, then as of the last day, of
which 1 event in 100 happened earlier; some hundred customers were also given licences. Every step
is a process of its own, so that its peak memory is its own. The floor (usage_floor.sql) reads
every event once and sums them once by account, user, feature and day. Where a day's events are
not counted right the benchmark stops. The report goes to results/usage.md.

Many events take an hour and room on disk: ``TENURE_MEMORY=5GB python -m benchmarks.usage --rows
200_000_000 --directory <where there are 40 GB> --output benchmarks/results/usage_200m.md``. The
data stays in that directory (``data/``), and another run of as many events uses it again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import duckdb

from benchmarks.cmrr import (
    AS_OF,
    BENCHMARKS_DIR,
    BenchmarkError,
    ModelRun,
    Runner,
    Step,
    create_raw_relations,
    machine,
    read_model_runs,
)
from benchmarks.sql_run import limit_memory

RESULT_FILE = BENCHMARKS_DIR / "results" / "usage.md"
ADOPTION_PATHS = ("path:models/intermediate/adoption", "path:models/marts/adoption")
EVENTS = (
    "base_product_usage__builds",
    "base_product_usage__event_rows",
    "base_product_usage__event_loads",
    "base_product_usage__event_parents",
    "base_product_usage__events",
)
TARGET_SHARE = 0.02
TARGET_MEGABYTES = 8000

WRONG_DAYS = """
    with landed as (
        select cast(occurred_at as date) as usage_date, count(distinct event_id) as event_count
        from raw_product_usage.events
        group by all
    ),
    built as (
        select usage_date, sum(event_count) as event_count
        from intermediate.int_usage_days
        group by all
    )
    select count(*)
    from landed
    full join built using (usage_date)
    where landed.event_count is distinct from built.event_count
"""


@dataclass(frozen=True)
class Build:
    """One build as of a day: what else the models need, the events' staging, the models."""

    staging: Step
    events: Step
    adoption: Step
    models: tuple[ModelRun, ...]
    cpu_seconds: Mapping[str, float]

    @property
    def seconds(self) -> float:
        """Wall seconds of all models, one after another."""
        return sum(model.seconds for model in self.models)

    @property
    def all_cpu_seconds(self) -> float:
        """Processor seconds of all models."""
        return sum(self.cpu_seconds[model.name] for model in self.models)


@dataclass(frozen=True)
class Result:
    """What one benchmark measured."""

    rows: int
    accounts: int
    new_rows: int
    late_rows: int
    data: Step
    floor: Step
    floor_seconds: dict[str, float]
    dbt_start: Step
    full: Build
    increment: Build
    gigabytes: float


def make_data(directory: Path, rows: int, accounts: int) -> Step:
    """Make what lands, in ``directory``: a file of events and a working file of all other tables.

    Where they were made before, as many of them, they stay, and so do the figures of their making.
    """
    size = {"rows": rows, "accounts": accounts}
    note, database = directory / "made.json", directory / "warehouse.duckdb"
    events_file = directory / "events.parquet"
    if note.exists():
        made = json.loads(note.read_text(encoding="utf-8"))
        if made["size"] == size:
            return Step(**made["step"])
        note.unlink()
    directory.mkdir(exist_ok=True)
    database.unlink(missing_ok=True)
    create_raw_relations(database)
    with duckdb.connect(str(database)) as connection:
        columns = connection.execute("describe raw_product_usage.events").fetchall()
        connection.execute("drop table raw_product_usage.events")
    step = Runner(directory).sql(
        "usage_data.sql",
        row_count=rows,
        accounts=accounts,
        as_of=AS_OF,
        events_file=str(events_file),
    )
    names = ", ".join(column[0] for column in columns)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"create view raw_product_usage.events as select {names} from '{events_file}'"
        )
    note.write_text(json.dumps({"size": size, "step": asdict(step)}), encoding="utf-8")
    return step


def run_benchmark(directory: Path, data_directory: Path, rows: int, accounts: int) -> Result:
    """Make the data, build twice in ``directory`` (empty), check, measure.

    Raises BenchmarkError where a step fails or a day is counted wrong.
    """
    database = directory / "warehouse.duckdb"
    last_day = date.fromisoformat(AS_OF)
    run_sql = Runner(directory).sql

    def run_dbt(as_of: date, *arguments: str) -> Step:
        program = ("-m", "benchmarks.dbt_run")
        return Runner(directory, as_of.isoformat(), ("--threads", "1"), program).dbt(*arguments)

    def build(as_of: date) -> Build:
        upstream = [f"+{path}" for path in ADOPTION_PATHS]
        staging = run_dbt(as_of, "--select", *upstream, "--exclude", *EVENTS, *ADOPTION_PATHS)
        models: list[ModelRun] = []
        cpu_seconds: dict[str, float] = {}
        steps = []
        for selected in (EVENTS, ADOPTION_PATHS):
            steps.append(run_dbt(as_of, "--select", *selected))
            models += read_runs(database, directory / "target")
            noted = (directory / "node_seconds.json").read_text(encoding="utf-8")
            cpu_seconds.update(json.loads(noted))
        return Build(staging, *steps, tuple(models), cpu_seconds)

    data = make_data(data_directory, rows, accounts)
    shutil.copy(data_directory / "warehouse.duckdb", database)
    floor = run_sql("usage_floor.sql")
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop schema floor cascade")
    dbt_start = run_dbt(last_day, "--select", "churn_reasons")
    full = build(last_day - timedelta(days=1))
    increment = build(last_day)
    with duckdb.connect(str(database), read_only=True) as connection:
        limit_memory(connection)
        check(connection)
        landed, new, late = connection.execute(
            "select count(*), count(*) filter (where loaded_at >= $1),"
            " count(*) filter (where loaded_at >= $1 and occurred_at < $1::date - 1)"
            " from raw_product_usage.events",
            [last_day],
        ).fetchall()[0]
    return Result(
        rows=landed,
        accounts=accounts,
        new_rows=new,
        late_rows=late,
        data=data,
        floor=floor,
        floor_seconds={
            name.split(".")[-1]: seconds for name, seconds, _ in json.loads(floor.output)
        },
        dbt_start=dbt_start,
        full=full,
        increment=increment,
        gigabytes=database.stat().st_size / 1_000_000_000,
    )


def read_runs(database: Path, target: Path) -> list[ModelRun]:
    """The models of the last dbt run, in the order in which they began."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return list(read_model_runs(connection, target))


def check(connection: duckdb.DuckDBPyConnection) -> None:
    """Every day has as many events as keys landed for it.

    Raises BenchmarkError with the number of days that have not.
    """
    wrong = connection.execute(WRONG_DAYS).fetchall()[0][0]
    if wrong:
        raise BenchmarkError(f"{wrong:,} days have another number of events than were landed")


def report(result: Result) -> str:
    """The result as a Markdown page."""
    full, increment = result.full, result.increment
    again = {model.name: model for model in increment.models}
    share = increment.seconds / full.seconds
    cpu_share = increment.all_cpu_seconds / full.all_cpu_seconds
    floor_seconds = sum(result.floor_seconds.values())
    lines = [
        "# Usage and adoption models beside the floor",
        "",
        "Written by `python -m benchmarks.usage`, which says how it is measured.",
        "",
        f"{result.rows:,} events of {result.accounts:,} customers, two years to {AS_OF}; the"
        f" last day brings {result.new_rows:,} rows, {result.late_rows:,} of them of earlier"
        f" days. Machine: {machine()}. Python {platform.python_version()}, dbt-core"
        f" {version('dbt-core')}, DuckDB {duckdb.__version__}; one dbt thread, DuckDB with all"
        f" cores and a memory limit of {os.environ.get('TENURE_MEMORY', '80%')}. The working file"
        f" has {result.gigabytes:.1f} GB at the end.",
        "",
        "| model | rows | full build, seconds | processor | one day's increment, seconds"
        " | processor | share of processor |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for model in full.models:
        cpu, cpu_again = full.cpu_seconds[model.name], increment.cpu_seconds[model.name]
        lines.append(
            f"| {model.name} | {again[model.name].row_count:,} | {model.seconds:.2f} | {cpu:.2f}"
            f" | {again[model.name].seconds:.2f} | {cpu_again:.2f} | {cpu_again / cpu:.1%} |"
        )
    lines += [
        f"| all of these | | {full.seconds:.2f} | {full.all_cpu_seconds:.2f}"
        f" | {increment.seconds:.2f} | {increment.all_cpu_seconds:.2f} | {cpu_share:.1%} |",
        "",
        "| floor | seconds |",
        "|---|---:|",
        f"| every event read once | {result.floor_seconds['scan']:.2f} |",
        f"| one sum by account, user, feature and day | {result.floor_seconds['usage_days']:.2f} |",
        "",
        "| process | seconds | processor seconds | peak MB |",
        "|---|---:|---:|---:|",
    ]
    steps = {
        "data made in SQL": result.data,
        "floor": result.floor,
        "dbt: one seed alone": result.dbt_start,
        "dbt, full: other staging and CMRR steps": full.staging,
        "dbt, full: staging of events": full.events,
        "dbt, full: usage and adoption": full.adoption,
        "dbt, increment: other staging and CMRR steps": increment.staging,
        "dbt, increment: staging of events": increment.events,
        "dbt, increment: usage and adoption": increment.adoption,
    }
    lines += [
        f"| {title} | {step.seconds:.1f} | {step.cpu_seconds:.1f} | {step.peak_megabytes:,.0f} |"
        for title, step in steps.items()
    ]
    peak = max(step.peak_megabytes for step in (full.events, full.adoption))
    lines += [
        "",
        f"One day's increment of all these models takes {share:.1%} of the seconds of their full"
        f" build and {cpu_share:.1%} of its processor seconds (target {TARGET_SHARE:.0%}:"
        f" {_met(cpu_share <= TARGET_SHARE)}, by processor seconds). Peak memory under"
        f" {TARGET_MEGABYTES:,} MB: {peak:,.0f}, {_met(peak < TARGET_MEGABYTES)}. The full build"
        f" takes {full.seconds / floor_seconds:.1f} times the floor's {floor_seconds:.1f} seconds.",
        "",
        "- A model's seconds are those of its dbt node, comments included; all nodes of usage and"
        " adoption are in the table, views and small ones too. Processor seconds are those of"
        " dbt's process while the node ran. Where other work shares the machine wall seconds"
        " swing and processor seconds are the ones to compare.",
        "- The other staging and the CMRR steps, which adoption reads, are built anew each time"
        " and are no models of usage: the processes' table has them.",
        "- The floor reads the same Parquet file; it deduplicates, judges and explains nothing.",
        "- Every day's events are compared with the keys landed for it, counted in the raw rows.",
        "- Peak MB is the greatest resident memory of the process: dbt itself takes some 200.",
        "",
    ]
    return "\n".join(lines)


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: sizes, and where the report goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000_000, help="events (20,000,000)")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--directory", type=Path, help="where there is room for the data")
    parser.add_argument("--output", type=Path, default=RESULT_FILE, help="the report")
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="tenure-bench-", dir=given.directory) as name:
            directory = Path(name).resolve()
            data_directory = (given.directory or directory).resolve() / "data"
            page = report(run_benchmark(directory, data_directory, given.rows, given.accounts))
    except BenchmarkError as error:
        sys.exit(str(error))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
