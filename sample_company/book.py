"""What a customer has truly committed to, kept as the play decides it.

A :class:`Book` is told of each decision on its day (a signature, a notice, a takeover, ...)
and knows at once what it changes: it keeps the level of commitment by contract family and
SKU, and records one change for each part of the decision. What a change is called can depend
on how the day ends (a loss that leaves the family with nothing is a cancellation), so the
changes of a day get their names when the day is closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sample_company.arithmetic import ZERO, annual_amount, converted, fraction_cents, monthly
from sample_company.catalogue import PRODUCTS
from sample_company.world import Account


@dataclass(eq=False)
class Contract:
    """A contract term. ``claims``: the predecessor that the billing system names, if any."""

    contract_id: str
    family_id: str
    account: Account
    currency: str
    signed_on: date
    start: date
    end: date
    billing_frequency: str
    claims: str | None = None
    predecessor: Contract | None = None
    is_return: bool = False
    auto_renews: bool = False
    entered_on: date | None = None
    orders: list[Order] = field(default_factory=list)
    renewal: Contract | None = None
    ends_by_notice_on: date | None = None  # effective date of a notice for the whole contract
    non_renewal_reason: str | None = None
    is_settled: bool = False  # renewed, given up or voided: nothing more is decided about it
    term_months: int = 12
    # SKU -> first day without it, by notice: what is bought again has to start on or after it.
    cancelled_skus: dict[str, date] = field(default_factory=dict)
    # What the book and the play see of the term's renewal, as it happens.
    expected_when_due: Decimal | None = None  # when the month of its end began; None before
    was_ended_when_due: bool = False  # a notice for the whole contract had taken effect by then
    first_quote_on: date | None = None
    lost_on: date | None = None  # the last notice or reduction that took what ends with it
    lapsed_on: date | None = None
    takeover: Takeover | None = None

    def closed_skus(self, start: date) -> set[str]:
        """SKUs that a notice given already would cover, were they to start on a day."""
        return {sku for sku, effective in self.cancelled_skus.items() if start < effective}

    def predecessor_is_over(self, day: date) -> bool:
        """Whether the contract has taken over from the one it renews, if it renews one."""
        return self.predecessor is None or self.is_return or max(self.start, self.signed_on) < day

    @property
    def lines(self) -> list[Line]:
        """All lines of the contract's orders, in the order they were written."""
        return [line for order in self.orders for line in order.lines]


@dataclass(frozen=True)
class Takeover:
    """What a renewal made of the term before it. Amounts: CMRR a month, reporting currency."""

    renewed: Decimal
    currency: Decimal
    retained: Decimal
    is_to_archive: bool


@dataclass(eq=False)
class Order:
    """An order under a contract. ``entered_on``: when the billing system learnt of it."""

    order_id: str
    contract: Contract
    order_type: str  # new | add_on | renewal | reduction
    signed_on: date
    entered_on: date
    opportunity_id: str | None = None
    lines: list[Line] = field(default_factory=list)


