"""The hidden mood of a customer, week by week, and the shocks that move it.

Mood runs from 0 (leaving) to 1. It wanders around the customer's own level; shocks pull it
down and wear off slowly. The play never loses a customer because of a shock alone: a low mood
raises the chance of loss, and a high one the chance of growth.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from random import Random

import numpy as np

from sample_company.world import Account, Shock, World

# Chance a year, and the weeks after which two thirds of the harm has worn off.
_SHOCKS = {
    "sponsor_left": (0.14, 30),
    "ticket_storm": (0.22, 16),
    "unpaid_invoice": (0.10, 24),
    "falling_use": (0.24, 52),
    "acquired": (0.03, 80),
    "price": (0.08, 40),
}
_POOR_ONBOARDING = (0.2, 45)
_WEIGHT = {"acquired": 0.75, "falling_use": 0.5, "poor_onboarding": 0.5}

_REASONS = {
    "poor_onboarding": ["stalled_implementation", "return_not_realised", "wrong_solution"],
    "sponsor_left": ["lost_sponsor", "new_leadership"],
    "ticket_storm": ["quality_or_performance", "missing_features", "human_factor"],
    "unpaid_invoice": ["price", "bankrupt", "out_of_business"],
    "falling_use": ["low_adoption", "right_sizing", "return_not_realised"],
    "acquired": ["acquired", "merged"],
    "price": ["price"],
}
_QUIET_REASONS = [
    "human_factor",
    "wrong_solution",
    "price",
    "missing_features",
    "right_sizing",
    "return_not_realised",
    "low_adoption",
    "merged",
    "out_of_business",
]


def live_through(world: World, account: Account, first_signed: date, dice: Random) -> None:
    """Draw an account's shocks and, from them, its mood for every week of the world."""
    weeks = world.week(world.last_day) + 1
    years = max(0.0, (world.last_day - first_signed).days / 365)
    span = max(1, (world.last_day - first_signed).days)
    if dice.random() < _POOR_ONBOARDING[0]:
        day = first_signed + timedelta(days=dice.randint(20, 90))
        account.shocks.append(Shock(day, "poor_onboarding", round(dice.uniform(0.3, 1), 2)))
    for kind, (chance, _) in _SHOCKS.items():
        for _ in range(_count(dice, chance * years)):
            day = first_signed + timedelta(days=dice.randint(14, span + 14))
            account.shocks.append(Shock(day, kind, round(dice.uniform(0.25, 1), 2)))
    account.shocks = sorted(
        (shock for shock in account.shocks if shock.day <= world.last_day), key=lambda s: s.day
    )
    level = min(0.92, max(0.35, dice.gauss(0.7, 0.12)))
    noise = world.rng("mood", account.account_id).normal(0, 0.025, weeks)
    mood = np.empty(weeks)
    drift = 0.0
    for week in range(weeks):
        drift = 0.92 * drift + float(noise[week])
        mood[week] = level + drift
    for shock in account.shocks:
        first = world.week(shock.day)
        fade = dict(_SHOCKS).get(shock.kind, _POOR_ONBOARDING)[1]
        harm = _WEIGHT.get(shock.kind, 0.4) * shock.severity
        mood[first:] -= harm * np.exp(-np.arange(weeks - first) / fade)
    account.mood = np.round(np.clip(mood, 0.02, 1.0), 4)


def reason_for_loss(account: Account, day: date, dice: Random) -> str | None:
    """The reason that a customer gives: mostly its newest shock, at times another or none."""
    if dice.random() < 0.15:
        return None
    recent = [s for s in account.shocks if 0 <= (day - s.day).days <= 400]
    if recent and dice.random() < 0.8:
        return dice.choice(_REASONS[recent[-1].kind])
    return dice.choice(_QUIET_REASONS)


def _count(dice: Random, mean: float) -> int:
    """A Poisson draw."""
    limit, product, count = math.exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count
