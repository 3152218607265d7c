"""What a person sees of a refresh: how far dbt is, and what failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TextIO


class DbtProgress:
    """One moving figure of how far a dbt command is.

    On a terminal the figure stands in one line; elsewhere a line is written every quarter.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._total = 0
        self._done = 0
        self._quarter = 0
        self._lock = Lock()

    def hear(self, event: Any) -> None:
        """Take an event of dbt, from any of its threads; one that ends a node moves the figure."""
        if event.info.name == "ConcurrencyLine":
            self._total = event.data.node_count
        elif event.info.name == "NodeFinished" and self._total:
            with self._lock:
                self._step()

    def _step(self) -> None:
        self._done += 1
        figure = f"dbt: {self._done:,} of {self._total:,} seeds, models and tests"
        quarter = self._done * 4 // self._total
        if self._out.isatty():
            self._out.write(f"\r{figure}" + ("\n" if self._done == self._total else ""))
        elif quarter > self._quarter:
            self._out.write(f"{figure}\n")
        self._quarter = quarter
        self._out.flush()


@dataclass(frozen=True)
class Failure:
    """A dbt node that failed: what it is, what dbt said, and where its SQL is."""

    kind: str
    name: str
    message: str
    rows: int | None
    compiled: Path | None

    def __str__(self) -> str:
        lines = [f"  {self.kind} {self.name}"]
        if self.rows:
            lines.append(f"    {self.rows:,} row{'s' * (self.rows != 1)} that should not be there")
        lines.extend(f"    {line}" for line in self.message.splitlines() if line.strip())
        if self.compiled:
            lines.append(f"    SQL: {self.compiled}")
        return "\n".join(lines)


def dbt_failures(target: Path) -> list[Failure]:
    """Models, tests and seeds that failed in the newest dbt run of ``target``."""
    results = target / "run_results.json"
    if not results.exists():
        return []
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    nodes = {**manifest["nodes"], **manifest.get("unit_tests", {})}
    return [
        _failure(result, nodes[result["unique_id"]])
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]
        if result["status"] in ("error", "fail", "runtime error")
    ]


def _failure(result: dict[str, Any], node: dict[str, Any]) -> Failure:
    compiled = node.get("compiled_path") or result.get("compiled_path")
    return Failure(
        kind=node["resource_type"].replace("_", " "),
        name=node["name"],
        message=result.get("message") or "",
        rows=result.get("failures"),
        compiled=Path(compiled) if compiled else None,
    )
