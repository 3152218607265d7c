"""Product usage: users, licences, features, events, meter readings and experiments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

import numpy as np

from sample_company.catalogue import FEATURES, PRODUCTS
from sample_company.engagement.pulse import Pulse, emit_history, end_of_world
from sample_company.engagement.words import EXPERIMENTS
from sample_company.world import World

DAY = np.timedelta64(1, "D")
# Most users simulated for a customer and SKU.
MOST_USERS = 250
# Sessions a week that a customer of FULL_PACE users in good mood makes with each of them.
PACE = 0.5
FULL_PACE = 9.0
# Sessions of larger customers grow with their users to this power, and are shorter.
SPREAD = 0.38
# Share of users who are in the product most days.
POWER_USERS = 0.07
# Weekday shares of use, Monday first.
WEEKDAYS = np.array([0.19, 0.205, 0.2, 0.195, 0.16, 0.03, 0.02])


@dataclass
class _Columns:
    """Pieces of a table's columns, one array a customer, joined at the end."""

    pieces: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, **columns: np.ndarray) -> None:
        for name, values in columns.items():
            self.pieces.setdefault(name, []).append(values)

    def joined(self) -> dict[str, np.ndarray]:
        return {name: np.concatenate(parts) for name, parts in self.pieces.items()}


@dataclass
class _Users:
    """A customer's users; times are days since the world began, as fractions, inf: never."""

    ids: np.ndarray
    created: np.ndarray
    gone: np.ndarray
    contact_ids: np.ndarray


def _numbered(prefix: str, first: int, count: int, width: int) -> np.ndarray:
    ids = np.empty(count, dtype=object)
    ids[:] = [f"{prefix}{n:0{width}d}" for n in range(first, first + count)]
    return ids


def _repeated(value: str | None, count: int) -> np.ndarray:
    values = np.empty(count, dtype=object)
    values[:] = value
    return values


def _instants(world: World, days: np.ndarray) -> np.ndarray:
    """Days since the world began as timestamps to the second; inf becomes not-a-time."""
    start = np.datetime64(world.first_day, "s")
    finite = np.isfinite(days)
    seconds = np.where(finite, days, 0.0) * 86400.0
    instants = start + seconds.astype("timedelta64[s]")
    return np.where(finite, instants, np.datetime64("NaT", "s")).astype("datetime64[us]")


def _loaded(instants: np.ndarray) -> np.ndarray:
    """When the nightly loader (02:00 the day after) would have written rows."""
    days = instants.astype("datetime64[D]") + DAY
    return days.astype("datetime64[us]") + np.timedelta64(2, "h")


def _release_days(world: World) -> dict[str, float]:
    """Day of release of every feature, in days since the world began; negative: before."""
    released: dict[str, float] = {}
    length = (world.last_day - world.first_day).days
    for sku, features in FEATURES.items():
        dice = world.rng("features", sku)
        for rank, (name, _) in enumerate(features):
            early = rank == 0 or dice.random() < 0.4
            day = -float(dice.integers(60, 900)) if early else float(dice.random()) * length * 0.85
            released[name] = float(np.floor(day)) + 8.5 / 24
    return released


def _emit_features(world: World, released: dict[str, float]) -> None:
    for sku, features in FEATURES.items():
        for name, is_sticky in features:
            at = datetime.combine(world.first_day, time()) + timedelta(days=released[name])
            loaded_at = max(world.loaded_after(at), _first_load(world))
            if loaded_at < end_of_world(world):
                world.emit(
                    "product_usage",
                    "features",
                    {
                        "feature_name": name,
                        "sku": sku,
                        "is_sticky": is_sticky,
                        "released_at": at.replace(microsecond=0),
                        "loaded_at": loaded_at,
                    },
                )


def _first_load(world: World) -> datetime:
    return datetime.combine(world.first_day + timedelta(days=1), time(2))


