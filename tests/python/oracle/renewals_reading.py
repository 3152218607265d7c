"""An independent reading of the renewal definitions: plain Python, from the words and no SQL.

Stands on ``reading.py`` for what a line, a notice and a takeover are. How a renewal stood on an
earlier day is found in the plainest way there is: the books are read again as they were on that
day. Where the text left a choice, this is the choice made:

 1. A term comes due if it has a recurring line of a positive quantity; its due date is its end.
 2. "Lines that run to its last day" end on it exactly. A line that outlives the contract does
    not come due with it.
 3. The lock's day is the day before the lock period begins, or the term's signature if later.
 4. A notice for the whole contract counts against the expectation only where it was given and
    in effect by the lock's day, and within the term. Nothing of the contract then being left,
    it has no lock and no row.
 5. What would be expected now: lines signed and product notices given by today.
 6. A renewal to nothing is cancelled on the day it was signed.
 7. "All its CMRR gone" looks at the lines that run to the last day. Free terms have none to go.
 8. A term is archived where the renewal's lines with CMRR are all of archive SKUs.
 9. A renewal is unresolved at the start of a period by what was known the day before.
10. Until a renewal takes over, nothing is retained or renewed: 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.python.oracle.reading import (
    ONE_DAY,
    Books,
    Contract,
    Line,
    Reading,
    accepted_lines,
    commit_lines,
    compare,
    covering,
    largest,
    link_ramps,
    next_month,
    read_families,
    round_cents,
    to_decimal,
)

SEGMENTS = ((500_000, "high_touch"), (50_000, "medium_touch"), (0, "tech_touch"))


@dataclass(frozen=True)
class Renewal:
    """A row of fct_renewals, as far as the reading goes."""

    contract_id: str
    contract_family_id: str
    customer_id: str
    due_date: date
    renewal_contract_id: str | None
    resolved_date: date | None
    outcome: str
    timing: str | None
    expected_cmrr: Decimal
    is_locked: bool
    added_since_lock: Decimal
    retained_cmrr: Decimal
    renewed_cmrr: Decimal
    days_before_due: int | None
    is_on_time: bool
    periods_carried_over: int


@dataclass(frozen=True)
class Lock:
    """A row of fct_expected_cmrr_locks that a first build writes."""

    period_start: date
    contract_id: str
    customer_id: str
    segment: str
    due_date: date
    locked_on: date
    expected_cmrr: Decimal
    is_carried_over: bool
    is_backfilled: bool


def read_commitments(books: Books) -> Reading:
    """Families, accepted lines and commitments, without movements."""
    predecessors, families, rejections = read_families(books.contracts)
    contracts = {contract.contract_id: contract for contract in books.contracts}
    reading = Reading(
        books=books,
        family_of=families,
        predecessor_of=predecessors,
        customer_of={family: contracts[family].account_id for family in set(families.values())},
        takeovers={},
        rejections=rejections,
    )
    reading.lines = accepted_lines(reading)
    link_ramps(reading.lines)
    commit_lines(reading)
    return reading


def known_by(books: Books, day: date) -> Books:
    """What was signed and notified by the end of a day, read on that day."""
    contracts = tuple(c for c in books.contracts if c.signed <= day)
    kept = {contract.contract_id for contract in contracts}
    orders = tuple(o for o in books.orders if o.signed_at.date() <= day and o.contract_id in kept)
    placed = {order.order_id for order in orders}
    return Books(
        **{
            **vars(books),
            "contracts": contracts,
            "orders": orders,
            "order_lines": tuple(x for x in books.order_lines if x.order_id in placed),
            "cancellations": tuple(
                c for c in books.cancellations if c.notified <= day and c.contract_id in kept
            ),
            "as_of": day,
        }
    )


def period_start(day: date, months: int) -> date:
    """First day of the calendar month (1) or quarter (3) of a day."""
    return date(day.year, day.month - (day.month - 1) % months, 1)


def period_starts(first: date, last: date, months: int) -> list[date]:
    """First days of the periods that begin after a day's own and by another day."""
    found, month = [], period_start(first, months)
    while month <= last:
        if month > first and period_start(month, months) == month:
            found.append(month)
        month = next_month(month)
    return found


