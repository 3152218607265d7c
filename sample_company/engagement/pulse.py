"""How a customer's mood shows on the outside, and how what is seen becomes landing rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from sample_company.catalogue import PRODUCTS
from sample_company.world import Account, Contact, Shock, World

# Shares of those who stay, and of those who leave, whose signals mislead.
LOUD_BUT_LOYAL = 0.06
QUIET_LEAVER = 0.16
# Share of the other leavers who let go of the product between deciding to leave and leaving.
LETS_GO = 0.7

Version = tuple[datetime, dict[str, Any]]


@dataclass
class Pulse:
    """A customer as the company sees it.

    ``first_day`` and ``last_day``: as a customer and within the world, both inclusive.
    ``seen``: mood (0 to 1) by week of the world, with delay, noise and disguise.
    ``manner``: plain | loud (complains, stays) | quiet (content until it leaves).
    ``seats``: the most paid seats that it held at a time.
    """

    account: Account
    first_day: date
    last_day: date
    manner: str
    seen: np.ndarray
    seats: float
    main_sku: str | None
    world_first_day: date

    def mood(self, day: date) -> float:
        """The mood that shows on a day."""
        if not len(self.seen):
            return 0.5
        week = (day - self.world_first_day).days // 7
        return float(self.seen[min(max(week, 0), len(self.seen) - 1)])

    def strain(self, day: date, kind: str, fades_in_days: float = 90.0) -> float:
        """What is left on a day of the shocks of a kind: severity, fading; 0 without one."""
        return max(
            (
                shock.severity * float(np.exp(-(day - shock.day).days / fades_in_days))
                for shock in self.account.shocks
                if shock.kind == kind and shock.day <= day
            ),
            default=0.0,
        )

    def shocks(self, *kinds: str) -> list[Shock]:
        """Shocks of some kinds while a customer."""
        return [
            s
            for s in self.account.shocks
            if s.kind in kinds and self.first_day <= s.day <= self.last_day
        ]

    def people_on(self, day: date, *roles: str) -> list[Contact]:
        """Contacts who work at the customer on a day, of some roles or of any."""
        return [
            c
            for c in self.account.contacts
            if c.joined_on < day
            and (c.departed_on is None or day < c.departed_on)
            and (not roles or c.contact_role in roles)
        ]

    def has_left(self) -> bool:
        """Whether the customer left within the world."""
        left_on = self.account.left_on
        return left_on is not None and left_on <= self.last_day + timedelta(days=1)


def _most_seats(account: Account) -> float:
    edges: dict[date, float] = {}
    for h in account.holdings:
        if PRODUCTS[h.sku].unit == "seat" and PRODUCTS[h.sku].price:
            edges[h.first_day] = edges.get(h.first_day, 0.0) + h.units
            after = h.last_day + timedelta(days=1)
            edges[after] = edges.get(after, 0.0) - h.units
    most = running = 0.0
    for day in sorted(edges):
        running += edges[day]
        most = max(most, running)
    return most


def _winding_down(world: World, left_on: date, weeks: int, dice: np.random.Generator) -> np.ndarray:
    """Factor by week from 1, before a customer decided to leave, down to a third or less."""
    decided = world.week(left_on - timedelta(days=int(dice.integers(150, 360))))
    since = np.arange(weeks) - decided
    return 1.0 - np.clip(since / float(dice.uniform(8, 20)), 0, 1) * float(dice.uniform(0.4, 0.8))


def _seen_mood(world: World, account: Account, manner: str) -> np.ndarray:
    dice = world.rng("pulse", account.account_id)
    mood = np.asarray(account.mood, dtype=float)
    if not len(mood):
        return mood
    delay = int(dice.integers(0, 4))
    seen = np.concatenate([np.full(delay, mood[0]), mood])[: len(mood)]
    wobble = np.cumsum(dice.normal(0, 0.025, len(mood)))
    wobble -= np.linspace(0, wobble[-1], len(mood))
    seen = seen + np.clip(wobble, -0.12, 0.12) + dice.normal(0, 0.03, len(mood))
    if manner == "plain" and account.left_on is not None and dice.random() < LETS_GO:
        seen = seen * _winding_down(world, account.left_on, len(mood), dice)
    if manner == "quiet":
        seen = np.maximum(seen, 0.62 + dice.normal(0, 0.05, len(mood)))
    elif manner == "loud":
        seen = np.minimum(seen, 0.48 + dice.normal(0, 0.06, len(mood)))
    return np.clip(seen, 0.02, 0.98)


def read_pulses(world: World) -> list[Pulse]:
    """Every account that ever signed or held something within the world, in order of ids."""
    pulses = []
    for account in sorted(world.accounts, key=lambda a: a.account_id):
        began = [t.signed_on for t in account.terms] + [h.first_day for h in account.holdings]
        if not began:
            continue
        first_day = max(min(began), world.first_day, account.created_on)
        last_day = world.last_day
        if account.left_on is not None:
            last_day = min(last_day, account.left_on - timedelta(days=1))
        if last_day <= first_day:
            continue
        draw = world.rng("manner", account.account_id).random()
        manner = "plain"
        if account.left_on is not None and draw < QUIET_LEAVER:
            manner = "quiet"
        elif account.left_on is None and draw < LOUD_BUT_LOYAL:
            manner = "loud"
        by_units = sorted(
            (h for h in account.holdings if not PRODUCTS[h.sku].is_archive),
            key=lambda h: (
                bool(PRODUCTS[h.sku].price),
                PRODUCTS[h.sku].unit == "seat",
                h.units,
                h.sku,
            ),
        )
        pulses.append(
            Pulse(
                account=account,
                first_day=first_day,
                last_day=last_day,
                manner=manner,
                seen=_seen_mood(world, account, manner),
                seats=_most_seats(account),
                main_sku=by_units[-1].sku if by_units else None,
                world_first_day=world.first_day,
            )
        )
    return pulses


def end_of_world(world: World) -> datetime:
    """The first instant after the world's last day: nothing is loaded from then on."""
    return datetime.combine(world.last_day + timedelta(days=1), time())


