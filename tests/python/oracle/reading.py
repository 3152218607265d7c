"""An independent reading of the CMRR definitions, for the tests: plain Python, exact fractions,
brute force.

It was written from the words of the definitions and from no SQL, so that where it and the
models agree, two people read the same text the same way. It is slow and says what it does.
Money is a ``Fraction`` of the reporting currency inside and a ``Decimal`` of two places in what
it returns.

Where the text left a choice, this is the choice made:

 1. "The earlier signed" of two contracts that claim one predecessor is by timestamp, then the
    lower id.
 2. Cycles are found on the claims, voided contracts skipped, before second renewals are
    settled. A chain of voided contracts that ends at one never loaded makes the first kept
    contract an unknown_predecessor.
 3. An order of type renewal in a contract that renews none is like an order of type new.
 4. The step before must be an accepted recurring line of positive quantity; a named line that
    is no such line makes no ramp (the search by order and SKU is for lines that name none).
    Ends as written count.
 5. A line with several next steps is a step of several ramps; its last day is the latest of
    theirs.
 6. A notice knows of a ramp what was signed by the notice's date: a step signed later neither
    lengthens the ramp for it nor covers the steps before (no hindsight).
 7. A reduction shares the fate of the line it reduces: a cancellation covers it when it covers
    that line, and one that ends with its line shares that line's ramp.
 8. A reduction commits on the day it was signed, also where its line commits later.
 9. "No CMRR left": by what was signed and notified by the end of the day on which the renewal
    contract was signed, its predecessor has CMRR neither then nor later. A free term has none
    left, nor has one whose lines are signed later than its renewal.
10. A return does not cut the old term's service: the old term ends as if there were no renewal.
11. A renewal starts before the old term ends when it starts on or before its last day. It cuts
    service also where the renewal was itself cancelled.
12. "Given after that day": after the day after the last day.
13. A cancellation of the whole renewal contract counts as notice for every line of the old
    term, also one that outlives it; not where that contract is a return.
14. Notice on the very day of the commit end of the other rows is not earlier: the other row
    holds. A line whose last day is the day before the takeover ended by itself, not by the
    takeover.
15. Of several notices the first is by date, then by cancellation_id.
16. commit_end is never before commit_start; a line with both on one day never was CMRR and
    makes no movement.
17. A line never in service is booked_not_live before its service_start_date and held_over from
    then on.
18. Lines that a takeover ends "have CMRR" when their sum is above 0. Where they have none, what
    begins is new, reactivation or add_on with timing signature. A ramp step after a free one is
    an upgrade all the same (M0 = 0), but new or a reactivation where the customer has no CMRR.
    So is what a swap within the term adds where the customer has none.
19. The comparison at a ramp step is per step before (all its next steps together), with its
    currency part.
20. A swap takes a new line of positive quantity. Once a line is swapped, another new line of
    its old SKU has no line before. Within the term a reduction without a name names the line
    that it was matched to; both are in one family.
21. Where q0 is 0 but rounding left M0, or q1 is 0 and rounding left M1, the product movement is
    M1 - M0.
22. A product loss and a loss outside renewals is a cancellation where the family's CMRR is 0 at
    the end of the day; the three parts of a comparison stay upgrade or downgrade.
23. On an archive day every movement is archive; what another exchange rate makes is then part
    of the driver discount, as driver currency is of type currency only. The family had CMRR of
    another SKU at the end of the day before, and has CMRR of archive SKUs alone.
24. "Has CMRR" and "held" mean CMRR above 0, of the customer, the family or the SKU in sum.
25. Losses are by type: downgrade, cancellation, and archive below 0 (a list_price part above 0
    of a downgrade has the reason too). Without a reason the code is not_given, for a lapse
    lapsed.
26. Reason of a loss at a renewal, ramp step or natural end: the zero-quantity line that names
    the causing old line (else one of the old lines of the SKU), signed by that day; else the
    causing new line's own reason (in a swap: the largest new line's). A SKU that stays has the
    causing new line's own reason: it was not dropped.
27. The cause of a product loss is the old line (what a swap within the term leaves: the
    reduction); of everything else at a renewal, ramp or swap the new line of the largest
    amount, then the lowest id. A swap's part on the old SKU has the old line's contract and the
    new line as its cause.
28. contract_id is the causing line's contract, also where order_line_id is null. Of a netted
    row, the part of the largest absolute amount, then of the lowest line id, gives contract,
    line, reason and comment.
29. A line that outlives its contract ends with timing mid_term. Notice is timing renewal when
    its effective date is after the last day of the line's contract, also when it is notice on
    the renewal contract.
30. What a reduction gives back when it ends before its line is an upgrade with the timing of
    the loss that it is not.
31. A reduction's line is "in service" on a day by its dates as written.
32. is_new_logo and is_lost_logo mark every movement of the customer on that day, gains and
    losses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

ONE_DAY = timedelta(days=1)
NEVER = date(9999, 1, 1)
PARTS = (
    "cmrr",
    "recognised_mrr",
    "booked_not_live",
    "held_over",
    "notice_not_effective",
    "unsigned_in_service",
)
MOVEMENT_TYPES = (
    "new",
    "reactivation",
    "add_on",
    "upgrade",
    "downgrade",
    "swap",
    "cancellation",
    "archive",
    "currency",
)
UNAVOIDABLE = frozenset({"out_of_business", "acquired", "merged", "bankrupt"})


@dataclass(frozen=True)
class Contract:
    """One term, as landed and current; ``is_deleted`` is a voided one."""

    contract_id: str
    account_id: str
    signed_at: datetime
    start_date: date
    end_date: date
    currency: str = "USD"
    renewed_from_contract_id: str | None = None
    non_renewal_reason_code: str | None = None
    is_deleted: bool = False

    @property
    def signed(self) -> date:
        """The date on which the contract was signed."""
        return self.signed_at.date()


@dataclass(frozen=True)
class Order:
    """One order of a contract: new, add_on, renewal or reduction."""

    order_id: str
    contract_id: str
    order_type: str
    signed_at: datetime
    is_deleted: bool = False


@dataclass(frozen=True)
class OrderLine:
    """One line of an order, with units and list price a year."""

    order_line_id: str
    order_id: str
    sku: str
    quantity: Decimal
    list_unit_price: Decimal
    discount_percent: Decimal
    service_start_date: date
    service_end_date: date
    prior_order_line_id: str | None = None
    change_reason_code: str | None = None
    change_comment: str | None = None
    is_deleted: bool = False


@dataclass(frozen=True)
class Cancellation:
    """A notice; ``sku`` None is the whole contract, ``is_deleted`` one taken back."""

    cancellation_id: str
    contract_id: str
    sku: str | None
    notified_at: datetime
    effective_date: date
    reason_code: str | None = None
    comment: str | None = None
    is_deleted: bool = False

    @property
    def notified(self) -> date:
        """The date on which notice was given."""
        return self.notified_at.date()


@dataclass(frozen=True)
class Product:
    """A SKU: only recurring ones bring CMRR."""

    sku: str
    charge_type: str = "recurring"
    is_archive: bool = False


@dataclass(frozen=True)
class Rate:
    """One unit of ``currency`` in reporting currency from ``rate_date`` on."""

    rate_date: date
    currency: str
    rate: Decimal


@dataclass(frozen=True)
class Books:
    """All that the reading needs of the billing system, and the day it is read on."""

    contracts: tuple[Contract, ...]
    orders: tuple[Order, ...]
    order_lines: tuple[OrderLine, ...]
    cancellations: tuple[Cancellation, ...]
    products: tuple[Product, ...]
    rates: tuple[Rate, ...]
    as_of: date
    reporting_currency: str = "USD"
    grace_days: int = 90


@dataclass(frozen=True)
class Rejection:
    """A row set aside or listed, with the name of the rule."""

    table: str
    row_key: str
    rule: str


@dataclass(eq=False)
class Line:
    """An accepted recurring line with what the reading found out about it."""

    line_id: str
    order_id: str
    order_type: str
    signed: date
    contract: Contract
    family_id: str
    sku: str
    quantity: Fraction
    list_price: Fraction
    contract_mrr: Fraction
    mrr: Fraction
    rate: Fraction
    start: date
    end: date
    prior: str | None
    reason: str | None
    comment: str | None
    reduces: str | None = None
    step_of: str | None = None
    service_end: date = NEVER
    commit_start: date = NEVER
    commit_end: date = NEVER
    ended_by: str = "own"
    notice: Cancellation | None = None

    @property
    def was_committed(self) -> bool:
        """Whether the line was CMRR at the end of any day."""
        return self.commit_start < self.commit_end

    def committed_on(self, day: date) -> bool:
        """Whether the line is CMRR at the end of the day."""
        return self.commit_start <= day < self.commit_end

    def in_service_on(self, day: date) -> bool:
        """Whether the line is in service on the day."""
        return self.start <= day <= self.service_end


@dataclass(frozen=True)
class Movement:
    """A row of fct_cmrr_movements but for its id."""

    movement_date: date
    customer_id: str
    contract_id: str
    contract_family_id: str
    sku: str
    movement_type: str
    timing: str
    driver: str
    amount: Decimal
    order_line_id: str | None
    cancellation_id: str | None
    reason_code: str | None
    change_comment: str | None
    churn_type: str | None
    is_new_logo: bool
    is_lost_logo: bool


@dataclass
class Part:
    """A piece of a movement before netting."""

    sku: str
    kind: str
    timing: str
    driver: str
    amount: Fraction
    cause: Line
    names_line: bool = True
    notice: Cancellation | None = None
    reason: str | None = None
    comment: str | None = None
    may_cancel: bool = False
    contract: Contract | None = None
    is_plain_loss: bool = False

    @property
    def loss_key(self) -> tuple[str, str, str]:
        """What losses outside renewals and ramps are summed by to see that they are losses."""
        return self.sku, self.timing, self.notice.cancellation_id if self.notice else ""


@dataclass(frozen=True)
class Takeover:
    """What a renewal contract does to the term that it renews."""

    contract: Contract
    day: date
    is_return: bool


@dataclass
class Reading:
    """What the books say: families, lines, movements, and levels on any day."""

    books: Books
    family_of: dict[str, str]
    predecessor_of: dict[str, str]
    customer_of: dict[str, str]
    takeovers: dict[str, Takeover]
    rejections: list[Rejection]
    lines: list[Line] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)

    def levels(self, day: date) -> dict[tuple[str, str], dict[str, Decimal]]:
        """CMRR, recognised MRR and the four parts at the end of a day, by family and SKU; none
        where all are 0.
        """
        sums: dict[tuple[str, str], dict[str, Fraction]] = defaultdict(
            lambda: dict.fromkeys(PARTS, Fraction(0))
        )
        for line in self.lines:
            level = sums[line.family_id, line.sku]
            committed, serving = line.committed_on(day), line.in_service_on(day)
            if committed:
                level["cmrr"] += line.mrr
            if serving:
                level["recognised_mrr"] += line.mrr
            if committed and not serving:
                level["booked_not_live" if day < line.start else "held_over"] += line.mrr
            if serving and not committed:
                before = day < line.commit_start
                level["unsigned_in_service" if before else "notice_not_effective"] += line.mrr
        return {
            key: {part: to_decimal(value) for part, value in level.items()}
            for key, level in sums.items()
            if any(level.values())
        }

    def months(self) -> dict[tuple[date, str, str], dict[str, Decimal]]:
        """Levels at each month end, of the running month at the as-of date, by month, family
        and SKU.
        """
        found = {}
        for month in self._months():
            day = min(next_month(month) - ONE_DAY, self.books.as_of)
            for (family, sku), level in self.levels(day).items():
                found[month, family, sku] = level
        return found

    def bridge(self) -> dict[tuple[date, str, str], dict[str, Decimal]]:
        """Beginning, movements by type and ending by month, family and SKU, where any of them
        is not 0.
        """
        keys = {(movement.contract_family_id, movement.sku) for movement in self.movements}
        rows = {}
        for month in self._months():
            for family, sku in keys:
                own = [
                    movement
                    for movement in self.movements
                    if (movement.contract_family_id, movement.sku) == (family, sku)
                ]
                row = {
                    "beginning_cmrr": sum(
                        (m.amount for m in own if m.movement_date < month), Decimal("0.00")
                    )
                }
                for kind in MOVEMENT_TYPES:
                    row[f"{kind}_cmrr"] = sum(
                        (
                            m.amount
                            for m in own
                            if month <= m.movement_date < next_month(month)
                            and m.movement_type == kind
                        ),
                        Decimal("0.00"),
                    )
                row["ending_cmrr"] = sum(row.values(), Decimal("0.00"))
                if any(row.values()):
                    rows[month, family, sku] = row
        return rows

    def _months(self) -> list[date]:
        first = min(
            (min(line.start, line.commit_start) for line in self.lines), default=self.books.as_of
        )
        month, found = first.replace(day=1), []
        while month <= self.books.as_of:
            found.append(month)
            month = next_month(month)
        return found


def next_month(month: date) -> date:
    """First day of the month after the one of a first day."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def round_cents(amount: Fraction) -> Fraction:
    """Round to two places, half away from zero."""
    cents = (abs(amount) * 200 + 1) // 2
    return Fraction(cents if amount >= 0 else -cents, 100)


