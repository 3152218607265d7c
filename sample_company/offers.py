"""What goes into an order: the products, seats, prices and discounts of a deal.

Everything here only writes lines; what the lines mean for commitments is the book's matter,
and whether there is a deal at all is the play's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sample_company import catalogue
from sample_company.arithmetic import add_months
from sample_company.billing import Billing, comment_on
from sample_company.book import ONE_DAY, Book, Contract, Line, Order
from sample_company.catalogue import PRODUCTS, list_price
from sample_company.mood import reason_for_loss
from sample_company.world import Account

_DISCOUNTS = [
    Decimal(d)
    for d in (
        "0",
        "0",
        "0",
        "5",
        "7.5",
        "10",
        "10",
        "12.5",
        "15",
        "18",
        "20",
        "25",
        "13.3333",
        "22",
        "30",
    )
]
FREE = Decimal(100)


@dataclass
class Customer:
    """A customer as the play sees it. ``seats``: how many people would use the product."""

    account: Account
    book: Book
    dice: Random
    seats: int
    contracts: list[Contract] = field(default_factory=list)
    mixes_in_archive: bool = False

    def mood_on(self, day: date, first_day: date) -> float:
        """Mood on a day, 0 to 1."""
        week = max(0, (day - first_day).days // 7)
        return float(self.account.mood[min(week, len(self.account.mood) - 1)])


def live_lines(contract: Contract) -> list[Line]:
    """Committed lines with units left: what the customer still holds under a contract."""
    return [
        line
        for line in contract.lines
        if line.is_committed and line.reduces is None and line.units > 0
    ]


def has_pending_steps(contract: Contract) -> bool:
    """Whether a ramp of the contract still has steps to come."""
    return any(
        line.step_of is not None and line.commit_from is None and line.is_recurring
        for line in contract.lines
    )


def seats_of(dice: Random, seats: int) -> int:
    """A number of seats near a customer's size."""
    return max(1, int(seats * dice.uniform(0.5, 1.1)))


def quantity_of(dice: Random, sku: str, seats: int) -> Decimal:
    """A usual quantity of a SKU for a customer of a size."""
    unit = PRODUCTS[sku].unit
    if unit == "seat":
        return Decimal(seats_of(dice, seats))
    if unit == "thousand_calls":
        return Decimal(dice.randint(4, 60)) * 250 + (Decimal("0.5") if dice.random() < 0.1 else 0)
    return Decimal(1)


def discount_of(dice: Random) -> Decimal:
    """A usual discount, in percent."""
    return dice.choice(_DISCOUNTS)


def core_of(dice: Random, seats: int) -> str:
    """The plan that a customer of a size would take."""
    if seats < 40:
        return dice.choice(["PLAN-ESS", "PLAN-ESS", "PLAN-PRO"])
    if seats < 250:
        return dice.choice(["PLAN-PRO", "PLAN-PRO", "PLAN-ESS", "PLAN-ENT"])
    return dice.choice(["PLAN-ENT", "SUITE-OPS", "PLAN-PRO"])


def extra_of(dice: Random, held: set[str]) -> str | None:
    """A further product that is not held yet; None where everything is."""
    left = [
        sku
        for sku in (*catalogue.SEAT_EXTRAS, *catalogue.FLAT_EXTRAS, *catalogue.METERED)
        if sku not in held
    ]
    return dice.choice(left) if left else None


