"""Surveys: relationship surveys twice a year, transactional ones after what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from sample_company.engagement.pulse import (
    Pulse,
    at_office_hours,
    emit_history,
    emit_known,
    end_of_world,
    lateness,
    on_a_weekday,
    pick,
)
from sample_company.engagement.support import Ticket
from sample_company.engagement.words import survey_comment
from sample_company.world import Contact, World


@dataclass
class GoLive:
    """A customer that went live, and how late against its plan."""

    pulse: Pulse
    at: datetime
    days_late: int


class _Desk:
    """Numbers invitations and responses, and draws answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.invitations = 0
        self.responses = 0

    def ask(
        self,
        pulse: Pulse,
        contact_id: str,
        survey_type: str,
        touchpoint: str | None,
        sent_at: datetime,
        feeling: float,
        dice: np.random.Generator,
    ) -> None:
        """Invite a contact; it answers more often when it is happy, or angry, than when not."""
        self.invitations += 1
        invitation_id = f"SI{self.invitations:06d}"
        known = emit_known(
            self.world,
            "surveys",
            "invitations",
            sent_at,
            {
                "invitation_id": invitation_id,
                "survey_type": survey_type,
                "survey_kind": "transactional" if touchpoint else "relationship",
                "touchpoint": touchpoint,
                "account_id": pulse.account.account_id,
                "contact_id": contact_id,
                "sent_at": sent_at,
            },
        )
        answers = 0.16 + 0.24 * feeling + (0.1 if feeling < 0.3 else 0.0)
        if not known or dice.random() > answers + (0.08 if touchpoint == "support" else 0.0):
            return
        delay = int(86400 * min(dice.exponential(2.5), 30)) + 240
        self._answer(pulse, invitation_id, survey_type, touchpoint, sent_at, delay, feeling, dice)
        if dice.random() < 0.015:
            more = delay + int(86400 * dice.uniform(1, 20))
            self._answer(
                pulse, invitation_id, survey_type, touchpoint, sent_at, more, feeling, dice
            )

    def _answer(
        self,
        pulse: Pulse,
        invitation_id: str,
        survey_type: str,
        touchpoint: str | None,
        sent_at: datetime,
        delay: int,
        feeling: float,
        dice: np.random.Generator,
    ) -> None:
        self.responses += 1
        at = sent_at + timedelta(seconds=delay)
        score = _score(survey_type, feeling, dice)
        comment = None
        if dice.random() < 0.45:
            comment = survey_comment(
                survey_type, touchpoint, score, pulse.main_sku, pulse.account.industry, dice
            )
        row = {
            "response_id": f"SR{self.responses:06d}",
            "invitation_id": invitation_id,
            "score": score,
            "comment": comment,
            "responded_at": at,
        }
        versions = [(at, row)]
        if dice.random() < 0.03:
            step = 1 if dice.random() < 0.5 else -1
            low, high = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[survey_type]
            changed = {**row, "score": int(np.clip(score + step, low, high))}
            versions.append((at + timedelta(seconds=int(86400 * dice.uniform(0.2, 6))), changed))
        emit_history(
            self.world, "surveys", "responses", versions, dice, days_late=lateness(dice, 0.03, 25)
        )


def _score(survey_type: str, feeling: float, dice: np.random.Generator) -> int:
    """A score on the survey's own scale for how somebody feels (0 to 1)."""
    felt = float(np.clip(feeling + dice.normal(0, 0.14), 0, 1))
    if survey_type == "nps":
        return int(np.clip(round(2.2 + 9.0 * felt), 0, 10))
    if survey_type == "csat":
        return int(np.clip(round(1.0 + 4.3 * felt), 1, 5))
    return int(np.clip(round(1.3 + 6.4 * felt), 1, 7))


