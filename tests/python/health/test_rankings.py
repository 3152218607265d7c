"""The area under the curve is a share of pairs; its interval holds 0.5 where nothing is known."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from health.ranking import load_rankings

rankings = load_rankings()


def area(scores: list[float], is_lost: list[bool]) -> float | None:
    return rankings.area_under_curve(np.array(scores, dtype=float), np.array(is_lost, dtype=bool))


def interval(scores: list[float], is_lost: list[bool], customers: list[str], name: str = "name"):
    return rankings.interval(np.array(scores), np.array(is_lost), customers, name)


def counted_pairs(scores: list[float], is_lost: list[bool]) -> float | None:
    """Every pair of one who left and one who stayed, one by one."""
    cases = list(zip(scores, is_lost, strict=True))
    pairs = [
        1.0 if left < stayed else 0.5 if left == stayed else 0.0
        for (left, lost), (stayed, other_lost) in product(cases, cases)
        if lost and not other_lost
    ]
    return sum(pairs) / len(pairs) if pairs else None


def names(count: int) -> list[str]:
    return [f"C{number}" for number in range(count)]


@pytest.mark.parametrize("seed", range(40))
def test_the_area_is_the_share_of_pairs_in_the_right_order(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randint(1, 60)
    scores = [float(dice.randint(0, dice.choice([1, 5, 1000]))) for _ in range(count)]
    is_lost = [dice.random() < 0.3 for _ in range(count)]
    expected = counted_pairs(scores, is_lost)
    assert area(scores, is_lost) == (None if expected is None else pytest.approx(expected))


def test_whoever_leaves_with_the_lowest_score_was_ranked_right() -> None:
    assert area([1, 2, 3], [True, False, False]) == 1
    assert area([3, 2, 1], [True, False, False]) == 0
    assert area([2, 1, 3], [True, False, False]) == 0.5


def test_ties_count_half() -> None:
    assert area([5, 5, 5, 5], [True, False, True, False]) == 0.5
    assert area([5, 5, 9], [True, False, False]) == 0.75


def test_without_anybody_who_left_or_stayed_there_is_no_area() -> None:
    assert area([1, 2], [False, False]) is None
    assert area([1, 2], [True, True]) is None
    assert interval([1, 2], [False, False], names(2)) is None
    assert interval([], [], []) is None


def test_an_interval_is_the_same_each_time_and_another_for_another_name() -> None:
    dice = random.Random(1)
    scores = [dice.random() for _ in range(200)]
    is_lost = [dice.random() < 0.3 for _ in range(200)]
    first = interval(scores, is_lost, names(200), "a")
    assert first == interval(scores, is_lost, names(200), "a")
    assert first != interval(scores, is_lost, names(200), "b")


def test_an_interval_holds_the_area_and_narrows_with_more_customers() -> None:
    dice = random.Random(2)
    widths = []
    for count in (100, 3000):
        is_lost = [dice.random() < 0.3 for _ in range(count)]
        scores = [dice.gauss(-1 if lost else 0, 1) for lost in is_lost]
        low, high = interval(scores, is_lost, names(count))
        assert low < area(scores, is_lost) < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


def test_a_customer_seen_ten_times_is_no_ten_witnesses() -> None:
    """The same answers of 60 customers, told in ten quarters, are as sure as told once."""
    dice = random.Random(3)
    is_lost = [dice.random() < 0.3 for _ in range(60)]
    scores = [dice.gauss(-1 if lost else 0, 1) for lost in is_lost]
    once = interval(scores, is_lost, names(60))
    again = interval(scores * 10, is_lost * 10, names(60) * 10)
    alone = interval(scores * 10, is_lost * 10, names(600))
    assert again == pytest.approx(once)
    assert alone[1] - alone[0] < (again[1] - again[0]) / 2


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_losses_are_foreseen_by_nothing(seed: int) -> None:
    dice = random.Random(seed)
    is_lost = [number < 150 for number in range(1000)]
    scores = [dice.gauss(-1 if lost else 0, 1) for lost in is_lost]
    assert interval(scores, is_lost, names(1000))[0] > 0.65
    dice.shuffle(is_lost)
    low, high = interval(scores, is_lost, names(1000))
    assert low < 0.5 < high


def row(customer: str, scorer: str, score: float, is_lost: bool, quarter: str = "2025-03-31"):
    return (quarter, 90, customer, "tech_touch", scorer, score, is_lost)


def found(rows: list[tuple]) -> dict[tuple, dict]:
    return {
        (each["period"], each["segment"], each["scorer"]): each for each in rankings.rankings(rows)
    }


def test_a_rival_is_compared_with_the_score_on_the_same_customers() -> None:
    told = found(
        [
            row("A", "health_score", 10, True),
            row("B", "health_score", 20, False),
            row("C", "health_score", 5, False),
            row("A", "nps", 9, True),
            row("B", "nps", 3, False),
            row("D", "nps", 10, False),
        ]
    )
    nps = told["all", "total", "nps"]
    assert (nps["customers"], nps["customers_with_score"]) == (3, 2)
    assert (nps["auc"], nps["auc_on_the_same"], nps["health_auc_on_the_same"]) == (0.5, 0, 1)
    assert told["all", "total", "health_score"]["auc"] == 0.5
    assert ("2025-03-31", "tech_touch", "nps") in told


def test_a_coin_is_tossed_for_everybody_and_parts_of_the_score_are_told_over_all() -> None:
    told = found(
        [
            row("A", "tenure", 1, True),
            row("B", "tenure", 2, False),
            row("B", "tenure", 2, False, "2025-06-30"),
            row("A", "without_support", 1, True),
        ]
    )
    assert told["all", "total", "coin"]["customers"] == 3
    assert told["2025-06-30", "total", "coin"]["customers"] == 1
    assert told["2025-06-30", "total", "tenure"]["auc"] is None
    assert ("all", "total", "without_support") in told
    assert ("2025-03-31", "total", "without_support") not in told
    assert ("all", "tech_touch", "without_support") not in told


def test_the_order_of_the_rows_does_not_matter() -> None:
    dice = random.Random(4)
    rows = [
        row(f"C{number:03}", scorer, dice.random(), number % 4 == 0)
        for scorer in ("health_score", "tenure")
        for number in range(100)
    ]
    expected = rankings.rankings(rows)
    dice.shuffle(rows)
    assert rankings.rankings(rows) == expected