@dataclass(eq=False)
class Line:
    """An order line and its true life: when it is committed and when it is in service.

    ``commit_to`` is the first day without it, ``service_to`` the last day of service; either
    may lie before its counterpart, which means never.
    """

    line_id: str
    order: Order
    sku: str
    quantity: Decimal
    list_unit_price: Decimal
    discount_percent: Decimal
    start: date
    end: date
    rate: Decimal
    prior: Line | None = None
    reason: str | None = None
    comment: str | None = None
    step_of: Line | None = None
    next_step: Line | None = None
    reduces: Line | None = None
    commit_from: date | None = None
    commit_to: date | None = None
    service_to: date = date.min
    annual: Decimal = ZERO
    mrr: Decimal = ZERO
    amount: Decimal = ZERO  # MRR in reporting currency
    cancelled_from: date | None = None  # first day without it by notice for its product alone

    def __post_init__(self) -> None:
        """Work out what the line brings."""
        self.service_to = self.end
        self.annual = annual_amount(self.quantity, self.list_unit_price, self.discount_percent)
        if PRODUCTS[self.sku].charge_type == "recurring":
            self.mrr = monthly(self.annual)
            self.amount = converted(self.mrr, self.rate)

    @property
    def contract(self) -> Contract:
        """The contract of the line's order."""
        return self.order.contract

    @property
    def is_committed(self) -> bool:
        """Whether the line is committed now, as far as the play has come."""
        return self.commit_from is not None and self.commit_to is None

    @property
    def is_recurring(self) -> bool:
        """Whether the line's SKU recurs: only such lines are commitments."""
        return PRODUCTS[self.sku].charge_type == "recurring"

    @property
    def ends_with_contract(self) -> bool:
        """Whether the line runs to the contract's last day exactly."""
        return self.end == self.contract.end

    @property
    def comes_due(self) -> bool:
        """Whether the line, or the ramp it is a step of, runs to the contract's last day."""
        line = self.last_of_ramp() if self.reduces is None else self
        return line.is_recurring and line.ends_with_contract

    @property
    def units(self) -> Decimal:
        """Units of the line that its reductions leave, as far as the play has come."""
        taken = (line.quantity for line in self.contract.lines if line.reduces is self)
        return self.quantity + sum(taken, Decimal(0))

    def last_of_ramp(self) -> Line:
        """The last step of the ramp that the line belongs to; itself where there is none."""
        line = self
        while line.next_step is not None:
            line = line.next_step
        return line


@dataclass
class Change:
    """One true change of commitment. ``amount``: CMRR a month, reporting currency."""

    day: date
    customer_id: str
    family_id: str
    contract_id: str
    sku: str
    movement_type: str
    timing: str
    driver: str
    amount: Decimal
    reason_code: str | None
    cause: str


@dataclass
class _Effect:
    """A change whose name may still depend on how the day ends.

    ``role``: gain (named by the customer's state the day before), loss (named by what the
    family has left), or the movement type itself.
    """

    role: str
    contract: Contract
    sku: str
    amount: Decimal
    timing: str
    driver: str
    cause: str
    reason: str | None = None
    line: Line | None = None


def _weighted_price(lines: Sequence[Line], in_reporting: bool) -> Fraction:
    units = sum((Fraction(line.quantity) for line in lines), Fraction(0))
    worth = sum(
        (
            Fraction(line.quantity)
            * Fraction(line.list_unit_price)
            * (Fraction(line.rate) if in_reporting else 1)
            for line in lines
        ),
        Fraction(0),
    )
    return worth / units


