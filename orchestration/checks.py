"""Checks of the built warehouse that dbt cannot make of it: they stand between dbt and publishing.

Nothing is published while one of them finds anything. A refresh looks at the open periods and the
last three closed ones, the job ``weekly_checks`` (`make checks`) and CI at all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from orchestration.built import Built, Check
from orchestration.casts import quote_text
from orchestration.invariants import INVARIANTS
from orchestration.kpi_checks.registry import KpiCheck, differences, kpi_checks
from orchestration.project import read_manifest
from orchestration.publish import mart_tables

MAX_SHOWN = 10


class CheckError(Exception):
    """The built warehouse is wrong; the text says which checks found what."""


def _kpi_differences(own: Sequence[KpiCheck], built: Built) -> list[str]:
    found = differences(built.tables, built.served, built.periods, own, built.metrics)
    return [str(one) for one in found]


CHECKS: tuple[Check, ...] = (
    *INVARIANTS,
    *(
        Check(
            f"kpis_of_{area}",
            "rpt_kpis",
            f"The KPIs of {area.replace('_', ' ')} are what an independent computation makes them.",
            partial(_kpi_differences, own),
        )
        for area, own in kpi_checks().items()
    ),
)


def metrics_of(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is said of each metric that serves a KPI, by its name, from dbt's manifest."""
    return {
        metric["name"]: metric["config"]["meta"]
        for metric in manifest["metrics"].values()
        if "kpi" in metric["config"]["meta"]
    }


@contextmanager
def open_built(
    working_file: Path, published_file: Path | None = None, *, every_period: bool = False
) -> Iterator[Built]:
    """The working file as checks see it, with what readers have beside it."""
    metrics = metrics_of(read_manifest())
    with duckdb.connect(working_file, read_only=True) as connection:
        is_published = published_file is not None and published_file.exists()
        if is_published:
            connection.execute(f"attach {quote_text(str(published_file))} as published (read_only)")
        yield Built(connection, is_published, metrics, every_period)


def checks_of(manifest: Mapping[str, Any]) -> list[Check]:
    """The checks of the tables that the project has: a part of it has fewer."""
    tables = set(mart_tables(manifest))
    return [check for check in CHECKS if check.table in tables]


def run_checks(built: Built, checks: Iterable[Check] = CHECKS) -> dict[Check, list[str]]:
    """What each check finds."""
    return {check: check.find(built) for check in checks}


def failed_checks(found: dict[Check, list[str]]) -> str | None:
    """The text of an error about what was found; None where nothing was."""
    failed = {check: lines for check, lines in found.items() if lines}
    if not failed:
        return None
    count = len(failed)
    shown = "\n".join(
        f"  {check.name} (marts.{check.table})\n{_listed(lines)}" for check, lines in failed.items()
    )
    return f"{count} check{'s' * (count != 1)} of the built warehouse failed:\n{shown}"


def _listed(lines: Sequence[str]) -> str:
    left = len(lines) - MAX_SHOWN
    more = [f"and {left:,} more"] if left > 0 else []
    return "\n".join(f"    {line}" for line in [*lines[:MAX_SHOWN], *more])
