"""What the company's own people do: leads, activities with customers, quotas."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from sample_company.catalogue import list_price
from sample_company.engagement.pulse import (
    Pulse,
    Version,
    at_office_hours,
    days_between,
    emit_history,
    emit_known,
    lateness,
    months_between,
    on_a_weekday,
    pick,
    weighted,
)
from sample_company.engagement.words import LEAD_SOURCES, activity_subject
from sample_company.world import Account, Contact, World

TRIAL_DAYS = 30


def _trial(
    world: World,
    number: int,
    created_at: datetime,
    account: Account | None,
    dice: np.random.Generator,
) -> None:
    """A lead with a trial or the free edition; ``account``: what it became, if it did."""
    freemium = dice.random() < 0.3
    started_at = created_at + timedelta(seconds=int(dice.exponential(5 * 3600)) + 60)
    row = {
        "lead_id": f"L{number:06d}",
        "lead_source": weighted(dice, {**LEAD_SOURCES, "trial": 0.7}),
        "created_at": created_at,
        "trial_type": None,
        "trial_started_at": None,
        "trial_ended_at": None,
        "converted_at": None,
        "converted_account_id": None,
    }
    started = {"trial_type": "freemium" if freemium else "trial", "trial_started_at": started_at}
    changes: list[tuple[datetime, dict]] = [(started_at, started)]
    converted_at = None
    if account is not None:
        converted_at = max(
            at_office_hours(account.created_on, dice), started_at + timedelta(hours=1)
        )
        became = {"converted_at": converted_at, "converted_account_id": account.account_id}
        changes.append((converted_at, became))
    if not freemium:
        ended_at = started_at + timedelta(days=TRIAL_DAYS)
        if converted_at is not None and started_at < converted_at < ended_at:
            # The trial ends with the purchase.
            ended_at = converted_at + timedelta(minutes=30)
        changes.append((ended_at, {"trial_ended_at": ended_at}))
    versions: list[Version] = [(created_at, row)]
    for since, change in sorted(changes, key=lambda c: c[0]):
        versions.append((since, {**versions[-1][1], **change}))
    emit_history(world, "crm", "leads", versions, dice, keep=0.7, days_late=lateness(dice, 0.01))


def _play_leads(world: World) -> None:
    """Leads in order of creation: those that became customers, and about four times as many."""
    dice = world.rng("leads")
    span = (world.last_day - world.first_day).days
    leads: list[tuple[datetime, str, Account | None]] = []
    for account in sorted(world.accounts, key=lambda a: a.account_id):
        if account.converted_from_trial:
            before = int(dice.integers(6, TRIAL_DAYS + 25))
            day = account.created_on - timedelta(days=before)
            if day >= world.first_day:
                leads.append((at_office_hours(day, dice), "trial", account))
    for _ in range(int(len(world.accounts) * 3.2)):
        # The business grows: later days see more leads.
        day = world.first_day + timedelta(days=int(span * dice.random() ** 0.75))
        kind = "trial" if dice.random() < 0.45 else "enquiry"
        leads.append((at_office_hours(day, dice), kind, None))
    leads.sort(key=lambda lead: lead[0])
    for number, (created_at, kind, account) in enumerate(leads, start=1):
        if kind == "trial":
            _trial(world, number, created_at, account, dice)
            continue
        emit_known(
            world,
            "crm",
            "leads",
            created_at,
            {
                "lead_id": f"L{number:06d}",
                "lead_source": weighted(dice, LEAD_SOURCES) if dice.random() < 0.96 else None,
                "created_at": created_at,
                "trial_type": None,
                "trial_started_at": None,
                "trial_ended_at": None,
                "converted_at": None,
                "converted_account_id": None,
                "updated_at": created_at,
            },
        )


class _Diary:
    """Writes activities of one customer's team."""

    def __init__(self, world: World, pulse: Pulse) -> None:
        self.world = world
        self.pulse = pulse
        self.dice = world.rng("activities", pulse.account.account_id)
        self.rows: list[tuple[datetime, dict]] = []

    def write(
        self, kind: str, day: date, people: list[Contact], contract_id: str | None = None
    ) -> None:
        """One activity on a day; by the CSM, or by the owner where there is none."""
        dice, account = self.dice, self.pulse.account
        day = on_a_weekday(day)
        if not self.pulse.first_day <= day <= self.pulse.last_day:
            return
        at = at_office_hours(day, dice)
        contact = pick(dice, people) if people and dice.random() < 0.9 else None
        role = contact.contact_role if contact else None
        subject = activity_subject(kind, day, self.pulse.main_sku, role, dice)
        self.rows.append(
            (
                at,
                {
                    "account_id": account.account_id,
                    "contact_id": contact.contact_id if contact else None,
                    "contract_id": contract_id,
                    "user_id": account.csm_on(day) or account.owner_user_id or None,
                    "activity_type": kind,
                    "occurred_at": at,
                    "subject": subject if dice.random() < 0.95 else None,
                },
            )
        )

    def routine(self) -> None:
        """Calls, mails and meetings: more with large customers, and more once trouble shows."""
        dice, pulse = self.dice, self.pulse
        pace = 0.35 + 0.11 * float(np.sqrt(pulse.seats))
        for month in months_between(pulse.first_day, pulse.last_day):
            mood = pulse.mood(month)
            worry = 1.35 if 0.2 < mood < 0.5 else 1.0
            # Who is about to leave no longer answers.
            count = int(dice.poisson(min(pace, 2.4) * worry * (0.45 + 0.7 * mood)))
            last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            for day in days_between(month, last, dice, count):
                kind = weighted(
                    dice,
                    {
                        "call": 4,
                        "email": 6,
                        "meeting": 2.0 * mood,
                        "onsite": 0.5 * mood if pulse.seats > 40 else 0.03,
                    },
                )
                self.write(kind, day, pulse.people_on(day))

    def reviews(self) -> None:
        """Business reviews, for customers of some size; they fall away when mood does."""
        dice, pulse = self.dice, self.pulse
        every = 91 if pulse.seats > 60 else 182 if pulse.seats > 20 else 365
        day = pulse.first_day + timedelta(days=int(dice.integers(80, 80 + every)))
        while day < pulse.last_day:
            sponsors = pulse.people_on(day, "executive_sponsor", "champion")
            chance = (0.15 + 0.9 * pulse.mood(day)) * (1.0 if sponsors else 0.4)
            if pulse.account.csm_on(day) and dice.random() < chance:
                self.write("qbr", day, sponsors)
            day += timedelta(days=every + int(dice.integers(-10, 11)))

    def renewals(self) -> None:
        """Outreach before each term ends: most about 100 days before, some late, some never."""
        dice, pulse = self.dice, self.pulse
        signed = {t.predecessor_id: t.signed_on for t in pulse.account.terms if t.predecessor_id}
        for term in pulse.account.terms:
            draw = dice.random()
            if draw < 0.07:
                continue
            before = dice.normal(104, 9) if draw < 0.8 else dice.uniform(12, 85)
            day = term.end - timedelta(days=int(before))
            if day <= max(term.signed_on, term.start) or day >= signed.get(
                term.contract_id, date.max
            ):
                continue
            named = term.contract_id if dice.random() < 0.82 else None
            people = pulse.people_on(day, "executive_sponsor", "champion", "admin")
            self.write("renewal_outreach", day, people, named)
            if dice.random() < 0.4:
                self.write("renewal_outreach", day + timedelta(days=21), people, named)