def to_decimal(amount: Fraction) -> Decimal:
    """A whole number of cents as a decimal of two places."""
    cents = amount * 100
    assert cents.denominator == 1, f"{amount} is no whole number of cents"
    return Decimal(cents.numerator).scaleb(-2)


def read(books: Books) -> Reading:
    """Read the books: families, accepted lines, commitments and movements up to the as-of date."""
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
    reading.movements = read_movements(reading)
    return reading


# Contract families


def read_families(
    contracts: Iterable[Contract],
) -> tuple[dict[str, str], dict[str, str], list[Rejection]]:
    """Predecessor by contract, family by contract, and contracts set aside or listed."""
    by_id = {contract.contract_id: contract for contract in contracts}
    kept = [contract for contract in by_id.values() if not contract.is_deleted]
    rejections: list[Rejection] = []
    claims: dict[str, str] = {}
    endless: set[str] = set()
    for contract in kept:
        claimed, seen = contract.renewed_from_contract_id, {contract.contract_id}
        while claimed in by_id and by_id[claimed].is_deleted and claimed not in seen:
            seen.add(claimed)
            claimed = by_id[claimed].renewed_from_contract_id
        if claimed is None:
            continue
        if claimed not in by_id:
            rejections.append(Rejection("contracts", contract.contract_id, "unknown_predecessor"))
        elif claimed in seen:
            endless.add(contract.contract_id)
        else:
            claims[contract.contract_id] = claimed
    for contract in kept:
        current, seen = contract.contract_id, set()
        while current in claims and current not in seen:
            seen.add(current)
            current = claims[current]
        if current in seen or current in endless:
            endless.add(contract.contract_id)
    rejections += [Rejection("contracts", key, "renewal_cycle") for key in sorted(endless)]

    predecessors: dict[str, str] = {}
    for contract in sorted(kept, key=lambda c: (c.signed_at, c.contract_id)):
        key = contract.contract_id
        if key in endless or key not in claims:
            continue
        if claims[key] in predecessors.values():
            rejections.append(Rejection("contracts", key, "second_renewal"))
        else:
            predecessors[key] = claims[key]
    families = {}
    for contract in kept:
        if contract.contract_id not in endless:
            current = contract.contract_id
            while current in predecessors:
                current = predecessors[current]
            families[contract.contract_id] = current
    return predecessors, families, rejections


