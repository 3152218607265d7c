"""What truly became of each term that came due, as the play and the book knew it.

Written for the answer key. What was expected is noted when the month of a term's end begins
(or when the term is signed, if that is later); takeovers, losses and lapses are noted by the
book as they happen. Nothing here is found by looking back over dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sample_company.arithmetic import ZERO, add_months, month_start
from sample_company.book import ONE_DAY, Contract, Line
from sample_company.offers import Customer


def _lines_due(customer: Customer, contract: Contract) -> list[Line]:
    return [
        line
        for line in customer.book.lines
        if line.contract is contract and line.ends_with_contract
    ]


def _expected(customer: Customer, contract: Contract) -> Decimal:
    """What the term brings now, on its last day: less the products cancelled within it."""
    return sum(
        (
            line.amount
            for line in _lines_due(customer, contract)
            if line.cancelled_from is None or line.cancelled_from > contract.end
        ),
        ZERO,
    )


def _ended_by(contract: Contract, day: date) -> bool:
    ends = contract.ends_by_notice_on
    return ends is not None and ends <= min(day, contract.end)


def note_expected(customer: Customer, contract: Contract, day: date) -> None:
    """When a day begins: note what is expected of a term that comes due in its month."""
    contract.expected_when_due = _expected(customer, contract)
    contract.was_ended_when_due = _ended_by(contract, day - ONE_DAY)


def _is_left(line: Line) -> bool:
    """Whether a line is committed or waits to be: for its takeover, or as a ramp's next step."""
    return line.commit_to is None


def _outcome(
    customer: Customer, contract: Contract, last_day: date
) -> tuple[str | None, date | None]:
    """Outcome and day of the answer. No outcome: signed, and the takeover is still to come."""
    renewal = contract.renewal
    if contract.takeover is not None and renewal is not None:
        taken = contract.takeover
        if taken.renewed <= 0:
            return "cancelled", renewal.signed_on
        if taken.is_to_archive:
            return "archived", renewal.signed_on
        expected = contract.expected_when_due
        if expected is None:
            expected = _expected(customer, contract)
        change = taken.renewed - taken.currency - expected
        outcome = "renewed_up" if change > 0 else "renewed_flat" if not change else "renewed_down"
        return outcome, renewal.signed_on
    due = _lines_due(customer, contract)
    silent = [line.amount for line in due if line.commit_to == contract.lapsed_on]
    if contract.lapsed_on is not None and sum(silent, ZERO) > 0:
        return "lapsed", contract.lapsed_on
    if sum((line.amount for line in due if _is_left(line)), ZERO) <= 0:
        return "cancelled", contract.lost_on
    if renewal is not None and not renewal.is_return:
        return None, renewal.signed_on
    return ("late" if contract.end < last_day else "open"), None


def _months_carried_over(contract: Contract, resolved: date | None, last_day: date) -> int:
    months, month = 0, add_months(month_start(contract.end), 1)
    while month <= last_day and (resolved is None or resolved >= month):
        months += contract.signed_on < month
        month = add_months(month, 1)
    return months


def _timing(contract: Contract, resolved: date | None, carried: int, last_day: date) -> str | None:
    if resolved is None:
        return None if contract.end >= last_day else "carried_over" if carried else "late"
    if resolved < month_start(contract.end):
        return "early"
    if resolved <= contract.end:
        return "in_period"
    return "carried_over" if carried else "late"


def renewal_rows(customer: Customer, last_day: date) -> Iterator[dict[str, Any]]:
    """One row per term with something that comes due and was not ended before it did."""
    for contract in customer.contracts:
        due = _lines_due(customer, contract)
        ended_ahead = _ended_by(contract, month_start(contract.end) - ONE_DAY)
        is_due = month_start(contract.end) <= last_day
        if not any(line.amount > 0 for line in due):
            continue
        if contract.was_ended_when_due if is_due else ended_ahead:
            continue
        outcome, resolved = _outcome(customer, contract, last_day)
        carried = _months_carried_over(contract, resolved, last_day)
        taken = contract.takeover
        expected_now = _expected(customer, contract)
        expected = contract.expected_when_due if is_due else expected_now
        assert expected is not None
        is_renewed = outcome is None or outcome.startswith("renewed")
        yield {
            "contract_id": contract.contract_id,
            "customer_id": customer.account.account_id,
            "due_date": contract.end,
            "renewal_contract_id": contract.renewal.contract_id if contract.renewal else None,
            "outcome": outcome,
            "timing": _timing(contract, resolved, carried, last_day),
            "resolved_date": resolved,
            "expected_cmrr": expected,
            "is_locked": is_due,
            "added_since_lock": expected_now - expected,
            "renewed_cmrr": taken.renewed if taken else None if outcome is None else ZERO,
            "retained_cmrr": (taken.retained if taken else None) if is_renewed else ZERO,
            "months_carried_over": carried,
            "first_quote_on": contract.first_quote_on,
        }
