"""Survey scores the long way: every period and slice from the accepted rows, in plain Python.

Written from the words of the definitions and from no SQL. Nothing is shared between periods: for
each day the answers known by its end are looked at one by one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

Z = 1.959963984540054
WINDOW = timedelta(days=365)
# Least positive and least neutral score.
SCALES = {"nps": (9, 7), "csat": (4, 3), "ces": (5, 4)}


@dataclass(frozen=True)
class Invitation:
    """A request to one person."""

    invitation_id: str
    survey_type: str
    survey_kind: str
    touchpoint: str | None
    customer_id: str
    contact_id: str
    sent_on: date


@dataclass(frozen=True)
class Response:
    """An answer; ``order`` tells which of two is newer."""

    response_id: str
    invitation: Invitation
    score: int
    responded_on: date
    order: tuple

    @property
    def sentiment(self) -> str:
        """What the score says."""
        positive, neutral = SCALES[self.invitation.survey_type]
        if self.score >= positive:
            return "positive"
        return "neutral" if self.score >= neutral else "negative"


def counted(
    responses: Iterable[Response], survey: tuple[str, str], start: date, day: date
) -> list[Response]:
    """The responses behind the value, at a day's end, of a period that begins on ``start``."""
    kind = survey[1]
    newest: dict[str, Response] = {}
    for response in responses:
        invitation = response.invitation
        if (invitation.survey_type, invitation.survey_kind) != survey:
            continue
        if response.responded_on > day:
            continue
        if kind == "relationship" and response.responded_on <= day - WINDOW:
            continue
        who = invitation.contact_id if kind == "relationship" else invitation.invitation_id
        if who not in newest or newest[who].order < response.order:
            newest[who] = response
    if kind == "relationship":
        return list(newest.values())
    return [r for r in newest.values() if start <= r.responded_on]


def asked(
    invitations: Iterable[Invitation], survey: tuple[str, str], start: date, day: date
) -> list[Invitation]:
    """The invitations of the window (relationship) or of the period (transactional)."""
    first = day - WINDOW + timedelta(days=1) if survey[1] == "relationship" else start
    return [
        i
        for i in invitations
        if (i.survey_type, i.survey_kind) == survey and first <= i.sent_on <= day
    ]


def six(value: Fraction | float | None) -> Decimal | None:
    """Six decimals, half away from zero."""
    if value is None:
        return None
    if isinstance(value, float):
        value = Fraction(Decimal(repr(value)))
    scaled = Decimal(value.numerator * 10**6) / Decimal(value.denominator)
    return scaled.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-6)


def share(part: int, whole: int) -> Fraction | None:
    """A share, or nothing without a base."""
    return Fraction(part, whole) if whole else None


def wilson(part: int, whole: int) -> tuple[float | None, float | None]:
    """The Wilson interval, as the two roots of (p - share)^2 = z^2 p (1 - p) / n."""
    if not whole:
        return None, None
    a = 1 + Z * Z / whole
    b = -(2 * part / whole + Z * Z / whole)
    c = (part / whole) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def normal(
    values: list[int], weights: list[Fraction], times: int
) -> tuple[Fraction | None, float | None, float | None]:
    """The weighted mean of values, with its normal interval; both times a factor."""
    total = sum(weights)
    if not total:
        return None, None, None
    mean = sum(w * v for w, v in zip(weights, values, strict=True)) / total
    variance = sum((w * (v - mean)) ** 2 for w, v in zip(weights, values, strict=True)) / total**2
    margin = Z * math.sqrt(variance)
    return times * mean, times * (float(mean) - margin), times * (float(mean) + margin)


def values_of(
    survey_type: str,
    responses: list[Response],
    invitations: list[Invitation],
    answered: int,
    cmrr: dict[str, Decimal],
) -> dict[str, Decimal | int | None]:
    """One row of the report."""
    n = len(responses)
    feelings = [r.sentiment for r in responses]
    signs = [{"positive": 1, "neutral": 0, "negative": -1}[f] for f in feelings]
    ones = [Fraction(1)] * n
    row: dict[str, Decimal | int | None] = {"responses": n, "invitations": len(invitations)}
    if survey_type == "nps":
        found = normal(signs, ones, 100)
    else:
        found = (share(signs.count(1), n), *wilson(signs.count(1), n))
    _put(row, "score", found)
    _put(row, "mean_score", normal([r.score for r in responses], ones, 1))
    for feeling in ("positive", "neutral", "negative"):
        part = feelings.count(feeling)
        _put(row, f"{feeling}_share", (share(part, n), *wilson(part, n)))
    asked_of = len(invitations)
    _put(row, "response_rate", (share(answered, asked_of), *wilson(answered, asked_of)))
    scores: dict[str, list[int]] = defaultdict(list)
    for response in responses:
        scores[response.invitation.customer_id].append(response.score)
    row["accounts"] = len(scores)
    classes = []
    for given in scores.values():
        mean = Fraction(sum(given), len(given))
        classes.append(1 if mean >= 9 else 0 if mean >= 7 else -1)
    if survey_type != "nps":
        classes, scores = [], {}
    weights = [Fraction(max(cmrr.get(c, Decimal()), Decimal())) for c in scores]
    _put(row, "nps_by_account", normal(classes, [Fraction(1)] * len(classes), 100))
    _put(row, "nps_weighted_by_cmrr", normal(classes, weights, 100))
    return row


def _put(row: dict, name: str, found: tuple) -> None:
    for suffix, value in zip(("", "_low", "_high"), found, strict=True):
        row[name + suffix] = six(value)