# Lines


def accepted_lines(reading: Reading) -> list[Line]:
    """Lines of recurring SKUs that no rule sets aside, reductions with the line that they
    reduce.
    """
    books = reading.books
    contracts = {contract.contract_id: contract for contract in books.contracts}
    orders = {order.order_id: order for order in books.orders if not order.is_deleted}
    products = {product.sku: product for product in books.products}
    lines: dict[str, Line] = {}
    for row in sorted(books.order_lines, key=lambda line: line.order_line_id):
        order = orders.get(row.order_id)
        if row.is_deleted or order is None or order.contract_id not in reading.family_of:
            continue
        contract = contracts[order.contract_id]
        rate = rate_on(books, contract.currency, order.signed_at.date())
        if rate is None:
            reading.rejections.append(
                Rejection("order_lines", row.order_line_id, "no_exchange_rate")
            )
            continue
        if products[row.sku].charge_type != "recurring":
            continue
        order_type = order.order_type
        renews = contract.contract_id in reading.predecessor_of
        if order_type in ("new", "renewal"):
            order_type = "renewal" if renews else "new"
        quantity, price = Fraction(row.quantity), Fraction(row.list_unit_price)
        annual = round_cents(quantity * price * (1 - Fraction(row.discount_percent) / 100))
        mrr = round_cents(annual / 12)
        lines[row.order_line_id] = Line(
            line_id=row.order_line_id,
            order_id=order.order_id,
            order_type=order_type,
            signed=order.signed_at.date(),
            contract=contract,
            family_id=reading.family_of[contract.contract_id],
            sku=row.sku,
            quantity=quantity,
            list_price=price,
            contract_mrr=mrr,
            mrr=round_cents(mrr * rate),
            rate=rate,
            start=row.service_start_date,
            end=row.service_end_date,
            prior=row.prior_order_line_id,
            reason=row.change_reason_code,
            comment=row.change_comment,
        )
    return match_reductions(lines, reading)


