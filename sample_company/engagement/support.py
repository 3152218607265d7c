"""Support tickets, and the service levels measured each month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from sample_company.engagement.pulse import (
    Pulse,
    Version,
    at_office_hours,
    days_between,
    emit_history,
    emit_known,
    end_of_world,
    lateness,
    months_between,
    on_a_weekday,
    pick,
    weighted,
)
from sample_company.engagement.words import TICKET_TYPES
from sample_company.world import World

# Hours to the first response and to the solution that are promised, by priority.
PROMISED = {"urgent": (1, 8), "high": (4, 24), "normal": (8, 72), "low": (24, 168)}
# Share of closed tickets that come back.
OPENED_AGAIN = 0.03
UPTIME, FIRST_RESPONSE, RESOLUTION = Decimal("99.9000"), Decimal("90.0000"), Decimal("85.0000")


@dataclass
class Ticket:
    """A ticket as it truly went."""

    pulse: Pulse
    contact_id: str | None
    priority: str
    created_at: datetime
    first_response_at: datetime | None
    solved_at: datetime | None


def _tickets_in_month(pulse: Pulse, month: date) -> float:
    """Tickets expected in a month: more from large, unhappy, new and upset customers."""
    middle = month + timedelta(days=14)
    size = 0.14 + 0.05 * float(np.sqrt(pulse.seats))
    gloom = 1.9 - 1.5 * pulse.mood(middle)
    new = 1.8 if (middle - pulse.first_day).days < 90 else 1.0
    storm = 1.0 + 6.0 * pulse.strain(month + timedelta(days=28), "ticket_storm", 40.0)
    loud = 2.2 if pulse.manner == "loud" else 1.0
    # Customers who have given up no longer complain.
    given_up = 0.6 if pulse.mood(middle) < 0.15 else 1.0
    return min(size, 1.2) * gloom * new * storm * loud * given_up


def _play_ticket(
    world: World, pulse: Pulse, day: date, ticket_id: str, dice: np.random.Generator
) -> Ticket:
    mood = pulse.mood(day)
    storm = pulse.strain(day, "ticket_storm", 40.0)
    kinds = dict(TICKET_TYPES)
    kinds["incident"] *= 1.0 + 3.0 * storm + (1 - mood)
    kinds["bug"] *= 1.0 + 2.0 * storm
    kinds["billing"] *= 1.0 + 4.0 * pulse.strain(day, "unpaid_invoice", 60.0)
    kind = weighted(dice, kinds)
    serious = kind in ("incident", "bug")
    priority = weighted(
        dice,
        {
            "urgent": (0.12 if serious else 0.015) * (1 + 2 * storm),
            "high": (0.3 if serious else 0.1) * (1.4 - 0.6 * mood),
            "normal": 0.5,
            "low": 0.05 if serious else 0.3,
        },
    )
    created_at = at_office_hours(day, dice)
    respond, resolve = PROMISED[priority]
    slow = 1.0 + 1.6 * storm + 0.9 * (1 - mood)
    first_at = created_at + timedelta(
        seconds=60 + int(3600 * respond * 0.33 * slow * dice.lognormal(0, 0.7))
    )
    hours = resolve * 0.4 * slow * float(dice.lognormal(0, 0.95))
    if kind == "feature_request":
        hours *= 4
    solved_at: datetime | None = first_at + timedelta(seconds=120 + int(3600 * hours))
    due_at = created_at + timedelta(hours=resolve)
    escalated_at = None
    if (hours > resolve * 1.2 and dice.random() < 0.5) or dice.random() < 0.02 + 0.1 * storm:
        escalated_at = first_at + timedelta(seconds=int(3600 * min(hours * 0.6, 240)))
    if dice.random() < 0.012:
        solved_at = None
    people = pulse.people_on(day, "admin", "champion", "user") or pulse.people_on(day)
    contact = pick(dice, people) if people and dice.random() < 0.94 else None
    agents = world.user_ids_by_role.get("support_agent", [])
    csm = pulse.account.csm_on(day)
    assignee = pick(dice, agents) if agents else None
    if csm and dice.random() < 0.07:
        assignee = csm
    base = {
        "ticket_id": ticket_id,
        "account_id": pulse.account.account_id,
        "contact_id": contact.contact_id if contact else None,
        "assignee_user_id": None,
        "ticket_type": kind,
        "priority": priority,
        "status": "new",
        "created_at": created_at,
        "first_response_at": None,
        "solved_at": None,
        "resolution_due_at": due_at,
        "escalated_at": None,
    }
    changes: list[tuple[datetime, dict]] = [
        (first_at, {"status": "open", "assignee_user_id": assignee, "first_response_at": first_at})
    ]
    if escalated_at and (solved_at is None or escalated_at < solved_at):
        changes.append((escalated_at, {"escalated_at": escalated_at}))
    if solved_at:
        if dice.random() < 0.35:
            asked_at = first_at + (solved_at - first_at) * float(dice.uniform(0.2, 0.8))
            changes.append((asked_at.replace(microsecond=0), {"status": "pending"}))
        changes.append((solved_at, {"status": "solved", "solved_at": solved_at}))
        changes.append((solved_at + timedelta(days=5), {"status": "closed"}))
    versions: list[Version] = [(created_at, base)]
    for since, change in sorted(changes, key=lambda c: c[0]):
        versions.append((since, {**versions[-1][1], **change}))
    days_late = lateness(dice, 0.015, 12)
    emit_history(world, "support", "tickets", versions, dice, keep=0.4, days_late=days_late)
    _open_again(world, versions[-1], days_late)
    return Ticket(pulse, base["contact_id"], priority, created_at, first_at, solved_at)


def _open_again(world: World, closed: Version, days_late: int) -> None:
    """Some closed tickets come back: open for a while, then solved for good."""
    closed_at, row = closed
    if row["status"] != "closed":
        return
    dice = world.rng("opened_again", row["ticket_id"])
    if dice.random() >= OPENED_AGAIN:
        return
    opened_at = closed_at + timedelta(seconds=86400 + int(dice.exponential(6 * 86400)))
    solved_at = opened_at + timedelta(seconds=3600 + int(dice.exponential(9 * 86400)))
    again = {**row, "status": "open", "solved_at": None}
    solved = {**row, "status": "solved", "solved_at": solved_at}
    versions: list[Version] = [
        (opened_at, again),
        (solved_at, solved),
        (solved_at + timedelta(days=5), {**solved, "status": "closed"}),
    ]
    emit_history(world, "support", "tickets", versions, dice, keep=1.0, days_late=days_late)


def _percent(met: int, of: int) -> Decimal:
    return (Decimal(100) * met / of).quantize(Decimal("0.0001"))


def _measure(world: World, pulse: Pulse, tickets: list[Ticket], outages: dict[date, float]) -> None:
    """Service levels of the months in which the customer was one to the end of the month."""
    dice = world.rng("service_levels", pulse.account.account_id)
    by_month: dict[date, list[Ticket]] = {}
    for ticket in tickets:
        by_month.setdefault(ticket.created_at.date().replace(day=1), []).append(ticket)
    for month in months_between(pulse.first_day, pulse.last_day):
        after = (month + timedelta(days=32)).replace(day=1)
        if after > pulse.last_day + timedelta(days=1):
            continue
        storm = pulse.strain(after, "ticket_storm", 45.0)
        down = outages[month] * dice.lognormal(0, 0.4) + 0.35 * storm * dice.random()
        uptime = Decimal(f"{max(95.0, 100.0 - down):.4f}")
        rows = [("uptime", UPTIME, uptime)]
        here = by_month.get(month, [])
        if here:
            fast = sum(
                t.first_response_at is not None
                and t.first_response_at - t.created_at <= timedelta(hours=PROMISED[t.priority][0])
                for t in here
            )
            solved = sum(
                t.solved_at is not None
                and t.solved_at - t.created_at <= timedelta(hours=PROMISED[t.priority][1])
                for t in here
            )
            rows.append(("first_response", FIRST_RESPONSE, _percent(fast, len(here))))
            rows.append(("resolution", RESOLUTION, _percent(solved, len(here))))
        # Measured once the month's tickets can no longer be in time (a week at most).
        measured = datetime.combine(after + timedelta(days=8), time(6))
        for name, target, actual in rows:
            emit_known(
                world,
                "product_usage",
                "service_levels",
                measured,
                {
                    "account_id": pulse.account.account_id,
                    "measured_month": month,
                    "sla_name": name,
                    "target_value": target,
                    "actual_value": actual,
                },
            )


def play_support(world: World, pulses: list[Pulse]) -> list[Ticket]:
    """Add the rows of support.tickets and product_usage.service_levels; returns the tickets."""
    dice = world.rng("outages")
    outages = {
        month: float(dice.exponential(0.35) if dice.random() < 0.12 else dice.exponential(0.035))
        for month in months_between(world.first_day, world.last_day)
    }
    found: list[Ticket] = []
    end = end_of_world(world)
    number = 0
    for pulse in pulses:
        dice = world.rng("support", pulse.account.account_id)
        mine: list[Ticket] = []
        for month in months_between(pulse.first_day, pulse.last_day):
            count = int(dice.poisson(_tickets_in_month(pulse, month)))
            first = max(month, pulse.first_day + timedelta(days=1))
            last = min((month + timedelta(days=32)).replace(day=1), pulse.last_day)
            for day in days_between(first, last - timedelta(days=1), dice, min(count, 25)):
                number += 1
                ticket = _play_ticket(world, pulse, on_a_weekday(day), f"T{number:06d}", dice)
                if ticket.created_at < end:
                    mine.append(ticket)
        _measure(world, pulse, mine, outages)
        found.extend(mine)
    return found
