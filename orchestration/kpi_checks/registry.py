"""Which function computes which metrics, and how what it computes is held against rpt_kpis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from orchestration.kpi_checks.frames import ALL, GRAINS, PERIOD, Computed, Tables

KEY = [*PERIOD, "dimension_name", "dimension_value"]
PARTS = ["value", "numerator", "denominator"]
TOLERANCE = 2e-6  # rpt_kpis keeps six decimals
CLOSED_PERIODS_CHECKED = 3


@dataclass(frozen=True)
class KpiCheck:
    """An independent computation of some metrics, in total and by one dimension.

    ``compute`` is given the tables and the periods that are asked for; it gives, for each metric, a
    frame with the period, dimension_name, dimension_value and value, and numerator and denominator
    where the metric has them. Rows of other periods and dimensions are left aside.
    """

    metrics: tuple[str, ...]
    by: str | None
    compute: Callable[[Tables, pd.DataFrame], Computed]


@dataclass(frozen=True)
class Difference:
    """A row of rpt_kpis that an independent computation contradicts."""

    metric: str
    period: str
    dimension: str
    part: str
    served: float | None
    computed: float | None

    def __str__(self) -> str:
        return (
            f"{self.metric}, {self.period}, {self.dimension}: {self.part} is {self.served} in"
            f" rpt_kpis, {self.computed} computed independently"
        )


CHECKS: list[KpiCheck] = []


def checks(*metrics: str, by: str | None = None) -> Callable:
    """Register a function as the independent computation of metrics, also ``by`` a dimension."""

    def register(compute: Callable[[Tables, pd.DataFrame], Computed]) -> Callable:
        CHECKS.append(KpiCheck(metrics, by, compute))
        return compute

    return register


def kpi_checks() -> dict[str, list[KpiCheck]]:
    """All checks by area: the modules of this package that register some."""
    package = import_module(__package__)
    for module in iter_modules(package.__path__):
        import_module(f"{__package__}.{module.name}")
    found: dict[str, list[KpiCheck]] = {}
    for check in CHECKS:
        found.setdefault(check.compute.__module__.rsplit(".", 1)[-1], []).append(check)
    return dict(sorted(found.items()))


def differences(
    tables: Tables,
    served: pd.DataFrame,
    periods: pd.DataFrame,
    kpi_checks: Iterable[KpiCheck],
    metrics: Mapping[str, Mapping[str, Any]],
) -> list[Difference]:
    """Where rpt_kpis (``served``) says otherwise than the checks, in the periods given.

    ``metrics`` is what the YAML says of each: of which grains it is to be served.
    """
    if periods.empty and served.empty:  # no fiscal month has begun: there is nothing to compute
        return []
    found: list[Difference] = []
    for check in kpi_checks:
        computed = check.compute(tables, periods)
        dimensions = [ALL[0], *filter(None, [check.by])]
        for metric in check.metrics:
            of_metric = served[
                (served["metric"] == metric) & served["dimension_name"].isin(dimensions)
            ]
            grains = metrics.get(metric, {}).get("grains", GRAINS)
            asked = periods[periods["period_grain"].isin(grains)]
            found.extend(
                _compare(metric, of_metric, computed[metric], dimensions, asked, tables.as_of)
            )
    return found


def _compare(
    metric: str,
    served: pd.DataFrame,
    computed: pd.DataFrame,
    dimensions: list[str],
    periods: pd.DataFrame,
    as_of: pd.Timestamp,
) -> list[Difference]:
    parts = [part for part in PARTS if part in computed]
    wanted = periods[PERIOD].assign(is_wanted=True)
    computed = computed[computed["dimension_name"].isin(dimensions)][[*KEY, *parts]]
    both = (
        served[[*KEY, *parts]]
        .merge(computed, how="outer", on=KEY, suffixes=("_served", "_computed"), indicator=True)
        .merge(wanted, how="left", on=PERIOD)
    )
    # What is told of periods to come (forecasts, plans) is held against the checks too.
    grains = periods["period_grain"].unique()
    to_come = both["period_grain"].isin(grains) & (both["period_start"] > as_of)
    both = both[both["is_wanted"].notna() | to_come]
    found = []
    for part in parts:
        ours, theirs = both[f"{part}_served"], both[f"{part}_computed"]
        # No row says as much as a null or, of what is no ratio, as nothing.
        if part != "value":
            ours, theirs = ours.fillna(0), theirs.fillna(0)
        elif served["denominator"].isna().all():
            is_ours, is_theirs = ours.notna(), theirs.notna()
            ours = ours.mask((both["_merge"] == "right_only") & is_theirs, 0)
            theirs = theirs.mask((both["_merge"] == "left_only") & is_ours, 0)
        same = np.isclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        for row in both[~same].itertuples(index=False):
            found.append(
                Difference(
                    metric,
                    f"{row.period_grain} {row.period_start:%Y-%m-%d}",
                    f"{row.dimension_name} {row.dimension_value}",
                    part,
                    getattr(row, f"{part}_served"),
                    getattr(row, f"{part}_computed"),
                )
            )
    return found


def read_served(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """rpt_kpis as a frame, with the values as they are computed today, not as they were closed;
    what there is no more of is left out."""
    return connection.sql(
        "select metric, period_grain, period_start, dimension_name, dimension_value,"
        " cast(current_numerator as double) as numerator,"
        " cast(current_denominator as double) as denominator,"
        " cast(current_value as double) as value, is_final from marts.rpt_kpis"
        " where coalesce(current_value, current_numerator, current_denominator) is not null"
    ).df()


def periods_to_check(tables: Tables, served: pd.DataFrame, *, every: bool) -> pd.DataFrame:
    """All periods; or those that are not closed, and the last three closed of each grain."""
    periods = tables.periods
    if every:
        return periods
    closed = served[served["is_final"]][PERIOD].drop_duplicates()
    periods = periods.merge(closed.assign(is_closed=True), how="left", on=PERIOD)
    is_closed = periods["is_closed"].notna()
    newest = (
        periods[is_closed]
        .sort_values("period_start")
        .groupby("period_grain")
        .tail(CLOSED_PERIODS_CHECKED)
    )
    return pd.concat([periods[~is_closed], newest], ignore_index=True).drop(columns="is_closed")
