"""Add-ons that were offered and not bought: lost, or still open. What was bought is the play's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from sample_company.catalogue import list_price
from sample_company.engagement.pulse import (
    Pulse,
    Version,
    at_office_hours,
    days_between,
    emit_history,
    on_a_weekday,
)
from sample_company.world import World

OFFERS_A_YEAR = 0.35


def _offer(world: World, pulse: Pulse, number: int, day: date, dice: np.random.Generator) -> None:
    """One offer from its creation to its loss; open where the world ends before."""
    account = pulse.account
    created_at = at_office_hours(day, dice)
    patience = int(18 + dice.exponential(40))
    closes_on = min(day + timedelta(days=patience), pulse.last_day)
    units = max(1.0, pulse.seats * float(dice.uniform(0.05, 0.4)))
    price = float(list_price(pulse.main_sku, account.currency, day)) if pulse.main_sku else 900.0
    row = {
        "opportunity_id": f"OA-{number:06d}",
        "account_id": account.account_id,
        "opportunity_type": "add_on",
        "stage": "qualification",
        "amount": Decimal(f"{units * price:.2f}") if dice.random() < 0.93 else None,
        "currency": account.currency,
        "lead_source": None,
        "is_trial_conversion": False,
        "created_at": created_at,
        "close_date": day + timedelta(days=45),
        "is_closed": False,
        "is_won": False,
        "owner_user_id": account.owner_user_id or None,
        "is_deleted": False,
    }
    versions: list[Version] = [(created_at, row)]
    proposed_at = created_at + timedelta(days=int(dice.integers(3, 15)))
    closed_at: datetime = at_office_hours(on_a_weekday(closes_on), dice)
    if proposed_at < closed_at:
        versions.append((proposed_at, {**row, "stage": "proposal"}))
    if closed_at > versions[-1][0]:
        lost = {"stage": "closed_lost", "is_closed": True, "close_date": closed_at.date()}
        versions.append((closed_at, {**versions[-1][1], **lost}))
    emit_history(world, "crm", "opportunities", versions, dice, keep=0.8)


def play_pipeline(world: World, pulses: list[Pulse]) -> None:
    """Add the offers that came to nothing to crm.opportunities, in order of customers and days."""
    number = 0
    for pulse in pulses:
        dice = world.rng("pipeline", pulse.account.account_id)
        years = (pulse.last_day - pulse.first_day).days / 365
        first = pulse.first_day + timedelta(days=60)
        for day in days_between(first, pulse.last_day, dice, int(dice.poisson(years))):
            # Who is pleased is offered more, and who is not says no.
            if dice.random() < OFFERS_A_YEAR * (0.5 + pulse.mood(day)):
                number += 1
                _offer(world, pulse, number, on_a_weekday(day), dice)