def first_order(billing: Billing, customer: Customer, order: Order) -> None:
    """The lines of a first or second contract: a plan, at times a ramp, and extras.

    Also free lines (at 100 % discount or at a list price of 0), lines that end before the
    contract, an archive of a retired module beside the plan, and one-time and usage lines.
    """
    dice, contract = customer.dice, order.contract
    start, end = contract.start, contract.end
    core = core_of(dice, customer.seats)
    price = list_price(core, contract.currency, order.signed_on)
    if contract.term_months >= 24 and dice.random() < 0.35:
        is_sunset = _ramp(billing, customer, order, core, price)
        if is_sunset:
            return
    else:
        billing.line(
            order, core, seats_of(dice, customer.seats), price, discount_of(dice), start, end
        )
    held = {core}
    for _ in range(dice.choices([0, 1, 2, 3], [30, 38, 22, 10])[0]):
        extra = extra_of(dice, held)
        if extra is None:
            break
        held.add(extra)
        _extra_line(billing, customer, order, extra)
    if dice.random() < 0.07:
        billing.line(
            order, "COM-SEAT", seats_of(dice, customer.seats) * 2, Decimal(0), 0, start, end
        )
    if contract.currency == "USD" and dice.random() < 0.1:
        customer.mixes_in_archive = True
        billing.line(
            order,
            "ARC-RO",
            dice.randint(1, 3),
            list_price("ARC-RO", "USD", order.signed_on),
            discount_of(dice),
            start,
            end,
        )
    for sku in catalogue.ONE_TIME:
        if dice.random() < 0.25:
            billing.line(
                order,
                sku,
                1,
                list_price(sku, contract.currency, order.signed_on),
                dice.choice([0, 0, 50, 100]),
                start,
                min(end, start + timedelta(days=90)),
            )
    for sku in ("MSG-USE", "API-OVER"):
        if dice.random() < 0.1:
            billing.line(
                order,
                sku,
                dice.randint(20, 400),
                list_price(sku, contract.currency, order.signed_on),
                0,
                start,
                end,
            )


def _extra_line(billing: Billing, customer: Customer, order: Order, sku: str) -> None:
    dice, contract = customer.dice, order.contract
    price = list_price(sku, contract.currency, order.signed_on)
    quantity = quantity_of(dice, sku, customer.seats)
    start, end = contract.start, contract.end
    draw = dice.random()
    if draw < 0.06:  # given away
        billing.line(order, sku, quantity, price, FREE, start, end)
    elif draw < 0.10 and contract.term_months >= 12:  # free to begin with
        change = add_months(start, 3)
        opening = billing.line(order, sku, quantity, price, FREE, start, change - ONE_DAY)
        billing.line(
            order,
            sku,
            quantity,
            price,
            discount_of(dice),
            change,
            end,
            prior=opening,
            step_of=opening,
        )
    elif draw < 0.16 and contract.term_months >= 12:  # wanted for a while only
        until = add_months(start, dice.choice([4, 6, 8])) - ONE_DAY
        billing.line(order, sku, quantity, price, discount_of(dice), start, until)
    else:
        billing.line(order, sku, quantity, price, discount_of(dice), start, end)


def _ramp(billing: Billing, customer: Customer, order: Order, sku: str, price: Decimal) -> bool:
    """Yearly steps of one product, agreed at once; True where the ramp ends in an archive.

    Some steps name the step before them, some are only next to it; a linked step may be of
    another SKU. An archive at the end is agreed by customers who wind the product down.
    """
    dice, contract = customer.dice, order.contract
    is_linked = dice.random() < 0.6
    is_sunset = is_linked and dice.random() < 0.12
    quantity = Decimal(seats_of(dice, customer.seats))
    discount = discount_of(dice)
    start = contract.start
    before: Line | None = None
    steps = contract.term_months // 12
    for number in range(steps):
        is_last = number == steps - 1
        end = contract.end if is_last else add_months(contract.start, 12 * (number + 1)) - ONE_DAY
        if before is not None:
            quantity = Decimal(
                max(1, int(quantity * Decimal(str(dice.choice([0.8, 1, 1, 1.15, 1.3, 1.6])))))
            )
            if dice.random() < 0.5:
                price = (price * Decimal("1.03")).quantize(Decimal("0.01"))
            if dice.random() < 0.5:
                discount = discount_of(dice)
            if is_sunset and is_last:
                sku, quantity = "ARC-EXP", Decimal(1)
                price = list_price(sku, contract.currency, order.signed_on)
            elif is_linked and dice.random() < 0.25 and sku in catalogue.MIGRATIONS:
                sku = dice.choice(catalogue.MIGRATIONS[sku])
                price = list_price(sku, contract.currency, order.signed_on)
        before = billing.line(
            order,
            sku,
            quantity,
            price,
            discount,
            start,
            end,
            prior=before if is_linked else None,
            step_of=before,
        )
        start = end + ONE_DAY
    return is_sunset