def rate_on(books: Books, currency: str, day: date) -> Fraction | None:
    """The newest exchange rate on or before the day; 1 for the reporting currency; None where
    there is none.
    """
    if currency == books.reporting_currency:
        return Fraction(1)
    known = [rate for rate in books.rates if rate.currency == currency and rate.rate_date <= day]
    return Fraction(max(known, key=lambda rate: rate.rate_date).rate) if known else None


def match_reductions(lines: dict[str, Line], reading: Reading) -> list[Line]:
    """Find the line of each reduction, and set aside those without one or that take too much."""
    left = {line.line_id: line.quantity for line in lines.values()}
    accepted = [line for line in lines.values() if line.order_type != "reduction"]
    reductions = [line for line in lines.values() if line.order_type == "reduction"]
    for reduction in sorted(reductions, key=lambda line: (line.signed, line.line_id)):
        candidates = [
            line
            for line in lines.values()
            if line.contract.contract_id == reduction.contract.contract_id
            and line.sku == reduction.sku
            and line.quantity > 0
        ]
        if reduction.prior is not None:
            candidates = [line for line in candidates if line.line_id == reduction.prior]
        else:
            candidates = [
                line
                for line in candidates
                if line.quantity >= -reduction.quantity
                and line.start <= reduction.start <= line.end
                and line.signed <= reduction.signed
            ]
        rule = None
        if len(candidates) != 1:
            rule = "reduction_without_line"
        elif left[candidates[0].line_id] + reduction.quantity < 0:
            rule = "over_reduction"
        if rule:
            reading.rejections.append(Rejection("order_lines", reduction.line_id, rule))
            continue
        left[candidates[0].line_id] += reduction.quantity
        reduction.reduces = candidates[0].line_id
        accepted.append(reduction)
    return accepted


def link_ramps(lines: list[Line]) -> None:
    """Find, for each line that is a next step, the step before it."""
    for line in lines:
        if line.quantity <= 0 or line.signed > line.start:
            continue
        before = [
            other
            for other in lines
            if other.contract.contract_id == line.contract.contract_id
            and other.quantity > 0
            and other.end == line.start - ONE_DAY
        ]
        if line.prior is not None:
            before = [other for other in before if other.line_id == line.prior]
        else:
            before = [
                other
                for other in before
                if other.order_id == line.order_id and other.sku == line.sku
            ]
        if len(before) == 1:
            line.step_of = before[0].line_id


def last_steps(line: Line, lines: list[Line]) -> list[Line]:
    """The last steps of the ramps that the line is a step of: itself where it has no next step."""
    ahead = [other for other in lines if other.step_of == line.line_id]
    if not ahead:
        return [line]
    return [last for step in ahead for last in last_steps(step, lines)]


# Service and commitment


