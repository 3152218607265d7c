"""The churn model learns what is there, only from what was known, and is judged by later cases."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from types import ModuleType

import numpy as np
import pytest

from orchestration.contract import PROJECT_DIR

ROOM = PROJECT_DIR / "models" / "intermediate" / "health"
QUARTER_ENDS = [
    date(year, month, day)
    for year in (2023, 2024)
    for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))
]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOM / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


churn = load("int_churn_predictions")
judge = load("int_churn_evaluations")


def case(day: date, customer: str, is_lost: bool | None, horizon: int = 90, **known) -> dict:
    return {
        **dict.fromkeys(churn.MEASURES, None),
        "case_date": day,
        "horizon_days": horizon,
        "horizon_date": day + timedelta(horizon),
        "customer_id": customer,
        "segment": "tech_touch",
        "lifecycle_stage": "established",
        "tenure_days": 400,
        "days_to_due": 200,
        "health_score": 50.0,
        "is_lost": is_lost,
        **known,
    }


def company(
    support: Callable[[np.random.Generator, date, bool], float],
    *,
    horizon: int = 90,
    customers: int = 200,
    seed: int = 7,
) -> list[dict]:
    """Cases of eight quarter ends; a fifth leaves, and support is what the function says."""
    dice = np.random.default_rng(seed)
    cases = []
    for day in QUARTER_ENDS:
        for number in range(customers):
            is_lost = bool(dice.random() < 0.2)
            score = support(dice, day, is_lost)
            row = case(day, f"C{number:03}", is_lost, horizon, support=score)
            cases.append(row | {"health_score": float(dice.integers(0, 100))})
    return cases


def noise(dice: np.random.Generator, _day: date, _is_lost: bool) -> float:
    return float(dice.normal(50, 10))


def signal(dice: np.random.Generator, _day: date, is_lost: bool) -> float:
    return float(dice.normal(35 if is_lost else 50, 10))


def judged(cases: list[dict]) -> dict[str, dict]:
    """The totals by period."""
    rows = judge.evaluations(churn.predictions(cases))
    return {row["period"]: row for row in rows if row["group_name"] == judge.TOTAL}


def test_finds_a_signal_that_is_there_and_says_so() -> None:
    total = judged(company(signal))["all"]
    assert total["auc_low"] > 0.75
    assert total["over_score_low"] > 0
    assert total["brier_score"] < total["base_rate_brier_score"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_finds_nothing_in_shuffled_outcomes(seed: int) -> None:
    cases = company(signal)
    shuffled = np.random.default_rng(seed).permutation([row["is_lost"] for row in cases])
    total = judged(
        [row | {"is_lost": bool(label)} for row, label in zip(cases, shuffled, strict=True)]
    )["all"]
    assert total["auc_low"] < 0.5 < total["auc_high"]
    assert total["over_score_low"] <= 0


@pytest.mark.parametrize(("horizon", "blind_quarters"), [(90, 1), (180, 2)])
def test_learns_nothing_from_the_future(horizon: int, blind_quarters: int) -> None:
    """Support is the same of all until, from a quarter end on, it tells who leaves.

    That it does is known a horizon later; before, a model that has skill has seen the future.
    """
    told_from = QUARTER_ENDS[4]

    def told_later(dice: np.random.Generator, day: date, is_lost: bool) -> float:
        return signal(dice, day, is_lost) if day >= told_from else 50.0

    periods = judged(company(told_later, horizon=horizon, customers=400))
    for place, day in enumerate(QUARTER_ENDS[4:]):
        if place < blind_quarters:
            assert periods[str(day)]["auc"] == 0.5, day
        else:
            assert periods[str(day)]["auc_low"] > 0.7, day


@pytest.mark.parametrize("horizon", [90, 180])
def test_what_comes_later_moves_no_chance(horizon: int) -> None:
    """Left out, or turned into its opposite, what was not over by the day changes nothing."""
    cases = company(signal, horizon=horizon)
    day = QUARTER_ENDS[5]
    now = [row for row in churn.predictions(cases) if row["case_date"] == day]
    assert all(row["probability"] is not None for row in now)

    known = [row for row in cases if row["horizon_date"] <= day]
    todays = [row | {"is_lost": None} for row in cases if row["case_date"] == day]
    alone = [row for row in churn.predictions(known + todays) if row["case_date"] == day]
    turned = [
        row if row["horizon_date"] <= day else row | {"is_lost": not row["is_lost"]}
        for row in cases
    ]
    other = [row for row in churn.predictions(turned) if row["case_date"] == day]
    for rows in (alone, other):
        assert [row | {"is_lost": None} for row in rows] == [row | {"is_lost": None} for row in now]


def test_a_case_is_known_on_the_day_its_horizon_ends() -> None:
    first = [case(date(2024, 1, 1), f"C{i}", i < 30, support=float(i)) for i in range(60)]
    for later, learnt in ((90, 60), (89, 0)):
        today = case(date(2024, 1, 1) + timedelta(later), "C0", None, support=1.0)
        row = churn.predictions([*first, today])[-1]
        assert (row["trained_cases"], row["probability"] is not None) == (learnt, learnt > 0)


@pytest.mark.parametrize(("lost", "stayed", "is_told"), [(20, 20, True), (19, 60, False)])
def test_too_few_losses_tell_nothing(lost: int, stayed: int, is_told: bool) -> None:
    first = [case(date(2024, 1, 1), f"C{i}", i < lost, support=9.0) for i in range(lost + stayed)]
    row = churn.predictions([*first, case(date(2025, 1, 1), "C0", None)])[-1]
    assert (row["trained_cases"], row["trained_losses"]) == (lost + stayed, lost)
    assert (row["probability"] is not None, row["due_date_probability"] is not None) == (
        is_told,
        is_told,
    )
    assert row["reason_1"] is None


def test_horizons_do_not_learn_from_each_other() -> None:
    cases = company(signal) + company(noise, horizon=180)
    rows = churn.predictions(cases)
    alone = churn.predictions(company(signal))
    assert [row for row in rows if row["horizon_days"] == 90] == alone


def test_what_is_unknown_is_said_of_its_component() -> None:
    """Those of whom support knows nothing leave: support is the reason, and raises the chance."""
    first = [
        case(date(2024, 1, 1), f"C{i}", i < 40, support=None if i < 40 else 50.0)
        for i in range(120)
    ]
    today = [case(date(2025, 1, 1), "A", None), case(date(2025, 1, 1), "B", None, support=50.0)]
    unknown, known = churn.predictions([*first, *today])[-2:]
    assert unknown["reason_1"] == known["reason_1"] == "support"
    assert unknown["reason_1_weight"] > 0 > known["reason_1_weight"]
    assert unknown["probability"] > 0.5 > known["probability"]


def test_reasons_add_up_their_features_and_leave_out_what_moves_nothing() -> None:
    names = ["a", "a", "b", "c", "d", "e"]
    weights = np.array([0.5, -0.2, -0.3, 0.3, 0.0, -0.4])
    assert churn.top_reasons(names, weights) == [("e", -0.4), ("a", 0.3), ("b", -0.3)]
    assert churn.top_reasons(["d"], np.array([1e-9])) == []


@pytest.mark.parametrize(
    ("days", "place"),
    [(-46, 0), (-45, 1), (-1, 1), (0, 2), (44, 2), (45, 3), (269, 6), (270, 7), (None, None)],
)
def test_the_due_date_falls_into_one_place(days: int | None, place: int | None) -> None:
    seen = churn.features(case(date(2024, 1, 1), "A", None, days_to_due=days))
    ones = [name for (reason, name), value in seen.items() if reason == churn.DUE_DATE and value]
    assert ones == ([] if place is None else [str(place)])


def test_the_same_cases_give_the_same_rows() -> None:
    first, second = (judge.evaluations(churn.predictions(company(signal))) for _ in range(2))
    assert first == second
    assert churn.predictions([]) == [] == judge.evaluations([])


def test_areas_agree_with_all_pairs_and_ties_count_half() -> None:
    dice = np.random.default_rng(3)
    chances = dice.integers(0, 6, 40) / 6
    is_lost = dice.random(40) < 0.3
    counts = dice.integers(0, 3, (5, 40))
    for found, count in zip(judge.areas(chances, is_lost, counts), counts, strict=True):
        won = pairs = 0.0
        for one, other in product(np.flatnonzero(is_lost), np.flatnonzero(~is_lost)):
            weight = count[one] * count[other]
            pairs += weight
            won += weight * ((chances[one] > chances[other]) + (chances[one] == chances[other]) / 2)
        assert found == pytest.approx(won / pairs)
    assert np.isnan(judge.areas(chances, np.ones(40, dtype=bool), counts)).all()


def test_a_customer_is_drawn_with_all_its_quarters() -> None:
    counts = judge.drawn_counts(np.array(["B", "A", "B", "C"]), "name", 50)
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert len(np.unique(counts, axis=0)) > 5


def prediction(customer: str, probability: float, is_lost: bool | None, **more) -> dict:
    return {
        "case_date": date(2024, 3, 31),
        "horizon_days": 90,
        "customer_id": customer,
        "probability": probability,
        "due_date_probability": 0.5,
        "health_score": 50.0,
        "trained_cases": 10,
        "trained_losses": 1,
        "is_lost": is_lost,
        **more,
    }


def test_judges_what_is_over_and_had_a_chance() -> None:
    rows = [
        prediction("A", 0.4, True),
        prediction("B", 0.2, False, health_score=None),
        prediction("C", 0.9, None),
        prediction("D", None, False),
    ]
    total = next(row for row in judge.evaluations(rows) if row["group_name"] == judge.TOTAL)
    assert (total["cases"], total["losses"]) == (2, 1)
    assert total["brier_score"] == pytest.approx((0.6**2 + 0.2**2) / 2)
    assert total["base_rate_brier_score"] == pytest.approx((0.9**2 + 0.1**2) / 2)
    assert total["mean_probability"] == pytest.approx(0.3)
    assert (total["scored_cases"], total["scored_losses"], total["auc"]) == (1, 1, None)


def test_compares_on_cases_with_a_score_only() -> None:
    rows = [
        prediction("A", 0.4, True, health_score=10.0),
        prediction("B", 0.2, False, health_score=5.0),
        prediction("C", 0.1, False, health_score=90.0),
        prediction("D", 0.9, False, health_score=None),
    ]
    found = judge.ranking(rows, "name")
    assert (found["auc"], found["score_auc"], found["due_date_auc"]) == (1.0, 0.5, 0.5)


def test_ten_parts_of_the_same_size_from_the_smallest_chance_up() -> None:
    rows = [prediction(f"C{i:02}", i / 100, False) for i in range(25)]
    parts = judge.by_decile(rows)
    assert list(parts) == [str(number) for number in range(1, 11)]
    assert {len(part) for part in parts.values()} == {2, 3}
    assert parts["1"][0]["probability"] == 0.0
    assert parts["10"][-1]["probability"] == 0.24
