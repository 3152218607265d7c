# One row per horizon, day and customer of int_churn_cases for which a model could be trained on
# what was known that day: the chance of loss and what moved it most. Nothing is drawn by lot.
from collections import defaultdict
from datetime import date

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

# Below this many leavers, or stayers, there is nothing to learn from.
MINIMUM_LOSSES = 20
PENALTY = 0.1
REASONS = 3
DUE_DATE = "renewal_date"
MEASURES = [
    "product_adoption",
    "support",
    "surveys",
    "marketing_engagement",
    "community",
    "advocacy",
    "contract_growth",
    "self_sufficiency",
    "payment_history",
    "executive_relationship",
]
# From how many days to the next due date on; before 0 the term is over and runs in grace.
DUE_EDGES = [-45, 0, 45, 90, 135, 180, 270]
Case = dict


def features(case: Case) -> dict[tuple[str, str], float]:
    """What the model sees of a case, by reason and feature; nan where nothing is known.

    What a missing score says is said of its component.
    """
    seen: dict[tuple[str, str], float] = {}
    for measure in MEASURES:
        value = case[measure]
        seen[measure, "score"] = np.nan if value is None else float(value)
        seen[measure, "unknown"] = float(value is None)
    for segment in ("high_touch", "medium_touch"):
        seen["segment", segment] = float(case["segment"] == segment)
    for stage in ("onboarding", "renewing", "adopting"):
        seen["lifecycle_stage", stage] = float(case["lifecycle_stage"] == stage)
    seen["tenure", "years"] = float(np.sqrt(max(case["tenure_days"], 0) / 365))
    days = case["days_to_due"]
    reached = 0 if days is None else sum(days >= edge for edge in DUE_EDGES)
    for place in range(len(DUE_EDGES) + 1):
        seen[DUE_DATE, str(place)] = float(days is not None and reached == place)
    return seen


class ChurnModel:
    """A logistic regression whose chance opens to what each reason added or took."""

    def __init__(self, table: np.ndarray, is_lost: np.ndarray):
        known = ~np.isnan(table)
        sums = np.where(known, table, 0).sum(axis=0)
        self.means = sums / np.maximum(known.sum(axis=0), 1)
        self.scaler = StandardScaler().fit(self._filled(table))
        self.regression = LogisticRegression(C=PENALTY, max_iter=1000)
        self.regression.fit(self.scaler.transform(self._filled(table)), is_lost)

    def _filled(self, table: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(table), self.means, table)

    def chances(self, table: np.ndarray) -> np.ndarray:
        """The chance of loss of each row."""
        return self.regression.predict_proba(self.scaler.transform(self._filled(table)))[:, 1]

    def weights(self, table: np.ndarray) -> np.ndarray:
        """What each feature adds, in log odds, against the mean of what the model learnt from."""
        return self.scaler.transform(self._filled(table)) * self.regression.coef_[0]


def top_reasons(names: list[str], weights: np.ndarray) -> list[tuple[str, float]]:
    """Reasons with what their features add together, of most weight first, then by name."""
    added: dict[str, float] = defaultdict(float)
    for name, weight in zip(names, weights, strict=True):
        added[name] += float(weight)
    rounded = [(name, round(weight, 6)) for name, weight in added.items()]
    ranked = sorted(rounded, key=lambda item: (-abs(item[1]), item[0]))
    return [item for item in ranked if item[1]][:REASONS]


def predictions(cases: list[Case]) -> list[dict]:
    """Each case by a model of its own day: what is learnt later never speaks of it."""
    by_day: dict[tuple[int, date], list[Case]] = defaultdict(list)
    for case in cases:
        by_day[case["horizon_days"], case["case_date"]].append(case)
    tables = {
        key: np.array([list(features(case).values()) for case in found])
        for key, found in by_day.items()
    }
    names = [reason for reason, _ in features(cases[0])] if cases else []
    of_due_date = np.array([name == DUE_DATE for name in names])
    rows = []
    for (horizon, day), todays in sorted(by_day.items()):
        # Known on the day: the whole horizon had passed.
        known = [
            key
            for key, found in sorted(by_day.items())
            if key[0] == horizon
            and found[0]["is_lost"] is not None
            and found[0]["horizon_date"] <= day
        ]
        is_lost = np.array([case["is_lost"] for key in known for case in by_day[key]], dtype=bool)
        losses = int(is_lost.sum())
        trained = {"trained_cases": len(is_lost), "trained_losses": losses}
        table = tables[horizon, day]
        chances = by_due_date = reasons = [None] * len(todays)
        if min(losses, len(is_lost) - losses) >= MINIMUM_LOSSES:
            learnt = np.concatenate([tables[key] for key in known])
            churn_model = ChurnModel(learnt, is_lost)
            chances = churn_model.chances(table).tolist()
            reasons = [top_reasons(names, weights) for weights in churn_model.weights(table)]
            due_model = ChurnModel(learnt[:, of_due_date], is_lost)
            by_due_date = due_model.chances(table[:, of_due_date]).tolist()
        for case, chance, due_chance, why in zip(
            todays, chances, by_due_date, reasons, strict=True
        ):
            row = {name: case[name] for name in ("case_date", "horizon_days", "customer_id")}
            score = case["health_score"]
            row |= {"health_score": None if score is None else float(score)}
            row |= {"is_lost": case["is_lost"]} | trained
            row |= {"probability": chance and round(chance, 6)}
            row |= {"due_date_probability": due_chance and round(due_chance, 6)}
            for number in range(REASONS):
                reason, weight = why[number] if why and number < len(why) else (None, None)
                row |= {f"reason_{number + 1}": reason, f"reason_{number + 1}_weight": weight}
            rows.append(row)
    return rows


SCHEMA = pa.schema(
    [
        ("case_date", pa.date32()),
        ("horizon_days", pa.int32()),
        ("customer_id", pa.string()),
        ("probability", pa.float64()),
        ("due_date_probability", pa.float64()),
        ("reason_1", pa.string()),
        ("reason_1_weight", pa.float64()),
        ("reason_2", pa.string()),
        ("reason_2_weight", pa.float64()),
        ("reason_3", pa.string()),
        ("reason_3_weight", pa.float64()),
        ("trained_cases", pa.int32()),
        ("trained_losses", pa.int32()),
        ("health_score", pa.float64()),
        ("is_lost", pa.bool_()),
    ]
)


def model(dbt, session):  # noqa: ARG001
    dbt.config(materialized="table")
    known = dbt.ref("int_churn_cases")
    cases = known.order("horizon_days, case_date, customer_id").to_arrow_table().to_pylist()
    with threadpool_limits(1):
        predicted = predictions(cases)
    return pa.Table.from_pylist(predicted, schema=SCHEMA)