def covers(cancellation: Cancellation, line: Line) -> bool:
    """Whether a cancellation names the line's contract and SKU and the line is no later
    purchase.
    """
    if cancellation.contract_id != line.contract.contract_id:
        return False
    if cancellation.sku is not None and cancellation.sku != line.sku:
        return False
    return line.signed <= cancellation.notified or line.start < cancellation.effective_date


def covering(
    line: Line, lines: list[Line], cancellations: Iterable[Cancellation]
) -> list[tuple[Cancellation, date]]:
    """Cancellations that cover the line, each with the last day of the line or its ramp as
    known at notice.
    """
    bought = line
    if line.reduces is not None:
        bought = next(other for other in lines if other.line_id == line.reduces)
    found = []
    for cancellation in cancellations:
        known = [
            other
            for other in lines
            if other.signed <= cancellation.notified or other.line_id == bought.line_id
        ]
        last = last_steps(bought, known)
        if covers(cancellation, bought) or any(covers(cancellation, step) for step in last):
            last_day = max(step.end for step in last) if bought.end == line.end else line.end
            found.append((cancellation, last_day))
    return found


def commitment_end(
    line: Line,
    lines: list[Line],
    cancellations: Iterable[Cancellation],
    takeover: Takeover | None,
    grace_days: int,
) -> tuple[date, str, Cancellation | None]:
    """The day on which the line stops being CMRR, what ends it (own, takeover, lapse, notice),
    and the notice.
    """
    contract = line.contract
    if takeover is not None and takeover.is_return:
        takeover = None
    if line.end == contract.end_date:
        term = (contract.end_date - contract.start_date).days + 1
        lapse = contract.end_date + timedelta(days=min(grace_days, term)) + ONE_DAY
        if takeover is not None and takeover.contract.signed <= lapse:
            end, ended_by = takeover.day, "takeover"
        else:
            end, ended_by = lapse, "lapse"
    else:
        end, ended_by = line.end + ONE_DAY, "own"
        if line.end < contract.end_date and takeover is not None and takeover.day < end:
            end, ended_by = takeover.day, "takeover"

    notices = [
        cancellation
        for cancellation, last_day in covering(line, lines, cancellations)
        if cancellation.effective_date <= last_day + ONE_DAY
        or cancellation.notified > last_day + ONE_DAY
    ]
    if takeover is not None:
        notices += [
            cancellation
            for cancellation in cancellations
            if cancellation.contract_id == takeover.contract.contract_id
            and cancellation.sku is None
            and takeover.contract.signed <= cancellation.notified < takeover.day
        ]
    first = min(notices, key=lambda c: (c.notified, c.cancellation_id), default=None)
    if first is not None and first.notified < end:
        end, ended_by = first.notified, "notice"
    else:
        first = None
    return max(end, line.commit_start), ended_by, first


def commitment_start(line: Line, takeover: Takeover | None) -> date:
    """The day on which the line becomes CMRR; ``takeover`` is that of the line's own contract."""
    day = line.signed
    if line.order_type == "renewal" and not takeover.is_return:
        day = max(line.signed, takeover.day)
    if line.step_of is not None:
        day = max(day, line.start)
    return day


def commit_lines(reading: Reading) -> None:
    """Set service and commitment of every line, family by family from the first term on."""
    books = reading.books
    contracts = {contract.contract_id: contract for contract in books.contracts}
    cancellations = [c for c in books.cancellations if not c.is_deleted]
    renewed_by = {before: after for after, before in reading.predecessor_of.items()}
    for family in sorted(set(reading.family_of.values())):
        current: str | None = family
        while current is not None:
            contract = contracts[current]
            own_takeover = None
            if current in reading.predecessor_of:
                before = reading.predecessor_of[current]
                own_takeover = Takeover(
                    contract=contract,
                    day=max(contract.start_date, contract.signed),
                    is_return=has_nothing_left(
                        [line for line in reading.lines if line.contract.contract_id == before],
                        cancellations,
                        contract.signed,
                        books.grace_days,
                    ),
                )
                reading.takeovers[current] = own_takeover
            for line in reading.lines:
                if line.contract.contract_id == current:
                    line.commit_start = commitment_start(line, own_takeover)
            current = renewed_by.get(current)
    for line in reading.lines:
        contract = line.contract
        takeover = reading.takeovers.get(renewed_by.get(contract.contract_id, ""))
        own = [other for other in reading.lines if other.contract is contract]
        line.commit_end, line.ended_by, line.notice = commitment_end(
            line, own, cancellations, takeover, books.grace_days
        )
        line.service_end = line.end
        for cancellation, _ in covering(line, own, cancellations):
            line.service_end = min(line.service_end, cancellation.effective_date - ONE_DAY)
        if (
            takeover is not None
            and not takeover.is_return
            and takeover.contract.start_date <= contract.end_date
            and line.end <= contract.end_date
        ):
            line.service_end = min(line.service_end, takeover.contract.start_date - ONE_DAY)