class Renewals:
    """What the books say of renewals when they are read for the first time, on their as-of date."""

    def __init__(self, books: Books, months: int = 1) -> None:
        """Read the books; ``months``: length of a lock period."""
        self.books = books
        self.months = months
        self.reading = read_commitments(books)
        self._readings: dict[date, Reading] = {books.as_of: self.reading}
        self.renewals: list[Renewal] = []
        self.locks: list[Lock] = []
        for contract in books.contracts:
            if contract.contract_id in self.reading.family_of and contract.signed <= books.as_of:
                self._read_term(contract)

    def _on(self, day: date) -> Reading:
        if day not in self._readings:
            self._readings[day] = read_commitments(known_by(self.books, day))
        return self._readings[day]

    def _read_term(self, contract: Contract) -> None:
        as_of, due = self.books.as_of, contract.end_date
        own = [line for line in self.reading.lines if line.contract is contract]
        if not any(line.quantity > 0 and line.signed <= as_of for line in own):
            return
        start = period_start(due, self.months)
        lock_day = max(start - ONE_DAY, contract.signed)
        is_ended, expected = self._expected(contract, min(lock_day, as_of), lock_day)
        if is_ended:
            return
        customer = self.reading.customer_of[self.reading.family_of[contract.contract_id]]
        carried = []
        if start <= as_of:
            self._lock(start, contract, customer, expected, is_carried_over=False)
            for later in period_starts(due, as_of, self.months):
                before = later - ONE_DAY
                if contract.signed < later and not self._is_resolved(contract, before):
                    self._lock(later, contract, customer, expected, is_carried_over=True)
                    carried.append(later)
        now = self._expected(contract, as_of, lock_day)[1]
        self.renewals.append(
            self._row(contract, customer, expected, now if start <= as_of else expected, carried)
        )

    def _expected(self, contract: Contract, day: date, lock_day: date) -> tuple[bool, Fraction]:
        """Whether the contract has ended within its term, and what is expected of it."""
        reading = self.reading
        own = [line for line in reading.lines if line.contract is contract]
        given = [c for c in self.books.cancellations if not c.is_deleted and c.notified <= day]
        within = [c for c in given if c.effective_date <= contract.end_date]
        ends = [
            c
            for c in within
            if c.contract_id == contract.contract_id
            and c.sku is None
            and c.notified <= lock_day
            and c.effective_date <= lock_day
        ]
        counting = [c for c in within if c.sku is not None] + ends
        lines = [
            line
            for line in own
            if line.end == contract.end_date
            and line.signed <= day
            and not covering(line, own, counting)
        ]
        is_ended = bool(ends) and not any(line.quantity > 0 for line in lines)
        return is_ended, sum((line.mrr for line in lines), Fraction(0))

    def _lock(
        self,
        start: date,
        contract: Contract,
        customer: str,
        expected: Fraction,
        *,
        is_carried_over: bool,
    ) -> None:
        self.locks.append(
            Lock(
                period_start=start,
                contract_id=contract.contract_id,
                customer_id=customer,
                segment=self._segment(customer, start - ONE_DAY),
                due_date=contract.end_date,
                locked_on=self.books.as_of,
                expected_cmrr=to_decimal(expected),
                is_carried_over=is_carried_over,
                is_backfilled=start < self.books.as_of,
            )
        )

    def _segment(self, customer: str, day: date) -> str:
        reading = self._on(day)
        cmrr = sum(
            (
                line.mrr
                for line in reading.lines
                if reading.customer_of[line.family_id] == customer and line.committed_on(day)
            ),
            Fraction(0),
        )
        return next(name for least, name in SEGMENTS if 12 * max(cmrr, Fraction(0)) >= least)

    def _is_resolved(self, contract: Contract, day: date) -> bool:
        """Whether it was answered by the end of a day, by what was known then."""
        return _answer(self._on(day), contract, day)[0] not in ("late", "open")

    def _row(
        self,
        contract: Contract,
        customer: str,
        expected: Fraction,
        now: Fraction,
        carried: list[date],
    ) -> Renewal:
        as_of, due = self.books.as_of, contract.end_date
        answer, resolved, renewal = _answer(self.reading, contract, as_of)
        retained = renewed = Fraction(0)
        days = None
        if answer in ("renewed", "archived", "renewed to nothing"):
            assert renewal is not None
            days = (due - renewal.signed).days
            retained, renewed, currency = _amounts(self.reading, contract, renewal)
            if answer == "renewed":
                change = renewed - currency - expected
                kind = "up" if change > 0 else "flat" if change == 0 else "down"
                answer = f"renewed_{kind}"
            else:
                retained = Fraction(0)
        outcome = "cancelled" if answer in ("renewed to nothing", "gone") else answer
        start = period_start(due, self.months)
        if resolved is not None and resolved < start:
            timing = "early"
        elif resolved is not None and resolved <= due:
            timing = "in_period"
        elif carried:
            timing = "carried_over"
        else:
            timing = "late" if resolved is not None or answer == "late" else None
        return Renewal(
            contract_id=contract.contract_id,
            contract_family_id=self.reading.family_of[contract.contract_id],
            customer_id=customer,
            due_date=due,
            renewal_contract_id=renewal.contract_id if renewal else None,
            resolved_date=resolved,
            outcome=outcome,
            timing=timing,
            expected_cmrr=to_decimal(expected),
            is_locked=start <= as_of,
            added_since_lock=to_decimal(now - expected),
            retained_cmrr=to_decimal(retained),
            renewed_cmrr=to_decimal(renewed),
            days_before_due=days,
            is_on_time=days is not None and days >= 30,
            periods_carried_over=len(carried),
        )


