# One row per quarter end (and all together), horizon, segment (and all) and scorer: how well
# it ranked those who then left. Every draw is seeded by the row's name: the same each time.
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

RESAMPLES = 100
ALL_QUARTERS = "all"
ALL_SEGMENTS = "total"
COIN = "coin"
SCORE = "health_score"
WITHOUT = "without_"


def area_under_curve(scores: np.ndarray, is_lost: np.ndarray) -> float | None:
    """Chance that one who left scored lower than one who stayed; ties count half.

    None where nobody left or nobody stayed.
    """
    return _areas(scores, is_lost, np.ones((1, len(scores)), dtype=np.int64))[0]


def interval(
    scores: np.ndarray,
    is_lost: np.ndarray,
    customers: Sequence[str],
    name: str,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """The middle 95% of the area over customers drawn with replacement; None without one.

    A customer is drawn with all its quarters: they are no independent witnesses.
    """
    if not len(scores):
        return None
    names, numbers = np.unique(np.array(customers), return_inverse=True)
    count = len(names)
    dice = np.random.default_rng(zlib.crc32(name.encode()))
    drawn = np.stack(
        [np.bincount(dice.integers(0, count, count), minlength=count) for _ in range(resamples)]
    )
    areas = [area for area in _areas(scores, is_lost, drawn[:, numbers]) if area is not None]
    if not areas:
        return None
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def _areas(scores: np.ndarray, is_lost: np.ndarray, counts: np.ndarray) -> list[float | None]:
    """The area for each row of counts: how often each customer is in the sample."""
    order = np.argsort(scores, kind="stable")
    sorted_scores = scores[order]
    first_of_tie = np.flatnonzero(np.append(True, np.diff(sorted_scores) != 0))
    lost = np.add.reduceat(counts[:, order] * is_lost[order], first_of_tie, axis=1)
    stayed = np.add.reduceat(counts[:, order] * ~is_lost[order], first_of_tie, axis=1)
    stayed_above = stayed.sum(axis=1, keepdims=True) - np.cumsum(stayed, axis=1)
    won = (lost * (stayed_above + stayed / 2)).sum(axis=1)
    pairs = lost.sum(axis=1) * stayed.sum(axis=1)
    return [float(w / p) if p else None for w, p in zip(won, pairs, strict=True)]


def coin(quarter_end: str, customer_id: str) -> float:
    """A toss that depends on nothing but the names."""
    return float(zlib.crc32(f"{quarter_end}|{customer_id}".encode()))


def rankings(rows: list[tuple]) -> list[dict]:
    """Rankings of rows (quarter end, horizon, customer, segment, scorer, score, is lost)."""
    groups: dict[tuple, dict[tuple, tuple[float, bool]]] = defaultdict(dict)
    for quarter, horizon, customer, segment, scorer, score, is_lost in rows:
        scored = [(scorer, score)]
        if scorer == "tenure":  # the rival that has an opinion of everybody
            scored.append((COIN, coin(quarter, customer)))
        for name, value in scored:
            # What a component adds shows over all cases; in a slice it drowns in noise.
            is_part = name.startswith(WITHOUT)
            for period in (ALL_QUARTERS,) if is_part else (quarter, ALL_QUARTERS):
                for part in (ALL_SEGMENTS,) if is_part else (segment, ALL_SEGMENTS):
                    key = (period, horizon, part, name)
                    groups[key][(quarter, customer)] = (value, is_lost)
    found = []
    for (period, horizon, part, scorer), cases in sorted(groups.items()):
        scores = np.array([case[0] for case in cases.values()], dtype=float)
        is_lost = np.array([case[1] for case in cases.values()], dtype=bool)
        name = f"{period}|{horizon}|{part}|{scorer}"
        between = interval(scores, is_lost, [customer for _, customer in cases], name)
        health = groups.get((period, horizon, part, SCORE), {})
        both = [case for case in cases if case in health]
        found.append(
            {
                "period": period,
                "horizon_days": horizon,
                "segment": part,
                "scorer": scorer,
                "customers": len(cases),
                "customers_lost": int(is_lost.sum()),
                "auc": area_under_curve(scores, is_lost),
                "auc_low": between[0] if between else None,
                "auc_high": between[1] if between else None,
                "customers_with_score": len(both),
                "auc_on_the_same": _area_of(cases, both),
                "health_auc_on_the_same": _area_of(health, both),
            }
        )
    return found


def _area_of(cases: dict[tuple, tuple[float, bool]], chosen: list[tuple]) -> float | None:
    """The area over the chosen cases; None where there are none."""
    if not chosen:
        return None
    scores, is_lost = zip(*(cases[case] for case in chosen), strict=True)
    return area_under_curve(np.array(scores, dtype=float), np.array(is_lost, dtype=bool))


SCHEMA = pa.schema(
    [
        ("period", pa.string()),
        ("horizon_days", pa.int32()),
        ("segment", pa.string()),
        ("scorer", pa.string()),
        ("customers", pa.int32()),
        ("customers_lost", pa.int32()),
        ("auc", pa.float64()),
        ("auc_low", pa.float64()),
        ("auc_high", pa.float64()),
        ("customers_with_score", pa.int32()),
        ("auc_on_the_same", pa.float64()),
        ("health_auc_on_the_same", pa.float64()),
    ]
)


def model(dbt, session):  # noqa: ARG001
    dbt.config(materialized="table")
    rows = (
        dbt.ref("int_health_backtest_scores")
        .select(
            "cast(quarter_end as varchar) as quarter_end, horizon_days, customer_id, segment,"
            " scorer, score, is_lost"
        )
        .order("quarter_end, horizon_days, customer_id, scorer")
        .fetchall()
    )
    return pa.Table.from_pylist(rankings(rows), schema=SCHEMA)