def has_nothing_left(
    lines: list[Line], cancellations: list[Cancellation], day: date, grace_days: int
) -> bool:
    """Whether a term without its renewal has no CMRR at the end of the day or later, by what is
    known then.
    """
    known = [line for line in lines if line.signed <= day]
    notices = [cancellation for cancellation in cancellations if cancellation.notified <= day]
    spans = [
        (line.commit_start, commitment_end(line, known, notices, None, grace_days)[0], line.mrr)
        for line in known
    ]
    days = {day} | {start for start, _, _ in spans if start > day}
    days |= {end for _, end, _ in spans if end > day}
    return not any(sum(mrr for start, end, mrr in spans if start <= d < end) for d in days)


# Movements


def read_movements(reading: Reading) -> list[Movement]:
    """Every movement up to the as-of date, netted, in the order of day, family and SKU."""
    by_customer: dict[str, list[Line]] = defaultdict(list)
    for line in reading.lines:
        if line.was_committed:
            by_customer[reading.customer_of[line.family_id]].append(line)
    movements: list[Movement] = []
    for customer, lines in sorted(by_customer.items()):
        days = {line.commit_start for line in lines} | {line.commit_end for line in lines}
        had_cmrr = False
        for day in sorted(d for d in days if d <= reading.books.as_of):
            before, after = cmrr_by_key(lines, day - ONE_DAY), cmrr_by_key(lines, day)
            had_before, has_after = sum(before.values()) > 0, sum(after.values()) > 0
            had_cmrr = had_cmrr or had_before
            for family in sorted({line.family_id for line in lines}):
                parts = family_day(reading, lines, family, day, before, after, had_cmrr)
                movements += net(
                    parts,
                    day,
                    customer,
                    family,
                    is_new_logo=not had_cmrr and has_after,
                    is_lost_logo=had_before and not has_after,
                )
    return sorted(
        movements,
        key=lambda m: (
            m.movement_date,
            m.contract_family_id,
            m.sku,
            m.movement_type,
            m.timing,
            m.driver,
            m.cancellation_id or "",
        ),
    )


def cmrr_by_key(lines: list[Line], day: date) -> dict[tuple[str, str], Fraction]:
    """CMRR at the end of the day by family and SKU; none where it is 0."""
    sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for line in lines:
        if line.committed_on(day):
            sums[line.family_id, line.sku] += line.mrr
    return {key: value for key, value in sums.items() if value}


def family_day(
    reading: Reading,
    lines: list[Line],
    family: str,
    day: date,
    before: dict[tuple[str, str], Fraction],
    after: dict[tuple[str, str], Fraction],
    had_cmrr: bool,
) -> list[Part]:
    """The parts of a family's change on a day, typed and not yet netted."""
    own = [line for line in lines if line.family_id == family]
    starting = {line.line_id: line for line in own if line.commit_start == day}
    ending = {line.line_id: line for line in own if line.commit_end == day}
    zero_lines = [
        line
        for line in reading.lines
        if line.family_id == family and line.quantity == 0 and line.signed <= day
    ]
    parts: list[Part] = []

    for renewal, takeover in sorted(reading.takeovers.items()):
        if takeover.is_return or takeover.day != day or reading.family_of[renewal] != family:
            continue
        ended = [
            line
            for line in ending.values()
            if line.ended_by == "takeover"
            and line.contract.contract_id == reading.predecessor_of[renewal]
        ]
        begun = [
            line
            for line in starting.values()
            if line.contract.contract_id == renewal and line.order_type == "renewal"
        ]
        if have_cmrr(ended):
            parts += compare(ended, begun, "renewal", zero_lines)
            forget(ended, ending)
            forget(begun, starting)

    for step in list(ending.values()):
        if step.ended_by != "own" or step.line_id not in ending:
            continue
        ended = [step] + [
            line
            for line in ending.values()
            if line.reduces == step.line_id and line.end == step.end and line.ended_by == "own"
        ]
        begun = [line for line in starting.values() if line.step_of == step.line_id]
        if begun and sum(before.values()) > 0:
            parts += compare(ended, begun, "ramp", zero_lines)
            forget(ended, ending)
            forget(begun, starting)

    reductions = [line for line in starting.values() if line.order_type == "reduction"]
    for prior in sorted({line.reduces for line in reductions}):
        taking = [line for line in reductions if line.reduces == prior]
        replacing = [
            line
            for line in starting.values()
            if line.order_type == "add_on"
            and line.prior == prior
            and line.quantity > 0
            and line.sku != taking[0].sku
        ]
        if replacing:
            parts += swap(
                -sum((line.mrr for line in taking), Fraction(0)),
                largest(taking),
                replacing,
                "mid_term",
                largest(taking).reason,
                largest(taking).comment,
                "upgrade" if sum(before.values()) > 0 else "reactivation" if had_cmrr else "new",
            )
            forget(taking, starting)
            forget(replacing, starting)

    for line in starting.values():
        if line.order_type == "reduction":
            parts.append(loss(line, line.mrr, "mid_term", after, line.reason, line.comment))
        else:
            parts.append(gain(line, before, had_cmrr))
    for line in ending.values():
        if line.ended_by == "notice":
            notice = line.notice
            is_late = notice.effective_date > line.contract.end_date
            part = loss(
                line,
                -line.mrr,
                "renewal" if is_late else "mid_term",
                after,
                notice.reason_code,
                notice.comment,
            )
            part.names_line, part.notice = False, notice
        elif line.ended_by == "lapse":
            reason = line.contract.non_renewal_reason_code or "lapsed"
            part = loss(line, -line.mrr, "lapse", after, reason, None)
            part.names_line = False
        else:
            timing = "renewal" if line.ended_by == "takeover" else "mid_term"
            reason, comment = dropped_reason([line], line, zero_lines)
            part = loss(line, -line.mrr, timing, after, reason, comment)
        parts.append(part)

    return retype(reading, parts, family, before, after)