def renewal_lines(
    billing: Billing, customer: Customer, old: Contract, order: Order, mood: float
) -> None:
    """The lines of a renewal order: what the customer keeps, changes, swaps, drops and adds.

    A sixth renews everything as it is. Else seats, list price and discount change together or
    apart; an extra may be dropped (with a line of quantity 0 that says why, or without), a
    plan swapped for another or split in two, a product added, a ramp agreed.
    """
    dice, contract = customer.dice, order.contract
    start, end = contract.start, contract.end
    lines = [line for line in live_lines(old) if line.end == old.end]
    same = dice.random() < 0.16
    skus = sorted({line.sku for line in lines})
    paid = [sku for sku in skus if any(line.sku == sku and line.amount for line in lines)]
    dropped = 0
    for sku in skus:
        mine = [line for line in lines if line.sku == sku]
        units = sum((line.units for line in mine), Decimal(0))
        first = mine[0]
        price, discount = _renewal_price(customer, first, contract, order.signed_on, same)
        may_drop = (
            not same
            and len(paid) - dropped > 1
            and sku not in catalogue.CORE
            and not PRODUCTS[sku].is_archive
            and (contract.currency == "USD" or not any(PRODUCTS[s].is_archive for s in skus))
        )
        if may_drop and sku in paid and dice.random() < 0.22 - 0.12 * mood:
            dropped += 1
            if dice.random() < 0.6:
                reason = reason_for_loss(customer.account, order.signed_on, dice) or "low_adoption"
                billing.line(
                    order,
                    sku,
                    0,
                    price,
                    discount,
                    start,
                    end,
                    prior=first,
                    reason=reason,
                    comment=comment_on(reason, dice),
                )
            continue
        if (
            not same
            and sku in paid
            and dice.random() < 0.13
            and _swap(billing, customer, order, sku, mine, skus)
        ):
            continue
        if not same and PRODUCTS[sku].unit != "flat":
            units = _renewal_units(dice, sku, units, mood)
        reason = None
        if units < sum((line.units for line in mine), Decimal(0)):
            reason = dice.choice([None, "right_sizing", "low_adoption"])
        prior = first if dice.random() < 0.85 else None
        if contract.term_months >= 24 and not same and dice.random() < 0.15:
            change = add_months(start, 12)
            opening = billing.line(
                order, sku, units, price, discount, start, change - ONE_DAY, prior=prior
            )
            billing.line(
                order,
                sku,
                _renewal_units(dice, sku, units, mood),
                price,
                discount_of(dice),
                change,
                end,
                prior=opening,
                step_of=opening,
            )
            continue
        billing.line(
            order,
            sku,
            units,
            price,
            discount,
            start,
            end,
            prior=prior,
            reason=reason,
            comment=comment_on(reason, dice),
        )
    if not same and dice.random() < 0.08 + 0.12 * mood:
        extra = extra_of(dice, set(skus) | {line.sku for line in order.lines})
        if extra is not None and not all(PRODUCTS[s].is_archive for s in skus):
            _extra_line(billing, customer, order, extra)


def _renewal_price(
    customer: Customer, line: Line, contract: Contract, signed_on: date, same: bool
) -> tuple[Decimal, Decimal]:
    dice = customer.dice
    price, discount = line.list_unit_price, line.discount_percent
    if line.contract.currency != contract.currency:
        price = list_price(line.sku, contract.currency, signed_on) if price else price
    elif not same and price and dice.random() < 0.55:
        price = list_price(line.sku, contract.currency, signed_on)
    if (not same and discount < FREE and dice.random() < 0.45) or (
        discount == FREE and dice.random() < 0.4
    ):
        discount = discount_of(dice)
    return price, discount