def _play_activities(world: World, pulses: list[Pulse]) -> None:
    number = 0
    for pulse in pulses:
        diary = _Diary(world, pulse)
        diary.routine()
        diary.reviews()
        diary.renewals()
        for at, row in sorted(diary.rows, key=lambda r: r[0]):
            number += 1
            emit_known(
                world,
                "crm",
                "activities",
                at,
                {"activity_id": f"AC{number:06d}", **row},
                days_late=lateness(diary.dice, 0.03, 15),
            )


def _quarters(world: World) -> list[tuple[date, date]]:
    found = []
    for month in months_between(world.first_day, world.last_day):
        if month.month % 3 == 1 and month >= world.first_day:
            after = (month + timedelta(days=95)).replace(day=1)
            found.append((month, after - timedelta(days=1)))
    return found


def _play_quotas(world: World, pulses: list[Pulse]) -> None:
    """Quarterly quotas, set from the year's list value of what was sold before, plus a stretch."""
    dice = world.rng("quotas")
    sellers = sorted(world.user_ids_by_role.get("account_executive", []))
    managers = sorted(world.user_ids_by_role.get("csm", []))
    sold: list[tuple[date, float]] = []
    for pulse in pulses:
        firsts = {t.contract_id for t in pulse.account.terms if t.predecessor_id is None}
        for h in pulse.account.holdings:
            price = float(list_price(h.sku, "USD", h.first_day))
            sold.append((h.first_day, h.units * price * (1.0 if h.contract_id in firsts else 0.3)))
    for start, end in _quarters(world):
        window = [v for d, v in sold if 0 < (start - d).days <= 365]
        quarter = max(sum(window) / 4 * 0.8, 40_000.0)
        told_at = datetime.combine(start, time(7))
        plans = [
            (sellers, "new", 0.75),
            (sellers, "upsell", 0.12),
            (sellers, "cross_sell", 0.1),
            (managers, "renewal", 0.9),
        ]
        for people, kind, share in plans:
            for user_id in people:
                amount = quarter * share / len(people) * float(dice.uniform(0.85, 1.25))
                # To the nearest thousand: a plan, not a measurement.
                emit_known(
                    world,
                    "crm",
                    "quotas",
                    told_at,
                    {
                        "user_id": user_id,
                        "quota_type": kind,
                        "period_start": start,
                        "period_end": end,
                        "amount": Decimal(max(1, round(amount / 1000))) * Decimal("1000.00"),
                    },
                )


def play_selling(world: World, pulses: list[Pulse]) -> None:
    """Add the rows of crm.leads, crm.activities and crm.quotas."""
    _play_leads(world)
    _play_activities(world, pulses)
    _play_quotas(world, pulses)