def _relationship(world: World, desk: _Desk, pulse: Pulse) -> None:
    dice = world.rng("nps", pulse.account.account_id)
    day = pulse.first_day + timedelta(days=int(dice.integers(70, 200)))
    while day < pulse.last_day - timedelta(days=5):
        for contact in pulse.people_on(day):
            if dice.random() < (0.55 if contact.contact_role == "user" else 0.8):
                feeling = _feeling(pulse, contact, day, dice)
                at = at_office_hours(on_a_weekday(day), dice)
                desk.ask(pulse, contact.contact_id, "nps", None, at, feeling, dice)
        if dice.random() < 0.4:
            users = pulse.people_on(day, "user", "admin")
            if users:
                contact = pick(dice, users)
                at = at_office_hours(on_a_weekday(day + timedelta(days=30)), dice)
                feeling = _feeling(pulse, contact, at.date(), dice)
                if at.date() < pulse.last_day:
                    desk.ask(pulse, contact.contact_id, "ces", "product", at, feeling, dice)
        day += timedelta(days=int(dice.integers(165, 200)))


def _feeling(pulse: Pulse, contact: Contact, day: date, dice: np.random.Generator) -> float:
    """Sponsors feel the business case more than the rest, users the product: some spread."""
    spread = {"executive_sponsor": 0.08, "champion": 0.07}.get(contact.contact_role, 0.12)
    liking = 0.08 if contact.contact_role == "champion" else 0.0
    return float(np.clip(pulse.mood(day) + liking + dice.normal(0, spread), 0.02, 0.98))


def _after_tickets(world: World, desk: _Desk, tickets: list[Ticket]) -> None:
    dice = world.rng("ticket surveys")
    for ticket in tickets:
        if ticket.solved_at is None or ticket.contact_id is None or dice.random() > 0.55:
            continue
        sent_at = ticket.solved_at + timedelta(hours=2)
        if sent_at >= end_of_world(world) or not any(
            c.contact_id == ticket.contact_id for c in ticket.pulse.people_on(sent_at.date())
        ):
            continue
        days = (ticket.solved_at - ticket.created_at).total_seconds() / 86400
        feeling = 0.9 - 0.06 * min(days, 8) + 0.3 * (ticket.pulse.mood(sent_at.date()) - 0.6)
        kind = "csat" if dice.random() < 0.75 else "ces"
        feeling = float(np.clip(feeling, 0.03, 0.97))
        desk.ask(ticket.pulse, ticket.contact_id, kind, "support", sent_at, feeling, dice)


def _after_go_lives(world: World, desk: _Desk, go_lives: list[GoLive]) -> None:
    dice = world.rng("onboarding surveys")
    for live in go_lives:
        for touchpoint, wait in (("training", 3), ("onboarding", 12)):
            day = on_a_weekday((live.at + timedelta(days=wait)).date())
            for contact in live.pulse.people_on(day, "champion", "admin", "user")[:3]:
                smooth = 0.78 - 0.005 * min(max(live.days_late, 0), 90)
                feeling = 0.5 * smooth + 0.5 * live.pulse.mood(day)
                desk.ask(
                    live.pulse,
                    contact.contact_id,
                    "csat",
                    touchpoint,
                    at_office_hours(day, dice),
                    feeling,
                    dice,
                )


def _after_renewals(world: World, desk: _Desk, pulse: Pulse) -> None:
    dice = world.rng("renewal surveys", pulse.account.account_id)
    for term in pulse.account.terms:
        day = on_a_weekday(term.signed_on + timedelta(days=7))
        if term.predecessor_id is None or not pulse.first_day < day < pulse.last_day:
            continue
        for contact in pulse.people_on(day, "executive_sponsor", "champion")[:2]:
            upset = 0.3 * pulse.strain(day, "price", 120.0)
            feeling = float(np.clip(pulse.mood(day) - upset, 0.03, 0.97))
            at = at_office_hours(day, dice)
            desk.ask(pulse, contact.contact_id, "csat", "renewal", at, feeling, dice)


def play_surveys(
    world: World, pulses: list[Pulse], tickets: list[Ticket], go_lives: list[GoLive]
) -> None:
    """Add the rows of source surveys."""
    desk = _Desk(world)
    for pulse in pulses:
        _relationship(world, desk, pulse)
        _after_renewals(world, desk, pulse)
    _after_tickets(world, desk, tickets)
    _after_go_lives(world, desk, go_lives)