def _renewal_units(dice: Random, sku: str, units: Decimal, mood: float) -> Decimal:
    draw = dice.random()
    if draw < 0.4:
        return units
    if draw < 0.4 + 0.5 * mood:
        factor = Decimal(str(round(dice.uniform(1.02, 1.35), 2)))
    else:
        factor = Decimal(str(round(dice.uniform(0.6, 0.97), 2)))
    if PRODUCTS[sku].unit == "flat":
        return units
    return max(Decimal(1), (units * factor).quantize(Decimal(1)))


def _swap(
    billing: Billing,
    customer: Customer,
    order: Order,
    sku: str,
    mine: list[Line],
    held: list[str],
) -> bool:
    """Each old line of a SKU is replaced by a line of another SKU, or of two."""
    dice, contract = customer.dice, order.contract
    targets = [t for t in catalogue.MIGRATIONS.get(sku, []) if t not in held]
    parts = [t for t in catalogue.SPLITS.get(sku, []) if t not in held]
    if len(parts) == 2 and dice.random() < 0.4:
        chosen = parts
    elif targets:
        chosen = [dice.choice(targets)]
    else:
        return False
    for line in mine:
        for target in chosen:
            units = line.units
            if PRODUCTS[target].unit == "seat" and dice.random() < 0.4:
                units = max(Decimal(1), (units * Decimal("0.9")).quantize(Decimal(1)))
            if PRODUCTS[target].unit == "flat":
                units = Decimal(1)
            billing.line(
                order,
                target,
                units,
                list_price(target, contract.currency, order.signed_on),
                discount_of(dice),
                contract.start,
                contract.end,
                prior=line,
            )
    return True


def archive_lines(billing: Billing, customer: Customer, old: Contract, order: Order) -> None:
    """A renewal to read-only access: the archive alone, at times in place of a named line.

    A customer that held an archive beside its plan renews that one, on other terms.
    """
    dice, contract = customer.dice, order.contract
    lines = [line for line in live_lines(old) if line.end == old.end]
    held = [line for line in lines if PRODUCTS[line.sku].is_archive]
    if held and contract.currency != "USD":
        # An archive that stays would bring a change of rate into the move to the archive.
        left = [sku for sku in catalogue.ARCHIVE if sku not in {line.sku for line in held}]
        held, sku = [], (left or [held[0].sku])[0]
    else:
        sku = held[0].sku if held else dice.choice(catalogue.ARCHIVE)
    prior = None
    if not held and dice.random() < 0.4:
        prior = next((line for line in lines if line.amount), None)
    elif held:
        prior = held[0]
    billing.line(
        order,
        sku,
        dice.randint(1, 3) if held else 1,
        list_price(sku, contract.currency, order.signed_on),
        dice.choice([0, 10, 20]),
        contract.start,
        contract.end,
        prior=prior,
    )


def nothing_lines(billing: Billing, customer: Customer, old: Contract, order: Order) -> None:
    """A renewal to nothing: every product dropped with its reason; free viewer seats stay."""
    dice, contract = customer.dice, order.contract
    for line in live_lines(old):
        if line.end != old.end or not line.amount:
            continue
        reason = reason_for_loss(customer.account, order.signed_on, dice) or "right_sizing"
        billing.line(
            order,
            line.sku,
            0,
            line.list_unit_price,
            line.discount_percent,
            contract.start,
            contract.end,
            prior=line,
            reason=reason,
            comment=comment_on(reason, dice),
        )
    if dice.random() < 0.5:
        billing.line(order, "COM-SEAT", 5, Decimal(0), 0, contract.start, contract.end)