def _weekly_units(world: World, pulse: Pulse, weeks: int) -> dict[str, np.ndarray]:
    """Units of each SKU held in the middle of each week, the gap of a late renewal bridged."""
    units: dict[str, np.ndarray] = {}
    middle = np.arange(weeks) * 7 + 3
    for h in pulse.account.holdings:
        held = units.setdefault(h.sku, np.zeros(weeks))
        first = (h.first_day - world.first_day).days
        last = (h.last_day - world.first_day).days
        held[(middle >= first) & (middle <= last)] += h.units
    end = (pulse.last_day - world.first_day).days
    nothing = np.sum(list(units.values()), axis=0) == 0 if units else np.ones(weeks, dtype=bool)
    bridged = []
    last_held = weeks - 1 - int(nothing[::-1].argmin())
    since = 0
    for week in np.flatnonzero(nothing & (middle <= end)):
        # Access outlasts a term by a quarter when a late renewal follows, else by weeks.
        grace = 13 if week < last_held else 3
        since = since if week and nothing[week - 1] else week
        if since and week - since < grace:
            bridged.append(week)
    for held in units.values():
        for week in bridged:
            held[week] = held[week - 1]
        held[middle > end] = 0
    return {sku: held for sku, held in units.items() if held.any()}


def _headcount(sku: str, held: np.ndarray) -> np.ndarray:
    """Users of a SKU by week: its seats, or the few who look after a product without seats."""
    product = PRODUCTS[sku]
    if product.unit != "seat":
        return np.where(held > 0, 2 if product.is_archive else 3, 0)
    # Of free viewer seats only a few are ever taken up.
    most = MOST_USERS if product.price else 6
    return np.minimum(np.ceil(held), most).astype(int)