def have_cmrr(lines: list[Line]) -> bool:
    """Whether the lines bring CMRR in sum."""
    return sum(line.mrr for line in lines) > 0


def forget(lines: list[Line], pool: dict[str, Line]) -> None:
    """Take lines that a comparison has used out of the pool."""
    for line in lines:
        pool.pop(line.line_id, None)


def largest(lines: list[Line]) -> Line:
    """The line of the largest amount, then of the lowest id."""
    return min(lines, key=lambda line: (-abs(line.mrr), line.line_id))


def dropped_reason(
    old: list[Line], cause: Line, zero_lines: list[Line], new: Line | None = None
) -> tuple[str | None, str | None]:
    """Reason and comment of the zero-quantity line that names the causing old line, or one of
    the old lines.
    """
    names = [cause.line_id, *sorted(line.line_id for line in old if line is not cause)]
    for name in names:
        for zero in sorted(zero_lines, key=lambda line: line.line_id):
            if zero.prior == name and (zero.reason or zero.comment):
                return zero.reason, zero.comment
    return (new.reason, new.comment) if new is not None else (None, None)


def gain(line: Line, before: dict[tuple[str, str], Fraction], had_cmrr: bool) -> Part:
    """A line that begins outside renewals and ramps: new, reactivation or add_on."""
    if not had_cmrr:
        kind, driver = "new", "product"
    elif sum(before.values()) <= 0:
        kind, driver = "reactivation", "product"
    else:
        held = sum(value for (_, sku), value in before.items() if sku == line.sku) > 0
        kind, driver = "add_on", "quantity" if held else "product"
    return Part(line.sku, kind, "signature", driver, line.mrr, line)


def loss(
    line: Line,
    amount: Fraction,
    timing: str,
    after: dict[tuple[str, str], Fraction],
    reason: str | None,
    comment: str | None,
) -> Part:
    """A loss outside renewals and ramps."""
    driver = "quantity" if after.get((line.family_id, line.sku), 0) > 0 else "product"
    return Part(
        line.sku,
        "downgrade",
        timing,
        driver,
        amount,
        line,
        reason=reason,
        comment=comment,
        may_cancel=True,
        is_plain_loss=True,
    )


def compare(before: list[Line], after: list[Line], timing: str, zeros: list[Line]) -> list[Part]:
    """Compare what a renewal or ramp step ends with what it begins, swaps first and then SKU by
    SKU.
    """
    parts: list[Part] = []
    old_left, new_left = list(before), list(after)
    for old in sorted(before, key=lambda line: line.line_id):
        replacing = [
            line
            for line in after
            if line.prior == old.line_id and line.sku != old.sku and line.quantity > 0
        ]
        if old.quantity <= 0 or not replacing:
            continue
        with_reductions = [old] + [line for line in before if line.reduces == old.line_id]
        leaving = sum((line.mrr for line in with_reductions), Fraction(0))
        reason, comment = dropped_reason([old], old, zeros, largest(replacing))
        parts += swap(leaving, old, replacing, timing, reason, comment)
        old_left = [line for line in old_left if line not in with_reductions]
        new_left = [line for line in new_left if line not in replacing]
    for sku in sorted({line.sku for line in old_left + new_left}):
        parts += compare_sku(
            [line for line in old_left if line.sku == sku],
            [line for line in new_left if line.sku == sku],
            timing,
            zeros,
        )
    return parts


def swap(
    leaving: Fraction,
    old: Line,
    replacing: list[Line],
    timing: str,
    reason: str | None,
    comment: str | None,
    added_as: str = "upgrade",
) -> list[Part]:
    """What passes from an old SKU to the new lines in order of their ids, what it adds and what
    it leaves.
    """
    parts = []
    added_timing = timing if added_as == "upgrade" else "signature"
    for line in sorted(replacing, key=lambda line: line.line_id):
        passed = min(leaving, line.mrr)
        leaving -= passed
        parts.append(Part(old.sku, "swap", timing, "product", -passed, line, contract=old.contract))
        parts.append(Part(line.sku, "swap", timing, "product", passed, line))
        added = line.mrr - passed
        parts.append(Part(line.sku, added_as, added_timing, "product", added, line))
    left = Part(old.sku, "downgrade", timing, "product", -leaving, old)
    left.reason, left.comment, left.may_cancel = reason, comment, True
    return [*parts, left]


