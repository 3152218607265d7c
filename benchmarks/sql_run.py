"""Run one SQL file against a DuckDB file in a process of its own, and time its statements.

``python -m benchmarks.sql_run <database> <file.sql> [name=value ...]`` sets the named values
as SQL variables, and prints a JSON list of
[first words of the statement, wall seconds, processor seconds]. DuckDB keeps to TENURE_MEMORY, as
dbt does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import duckdb


def run(database: Path, script: Path, variables: dict[str, str]) -> list[tuple[str, float, float]]:
    """Run every statement of ``script`` in order; the name and the seconds of each one."""
    timings = []
    with duckdb.connect(str(database)) as connection:
        connection.execute("set enable_progress_bar = false")
        limit_memory(connection)
        for name, value in variables.items():
            literal = value if value.isdigit() else f"'{value}'"
            connection.execute(f"set variable {name} = {literal}")
        for statement in connection.extract_statements(script.read_text(encoding="utf-8")):
            code = "\n".join(
                line for line in statement.query.splitlines() if not line.startswith("--")
            )
            started, started_cpu = time.perf_counter(), time.process_time()
            connection.execute(statement)
            seconds, cpu_seconds = (
                time.perf_counter() - started,
                time.process_time() - started_cpu,
            )
            timings.append((" ".join(code.split()[:3]), seconds, cpu_seconds))
    return timings


def limit_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the connection take as much memory as profiles.yml lets dbt take."""
    connection.execute(f"set memory_limit = '{os.environ.get('TENURE_MEMORY', '80%')}'")


def main() -> None:
    """Command line of the module."""
    database, script, *settings = sys.argv[1:]
    variables = dict(setting.split("=", 1) for setting in settings)
    print(json.dumps(run(Path(database), Path(script), variables)))


if __name__ == "__main__":
    main()