def at_office_hours(day: date, dice: np.random.Generator) -> datetime:
    """An instant of a day, most likely between 07:00 and 18:00 UTC."""
    seconds = int(np.clip(dice.normal(12.5, 2.6), 5.5, 21.5) * 3600) + int(dice.integers(0, 60))
    return datetime.combine(day, time()) + timedelta(seconds=seconds)


def on_a_weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def days_between(first: date, last: date, dice: np.random.Generator, count: int) -> list[date]:
    """Some days of an interval (inclusive), in order; none where it is empty."""
    span = (last - first).days + 1
    if span <= 0 or count <= 0:
        return []
    return [first + timedelta(days=int(d)) for d in np.sort(dice.integers(0, span, count))]


def lateness(dice: np.random.Generator, share: float = 0.02, most: int = 20) -> int:
    """Days by which the loader is late with a row: mostly 0."""
    return int(dice.integers(1, most + 1)) if dice.random() < share else 0


def months_between(first: date, last: date) -> list[date]:
    """First days of the months that touch an interval."""
    month, found = first.replace(day=1), []
    while month <= last:
        found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def emit_known(
    world: World,
    source: str,
    table: str,
    happened: datetime,
    row: dict[str, Any],
    *,
    days_late: int = 0,
) -> bool:
    """Add a row that was so from ``happened`` on, if it is loaded within the world; say whether."""
    loaded_at = world.loaded_after(happened, days_late=days_late)
    if loaded_at >= end_of_world(world):
        return False
    world.emit(source, table, {**row, "loaded_at": loaded_at})
    return True


def emit_history(
    world: World,
    source: str,
    table: str,
    versions: Iterable[Version],
    dice: np.random.Generator,
    *,
    keep: float = 0.6,
    days_late: int = 0,
    has_updated_at: bool = True,
) -> None:
    """Add a row as the nightly loader saw it change.

    ``versions``: (from when, whole row), the oldest first. Of several within a day the loader
    sees the last. The first and the newest are always there; of those between, a share
    ``keep``.
    """
    by_night: dict[datetime, Version] = {}
    for since, row in sorted(versions, key=lambda v: v[0]):
        loaded_at = world.loaded_after(since, days_late=days_late)
        if loaded_at < end_of_world(world):
            by_night[loaded_at] = since, row
    last = len(by_night) - 1
    for number, (loaded_at, (since, row)) in enumerate(by_night.items()):
        if 0 < number < last and dice.random() > keep:
            continue
        stamp = {"updated_at": since} if has_updated_at else {}
        world.emit(source, table, {**row, **stamp, "loaded_at": loaded_at})


def pick(dice: np.random.Generator, options: list[Any]) -> Any:
    """One of some options, all as likely."""
    return options[int(dice.integers(0, len(options)))]


def weighted(dice: np.random.Generator, weights: dict[str, float]) -> str:
    """One of some names, by weights that are positive and need not sum to 1."""
    names = list(weights)
    edges = np.cumsum([weights[n] for n in names])
    return names[int(np.searchsorted(edges, dice.random() * edges[-1], side="right"))]
