"""Seconds and peak memory of renewals, locks and the ledger reconciliation beside their floor.

``python -m benchmarks.finance`` makes the billing history of 100,000 customers
(billing_data.sql) with twelve months of journal lines, some five million (ledger_data.sql),
builds what stands before, then the models of each of the two rooms in a dbt process of its own,
then comparable rows by one join and one sum (finance_floor.sql). Where the ledger revenue of a
single month, customer and SKU differs, or a term is missing, the benchmark stops. The report
goes to results/finance.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    count,
    create_raw_relations,
    machine,
    read_model_runs,
)

RESULT_FILE = BENCHMARKS_DIR / "results" / "finance.md"
ROOMS = {
    "renewals and locks": (
        "fct_renewals",
        "fct_renewal_lines",
        "fct_expected_cmrr_locks",
        "rpt_renewal_rates",
        "path:models/intermediate/renewals",
    ),
    "ledger reconciliation": (
        "fct_ledger_reconciliation",
        "fct_expected_revenue_lines",
        "fct_ledger_revenue_lines",
        "rpt_cmrr_to_ledger",
        "+fct_ledger_reconciliation,path:models/intermediate/ledger",
    ),
}
FLOOR_OF = {
    "renewals and locks": ("renewals", "locks"),
    "ledger reconciliation": ("reconciliation",),
}
DIFFERENCES = {
    "fct_ledger_reconciliation and its floor differ in ledger revenue": """
        select count(*)
        from (
            select month, customer_id, sku, ledger_revenue from marts.fct_ledger_reconciliation
            where ledger_revenue <> 0
        ) as built
        full join (
            select month, customer_id, sku, ledger_revenue from floor.reconciliation
            where ledger_revenue <> 0
        ) as floor using (month, customer_id, sku)
        where built.ledger_revenue is distinct from floor.ledger_revenue
    """,
    "a term with something to renew has no renewal and was not ended before": """
        select count(*)
        from floor.renewals
        anti join marts.fct_renewals using (contract_id)
        inner join intermediate.int_line_commitments using (contract_id)
        where expected_cmrr > 0 and commit_end_kind = 'takeover'
    """,
}


@dataclass(frozen=True)
class Room:
    """The models of a room in one dbt process, and the floor's seconds for the like of it."""

    title: str
    step: Step
    models: tuple[ModelRun, ...]
    floor_seconds: float
    floor_cpu_seconds: float

    @property
    def seconds(self) -> float:
        """Seconds of the models, one after another."""
        return sum(model.seconds for model in self.models)


@dataclass(frozen=True)
class Result:
    """What one benchmark measured."""

    customers: int
    line_count: int
    journal_line_count: int
    data: Step
    dbt_start: Step
    floor: Step
    rooms: tuple[Room, ...]


def run_benchmark(directory: Path, customers: int) -> Result:
    """Make the data in ``directory`` (empty), build, make the floor, compare, measure.

    Raises BenchmarkError where a step fails or a figure differs.
    """
    database = directory / "warehouse.duckdb"
    runner = Runner(directory, flags=("--threads", "1"))
    run_sql, run_dbt = runner.sql, runner.dbt

    create_raw_relations(database)
    run_sql("billing_data.sql", customers=customers, years=8, as_of=AS_OF)
    data = run_sql("ledger_data.sql", as_of=AS_OF)
    wanted = [selector for selectors in ROOMS.values() for selector in selectors]
    parents = [f"+{selector}" for selector in wanted if selector.startswith(("fct", "rpt"))]
    run_dbt("--select", *parents, "--exclude", *wanted)
    dbt_start = run_dbt("--select", "churn_reasons")
    built = {}
    for title, selectors in ROOMS.items():
        step = run_dbt("--select", *selectors)
        with duckdb.connect(str(database), read_only=True) as connection:
            built[title] = step, tuple(read_model_runs(connection, directory / "target"))
    floor = run_sql("finance_floor.sql", as_of=AS_OF)
    statements = {name.split(".")[-1]: times for name, *times in json.loads(floor.output)}
    with duckdb.connect(str(database), read_only=True) as connection:
        compare(connection)
        return Result(
            customers=customers,
            line_count=count(connection, "raw_billing.order_lines"),
            journal_line_count=count(connection, "raw_ledger.journal_lines"),
            data=data,
            dbt_start=dbt_start,
            floor=floor,
            rooms=tuple(
                Room(
                    title,
                    step,
                    models,
                    sum(statements[name][0] for name in FLOOR_OF[title]),
                    sum(statements[name][1] for name in FLOOR_OF[title]),
                )
                for title, (step, models) in built.items()
            ),
        )


def compare(
    connection: duckdb.DuckDBPyConnection, differences: Mapping[str, str] = DIFFERENCES
) -> None:
    """The models and the floor agree where they say the same. Raises BenchmarkError."""
    for what, query in differences.items():
        found = connection.execute(query).fetchall()[0][0]
        if found:
            raise BenchmarkError(f"{what}: {found:,} rows")


def report(result: Result) -> str:
    """The result as a Markdown page."""
    lines = [
        "# Renewals, locks and the ledger reconciliation beside the floor",
        "",
        "Written by `make bench`; `benchmarks/finance.py` says how it is measured.",
        "",
        f"{result.customers:,} customers, {result.line_count:,} order lines of 8 years to {AS_OF},"
        f" {result.journal_line_count:,} journal lines of 12 months. Machine: {machine()}. Python"
        f" {platform.python_version()}, dbt-core {version('dbt-core')},"
        f" DuckDB {duckdb.__version__}; one dbt thread, DuckDB with all cores.",
        "",
        "| model | rows | seconds |",
        "|---|---:|---:|",
    ]
    lines += [
        f"| {model.name} | {model.row_count:,} | {model.seconds:.2f} |"
        for room in result.rooms
        for model in room.models
    ]
    lines += [
        "",
        "| room | seconds | floor seconds | ratio | processor seconds | floor | ratio | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for room in result.rooms:
        cpu_seconds = room.step.cpu_seconds - result.dbt_start.cpu_seconds
        lines.append(
            f"| {room.title} | {room.seconds:.1f} | {room.floor_seconds:.2f}"
            f" | {room.seconds / room.floor_seconds:.1f} | {cpu_seconds:.1f}"
            f" | {room.floor_cpu_seconds:.1f} | {cpu_seconds / room.floor_cpu_seconds:.1f}"
            f" | {room.step.peak_megabytes:,.0f} |"
        )
    lines += [
        "",
        "- The floor is `benchmarks/finance_floor.sql`: what each term brings, and ledger revenue"
        " beside what was in service, by one join and one sum each, in floating point where it"
        " divides. It resolves, locks, recognises, times and explains nothing.",
        "- Seconds are wall seconds of the models in dbt; processor seconds are those of the dbt"
        " process less those of one that loads a seed. Staging and CMRR are built before and are"
        " not in them. All periods that began before the one build are locked by it.",
        "",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: sizes, and where the report goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--output", type=Path, default=RESULT_FILE, help="the report")
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="tenure-bench-") as directory:
            page = report(run_benchmark(Path(directory), given.customers))
    except BenchmarkError as error:
        sys.exit(str(error))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
