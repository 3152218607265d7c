# One row per period (a quarter end, or all), horizon and group (total, or a decile of the chance):
# how the churn model did on cases later than all it had learnt from. Draws are seeded by name.
import zlib
from collections import defaultdict

import numpy as np
import pyarrow as pa

RESAMPLES = 200
DECILES = 10
ALL_PERIODS = "all"
TOTAL = "total"


def areas(chances: np.ndarray, is_lost: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """For each row of counts (how often a case is drawn): the area under the curve.

    The chance that one who left was given a higher chance of loss than one who stayed; ties
    count half; nan where nobody left or nobody stayed.
    """
    order = np.argsort(-chances, kind="stable")
    first_of_tie = np.flatnonzero(np.append(True, np.diff(chances[order]) != 0))
    lost = np.add.reduceat(counts[:, order] * is_lost[order], first_of_tie, axis=1)
    stayed = np.add.reduceat(counts[:, order] * ~is_lost[order], first_of_tie, axis=1)
    stayed_below = stayed.sum(axis=1, keepdims=True) - np.cumsum(stayed, axis=1)
    won = (lost * (stayed_below + stayed / 2)).sum(axis=1)
    pairs = lost.sum(axis=1) * stayed.sum(axis=1)
    return np.where(pairs > 0, won / np.maximum(pairs, 1), np.nan)


def drawn_counts(customers: np.ndarray, name: str, resamples: int) -> np.ndarray:
    """How often each case is in each sample: a customer is drawn with all its quarters."""
    _, place = np.unique(customers, return_inverse=True)
    number = int(place.max()) + 1
    dice = np.random.default_rng(zlib.crc32(name.encode()))
    drawn = np.stack(
        [np.bincount(dice.integers(0, number, number), minlength=number) for _ in range(resamples)]
    )
    return drawn[:, place]


def _between(values: np.ndarray) -> tuple[float | None, float | None]:
    values = values[~np.isnan(values)]
    if not len(values):
        return None, None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def ranking(rows: list[dict], name: str, resamples: int = RESAMPLES) -> dict:
    """The areas of the model and of its rivals on the same cases: those with a score."""
    scored = [row for row in rows if row["health_score"] is not None]
    is_lost = np.array([row["is_lost"] for row in scored], dtype=bool)
    found: dict = {"scored_cases": len(scored), "scored_losses": int(is_lost.sum())}
    if not len(scored):
        return found
    customers = np.array([row["customer_id"] for row in scored])
    counts = drawn_counts(customers, name, resamples)
    once = np.ones((1, len(scored)), dtype=np.int64)
    chances = np.array([row["probability"] for row in scored])
    resampled = areas(chances, is_lost, counts)
    found["auc"] = _or_none(areas(chances, is_lost, once)[0])
    found["auc_low"], found["auc_high"] = _between(resampled)
    rivals = {
        "score": -np.array([row["health_score"] for row in scored]),
        "due_date": np.array([row["due_date_probability"] for row in scored]),
    }
    for rival, values in rivals.items():
        found[f"{rival}_auc"] = _or_none(areas(values, is_lost, once)[0])
        found[f"over_{rival}_low"], found[f"over_{rival}_high"] = _between(
            resampled - areas(values, is_lost, counts)
        )
    return found


def group(rows: list[dict]) -> dict:
    """What was foretold and what came, with the mean squared error of both chance and base rate."""
    chances = np.array([row["probability"] for row in rows])
    is_lost = np.array([row["is_lost"] for row in rows], dtype=float)
    rates = np.array([row["trained_losses"] / row["trained_cases"] for row in rows])
    return {
        "cases": len(rows),
        "losses": int(is_lost.sum()),
        "mean_probability": float(chances.mean()),
        "brier_score": float(((chances - is_lost) ** 2).mean()),
        "base_rate_brier_score": float(((rates - is_lost) ** 2).mean()),
    }


def by_decile(rows: list[dict]) -> dict[str, list[dict]]:
    """Ten parts of the same size, from the smallest chance up."""
    ranked = sorted(
        rows, key=lambda row: (row["probability"], row["customer_id"], str(row["case_date"]))
    )
    parts: dict[str, list[dict]] = defaultdict(list)
    for place, row in enumerate(ranked):
        parts[str(place * DECILES // len(ranked) + 1)].append(row)
    return parts


def evaluations(rows: list[dict], resamples: int = RESAMPLES) -> list[dict]:
    """Evaluations of the predictions of which the end is known."""
    periods: dict[tuple[int, str], list[dict]] = defaultdict(list)
    for row in rows:
        if row["is_lost"] is not None and row["probability"] is not None:
            for period in (str(row["case_date"]), ALL_PERIODS):
                periods[row["horizon_days"], period].append(row)
    found = []
    for (horizon, period), cases in sorted(periods.items()):
        name = {"period": period, "horizon_days": horizon}
        ranked = ranking(cases, f"{period}|{horizon}", resamples)
        found.append(name | {"group_name": TOTAL} | group(cases) | ranked)
        for decile, part in by_decile(cases).items():
            found.append(name | {"group_name": decile} | group(part))
    return found


NUMBERS = ["mean_probability", "brier_score", "base_rate_brier_score", "auc", "auc_low", "auc_high"]
NUMBERS += ["score_auc", "over_score_low", "over_score_high"]
NUMBERS += ["due_date_auc", "over_due_date_low", "over_due_date_high"]
SCHEMA = pa.schema(
    [("period", pa.string()), ("horizon_days", pa.int32()), ("group_name", pa.string())]
    + [(name, pa.int32()) for name in ("cases", "losses", "scored_cases", "scored_losses")]
    + [(name, pa.float64()) for name in NUMBERS]
)


def model(dbt, session):  # noqa: ARG001
    dbt.config(materialized="table")
    predicted = dbt.ref("int_churn_predictions")
    rows = predicted.order("horizon_days, case_date, customer_id").to_arrow_table().to_pylist()
    found = [
        {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in evaluations(rows)
    ]
    return pa.Table.from_pylist(found, schema=SCHEMA)