class Book:
    """One customer's commitments."""

    def __init__(self, customer_id: str) -> None:
        """Start with nothing."""
        self.customer_id = customer_id
        self.changes: list[Change] = []
        self.lines: list[Line] = []
        self.level: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self.churned_on: date | None = None
        self.ever_had_cmrr = False
        self._opening: dict[tuple[str, str], Decimal] = {}
        self._day: date | None = None
        self._effects: list[_Effect] = []
        self._kept = ZERO  # by the takeover at hand

    # What is held now

    def total(self) -> Decimal:
        """CMRR now."""
        return sum(self.level.values(), ZERO)

    def family_total(self, family_id: str) -> Decimal:
        """CMRR of a contract family now."""
        return sum((a for (family, _), a in self.level.items() if family == family_id), ZERO)

    def holds(self, sku: str) -> bool:
        """Whether the customer has CMRR of a SKU now, in any family."""
        return any(amount for (_, held), amount in self.level.items() if held == sku)

    # Decisions

    def open_day(self, day: date) -> None:
        """Begin a day, or go on with it."""
        if self._day != day:
            self.close_day()
            self._day = day
            self._opening = dict(self.level)

    def sign(self, lines: Iterable[Line], day: date, cause: str) -> None:
        """Lines that count from their signature: new, add-on and reduction orders, a return.

        Later steps of a ramp wait for their day; a line of quantity 0 brings nothing.
        """
        self.open_day(day)
        for line in lines:
            if not self._enter(line) or line.step_of is not None:
                continue
            if line.reduces is not None:
                self._commit(line, day, "loss", "mid_term", cause, line.reason)
                if line.comes_due:
                    line.contract.lost_on = day
            else:
                self._commit(line, day, "gain", "signature", cause)

    def enter_waiting(self, lines: Iterable[Line]) -> None:
        """Lines of a renewal that wait for its takeover."""
        for line in lines:
            self._enter(line)

    def migrate(self, reduction: Line, additions: list[Line], day: date, cause: str) -> None:
        """A plan changed within the term: what the reduction takes passes to the new lines."""
        self.open_day(day)
        for line in (reduction, *additions):
            self._enter(line)
            self._set(line, day)
        if reduction.comes_due:
            reduction.contract.lost_on = day
        self._swap(
            -reduction.amount,
            reduction.contract,
            reduction.sku,
            additions,
            "mid_term",
            cause,
            reduction.reason,
        )

    def take_over(self, renewal: Contract, day: date, cause: str) -> None:
        """A renewal begins: the old term's lines end, the renewal orders' lines count."""
        self.open_day(day)
        old = renewal.predecessor
        assert old is not None
        before = [
            line
            for line in self.lines
            if line.contract is old and line.is_committed and line.end <= old.end
        ]
        after = [
            line
            for line in renewal.lines
            if line.is_recurring
            and line.order.order_type in ("new", "renewal")
            and line.order.signed_on <= day
            and line.step_of is None
        ]
        effects_before = len(self._effects)
        renewed = sum((line.amount for line in after), ZERO)
        is_to_archive = all(PRODUCTS[line.sku].is_archive for line in after if line.amount)
        self._kept = ZERO
        for line in before:
            self._unset(line, day)
        for line in self.lines:
            if line.contract is old and line.commit_from is None and line.end <= old.end:
                line.commit_from = line.commit_to = max(line.start, day)
        for line in after:
            self._set(line, day)
        reasons = {
            line.prior.sku: line.reason for line in after if line.prior and line.quantity == 0
        }
        swapped: dict[Line, list[Line]] = defaultdict(list)
        for line in after:
            prior = line.prior
            if prior in before and prior.sku != line.sku and line.quantity > 0:
                swapped[prior].append(line)
        for prior, lines in swapped.items():
            group = [prior, *(line for line in before if line.reduces is prior)]
            given = sum((line.amount for line in group), ZERO)
            self._swap(given, old, prior.sku, lines, "renewal", cause, reasons.get(prior.sku))
            before = [line for line in before if line not in group]
            after = [line for line in after if line not in lines]
        for sku in sorted({line.sku for line in (*before, *after)}):
            self._compare(
                sku,
                [line for line in before if line.sku == sku],
                [line for line in after if line.sku == sku],
                old,
                renewal,
                "renewal",
                cause,
                reasons.get(sku),
            )
        own_effects = self._effects[effects_before:]
        old.takeover = Takeover(
            renewed,
            sum((e.amount for e in own_effects if e.role == "currency"), ZERO),
            self._kept,
            is_to_archive and renewed > 0,
        )

    def step(self, line: Line, day: date) -> None:
        """A ramp's next step begins, in place of the step before it."""
        before_step = line.step_of
        if before_step is None or not before_step.is_committed or line.commit_from is not None:
            return
        self.open_day(day)
        before = [
            before_step,
            *(other for other in self.lines if other.reduces is before_step and other.is_committed),
        ]
        for other in before:
            self._unset(other, day)
        self._set(line, day)
        cause = "the next step of a ramp agreed at signature"
        contract = line.contract
        if line.sku != before_step.sku:
            given = sum((other.amount for other in before), ZERO)
            self._swap(given, contract, before_step.sku, [line], "ramp", cause, None)
        else:
            self._compare(line.sku, before, [line], contract, contract, "ramp", cause, None)

    def end_line(self, line: Line, day: date) -> None:
        """A line reaches the end of its own, apart from its contract's."""
        if not line.is_committed or line.next_step is not None:
            return
        self.open_day(day)
        self._drop(line, day, "mid_term", "a line that ended within its term", None)

    def lapse(self, contract: Contract, day: date, reason: str | None) -> None:
        """Grace ran out without an answer."""
        self.open_day(day)
        contract.lapsed_on = day
        for line in self.lines:
            if line.contract is contract and line.ends_with_contract and line.is_committed:
                self._drop(line, day, "lapse", "no answer by the end of grace", reason)

    def notice(
        self, lines: Iterable[Line], day: date, timing: str, cause: str, reason: str | None
    ) -> None:
        """Notice covers lines: committed ones are lost, later ramp steps never come."""
        self.open_day(day)
        for line in lines:
            if line.comes_due and line.amount:
                line.contract.lost_on = day
            if line.is_committed:
                self._drop(line, day, timing, cause, reason)
            elif line.commit_from is None:
                line.commit_from = line.commit_to = max(line.start, day)

    def close_day(self) -> None:
        """Name the day's changes by how the day ended, and record them."""
        if self._day is None:
            return
        had = sum(self._opening.values(), ZERO) != 0
        first = not self.ever_had_cmrr
        archived = {
            family
            for family in {e.contract.family_id for e in self._effects}
            if self._became_archive(family)
        }
        for effect in self._effects:
            family = effect.contract.family_id
            kind, driver = effect.role, effect.driver
            if kind == "gain":
                kind = "new" if first else "add_on" if had else "reactivation"
                held = any(a for (_, sku), a in self._opening.items() if sku == effect.sku)
                driver = "quantity" if kind == "add_on" and held else "product"
            elif kind == "loss":
                kind = "downgrade"
                driver = "quantity" if self.level[family, effect.sku] else "product"
            if kind == "downgrade" and not self.family_total(family):
                kind = "cancellation"
            if family in archived:
                kind = "archive"
            if effect.amount:
                loses = kind in ("downgrade", "cancellation") or (
                    kind == "archive" and effect.amount < 0
                )
                self.changes.append(
                    Change(
                        self._day,
                        self.customer_id,
                        family,
                        effect.contract.contract_id,
                        effect.sku,
                        kind,
                        effect.timing,
                        driver,
                        effect.amount,
                        effect.reason if loses else None,
                        effect.cause,
                    )
                )
        now = self.total()
        if now:
            self.ever_had_cmrr, self.churned_on = True, None
        elif had:
            self.churned_on = self._day
        self._effects = []
        self._day = None

    # Parts of decisions

    def _became_archive(self, family: str) -> bool:
        before = [sku for (f, sku), a in self._opening.items() if f == family and a]
        after = [sku for (f, sku), a in self.level.items() if f == family and a]
        return (
            bool(after)
            and all(PRODUCTS[sku].is_archive for sku in after)
            and any(not PRODUCTS[sku].is_archive for sku in before)
        )

    def _enter(self, line: Line) -> bool:
        if not line.is_recurring:
            return False
        self.lines.append(line)
        return True

    def _set(self, line: Line, day: date) -> None:
        line.commit_from = day
        self.level[line.contract.family_id, line.sku] += line.amount

    def _unset(self, line: Line, day: date) -> None:
        line.commit_to = day
        self.level[line.contract.family_id, line.sku] -= line.amount

    def _commit(
        self, line: Line, day: date, role: str, timing: str, cause: str, reason: str | None = None
    ) -> None:
        self._set(line, day)
        self._effects.append(
            _Effect(
                role, line.contract, line.sku, line.amount, timing, "product", cause, reason, line
            )
        )

    def _drop(self, line: Line, day: date, timing: str, cause: str, reason: str | None) -> None:
        """A line is lost; one that was signed on the very day was never committed at all."""
        self._unset(line, day)
        signed_today = [effect for effect in self._effects if effect.line is line]
        if signed_today:
            self._effects = [effect for effect in self._effects if effect.line is not line]
            return
        self._effects.append(
            _Effect("loss", line.contract, line.sku, -line.amount, timing, "product", cause, reason)
        )

    def _swap(
        self,
        given: Decimal,
        old: Contract,
        old_sku: str,
        lines: list[Line],
        timing: str,
        cause: str,
        reason: str | None,
    ) -> None:
        left = given
        for line in lines:
            passed = max(ZERO, min(left, line.amount))
            left -= passed
            self._kept += passed
            self._change("swap", old, old_sku, -passed, timing, "product", cause)
            self._change("swap", line.contract, line.sku, passed, timing, "product", cause)
            self._change(
                "upgrade", line.contract, line.sku, line.amount - passed, timing, "product", cause
            )
        self._change("downgrade", old, old_sku, -left, timing, "product", cause, reason)

    def _compare(
        self,
        sku: str,
        before: list[Line],
        after: list[Line],
        old: Contract,
        new: Contract,
        timing: str,
        cause: str,
        reason: str | None,
    ) -> None:
        amount_0 = sum((line.amount for line in before), ZERO)
        amount_1 = sum((line.amount for line in after), ZERO)
        units_0 = sum((line.quantity for line in before), Decimal(0))
        units_1 = sum((line.quantity for line in after), Decimal(0))
        if not after or not units_1 or not amount_1:
            self._change("downgrade", old, sku, -amount_0, timing, "product", cause, reason)
            return
        if not before or not amount_0:
            self._change("upgrade", new, sku, amount_1, timing, "product", cause)
            return
        changed_currency = old.currency != new.currency
        currency = ZERO
        if not changed_currency:
            mrr_0 = sum((line.mrr for line in before), ZERO)
            mrr_1 = sum((line.mrr for line in after), ZERO)
            at_old_rate = Fraction(mrr_1) * Fraction(amount_0) / Fraction(mrr_0)
            currency = amount_1 - fraction_cents(at_old_rate)
        self._kept += min(amount_0, amount_1 - currency)
        price_0 = _weighted_price(before, changed_currency)
        price_1 = _weighted_price(after, changed_currency)
        ratio = Fraction(units_1) / Fraction(units_0)
        quantity = fraction_cents(Fraction(amount_0) * (ratio - 1))
        price = fraction_cents(Fraction(amount_0) * ratio * (price_1 - price_0) / price_0)
        discount = amount_1 - amount_0 - currency - quantity - price
        kind = "upgrade" if quantity + price + discount >= 0 else "downgrade"
        self._change("currency", new, sku, currency, timing, "currency", cause)
        self._change(kind, new, sku, quantity, timing, "quantity", cause, reason)
        self._change(kind, new, sku, price, timing, "list_price", cause, reason)
        self._change(kind, new, sku, discount, timing, "discount", cause, reason)

    def _change(
        self,
        kind: str,
        contract: Contract,
        sku: str,
        amount: Decimal,
        timing: str,
        driver: str,
        cause: str,
        reason: str | None = None,
    ) -> None:
        if amount:
            self._effects.append(
                _Effect(kind, contract, sku, amount, timing, driver, cause, reason)
            )


def parts_on(line: Line, day: date) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]:
    """A line's CMRR on a day, then the parts it is made of.

    The parts: recognised, booked and not live, held over, notice given and still in service,
    in service and not yet committed.
    """
    begun = line.commit_from is not None and line.commit_from <= day
    ended = line.commit_to is not None and line.commit_to <= day
    committed = begun and not ended
    serving = line.start <= day <= line.service_to
    cmrr = line.amount if committed else ZERO
    booked = over = leaving = unsigned = ZERO
    if committed and not serving:
        if day < line.start:
            booked = line.amount
        else:
            over = line.amount
    elif serving and not committed:
        if ended:
            leaving = line.amount
        else:
            unsigned = line.amount
    return cmrr, line.amount if serving else ZERO, booked, over, leaving, unsigned


ONE_DAY = timedelta(days=1)