class _Customer:
    """One customer's use, drawn week by week."""

    def __init__(self, world: World, pulse: Pulse, released: dict[str, float]) -> None:
        self.world = world
        self.pulse = pulse
        self.released = released
        self.dice = world.rng("usage", pulse.account.account_id)
        self.weeks = world.week(world.last_day) + 1
        self.units = _weekly_units(world, pulse, self.weeks)
        self.skus = sorted(self.units)
        self.heads = np.array([_headcount(s, self.units[s]) for s in self.skus], dtype=int)
        mood = pulse.seen if len(pulse.seen) else np.full(self.weeks, 0.5)
        self.mood = np.concatenate([mood, np.full(self.weeks, mood[-1])])[: self.weeks]
        self.last = (pulse.last_day - world.first_day).days + 1.0

    def grant(self, first_id: int) -> _Users:
        """Users as licences cover them, and when each licence was assigned, activated, ended."""
        most = int(self.heads.max())
        skus = len(self.skus)
        self.assigned = np.full((skus, most), np.inf)
        self.activated = np.full((skus, most), np.inf)
        self.ended = np.full((skus, most), np.inf)
        for s in range(skus):
            heads = self.heads[s]
            n = int(heads.max())
            covered = heads[:, None] > np.arange(n)[None, :]
            first = covered.argmax(axis=0)
            last = self.weeks - 1 - covered[::-1].argmax(axis=0)
            mood = self.mood[np.minimum(first + 3, self.weeks - 1)]
            start = np.maximum(
                first * 7.0, (self.pulse.first_day - self.world.first_day).days + 0.3
            )
            wait = self.dice.exponential(6.0, n) + self.dice.random(n)
            self.assigned[s, :n] = start + np.minimum(wait, 40)
            slow = self.dice.exponential(5 + 30 * (1 - mood)) + 0.02
            activates = self.dice.random(n) < 0.42 + 0.6 * mood
            activates[0] = True
            self.activated[s, :n] = np.where(activates, self.assigned[s, :n] + slow, np.inf)
            ends = (last + 1) * 7.0 + self.dice.exponential(4.0, n)
            ended = (last < self.weeks - 1) | (self.pulse.has_left())
            self.ended[s, :n] = np.where(ended, np.minimum(ends, self.last + 20), np.inf)
            self.ended[s, :n] = np.maximum(self.ended[s, :n], self.assigned[s, :n] + 0.5)
            self.activated[s, :n][self.activated[s, :n] >= self.ended[s, :n]] = np.inf
        created = self.assigned.min(axis=0)
        gone = np.where(np.isfinite(self.assigned), self.ended, -np.inf).max(axis=0)
        contact_ids = _repeated(None, most)
        place = 0
        for contact in sorted(self.pulse.account.contacts, key=lambda c: c.contact_id):
            joined = (contact.joined_on - self.world.first_day).days + 1
            # Executives buy; they seldom log in.
            if contact.contact_role == "executive_sponsor" or self.dice.random() < 0.15:
                continue
            if place >= most or joined > created[place]:
                continue
            contact_ids[place] = contact.contact_id
            if contact.departed_on is not None:
                left = (contact.departed_on - self.world.first_day).days + 3 * self.dice.random()
                gone[place] = min(gone[place], max(left, created[place] + 0.5))
            place += 1
        self.ended = np.minimum(self.ended, gone[None, :])
        self.activated[self.activated >= self.ended] = np.inf
        self.users = _Users(_numbered("U", first_id, most, 6), created, gone, contact_ids)
        return self.users

    def pace(self) -> np.ndarray:
        """Sessions expected in each week."""
        heads = self.heads.max(axis=0).astype(float)
        beyond = np.maximum(heads / FULL_PACE, 1.0)
        full = np.minimum(heads, FULL_PACE) * beyond**SPREAD
        factor = 0.12 + 1.25 * self.mood**1.4
        days = [self.world.first_day + timedelta(days=7 * w + 3) for w in range(self.weeks)]
        for shock in self.pulse.account.shocks:
            since = np.array([(d - shock.day).days for d in days])
            after = (since >= 0) & (since < 200)
            depth = {"falling_use": 0.55, "sponsor_left": 0.2, "poor_onboarding": 0.35}
            if self.pulse.manner != "quiet" and shock.kind in depth:
                factor = np.where(after, factor * (1 - depth[shock.kind] * shock.severity), factor)
        season = np.array([0.55 if (d.month, d.day) > (12, 20) else 1.0 for d in days])
        season *= np.array([0.82 if d.month == 8 else 1.0 for d in days])
        return full * factor * season * PACE * self.dice.lognormal(0, 0.35)

    def sessions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Week, SKU and user (positions) and instant of every session."""
        counts = self.dice.poisson(self.pace())
        week = np.repeat(np.arange(self.weeks), counts)
        n = len(week)
        shares = np.sqrt(self.heads.astype(float)).T
        edges = np.cumsum(shares, axis=1)
        drawn = self.dice.random(n) * edges[week, -1]
        sku = (drawn[:, None] >= edges[week]).sum(axis=1)
        zeal = self.dice.lognormal(0, 0.5, self.heads.max())
        # A few power users make half of the use; the rest look in now and then.
        zeal[self.dice.random(len(zeal)) < POWER_USERS] *= 20.0
        zeal = np.cumsum(zeal)
        heads = self.heads[sku, week]
        user = np.searchsorted(zeal, self.dice.random(n) * zeal[np.maximum(heads, 1) - 1])
        weekday = np.searchsorted(np.cumsum(WEEKDAYS), self.dice.random(n) * WEEKDAYS.sum())
        # Weeks of the world begin on its first day, whichever weekday that is.
        weekday = (weekday - self.world.first_day.weekday()) % 7
        hour = np.clip(self.dice.normal(12.6, 3.2, n), 0.0, 23.8) / 24
        at = week * 7.0 + weekday + hour
        real = (heads > 0) & (at < self.last)
        return week[real], sku[real], user[real], at[real]

    def strays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Single sessions of people who still had a window open after the customer left."""
        if not self.pulse.has_left() or self.dice.random() > 0.35:
            return (np.zeros(0, int),) * 3 + (np.zeros(0),)
        n = 1 + int(self.dice.poisson(1.2))
        at = self.last + self.dice.exponential(9.0, n) + 0.3
        known = np.argwhere(np.isfinite(self.activated))
        if not len(known):
            return (np.zeros(0, int),) * 3 + (np.zeros(0),)
        chosen = known[self.dice.integers(0, len(known), n)]
        week = np.full(n, min(int(self.last // 7), self.weeks - 1))
        return week, chosen[:, 0], chosen[:, 1], at

    def events(self) -> dict[str, np.ndarray]:
        """Every event with its feature, platform and times (in days), not yet numbered."""
        week, sku, user, at = self.sessions()
        used = (at >= self.activated[sku, user]) & (at < self.ended[sku, user])
        late = self.strays()
        week, sku, user, at = (
            np.concatenate([a[used], b]) for a, b in zip((week, sku, user, at), late, strict=True)
        )
        crowd = np.sqrt(np.maximum(self.heads.max() / FULL_PACE, 1.0))
        clicks = 1 + self.dice.poisson((0.1 + 0.7 * self.mood[week]) / crowd)
        login = self.dice.random(len(at)) < 0.12 + 0.2 / crowd
        total = clicks + login
        which = np.repeat(np.arange(len(at)), total)
        order = np.arange(len(which)) - np.repeat(np.cumsum(total) - total, total)
        is_login = login[which] & (order == 0)
        when = at[which] + order * self.dice.exponential(6.0, len(which)) / 1440
        feature = _repeated("login", len(which))
        platform = _repeated("web", len(which))
        draw = self.dice.random(len(which))
        taste = self.dice.random(len(which))
        for s, name in enumerate(self.skus):
            mine = np.flatnonzero((sku[which] == s) & ~is_login)
            if len(mine):
                feature[mine] = self._features(name, when[mine], draw[mine], week[which[mine]])
            mine = np.flatnonzero(sku[which] == s)
            mobile = 0.72 if name.startswith("FIELD") else 0.16
            platform[mine[taste[mine] < mobile]] = "mobile"
            if PRODUCTS[name].unit == "thousand_calls":
                platform[mine] = np.where(taste[mine] < 0.8, "api", "web")
                platform[mine[is_login[mine]]] = "web"
        delay = self.dice.exponential(8.0, len(which)) / 86400 + 1.0 / 86400
        offline = self.dice.random(len(which)) < np.where(platform == "mobile", 0.07, 0.02)
        delay[offline] += np.minimum(self.dice.exponential(4.5, int(offline.sum())) + 0.2, 39.9)
        there = feature != ""
        return {
            "user": user[which][there],
            "feature_name": feature[there],
            "platform": platform[there],
            "occurred": when[there],
            "received": (when + delay)[there],
        }

    def _features(
        self, sku: str, when: np.ndarray, draw: np.ndarray, week: np.ndarray
    ) -> np.ndarray:
        """A feature of a SKU for each event; '' where none was out yet."""
        features = FEATURES.get(sku, [])
        names = np.array([n for n, _ in features if n != "login"] or [""], dtype=object)
        if names[0] == "":
            return _repeated("", len(when))
        sticky = np.array([k for n, k in features if n != "login"])
        rank = self.world.rng("taste", self.pulse.account.account_id, sku).permutation(len(names))
        mood = self.mood[week][:, None]
        # In a low mood people keep to what they know; in a high one they try more and return.
        weight = np.exp(-rank[None, :] * (0.25 + 2.2 * (1 - mood)))
        weight = weight * np.where(sticky[None, :], 0.5 + 2.5 * mood, 1.0)
        out = np.array([self.released[n] for n in names])
        weight = weight * (when[:, None] >= out[None, :])
        edges = np.cumsum(weight, axis=1)
        chosen = (draw[:, None] * edges[:, -1:] >= edges).sum(axis=1)
        found = names[np.minimum(chosen, len(names) - 1)]
        return np.where(edges[:, -1] > 0, found, "")


def _emit_users(world: World, pulse: Pulse, users: _Users, table: _Columns) -> None:
    """Both versions of each user: as created, and as deactivated."""
    n = len(users.ids)
    created = _instants(world, users.created)
    gone = _instants(world, users.gone)
    never = np.full(n, np.datetime64("NaT", "us"))
    # Who comes and goes within a day is only ever seen gone.
    stayed = np.isnat(gone) | (_loaded(gone) > _loaded(created))
    for deactivated, updated, here in ((never, created, stayed), (gone, gone, ~np.isnat(gone))):
        table.add(
            end_user_id=users.ids[here],
            account_id=_repeated(pulse.account.account_id, int(here.sum())),
            contact_id=users.contact_ids[here],
            created_at=created[here],
            deactivated_at=deactivated[here],
            updated_at=updated[here],
            loaded_at=_loaded(updated[here]),
        )


def _emit_licences(world: World, customer: _Customer, table: _Columns) -> None:
    for s, sku in enumerate(customer.skus):
        if PRODUCTS[sku].unit != "seat":
            continue
        for kind, days in (
            ("assigned", customer.assigned[s]),
            ("activated", customer.activated[s]),
            ("deactivated", customer.ended[s]),
        ):
            here = np.isfinite(days) & np.isfinite(customer.assigned[s])
            at = _instants(world, days[here])
            table.add(
                account_id=_repeated(customer.pulse.account.account_id, len(at)),
                end_user_id=customer.users.ids[here],
                sku=_repeated(sku, len(at)),
                event_type=_repeated(kind, len(at)),
                occurred_at=at,
                loaded_at=_loaded(at),
            )


def _emit_readings(world: World, customer: _Customer, table: _Columns) -> None:
    """Units since the last reading, on the 7th, 14th, 21st and last day of each month."""
    account = customer.pulse.account
    dice = customer.dice
    start = np.datetime64(world.first_day, "D")
    days = np.arange(int(customer.last)).astype("timedelta64[D]") + start
    month = days.astype("datetime64[M]")
    day_of_month = (days - month.astype("datetime64[D]")).astype(int) + 1
    last = month != (days + DAY).astype("datetime64[M]")
    reading = np.isin(day_of_month, (7, 14, 21)) | last
    metered = [s for s in customer.skus if PRODUCTS[s].unit == "thousand_calls"]
    for sku in metered:
        yearly = np.zeros(len(days))
        for h in account.holdings:
            if h.sku == sku:
                first = max((h.first_day - world.first_day).days, 0)
                yearly[first : max((h.last_day - world.first_day).days + 1, 0)] += h.units
        if PRODUCTS[sku].charge_type == "usage":
            yearly = np.where(yearly > 0, np.maximum(yearly, 12.0), 0.0)
        habit = float(np.clip(dice.lognormal(-0.3, 0.4), 0.1, 2.0))
        mood = customer.mood[np.minimum(np.arange(len(days)) // 7, customer.weeks - 1)]
        busy = np.where((days.astype(int) + 3) % 7 < 5, 1.2, 0.5)
        used = yearly / 365.0 * habit * (0.3 + 1.0 * mood) * busy
        used = used * dice.lognormal(0, 0.25, len(days))
        steps = np.flatnonzero(reading)
        running = np.concatenate([[0.0], np.cumsum(used)])[steps + 1]
        units = np.diff(np.concatenate([[0.0], running]))
        there = np.flatnonzero(units > 0)
        at = days[steps[there]]
        table.add(
            account_id=_repeated(account.account_id, len(there)),
            sku=_repeated(sku, len(there)),
            reading_date=at,
            units_consumed=np.array([Decimal(f"{u:.4f}") for u in units[there]], dtype=object),
            loaded_at=_loaded(at.astype("datetime64[us]")),
        )


def _emit_exposures(world: World, customer: _Customer, first_id: int) -> int:
    """Exposures to experiments; returns how many."""
    dice = world.rng("experiments", customer.pulse.account.account_id)
    length = (world.last_day - world.first_day).days
    count = 0
    active = np.where(np.isfinite(customer.activated), customer.activated, np.inf).min(axis=0)
    for number, (name, lift) in enumerate(EXPERIMENTS):
        first = length * (0.12 + 0.84 * number / len(EXPERIMENTS))
        there = np.flatnonzero((active < first) & (customer.users.gone > first + 60))
        for user in there[dice.random(len(there)) < 0.25][:8]:
            day = first + 56 * dice.random()
            if day >= customer.last:
                continue
            at = datetime.combine(world.first_day, time()) + timedelta(days=day)
            at = at.replace(microsecond=0)
            variant = "treatment" if dice.random() < 0.5 else "control"
            mood = customer.pulse.mood(at.date())
            chance = (0.05 + 0.14 * mood) * (lift if variant == "treatment" else 1.0)
            row = {
                "exposure_id": f"EX{first_id + count:06d}",
                "experiment_name": name,
                "variant": variant,
                "end_user_id": customer.users.ids[user],
                "exposed_at": at,
                "converted_at": None,
            }
            versions = [(at, row)]
            if dice.random() < chance:
                done = at + timedelta(seconds=int(dice.exponential(3.0) * 86400) + 30)
                versions.append((done, {**row, "converted_at": done}))
            emit_history(
                world,
                "product_usage",
                "experiment_exposures",
                versions,
                dice,
                has_updated_at=False,
            )
            count += 1
    return count


def _emit_table(
    world: World, table: str, columns: dict[str, np.ndarray], order: list[str] | None = None
) -> None:
    """Add a table's rows that are loaded within the world, in some order."""
    if not columns:
        return
    kept = np.flatnonzero(columns["loaded_at"] < np.datetime64(end_of_world(world), "us"))
    if order:
        kept = kept[np.lexsort([columns[name][kept] for name in reversed(order)])]
    world.emit_columns(
        "product_usage", table, {name: values[kept] for name, values in columns.items()}
    )


def _numbered_table(
    world: World, table: str, key: str, prefix: str, columns: dict[str, np.ndarray]
) -> None:
    """Add a table whose rows are numbered in the order in which they happened."""
    if not columns:
        return
    order = np.argsort(columns["occurred_at"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    numbered = {key: _numbered(prefix, 1, len(order), 7), **columns}
    _emit_table(world, table, numbered)


def play_usage(world: World, pulses: list[Pulse]) -> None:
    """Add the rows of source product_usage, but for service levels."""
    released = _release_days(world)
    _emit_features(world, released)
    users_table, licences, events, readings = (_Columns() for _ in range(4))
    next_user = next_exposure = 1
    for pulse in pulses:
        customer = _Customer(world, pulse, released)
        if not customer.skus:
            continue
        users = customer.grant(next_user)
        next_user += len(users.ids)
        _emit_users(world, pulse, users, users_table)
        _emit_licences(world, customer, licences)
        drawn = customer.events()
        occurred = _instants(world, drawn["occurred"])
        received = _instants(world, drawn["received"])
        events.add(
            account_id=_repeated(pulse.account.account_id, len(occurred)),
            end_user_id=users.ids[drawn["user"]],
            feature_name=drawn["feature_name"],
            platform=drawn["platform"],
            occurred_at=occurred,
            received_at=received,
            loaded_at=_loaded(received),
        )
        _emit_readings(world, customer, readings)
        next_exposure += _emit_exposures(world, customer, next_exposure)
    _emit_table(world, "end_users", users_table.joined())
    _numbered_table(world, "licence_events", "licence_event_id", "LE", licences.joined())
    _numbered_table(world, "events", "event_id", "EV", events.joined())
    _emit_table(world, "meter_readings", readings.joined())