def compare_sku(
    before: list[Line], after: list[Line], timing: str, zeros: list[Line]
) -> list[Part]:
    """The comparison of one SKU at a renewal or ramp step."""

    def total(lines: list[Line], value: str) -> Fraction:
        return sum((getattr(line, value) for line in lines), Fraction(0))

    old_m, new_m = total(before, "mrr"), total(after, "mrr")
    old_q, new_q = total(before, "quantity"), total(after, "quantity")
    sku = (before or after)[0].sku
    if not after or new_q == 0 or new_m == 0 or not before or old_m == 0 or old_q == 0:
        if new_m == old_m:
            return []
        kind = "upgrade" if new_m > old_m else "downgrade"
        new = largest(after) if after else None
        cause = largest(before) if new is None or new_m == 0 else new
        part = Part(sku, kind, timing, "product", new_m - old_m, cause)
        if kind == "downgrade":
            part.may_cancel = True
            part.reason, part.comment = dropped_reason(before, largest(before), zeros, new)
        return [part]

    cause = largest(after)
    changed_currency = before[0].contract.currency != after[0].contract.currency
    old_rate = old_m / total(before, "contract_mrr")
    currency = Fraction(0)
    if not changed_currency:
        currency = new_m - round_cents(total(after, "contract_mrr") * old_rate)

    def list_price(lines: list[Line], units: Fraction) -> Fraction:
        value = sum(
            (
                line.quantity * line.list_price * (line.rate if changed_currency else 1)
                for line in lines
            ),
            Fraction(0),
        )
        return value / units

    old_l, new_l = list_price(before, old_q), list_price(after, new_q)
    quantity = round_cents(old_m * (new_q - old_q) / old_q)
    price = round_cents(old_m * (new_q / old_q) * (new_l - old_l) / old_l) if old_l else Fraction(0)
    discount = new_m - old_m - currency - quantity - price
    kind = "upgrade" if quantity + price + discount >= 0 else "downgrade"
    reason, comment = None, None
    if kind == "downgrade":
        reason, comment = cause.reason, cause.comment
    parts = [Part(sku, "currency", timing, "currency", currency, cause)]
    for driver, amount in (
        ("quantity", quantity),
        ("list_price", price),
        ("discount", discount),
    ):
        parts.append(Part(sku, kind, timing, driver, amount, cause, reason=reason, comment=comment))
    return parts


def retype(
    reading: Reading,
    parts: list[Part],
    family: str,
    before: dict[tuple[str, str], Fraction],
    after: dict[tuple[str, str], Fraction],
) -> list[Part]:
    """Make a family's losses cancellations or its day an archive where the end of the day says
    so.
    """
    archive = {product.sku for product in reading.books.products if product.is_archive}
    skus_before = {sku for (key, sku), value in before.items() if key == family and value > 0}
    skus_after = {sku for (key, sku), value in after.items() if key == family and value > 0}
    is_archive_day = bool(skus_before - archive) and bool(skus_after) and skus_after <= archive
    is_lost = sum(value for (key, _), value in after.items() if key == family) <= 0
    net_losses: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for part in parts:
        if part.is_plain_loss:
            net_losses[part.loss_key] += part.amount
    for part in parts:
        if part.is_plain_loss and net_losses[part.loss_key] > 0:
            part.kind, part.may_cancel = "upgrade", False
        if is_archive_day:
            part.kind = "archive"
            part.driver = "discount" if part.driver == "currency" else part.driver
        elif is_lost and part.may_cancel:
            part.kind = "cancellation"
    return parts


def net(
    parts: list[Part],
    day: date,
    customer: str,
    family: str,
    *,
    is_new_logo: bool,
    is_lost_logo: bool,
) -> list[Movement]:
    """One movement per SKU, type, timing, driver and cancellation; none for a net of nothing."""
    groups: dict[tuple[str, str, str, str, str], list[Part]] = defaultdict(list)
    for part in parts:
        notice = part.notice.cancellation_id if part.notice else ""
        groups[part.sku, part.kind, part.timing, part.driver, notice].append(part)
    movements = []
    for (sku, kind, timing, driver, notice), members in groups.items():
        amount = sum((part.amount for part in members), Fraction(0))
        if amount == 0:
            continue
        top = min(members, key=lambda part: (-abs(part.amount), part.cause.line_id))
        is_loss = kind in ("downgrade", "cancellation") or (kind == "archive" and amount < 0)
        reason = (top.reason or "not_given") if is_loss else None
        movements.append(
            Movement(
                movement_date=day,
                customer_id=customer,
                contract_id=(top.contract or top.cause.contract).contract_id,
                contract_family_id=family,
                sku=sku,
                movement_type=kind,
                timing=timing,
                driver=driver,
                amount=to_decimal(amount),
                order_line_id=top.cause.line_id if top.names_line else None,
                cancellation_id=notice or None,
                reason_code=reason,
                change_comment=top.comment if is_loss else None,
                churn_type=churn_type(reason),
                is_new_logo=is_new_logo,
                is_lost_logo=is_lost_logo,
            )
        )
    return movements


def churn_type(reason: str | None) -> str | None:
    """Unavoidable for "death and marriage", avoidable for every other reason of a loss."""
    if reason is None:
        return None
    return "unavoidable" if reason in UNAVOIDABLE else "avoidable"
