"""Hypothesis strategies for contract histories: one customer, small and nasty.

Days are drawn from a few that matter (first and last days of terms, days after them, lapses,
signatures, notices) and their neighbours, so that two things often fall on one day. Most
histories are valid by construction; a few break a rule that the definitions name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.python.oracle.reading import (
    Books,
    Cancellation,
    Contract,
    Order,
    OrderLine,
    Product,
    Rate,
    next_month,
)

AS_OF = date(2028, 6, 30)
FIRST_DAY = date(2024, 1, 1)
SELLING_SKUS = ("CORE", "PLUS", "API")
PRODUCTS = (
    *(Product(sku) for sku in SELLING_SKUS),
    Product("ARCH", is_archive=True),
    Product("SETUP", charge_type="one_time"),
)
RATES = tuple(
    Rate(day, currency, Decimal(rate))
    for day, currency, rate in [
        (date(2023, 1, 1), "EUR", "1.10"),
        (date(2024, 3, 1), "EUR", "1.05"),
        (date(2024, 12, 31), "EUR", "1.08237"),
        (date(2025, 1, 1), "EUR", "1.0941"),
        (date(2025, 12, 15), "EUR", "0.98"),
        (date(2024, 1, 1), "GBP", "1.2731"),
        (date(2024, 7, 1), "GBP", "1.25"),
        (date(2025, 2, 1), "GBP", "1.3333"),
    ]
)
PRICES = tuple(map(Decimal, ("360", "131.5", "1200", "8000.01", "99.9999")))
DISCOUNTS = tuple(map(Decimal, ("0", "12.5", "10", "33.3333", "100")))
QUANTITIES = tuple(map(Decimal, ("10", "1", "7", "12", "2.5")))
REASONS = (None, "price", "low_adoption", "acquired", "bankrupt")
ONE_DAY = timedelta(days=1)

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Draft:
    """A customer's history in the making."""

    draw: Draw
    contracts: list[Contract] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    hot_days: list[date] = field(default_factory=list)

    def pick(self, *choices: Any) -> Any:
        """One of the choices; the first is the simplest."""
        return self.draw(st.sampled_from(choices))

    def chance(self, percent: int) -> bool:
        """True in about so many of a hundred."""
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def day(self, low: date, high: date) -> date:
        """A day from low to high, most often one on or beside which something else happens."""
        high = max(low, high)
        near = sorted(
            {
                hot + timedelta(days=step)
                for hot in self.hot_days
                for step in (0, 0, -1, 1)
                if low <= hot + timedelta(days=step) <= high
            }
        )
        if near and not self.chance(20):
            exact = [day for day in near if day in self.hot_days]
            chosen = self.pick(*(exact or near)) if self.chance(60) else self.pick(*near)
        else:
            chosen = low + timedelta(days=self.draw(st.integers(0, (high - low).days)))
        self.hot_days.append(chosen)
        return chosen

    def moment(self, day: date) -> datetime:
        """A time of the day, near either end of it or at noon."""
        return datetime.combine(day, self.pick(time(12), time(0), time(23, 59, 59)))

    def add_order(self, contract: Contract, order_type: str, signed: date) -> Order:
        """One more order, voided at times."""
        order = Order(
            order_id=f"O{len(self.orders) + 1:02d}",
            contract_id=contract.contract_id,
            order_type=order_type,
            signed_at=self.moment(signed),
            is_deleted=self.chance(4),
        )
        self.orders.append(order)
        return order

    def add_line(self, order: Order, sku: str, start: date, end: date, **given: Any) -> OrderLine:
        """One more line, with units, price and discount drawn where they are not given."""
        line = OrderLine(
            order_line_id=f"L{len(self.lines) + 1:02d}",
            order_id=order.order_id,
            sku=sku,
            quantity=given.pop("quantity", None) or self.pick(*QUANTITIES),
            list_unit_price=given.pop("price", None) or self.pick(*PRICES),
            discount_percent=given.pop("discount", None) or self.pick(*DISCOUNTS[:4]),
            service_start_date=start,
            service_end_date=max(start, end),
            **given,
        )
        if self.chance(3):
            line = replace(line, discount_percent=Decimal(100))
        self.lines.append(line)
        return line


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on; ``day`` is one of the first 28."""
    month = day.replace(day=1)
    for _ in range(months):
        month = next_month(month)
    return month.replace(day=min(day.day, 28))


def add_family(draft: Draft, number: int, account: str) -> None:
    """A contract and its renewals, with what happens within each term."""
    currency = draft.pick("USD", "USD", "EUR", "GBP")
    previous: Contract | None = None
    sold: list[OrderLine] = []
    for term in range(draft.pick(1, 2, 2, 3, 3, 4)):
        contract = draw_term(draft, number, term, account, currency, previous)
        draft.contracts.append(contract)
        days = [contract.start_date, contract.end_date, contract.end_date + ONE_DAY]
        length = (contract.end_date - contract.start_date).days + 1
        days.append(contract.end_date + timedelta(days=min(90, length) + 1))
        draft.hot_days += days
        if previous is None:
            sold = add_first_order(draft, contract)
        else:
            sold = add_renewal_order(draft, contract, sold)
        for _ in range(draft.pick(0, 1, 1, 2, 3)):
            add_event(draft, contract, sold)
        if not contract.is_deleted or draft.chance(80):
            previous = contract


def draw_term(
    draft: Draft,
    number: int,
    term: int,
    account: str,
    currency: str,
    previous: Contract | None,
) -> Contract:
    """A term: after the one before, with a gap, or from within it; signed early, on the day or
    late.
    """
    if previous is None:
        start = add_months(FIRST_DAY, draft.pick(0, 0, 1, 3, 5))
        signed = start + timedelta(days=draft.pick(-10, 0, -40, 5, 20))
        renewed_from = "K0" if draft.chance(2) else None
    else:
        start = previous.end_date + ONE_DAY
        kind = draft.pick("next", "next", "next", "early", "gap")
        if kind == "early":
            start = draft.day(previous.start_date + timedelta(days=15), previous.end_date)
        elif kind == "gap":
            start = draft.day(start + ONE_DAY, start + timedelta(days=100))
        low = previous.signed if draft.chance(15) else previous.start_date
        signed = draft.day(low, start + timedelta(days=draft.pick(0, 15, 95, 120)))
        renewed_from = previous.contract_id
        if draft.chance(3):
            others = [c.contract_id for c in draft.contracts if c is not previous]
            renewed_from = draft.pick(None, *others)
    months = draft.pick(12, 12, 3, 1, 24) if previous is None else draft.pick(12, 3, 1)
    if term == 0 and start.day != 1:
        months = 12
    return Contract(
        contract_id=f"K{number}{term}",
        account_id=account,
        signed_at=draft.moment(signed),
        start_date=start,
        end_date=add_months(start, months) - ONE_DAY,
        currency=draft.pick("EUR", "USD") if draft.chance(6) else currency,
        renewed_from_contract_id=renewed_from,
        non_renewal_reason_code=draft.pick(*REASONS) if draft.chance(25) else None,
        is_deleted=draft.chance(6),
    )


def add_first_order(draft: Draft, contract: Contract) -> list[OrderLine]:
    """The first order of a family: one to three products, some of them in steps."""
    order = draft.add_order(
        contract, "renewal" if draft.chance(5) else "new", contract.signed_at.date()
    )
    lines: list[OrderLine] = []
    for _ in range(draft.pick(1, 1, 2, 3)):
        lines += add_product(draft, contract, order, draft.pick(*SELLING_SKUS))
    if draft.chance(6):
        lines += add_product(draft, contract, order, "ARCH")
    if draft.chance(5):
        draft.add_line(order, "SETUP", contract.start_date, contract.end_date)
    return lines


def add_product(
    draft: Draft, contract: Contract, order: Order, sku: str, **given: Any
) -> list[OrderLine]:
    """One product over the term: a line, a short or long one, or a ramp of steps."""
    start, end = contract.start_date, contract.end_date
    kind = draft.pick("whole", "whole", "whole", "ramp", "odd")
    if kind == "ramp" and (end - start).days > 60:
        middle = draft.day(start + timedelta(days=10), end - timedelta(days=10))
        steps = [draft.add_line(order, sku, start, middle - ONE_DAY, **given)]
        is_linked, step_sku = draft.chance(70), sku
        if draft.chance(15):
            is_linked, step_sku = True, draft.pick(*SELLING_SKUS)
        prior = steps[0].order_line_id if is_linked else None
        price = steps[0].list_unit_price if draft.chance(50) else None
        steps.append(
            draft.add_line(order, step_sku, middle, end, prior_order_line_id=prior, price=price)
        )
        return steps
    if kind == "odd":
        shift = draft.pick("short", "long", "late", "before")
        if shift == "short":
            end = draft.day(start, end - ONE_DAY)
        elif shift == "long":
            end = draft.day(end + ONE_DAY, end + timedelta(days=60))
        elif shift == "late":
            start = draft.day(start, end)
        else:
            start -= timedelta(days=draft.pick(1, 10))
    return [draft.add_line(order, sku, start, end, **given)]


def add_renewal_order(draft: Draft, contract: Contract, sold: list[OrderLine]) -> list[OrderLine]:
    """The order of a renewal: each product kept, changed, dropped, replaced or archived."""
    signed = contract.signed
    if draft.chance(8):
        signed = draft.day(signed, contract.start_date + timedelta(days=40))
    order = draft.add_order(contract, draft.pick("renewal", "renewal", "renewal", "new"), signed)
    lines: list[OrderLine] = []
    if draft.chance(10):
        return add_product(draft, contract, order, "ARCH")
    for old in sold:
        fate = draft.pick("keep", "change", "change", "drop", "zero", "swap", "split")
        link = old.order_line_id if draft.chance(70) else None
        if fate == "keep":
            lines += add_product(
                draft,
                contract,
                order,
                old.sku,
                quantity=old.quantity,
                price=old.list_unit_price,
                discount=old.discount_percent,
                prior_order_line_id=link,
            )
        elif fate == "change":
            price = old.list_unit_price if draft.chance(50) else None
            lines += add_product(
                draft,
                contract,
                order,
                old.sku,
                price=price,
                prior_order_line_id=link,
                change_reason_code=draft.pick(*REASONS),
            )
        elif fate == "zero":
            line = draft.add_line(
                order,
                old.sku,
                contract.start_date,
                contract.end_date,
                prior_order_line_id=old.order_line_id,
                change_reason_code=draft.pick("price", "merged"),
                change_comment=draft.pick(None, "no longer needed"),
            )
            draft.lines[-1] = replace(line, quantity=Decimal(0))
        elif fate in ("swap", "split"):
            for _ in range(2 if fate == "split" else 1):
                sku = draft.pick(*SELLING_SKUS)
                lines += add_product(
                    draft, contract, order, sku, prior_order_line_id=old.order_line_id
                )
    if draft.chance(25):
        lines += add_product(draft, contract, order, draft.pick(*SELLING_SKUS))
    return lines


def add_event(draft: Draft, contract: Contract, sold: list[OrderLine]) -> None:
    """Something that happens within, before or after the term."""
    after = contract.end_date + timedelta(days=100)
    kind = draft.pick("notice", "add_on", "reduction", "notice", "swap", "sku_notice")
    if kind in ("notice", "sku_notice"):
        notified = draft.day(contract.signed, after)
        effective = draft.pick(contract.end_date + ONE_DAY, contract.end_date + ONE_DAY, None)
        if effective is None:
            effective = draft.day(contract.start_date, contract.end_date + timedelta(days=30))
        skus = [line.sku for line in sold] or list(SELLING_SKUS)
        draft.cancellations.append(
            Cancellation(
                cancellation_id=f"C{len(draft.cancellations) + 1:02d}",
                contract_id=contract.contract_id,
                sku=draft.pick(*skus) if kind == "sku_notice" else None,
                notified_at=draft.moment(notified),
                effective_date=effective,
                reason_code=draft.pick(*REASONS),
                comment=draft.pick(None, "gone elsewhere"),
                is_deleted=draft.chance(12),
            )
        )
        return
    signed = draft.day(contract.signed, contract.end_date)
    start = draft.pick(signed, draft.day(contract.start_date, contract.end_date))
    start = max(start, contract.start_date)
    end = contract.end_date
    if kind == "add_on":
        if draft.chance(25):
            end = draft.day(start, contract.end_date + timedelta(days=40))
        order = draft.add_order(contract, "add_on", signed)
        prior = draft.pick(None, *(line.order_line_id for line in sold))
        sold.append(
            draft.add_line(order, draft.pick(*SELLING_SKUS), start, end, prior_order_line_id=prior)
        )
        return
    if not sold or draft.chance(4):
        order = draft.add_order(contract, "reduction", signed)
        draft.add_line(order, draft.pick(*SELLING_SKUS), start, end, quantity=Decimal(-1))
        return
    old = draft.pick(*sold)
    end = old.service_end_date
    sold_on = next(o.signed_at.date() for o in draft.orders if o.order_id == old.order_id)
    if old.service_start_date > contract.start_date or contract.renewed_from_contract_id:
        sold_on = max(sold_on, old.service_start_date)
    signed = max(signed, sold_on)
    start = min(max(start, old.service_start_date), end)
    part = draft.pick(old.quantity, Decimal(1), (old.quantity / 2).quantize(Decimal("0.1")))
    is_swap = kind == "swap"
    order = draft.add_order(contract, "reduction", signed)
    draft.add_line(
        order,
        old.sku,
        start,
        end,
        quantity=-(part or Decimal(1)),
        price=old.list_unit_price,
        discount=old.discount_percent,
        prior_order_line_id=old.order_line_id if is_swap or draft.chance(60) else None,
        change_reason_code=draft.pick(*REASONS),
    )
    if is_swap:
        order = draft.add_order(contract, "add_on", signed)
        for _ in range(draft.pick(1, 1, 2)):
            sku = draft.pick(*SELLING_SKUS)
            draft.add_line(order, sku, start, end, prior_order_line_id=old.order_line_id)


@st.composite
def histories(draw: Draw) -> Books:
    """One customer with one to three contract families."""
    draft = Draft(draw)
    for number in range(draft.pick(1, 1, 2, 3)):
        add_family(draft, number, "A1")
    if len(draft.contracts) > 1 and draft.chance(1):
        first = draft.contracts[0]
        draft.contracts[0] = replace(
            first, renewed_from_contract_id=draft.contracts[-1].contract_id
        )
    return Books(
        contracts=tuple(draft.contracts),
        orders=tuple(draft.orders),
        order_lines=tuple(draft.lines),
        cancellations=tuple(draft.cancellations),
        products=PRODUCTS,
        rates=RATES,
        as_of=AS_OF,
    )


def draw_histories(count: int, number: int) -> list[Books]:
    """So many histories, the same for the same ``number``."""
    drawn: list[Books] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def collect(books: Books) -> None:
        drawn.append(books)

    collect()
    return drawn


def with_prefix(books: Books, prefix: str) -> Books:
    """The same history with every id of account, contract, order, line and notice prefixed."""

    def named(identifier: str | None) -> str | None:
        return None if identifier is None else prefix + identifier

    return replace(
        books,
        contracts=tuple(
            replace(
                row,
                contract_id=named(row.contract_id),
                account_id=named(row.account_id),
                renewed_from_contract_id=named(row.renewed_from_contract_id),
            )
            for row in books.contracts
        ),
        orders=tuple(
            replace(row, order_id=named(row.order_id), contract_id=named(row.contract_id))
            for row in books.orders
        ),
        order_lines=tuple(
            replace(
                row,
                order_line_id=named(row.order_line_id),
                order_id=named(row.order_id),
                prior_order_line_id=named(row.prior_order_line_id),
            )
            for row in books.order_lines
        ),
        cancellations=tuple(
            replace(
                row,
                cancellation_id=named(row.cancellation_id),
                contract_id=named(row.contract_id),
            )
            for row in books.cancellations
        ),
    )
