"""Customer success: onboarding, success measures, health checks, risks, advocacy, assignments."""

from __future__ import annotations

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
    lateness,
    on_a_weekday,
    pick,
    weighted,
)
from sample_company.engagement.surveys import GoLive
from sample_company.engagement.words import ACTION_PLANS, MEASURES, RISK_COMMENTS
from sample_company.world import Term, World

MILESTONES = [  # Type and share of the way to go-live at which it is planned.
    ("provisioning", 0.12),
    ("configuration", 0.4),
    ("integration", 0.65),
    ("training", 0.85),
    ("go_live", 1.0),
]
REASON_OF_SHOCK = {
    "poor_onboarding": "stalled_implementation",
    "sponsor_left": "lost_sponsor",
    "ticket_storm": "quality_or_performance",
    "unpaid_invoice": "price",
    "falling_use": "low_adoption",
    "acquired": "acquired",
    "price": "price",
}


class _Numbers:
    """Running numbers of a table's keys."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}

    def next(self, prefix: str, width: int = 5) -> str:
        self.last[prefix] = self.last.get(prefix, 0) + 1
        return f"{prefix}{self.last[prefix]:0{width}d}"


def _evening(at: datetime, days: float) -> datetime:
    return (at + timedelta(days=days)).replace(microsecond=0)


def _onboard(world: World, pulse: Pulse, term: Term, numbers: _Numbers) -> GoLive | None:
    """One project and its milestones, for the first term of a contract family."""
    dice = world.rng("onboarding", term.contract_id)
    signed_at = at_office_hours(term.signed_on, dice)
    opened_at = _evening(signed_at, 1.0)
    if opened_at.date() > pulse.last_day:
        return None
    trouble = max(
        (
            s.severity
            for s in pulse.account.shocks
            if s.kind == "poor_onboarding" and 0 <= (s.day - term.signed_on).days < 240
        ),
        default=0.0,
    )
    mood = pulse.mood(term.signed_on + timedelta(days=30))
    agreed_at = _evening(signed_at, float(3 + dice.exponential(7 + 30 * trouble)))
    length = float(np.clip(20 + 1.1 * np.sqrt(pulse.seats) * 4 + dice.normal(12, 8), 14, 150))
    planned = on_a_weekday(max(term.start, term.signed_on) + timedelta(days=int(length)))
    slip = float(dice.normal(-1, 5) + dice.exponential(6 + 70 * trouble + 18 * (1 - mood)))
    went_live_at = at_office_hours(on_a_weekday(planned + timedelta(days=int(slip))), dice)
    went_live_at = max(went_live_at, _evening(agreed_at, 4.0))
    value_at = _evening(went_live_at, float(dice.exponential(12 + 60 * (1 - mood)) + 1))
    leaves = datetime.combine(pulse.last_day, time())
    goes_live = went_live_at < leaves
    project_id = numbers.next("OP")
    row = {
        "project_id": project_id,
        "account_id": pulse.account.account_id,
        "contract_id": term.contract_id,
        "success_measures_agreed_at": None,
        "planned_go_live_date": planned,
        "went_live_at": None,
        "first_value_at": None,
    }
    versions: list[Version] = [(opened_at, row)]
    steps = [("success_measures_agreed_at", agreed_at)]
    if goes_live:
        steps.append(("went_live_at", went_live_at))
        if value_at < leaves and dice.random() < 0.55 + 0.45 * mood:
            steps.append(("first_value_at", value_at))
    for column, at in steps:
        if at <= opened_at:
            at = opened_at
        if at < leaves:
            versions.append((at, {**versions[-1][1], column: at}))
    days_late = lateness(dice)
    emit_history(
        world, "success", "onboarding_projects", versions, dice, keep=1.0, days_late=days_late
    )
    _milestones(
        world,
        project_id,
        opened_at,
        agreed_at,
        planned,
        went_live_at,
        leaves,
        trouble,
        numbers,
        dice,
        days_late,
    )
    if not goes_live:
        return None
    return GoLive(pulse, went_live_at, (went_live_at.date() - planned).days)


def _milestones(
    world: World,
    project_id: str,
    opened_at: datetime,
    agreed_at: datetime,
    planned: date,
    went_live_at: datetime,
    leaves: datetime,
    trouble: float,
    numbers: _Numbers,
    dice: np.random.Generator,
    days_late: int,
) -> None:
    planned_days = max((planned - opened_at.date()).days, 5)
    actual = went_live_at - opened_at
    for kind, share in MILESTONES:
        row = {
            "milestone_id": numbers.next("OM", 6),
            "project_id": project_id,
            "milestone_type": kind,
            "planned_date": opened_at.date() + timedelta(days=int(planned_days * share)),
            "completed_at": None,
            "first_decision": None,
            "decided_at": None,
        }
        done_at = went_live_at
        if kind != "go_live":
            wobble = float(np.clip(share + dice.normal(0, 0.06), 0.05, 0.97))
            done_at = max(opened_at, agreed_at) if kind == "provisioning" else opened_at
            done_at = max(done_at, (opened_at + actual * wobble).replace(microsecond=0))
            done_at = min(done_at, went_live_at)
        versions: list[Version] = [(opened_at, row)]
        decided_at = (done_at - (done_at - opened_at) * float(dice.uniform(0.02, 0.2))).replace(
            microsecond=0
        )
        go = dice.random() < 0.93 - 0.45 * trouble
        if decided_at < leaves and dice.random() < 0.92:
            decision = {"first_decision": "go" if go else "no_go", "decided_at": decided_at}
            versions.append((decided_at, {**row, **decision}))
        # A milestone nobody ticked off, now and then, although the customer is live.
        if done_at < leaves and dice.random() < 0.975:
            versions.append((done_at, {**versions[-1][1], "completed_at": done_at}))
        emit_history(
            world,
            "success",
            "onboarding_milestones",
            versions,
            dice,
            keep=0.5,
            days_late=days_late,
        )


def _measure(world: World, pulse: Pulse, numbers: _Numbers) -> None:
    """What the customer bought it for, measured twice a year while anyone cares."""
    dice = world.rng("measures", pulse.account.account_id)
    count = 1 + int(dice.random() < 0.6) + int(pulse.seats > 60)
    for index in dice.permutation(len(MEASURES))[:count]:
        name, unit, (low, high), share, worth = MEASURES[int(index)]
        baseline = round(float(dice.uniform(low, high)), 1)
        target = round(baseline * (share + (1 - share) * float(dice.uniform(0, 0.35))), 1)
        agreed_on = on_a_weekday(pulse.first_day + timedelta(days=int(dice.integers(4, 40))))
        if agreed_on >= pulse.last_day:
            continue
        row = {
            "measure_id": numbers.next("SM"),
            "account_id": pulse.account.account_id,
            "measure_name": name,
            "unit": unit,
            "baseline_value": Decimal(f"{baseline:.4f}"),
            "target_value": Decimal(f"{target:.4f}"),
            "actual_value": None,
            "annual_value": None,
            "measured_at": None,
            "target_met_at": None,
        }
        versions: list[Version] = [(at_office_hours(agreed_on, dice), row)]
        day = agreed_on + timedelta(days=int(dice.integers(80, 150)))
        while day < pulse.last_day:
            mood = pulse.mood(day)
            if dice.random() < 0.35 + 0.55 * mood:
                ripe = min((day - agreed_on).days / 300, 1.0)
                way = float(np.clip(ripe * (0.15 + 1.25 * mood) + dice.normal(0, 0.12), -0.2, 1.4))
                actual = round(max(baseline + (target - baseline) * way, 0.1), 1)
                at = at_office_hours(on_a_weekday(day), dice)
                gain = abs(actual - baseline) * (1 if way > 0 else 0)
                scale = 0.35 + min(pulse.seats, 400) / 80
                met = actual <= target if share < 1 else actual >= target
                previous = versions[-1][1]
                change = {
                    "actual_value": Decimal(f"{actual:.4f}"),
                    "annual_value": Decimal(f"{gain * worth * scale:.2f}"),
                    "measured_at": at,
                    "target_met_at": previous["target_met_at"] or (at if met else None),
                }
                versions.append((at, {**previous, **change}))
            day += timedelta(days=int(dice.integers(150, 210)))
        emit_history(world, "success", "success_measures", versions, dice, keep=0.8)


def _check_health(world: World, pulse: Pulse, numbers: _Numbers) -> None:
    dice = world.rng("health_checks", pulse.account.account_id)
    every = 45 if pulse.seats > 150 else 91 if pulse.seats > 25 else 182
    day = pulse.first_day + timedelta(days=int(dice.integers(40, 40 + every)))
    while day < pulse.last_day:
        scheduled = on_a_weekday(day)
        entered_at = at_office_hours(
            max(pulse.first_day, scheduled - timedelta(days=int(dice.integers(14, 35)))), dice
        )
        row = {
            "health_check_id": numbers.next("HC", 6),
            "account_id": pulse.account.account_id,
            "csm_user_id": pulse.account.csm_on(entered_at.date()),
            "scheduled_date": scheduled,
            "completed_at": None,
        }
        versions: list[Version] = [(entered_at, row)]
        done_on = scheduled + timedelta(days=int(max(0, dice.normal(1, 4))))
        if row["csm_user_id"] and dice.random() < 0.5 + 0.45 * pulse.mood(scheduled):
            done_at = max(at_office_hours(done_on, dice), entered_at + timedelta(hours=1))
            if done_at.date() <= pulse.last_day:
                versions.append((done_at, {**row, "completed_at": done_at}))
        emit_history(world, "success", "health_checks", versions, dice)
        day += timedelta(days=every + int(dice.integers(-8, 9)))


def _risk(
    world: World,
    pulse: Pulse,
    day: date,
    reason: str,
    raised_by: str,
    numbers: _Numbers,
    dice: np.random.Generator,
) -> date:
    """One risk from its opening to what became of it; returns the day it was resolved."""
    opened_at = at_office_hours(on_a_weekday(day), dice)
    mood = pulse.mood(day)
    level = "red" if mood < 0.3 else "amber" if mood < 0.55 else "green"
    if dice.random() < 0.15:
        level = "amber"
    intentions = {"renew": mood, "expand": 0.15 * mood, "right_size": 0.3, "churn": 0.7 - mood}
    intention = weighted(dice, {k: max(v, 0.02) for k, v in intentions.items()})
    row = {
        "risk_id": numbers.next("RK"),
        "account_id": pulse.account.account_id,
        "raised_by": raised_by,
        "risk_level": level,
        "reason_code": reason,
        "comment": pick(dice, RISK_COMMENTS[reason]) if raised_by == "csm" else None,
        "action_plan": pick(dice, ACTION_PLANS) if dice.random() < 0.55 else None,
        "intention": intention if raised_by == "csm" else None,
        "opened_at": opened_at,
        "resolved_at": None,
        "resolution": None,
    }
    versions: list[Version] = [(opened_at, row)]
    resolved_on = day + timedelta(days=int(25 + dice.exponential(70)))
    later = pulse.mood(resolved_on)
    if later < 0.3 and resolved_on < pulse.last_day:
        # Still low: the risk turns red and stays open for longer.
        turned = at_office_hours(on_a_weekday(resolved_on), dice)
        changed = {
            "risk_level": "red",
            "action_plan": row["action_plan"] or pick(dice, ACTION_PLANS),
        }
        versions.append((turned, {**row, **changed}))
        resolved_on += timedelta(days=int(40 + dice.exponential(90)))
    resolution = "mitigated" if pulse.mood(resolved_on) > 0.4 else "accepted"
    left = pulse.account.left_on
    if pulse.has_left() and left is not None and resolved_on >= left:
        resolved_on = left + timedelta(days=int(dice.integers(0, 12)))
        resolution = "lost"
    resolved_at = at_office_hours(on_a_weekday(resolved_on), dice)
    if resolved_at > versions[-1][0]:
        closing = {"resolved_at": resolved_at, "resolution": resolution}
        versions.append((resolved_at, {**versions[-1][1], **closing}))
    emit_history(world, "success", "risks", versions, dice, keep=0.9, days_late=lateness(dice))
    return resolved_on


def _raise_risks(world: World, pulse: Pulse, numbers: _Numbers) -> None:
    """Risks that CSMs and signals raise: for most troubles, late, and a few for nothing."""
    dice = world.rng("risks", pulse.account.account_id)
    busy_until = pulse.first_day + timedelta(days=20)
    day = busy_until + timedelta(days=int(dice.integers(1, 30)))
    while day < pulse.last_day:
        # Every three weeks or so somebody looks.
        if day > busy_until:
            mood = pulse.mood(day)
            recent = [
                s for s in pulse.account.shocks if timedelta() <= day - s.day < timedelta(days=75)
            ]
            chance = 0.5 if mood < 0.25 else 0.28 if mood < 0.4 else 0.04 if mood < 0.55 else 0.003
            if recent and pulse.manner != "quiet":
                chance += 0.45 * max(s.severity for s in recent)
            if pulse.manner == "loud":
                chance = min(chance, 0.08)
            if dice.random() < chance:
                if recent:
                    worst = max(recent, key=lambda s: (s.severity, s.day, s.kind))
                    reason = REASON_OF_SHOCK.get(worst.kind, "low_adoption")
                else:
                    reason = weighted(
                        dice,
                        {
                            "low_adoption": 4,
                            "return_not_realised": 2,
                            "missing_features": 2,
                            "price": 1.5,
                            "right_sizing": 1,
                        },
                    )
                watched = pulse.account.csm_on(day) is not None
                raised_by = "csm" if watched and dice.random() < 0.7 else "signal"
                busy_until = _risk(world, pulse, day, reason, raised_by, numbers, dice)
                busy_until += timedelta(days=20)
        day += timedelta(days=int(dice.integers(14, 28)))


def _advocate(
    world: World, pulse: Pulse, newcomers: list[tuple[date, str]], numbers: _Numbers
) -> None:
    dice = world.rng("advocacy", pulse.account.account_id)
    created = [c for c, _ in newcomers]
    years = (pulse.last_day - pulse.first_day).days / 365
    for day in days_between(
        pulse.first_day + timedelta(days=120), pulse.last_day, dice, int(dice.poisson(1.6 * years))
    ):
        mood = pulse.mood(day)
        people = pulse.people_on(day, "champion", "executive_sponsor")
        if dice.random() > max(0.0, (mood - 0.45) * 1.5) or not people:
            continue
        kinds = {"reference": 4, "testimonial": 2, "case_study": 1, "referral": 2, "review": 3}
        kind = weighted(dice, kinds)
        referred = None
        if kind == "referral":
            # Referred within the weeks before this day; the CRM learns it when the name is asked.
            recent = int(
                np.searchsorted(np.array(created, dtype="datetime64[D]"), np.datetime64(day))
            )
            near = [
                a
                for c, a in newcomers[max(0, recent - 6) : recent]
                if a != pulse.account.account_id and (day - c).days <= 60
            ]
            referred = pick(dice, near) if near and dice.random() < 0.7 else None
        at = at_office_hours(on_a_weekday(day), dice)
        emit_known(
            world,
            "success",
            "advocacy_events",
            at,
            {
                "advocacy_event_id": numbers.next("AD"),
                "account_id": pulse.account.account_id,
                "contact_id": pick(dice, people).contact_id if dice.random() < 0.9 else None,
                "event_type": kind,
                "referred_account_id": referred,
                "occurred_at": at,
            },
            days_late=lateness(dice),
        )


def _assign(world: World, pulse: Pulse) -> None:
    """Assignments as they began, and again once they had ended."""
    account = pulse.account
    for first, last, user_id in account.csm_spells:
        began = datetime.combine(max(first, account.created_on, world.first_day), time(8))
        row = {
            "account_id": account.account_id,
            "assigned_from": first,
            "assigned_to": None,
            "csm_user_id": user_id,
        }
        versions: list[Version] = [(began, row)]
        if last is not None and last >= first:
            ended = max(datetime.combine(last + timedelta(days=1), time(8)), began)
            versions.append((ended, {**row, "assigned_to": last}))
        emit_history(
            world,
            "success",
            "csm_assignments",
            versions,
            world.rng("assignments", account.account_id),
            has_updated_at=False,
        )


def play_success(world: World, pulses: list[Pulse]) -> list[GoLive]:
    """Add the rows of source success; returns who went live and when."""
    numbers = _Numbers()
    newcomers = sorted((a.created_on, a.account_id) for a in world.accounts)
    go_lives: list[GoLive] = []
    for pulse in pulses:
        for term in pulse.account.terms:
            if term.is_first and term.signed_on >= pulse.first_day:
                live = _onboard(world, pulse, term, numbers)
                if live:
                    go_lives.append(live)
        _measure(world, pulse, numbers)
        _check_health(world, pulse, numbers)
        _raise_risks(world, pulse, numbers)
        _advocate(world, pulse, newcomers, numbers)
        _assign(world, pulse)
    return go_lives