def _renewal_of(reading: Reading, contract: Contract) -> Contract | None:
    for after, before in reading.predecessor_of.items():
        if before == contract.contract_id:
            return next(c for c in reading.books.contracts if c.contract_id == after)
    return None


def _taken_over(reading: Reading, contract: Contract, renewal: Contract) -> list[Line]:
    day = reading.takeovers[renewal.contract_id].day
    return [
        line
        for line in reading.lines
        if line.contract.contract_id == contract.contract_id
        and line.ended_by == "takeover"
        and line.commit_end == day
        and line.was_committed
    ]


def _begun(reading: Reading, renewal: Contract) -> list[Line]:
    day = reading.takeovers[renewal.contract_id].day
    return [
        line
        for line in reading.lines
        if line.contract.contract_id == renewal.contract_id
        and line.order_type == "renewal"
        and line.commit_start == day
        and line.was_committed
    ]


def _answer(
    reading: Reading, contract: Contract, day: date
) -> tuple[str, date | None, Contract | None]:
    """What has become of a term by the end of a day, when, and the contract that renews it."""
    renewal = _renewal_of(reading, contract)
    if renewal is not None and renewal.signed > day:
        renewal = None
    if renewal is not None and not reading.takeovers[renewal.contract_id].is_return:
        ended = _taken_over(reading, contract, renewal)
        if sum(line.mrr for line in ended) > 0:
            begun = [line for line in _begun(reading, renewal) if line.mrr]
            archive = {p.sku for p in reading.books.products if p.is_archive}
            if sum(line.mrr for line in begun) <= 0:
                return "renewed to nothing", renewal.signed, renewal
            if all(line.sku in archive for line in begun):
                return "archived", renewal.signed, renewal
            return "renewed", renewal.signed, renewal
    term = (contract.end_date - contract.start_date).days + 1
    lapse = contract.end_date + timedelta(days=min(reading.books.grace_days, term) + 1)
    gone = _gone_on(reading, contract, day)
    if gone is not None and gone < lapse:
        return "gone", gone, renewal
    if lapse <= day:
        return "lapsed", lapse, renewal
    return ("late" if contract.end_date < day else "open"), None, renewal


def _gone_on(reading: Reading, contract: Contract, day: date) -> date | None:
    """The last notice or reduction by which all that came due went; None where some is left."""
    due = [
        line
        for line in reading.lines
        if line.contract.contract_id == contract.contract_id
        and line.end == contract.end_date
        and line.mrr
        and line.signed <= day
        and (line.was_committed or line.ended_by == "notice")
    ]

    def left(on: date) -> Fraction:
        return sum(
            (
                line.mrr
                for line in due
                if line.signed <= on
                and not (line.ended_by == "notice" and max(line.notice.notified, line.signed) <= on)
            ),
            Fraction(0),
        )

    days = {line.signed for line in due} | {
        max(line.notice.notified, line.signed) for line in due if line.ended_by == "notice"
    }
    if left(day) > 0:
        return None
    return max(
        (
            on
            for on in days
            if on <= day
            and left(on) <= 0
            and (left(on - ONE_DAY) > 0 or any(x.signed == on and x.mrr > 0 for x in due))
        ),
        default=None,
    )


def _amounts(
    reading: Reading, contract: Contract, renewal: Contract
) -> tuple[Fraction, Fraction, Fraction]:
    """Retained, renewed, and the takeover's currency movements."""
    before, after = _taken_over(reading, contract, renewal), _begun(reading, renewal)
    parts = compare(before, after, "renewal", [])
    currency = sum((part.amount for part in parts if part.kind == "currency"), Fraction(0))
    retained = sum(
        (part.amount for part in parts if part.kind == "swap" and part.amount > 0), Fraction(0)
    )
    swapped: list[Line] = []
    for old in before:
        replacing = [x for x in after if x.prior == old.line_id and x.sku != old.sku]
        replacing = [x for x in replacing if x.quantity > 0]
        if replacing and old.quantity > 0:
            swapped += [old, *replacing, *(x for x in before if x.reduces == old.line_id)]
    old_left = [line for line in before if line not in swapped]
    new_left = [line for line in after if line not in swapped]
    for sku in {line.sku for line in old_left} & {line.sku for line in new_left}:
        old = [line for line in old_left if line.sku == sku]
        new = [line for line in new_left if line.sku == sku]
        old_m, new_m = sum(line.mrr for line in old), sum(line.mrr for line in new)
        foreign = sum(line.contract_mrr for line in old)
        is_kept = sum(line.quantity for line in old) > 0 and sum(line.quantity for line in new) > 0
        if (
            is_kept
            and old_m
            and new_m
            and foreign
            and largest(old).contract.currency == largest(new).contract.currency
        ):
            new_m = round_cents(sum(line.contract_mrr for line in new) * Fraction(old_m) / foreign)
        retained += max(min(Fraction(old_m), Fraction(new_m)), Fraction(0))
    return retained, sum((line.mrr for line in after), Fraction(0)), currency
