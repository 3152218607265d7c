"""Mailings, events and the community."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sample_company.engagement.pulse import (
    Pulse,
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
from sample_company.engagement.words import BETAS, CITIES, WEBINARS, campaign_name
from sample_company.world import World


def _mailing_days(world: World) -> list[tuple[str, datetime]]:
    dice = world.rng("mailings")
    mailings = []
    for month in months_between(world.first_day, world.last_day):
        day = on_a_weekday(month + timedelta(days=int(dice.integers(7, 20))))
        if day >= world.first_day:
            mailings.append((campaign_name(month), at_office_hours(day, dice)))
    return mailings


def _mail(world: World, pulse: Pulse, mailings: list[tuple[str, datetime]], first_id: int) -> int:
    """Mailings to a customer's people; returns how many were sent."""
    dice = world.rng("email", pulse.account.account_id)
    unsubscribed: set[str] = set()
    count = 0
    for campaign, sent_at in mailings:
        if not pulse.first_day <= sent_at.date() <= pulse.last_day:
            continue
        mood = pulse.mood(sent_at.date())
        for contact in pulse.people_on(sent_at.date()):
            # Each mailing goes to a part of the list.
            if contact.contact_id in unsubscribed or dice.random() > 0.6:
                continue
            row = {
                "email_send_id": f"ES{first_id + count:07d}",
                "contact_id": contact.contact_id,
                "account_id": pulse.account.account_id,
                "campaign_name": campaign,
                "sent_at": sent_at,
                "opened_at": None,
                "clicked_at": None,
                "unsubscribed_at": None,
            }
            count += 1
            versions = [(sent_at, row)]
            keen = 0.06 + 0.52 * mood
            if dice.random() < keen:
                opened = sent_at + timedelta(seconds=90 + int(3600 * dice.exponential(20)))
                versions.append((opened, {**row, "opened_at": opened}))
                if dice.random() < 0.08 + 0.25 * mood:
                    clicked = opened + timedelta(seconds=10 + int(dice.exponential(90)))
                    versions.append((clicked, {**versions[-1][1], "clicked_at": clicked}))
                elif dice.random() < 0.004 + 0.03 * (1 - mood):
                    gone = opened + timedelta(seconds=20 + int(dice.exponential(60)))
                    versions.append((gone, {**versions[-1][1], "unsubscribed_at": gone}))
                    unsubscribed.add(contact.contact_id)
            emit_history(world, "marketing", "email_sends", versions, dice)
    return count


def _events(world: World) -> list[tuple[str, str, date, float]]:
    """Name, type, day and share of people in good mood who come."""
    dice = world.rng("events")
    found = []
    months = months_between(world.first_day, world.last_day)
    for number, month in enumerate(months):
        title = WEBINARS[number % len(WEBINARS)]
        day = on_a_weekday(month + timedelta(days=int(dice.integers(5, 24))))
        found.append((title, "webinar", day, 0.055))
        if month.month in (3, 6, 9, 11):
            city = CITIES[(number // 3) % len(CITIES)]
            day = on_a_weekday(month + timedelta(days=int(dice.integers(3, 25))))
            found.append((f"User group {city} {month.year}", "user_group", day, 0.03))
        if month.month == 10:
            day = on_a_weekday(month + timedelta(days=int(dice.integers(6, 20))))
            found.append((f"Planners' Days {month.year}", "conference", day, 0.06))
        if month.month in (2, 7):
            beta = BETAS[(number // 6) % len(BETAS)]
            found.append((f"{beta} {month.year}", "beta", on_a_weekday(month), 0.018))
    return [event for event in found if event[2] >= world.first_day]


def _attend(
    world: World, pulse: Pulse, events: list[tuple[str, str, date, float]], first_id: int
) -> int:
    dice = world.rng("attendance", pulse.account.account_id)
    count = 0
    for name, kind, day, share in events:
        if not pulse.first_day < day <= pulse.last_day:
            continue
        eager = share * (0.1 + 1.7 * pulse.mood(day) ** 1.5)
        for contact in pulse.people_on(day):
            if dice.random() > eager:
                continue
            at = at_office_hours(day, dice)
            emit_known(
                world,
                "marketing",
                "event_attendances",
                at,
                {
                    "attendance_id": f"EA{first_id + count:06d}",
                    "contact_id": contact.contact_id,
                    "account_id": pulse.account.account_id,
                    "event_name": name,
                    "event_type": kind,
                    "attended_at": at,
                },
                days_late=lateness(dice, 0.05, 10),
            )
            count += 1
    return count


def _post(world: World, pulse: Pulse, first_id: int) -> int:
    dice = world.rng("community", pulse.account.account_id)
    # A third of customers has somebody who likes to write.
    writes = float(dice.choice([0.15, 0.6, 3.5], p=[0.5, 0.33, 0.17]))
    years = (pulse.last_day - pulse.first_day).days / 365
    count = 0
    for day in days_between(
        pulse.first_day + timedelta(days=14),
        pulse.last_day,
        dice,
        int(dice.poisson(writes * years)),
    ):
        mood = pulse.mood(day)
        people = pulse.people_on(day, "champion", "admin", "user")
        if not people or dice.random() > 0.25 + 0.8 * mood:
            continue
        seasoned = (day - pulse.first_day).days > 240
        kinds = {
            "question": 1.2 - 0.5 * mood,
            "answer": mood * (1.2 if seasoned else 0.3),
            "idea": 0.3,
        }
        at = at_office_hours(day, dice)
        emit_known(
            world,
            "marketing",
            "community_posts",
            at,
            {
                "post_id": f"CP{first_id + count:06d}",
                "contact_id": pick(dice, people).contact_id,
                "account_id": pulse.account.account_id,
                "post_type": weighted(dice, kinds),
                "posted_at": at,
            },
        )
        count += 1
    return count


def play_marketing(world: World, pulses: list[Pulse]) -> None:
    """Add the rows of source marketing."""
    mailings = _mailing_days(world)
    events = _events(world)
    sends = attendances = posts = 1
    for pulse in pulses:
        sends += _mail(world, pulse, mailings, sends)
        attendances += _attend(world, pulse, events, attendances)
        posts += _post(world, pulse, posts)
