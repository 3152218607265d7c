"""The Python checks of a refresh: every KPI computed independently, and what must hold anyway.

``python -m orchestration.checks`` holds all periods of a warehouse against the checks, as CI and a
weekly run do; a refresh looks at the open periods and the last three closed ones.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import duckdb

from orchestration import kpi_checks
from orchestration.kpi_checks.frames import Tables
from orchestration.kpi_checks.invariants import INVARIANTS, Warehouse, attach_published
from orchestration.kpi_checks.registry import (
    CHECKS,
    differences,
    periods_to_check,
    read_served,
)
from orchestration.settings import Settings, read_settings
from orchestration.working_file import read_day

SHOWN = 5
AREAS = sorted(
    module.name
    for module in pkgutil.iter_modules(kpi_checks.__path__)
    if module.name not in ("frames", "registry", "invariants")
)


class CheckError(Exception):
    """Figures contradict their definitions; the text says which rows."""


@dataclass(frozen=True)
class CheckResult:
    """A check that was run, and the rows that break it (none: it holds)."""

    name: str
    description: str
    failures: tuple[str, ...]
    seconds: float


def load_checks() -> None:
    """Import the areas, which register their checks."""
    for area in AREAS:
        importlib.import_module(f"{kpi_checks.__name__}.{area}")


def metrics_of(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is said of each metric that serves a KPI, by its name, from dbt's manifest."""
    return {
        metric["name"]: metric["config"]["meta"]
        for metric in manifest["metrics"].values()
        if "kpi" in metric["config"]["meta"]
    }


def run_checks(
    settings: Settings, manifest: Mapping[str, Any], *, every_period: bool = False
) -> Iterator[CheckResult]:
    """Run all checks on the working file, one after the other."""
    load_checks()
    metrics = metrics_of(manifest)
    as_of = read_day(settings.working_file)
    with duckdb.connect(settings.working_file, read_only=True) as connection:
        tables = Tables(connection, as_of)
        served = read_served(connection)
        periods = periods_to_check(tables, served, every=every_period)
        for area in AREAS:
            started = monotonic()
            module = f"{kpi_checks.__name__}.{area}"
            own = [check for check in CHECKS if check.compute.__module__ == module]
            if not own:  # what areas share
                continue
            found = [str(one) for one in differences(tables, served, periods, own)]
            count = sum(len(check.metrics) for check in own)
            yield CheckResult(
                f"kpis_of_{area}",
                f"{count} metrics computed independently",
                _first(found),
                monotonic() - started,
            )
        warehouse = Warehouse(
            connection, attach_published(connection, settings.published_file), metrics
        )
        for name, check in INVARIANTS.items():
            started = monotonic()
            broken = tuple(check(warehouse))
            description = " ".join((check.__doc__ or name).split())
            yield CheckResult(name, description, broken, monotonic() - started)


def raise_failures(results: list[CheckResult]) -> None:
    """Raise CheckError, with the rows, where a check does not hold."""
    failed = [result for result in results if result.failures]
    if failed:
        lines = [f"  {one.name}: {line}" for one in failed for line in one.failures]
        checks = "check does" if len(failed) == 1 else "checks do"
        raise CheckError(f"{len(failed)} {checks} not hold:\n" + "\n".join(lines))


def _first(found: list[str]) -> tuple[str, ...]:
    left = len(found) - SHOWN
    return (*found[:SHOWN], f"and {left} more") if left > 0 else tuple(found)


def main() -> int:
    """Check all periods of the warehouse that the environment names; the exit code says how."""
    # Only now: the manifest may have to be parsed first.
    from orchestration.project import dbt_project, prepare_manifest

    prepare_manifest()
    manifest = json.loads(dbt_project.manifest_path.read_text(encoding="utf-8"))
    results = []
    for result in run_checks(read_settings(), manifest, every_period=True):
        state = "does not hold" if result.failures else "holds"
        print(f"{result.name}: {state} ({result.description}; {result.seconds:.1f} s)", flush=True)
        results.append(result)
    try:
        raise_failures(results)
    except CheckError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
