"""The world that the sample company lives in: its people, customers and what is truly so.

Everything that writes landing rows reads this module's objects and adds rows through
:meth:`World.emit` (one row) or :meth:`World.emit_columns` (many). Truth lives here; what a
loader would have seen of it is what gets emitted.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import numpy as np


@dataclass
class Contact:
    """A person at a customer. ``departed_on`` is the day the person left, if they did."""

    contact_id: str
    full_name: str
    email: str
    title: str
    contact_role: str
    joined_on: date
    departed_on: date | None = None


@dataclass
class Shock:
    """Something that happened to a customer and moves its mood: the causes of loss."""

    day: date
    # poor_onboarding | sponsor_left | ticket_storm | unpaid_invoice | falling_use | acquired
    # | price
    kind: str
    severity: float  # 0 to 1


@dataclass
class Holding:
    """What a customer may use: units of a SKU in service over days, both inclusive.

    Units are never below zero: a reduction cuts the holding that it reduces in two.
    """

    sku: str
    units: float
    first_day: date
    last_day: date
    contract_id: str


@dataclass
class Term:
    """A signed contract term as it truly is (voided ones are not here)."""

    contract_id: str
    signed_on: date
    start: date
    end: date
    predecessor_id: str | None
    is_first: bool


@dataclass
class Account:
    """A customer (or a prospect that never signed) and its hidden state."""

    account_id: str
    name: str
    industry: str
    country: str
    employee_count: int
    currency: str
    sales_channel: str
    created_on: date
    owner_user_id: str
    parent_account_id: str | None = None
    csm_spells: list[tuple[date, date | None, str]] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    shocks: list[Shock] = field(default_factory=list)
    mood: np.ndarray = field(default_factory=lambda: np.zeros(0))  # weekly, 0 (leaving) to 1
    left_on: date | None = None  # first day with neither service nor commitment, once it left
    converted_from_trial: bool = False
    has_deleted_crm_record: bool = False

    def units_on(self, sku: str, day: date) -> float:
        """Units of a SKU in service on a day."""
        return sum(
            h.units for h in self.holdings if h.sku == sku and h.first_day <= day <= h.last_day
        )

    def csm_on(self, day: date) -> str | None:
        """The customer-success manager on a day, if there was one."""
        for first, last, user_id in self.csm_spells:
            if first <= day and (last is None or day <= last):
                return user_id
        return None


class World:
    """Calendar, seeded randomness, the cast, and the landing rows written so far."""

    def __init__(self, *, seed: int, first_day: date, last_day: date) -> None:
        self.seed = seed
        self.first_day = first_day
        self.last_day = last_day
        self.accounts: list[Account] = []
        self.user_ids_by_role: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self.columns: dict[tuple[str, str], list[dict[str, np.ndarray]]] = defaultdict(list)

    def rng(self, *names: str) -> np.random.Generator:
        """A generator of its own for a purpose, so that one part never shifts another's draws."""
        return np.random.default_rng([self.seed, *(zlib.crc32(n.encode()) for n in names)])

    def dice(self, *names: str) -> Random:
        """Like :meth:`rng`, for many single draws."""
        return Random(f"{self.seed}/{'/'.join(names)}")

    def week(self, day: date) -> int:
        """Index into ``Account.mood`` for a day; days before the first count as the first."""
        return max(0, (day - self.first_day).days // 7)

    def loaded_after(self, happened: datetime, *, days_late: int = 0) -> datetime:
        """When the nightly loader (02:00 UTC) would have written what happened at a time."""
        first = datetime.combine(happened.date() + timedelta(days=1), time(2, 0))
        return first + timedelta(days=days_late)

    def emit(self, source: str, table: str, row: dict[str, Any]) -> None:
        """Add one landing row (``loaded_at`` among its columns)."""
        self.rows[source, table].append(row)

    def emit_columns(self, source: str, table: str, columns: dict[str, np.ndarray]) -> None:
        """Add many landing rows at once, a NumPy array a column, all of one length."""
        self.columns[source, table].append(columns)
