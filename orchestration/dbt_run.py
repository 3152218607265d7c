"""dbt in this very process, on the manifest that is kept: what it built, tested, and what failed.

A dbt command of its own takes seconds to start, and parses the project anew whenever an environment
variable of the profile has changed. Here the parsed project is read once, whatever the warehouse.
"""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from orchestration.catch_up import days_in_environment
from orchestration.contract import PROJECT_DIR
from orchestration.progress import DbtProgress, Failure
from orchestration.project import QUIET, kept_manifest, manifest_file

FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
LOGGED = frozenset({"info", "warn", "error"})
MAX_SHOWN = 20


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of a dbt command: a model, seed, snapshot or test; ``sql`` is what it
    was compiled to, empty for a seed and for Python."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str
    sql: str = ""

    @property
    def is_built(self) -> bool:
        """Whether it is a relation, and made."""
        return self.status == "success"

    @property
    def is_skipped(self) -> bool:
        """Whether something before it failed."""
        return self.status == "skipped"

    @property
    def has_passed(self) -> bool:
        """Whether it is a test, and found nothing."""
        return self.status == "pass"

    @property
    def is_warning(self) -> bool:
        """Whether it is a test, and what it found does not stop the refresh."""
        return self.status == "warn"


class DbtError(Exception):
    """A dbt command failed: the nodes that did, and what became of all; or dbt's own words."""

    def __init__(
        self, said: str, failures: Sequence[Failure] = (), results: Sequence[NodeResult] = ()
    ) -> None:
        self.failures, self.results = list(failures), list(results)
        super().__init__(said)

    def __str__(self) -> str:
        count = len(self.failures)
        if not count:
            return f"dbt stopped before it built anything:\n{self.args[0]}"
        shown = [str(failure) for failure in self.failures[:MAX_SHOWN]]
        more = [f"  and {count - MAX_SHOWN} more"] if count > MAX_SHOWN else []
        nodes = "model or test" if count == 1 else "models or tests"
        return "\n".join([f"{count} {nodes} failed:", *shown, *more])


class Dbt:
    """dbt on the warehouse that the environment names.

    ``target`` gets what it leaves behind: the manifest, compiled SQL, run_results.json of the
    newest command, and dbt.log of all of them.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(manifest_file(), target / "manifest.json")
        (target / "dbt.log").write_text("", encoding="utf-8")

    def run(self, arguments: list[str]) -> list[NodeResult]:
        """Run a command; what became of each of its nodes. Raises DbtError where any failed."""
        listed = self.target / "run_results.json"
        listed.unlink(missing_ok=True)
        with (
            (self.target / "dbt.log").open("a", encoding="utf-8") as log,
            days_in_environment(arguments) as given,
        ):
            done = run_dbt(
                [*given, "--target-path", str(self.target), "--log-path", str(self.target)],
                [_log_to(log), DbtProgress(sys.stdout).hear],
            )
        run: Any = done.result
        if not hasattr(run, "results"):
            raise DbtError(str(done.exception or "dbt did not say why"))
        run.write(str(listed))
        results = [_node_result(result) for result in run.results]
        if not done.success:
            failures = [_failure(result) for result in run.results if str(result.status) in FAILED]
            raise DbtError(str(done.exception), failures, results)
        return results


def run_dbt(arguments: Sequence[str], callbacks: Sequence[Callable[[Any], None]] = ()) -> Any:
    """Run a dbt command in this process, with the kept manifest; dbt's own result.

    Whether or not it succeeds, the working file is closed afterwards.
    """
    folders = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
    runner = dbtRunner(manifest=kept_manifest(), callbacks=list(callbacks))
    try:
        done = runner.invoke([*QUIET, *arguments, *folders])
    finally:
        close_connections()
    if isinstance(done.exception, KeyboardInterrupt | SystemExit):
        raise done.exception
    return done


def close_connections() -> None:
    """Close the file that dbt would keep open for its next command."""
    # There is none where dbt failed before it opened the file; then it says so, with a bare
    # Exception.
    with suppress(Exception):
        DuckDBConnectionManager.env().close()
    DuckDBConnectionManager.close_all_connections()
    gc.collect()


def _log_to(log: TextIO) -> Callable[[Any], None]:
    """A callback that writes what dbt says to a file, but for its debugging."""

    def hear(event: Any) -> None:
        if event.info.level in LOGGED and event.info.msg:
            log.write(f"{event.info.ts.ToJsonString()[11:19]} {event.info.msg}\n")

    return hear


def _node_result(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        node.unique_id,
        str(result.status),
        result.execution_time,
        result.failures,
        result.message or "",
        (getattr(node, "compiled_code", None) or "") if node.language == "sql" else "",
    )


def _failure(result: Any) -> Failure:
    node = result.node
    compiled = getattr(node, "compiled_path", None)
    return Failure(
        kind=str(node.resource_type).replace("_", " "),
        name=node.name,
        message=result.message or "",
        rows=result.failures,
        compiled=Path(compiled) if compiled else None,
    )
