"""Invoices and payments: what was billed for the contracts that stand, and how it was paid.

Lines are billed ahead, by the contract's billing frequency, for their days in service; what
becomes known later (an add-on, a reduction, service that ends early) is billed or credited on
an invoice of its own. Customers in trouble pay late, or never.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sample_company.arithmetic import (
    ZERO,
    add_months,
    cents,
    month_end,
    month_start,
    share_of_month,
)
from sample_company.book import ONE_DAY, Contract, Line
from sample_company.catalogue import PRODUCTS
from sample_company.crm import at
from sample_company.world import Account, World

_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_TAX = Decimal("0.20")


@dataclass
class InvoiceLine:
    """A line of an invoice; ``amount`` in the invoice's currency."""

    line: Line
    line_type: str
    first_day: date
    last_day: date
    amount: Decimal


@dataclass
class Invoice:
    """An invoice that stands."""

    invoice_id: str
    contract: Contract
    day: date
    lines: list[InvoiceLine] = field(default_factory=list)

    @property
    def net(self) -> Decimal:
        """Sum of its lines, without tax."""
        return sum((line.amount for line in self.lines), ZERO)


def months_touched(first: date, last: date) -> Iterator[tuple[date, date, date]]:
    """The months that an interval touches: month, first and last day of the overlap."""
    month = month_start(first)
    while month <= last:
        end = month_end(month)
        yield month, max(first, month), min(last, end)
        month = end + ONE_DAY


def earned(line: Line, first: date, last: date) -> Decimal:
    """What a recurring line brings over days, in its contract's currency, month by month."""
    total = ZERO
    for month, start, end in months_touched(first, last):
        days = (end - start).days + 1
        total += share_of_month(line.mrr, days, month_end(month).day)
    return total


class Invoicing:
    """Bills every contract and lets customers pay."""

    def __init__(self, world: World) -> None:
        """Start with an empty invoice book."""
        self.world = world
        self.invoices: list[Invoice] = []
        self._numbers = {"INV": 0, "IL": 0, "PAY": 0}

    def _key(self, prefix: str) -> str:
        self._numbers[prefix] += 1
        return f"{prefix}-{self._numbers[prefix]:07d}"

    def bill(self, contract: Contract) -> None:
        """All invoices of a contract up to the world's last day, and what was paid on them."""
        dice = self.world.dice("invoices", contract.contract_id)
        due: dict[date, list[InvoiceLine]] = defaultdict(list)
        for line in contract.lines:
            for item, day in self._items(contract, line, dice):
                if item.amount:
                    due[day].append(item)
        for day in sorted(due):
            if day >= self.world.last_day:
                break
            self._invoice(contract, day, due[day], dice)

    def _items(
        self, contract: Contract, line: Line, dice: Random
    ) -> Iterator[tuple[InvoiceLine, date]]:
        known = max(line.order.entered_on, line.order.signed_on)
        kind = PRODUCTS[line.sku].charge_type
        if kind == "one_time":
            yield (
                InvoiceLine(line, "one_time", line.start, line.end, line.annual),
                max(known, line.start),
            )
            return
        if kind == "usage":
            for _, first, last in months_touched(line.start, line.end):
                if last != month_end(last) or last > contract.end:
                    continue
                used = line.quantity / 12 * Decimal(str(round(dice.uniform(0.4, 1.5), 3)))
                line_type = "overage" if line.sku == "API-OVER" else "usage"
                amount = cents(used * line.list_unit_price)
                yield InvoiceLine(line, line_type, first, last, amount), last + ONE_DAY
            return
        step = _MONTHS[contract.billing_frequency]
        number = 0
        while (start := add_months(contract.start, step * number)) <= line.end:
            number += 1
            end = add_months(contract.start, step * number) - ONE_DAY
            first, last = max(start, line.start), min(end, line.end)
            if first > last:
                continue
            day = max(known, start)
            told = line.commit_to or date.max
            billed_to = last if told > day else min(last, line.service_to)
            if first <= billed_to:
                amount = earned(line, first, billed_to)
                line_type = "recurring" if amount >= 0 else "credit"
                yield InvoiceLine(line, line_type, first, billed_to, amount), day
            unserved = max(first, line.service_to + ONE_DAY)
            if told > day and unserved <= last and told < date.max:
                credit = -earned(line, unserved, last)
                line_type = "credit" if credit < 0 else "recurring"
                yield InvoiceLine(line, line_type, unserved, last, credit), max(told, day + ONE_DAY)

    def _invoice(
        self, contract: Contract, day: date, items: list[InvoiceLine], dice: Random
    ) -> None:
        if dice.random() < 0.012 and day + timedelta(days=5) < self.world.last_day:
            wrong = self._write(contract, day, items, dice)
            self._settle(wrong, "void", day + timedelta(days=2), dice)
            day += timedelta(days=2)
        row = self._write(contract, day, items, dice)
        invoice = Invoice(str(row["invoice_id"]), contract, day, items)
        self.invoices.append(invoice)
        self._collect(contract.account, row, day, dice)

    def _write(
        self, contract: Contract, day: date, items: list[InvoiceLine], dice: Random
    ) -> dict[str, object]:
        invoice_id = self._key("INV")
        written = at(day, dice)
        loaded_at = self.world.loaded_after(written)
        net = sum((item.amount for item in items), ZERO)
        tax = cents(net * _TAX) if contract.account.country == "GB" else ZERO
        row: dict[str, object] = {
            "invoice_id": invoice_id,
            "account_id": contract.account.account_id,
            "contract_id": contract.contract_id,
            "invoice_date": day,
            "due_date": day + timedelta(days=30),
            "currency": contract.currency,
            "total_amount": net + tax,
            "status": "open",
            "updated_at": written,
            "loaded_at": loaded_at,
        }
        self.world.emit("billing", "invoices", row)
        for item in items:
            self._write_line(
                invoice_id,
                item.line.line_id,
                item.line.sku,
                item.line_type,
                item.first_day,
                item.last_day,
                item.amount,
                loaded_at,
            )
        if tax:
            self._write_line(invoice_id, None, None, "tax", None, None, tax, loaded_at)
        return row

    def _write_line(
        self,
        invoice_id: str,
        order_line_id: str | None,
        sku: str | None,
        line_type: str,
        first_day: date | None,
        last_day: date | None,
        amount: Decimal,
        loaded_at: object,
    ) -> None:
        self.world.emit(
            "billing",
            "invoice_lines",
            {
                "invoice_line_id": self._key("IL"),
                "invoice_id": invoice_id,
                "order_line_id": order_line_id,
                "sku": sku,
                "line_type": line_type,
                "service_start_date": first_day,
                "service_end_date": last_day,
                "amount": amount,
                "loaded_at": loaded_at,
            },
        )

    def _collect(self, account: Account, row: dict[str, object], day: date, dice: Random) -> None:
        total = row["total_amount"]
        assert isinstance(total, Decimal)
        trouble = max(
            (
                s.severity
                for s in account.shocks
                if s.kind == "unpaid_invoice" and -20 <= (s.day - day).days <= 90
            ),
            default=0.0,
        )
        if total <= 0:
            self._settle(row, "paid", day + timedelta(days=1), dice)
            return
        paid = day + timedelta(days=int(max(2, dice.gauss(26, 9))))
        if trouble:
            paid = day + timedelta(days=int(40 + 100 * trouble * dice.random()))
        if (trouble > 0.6 and dice.random() < 0.35) or dice.random() < 0.002:
            self._settle(row, "uncollectible", day + timedelta(days=150), dice)
            if trouble:
                self._pay(row, day + timedelta(days=35), total, "failed", dice)
            return
        if dice.random() < (0.5 if trouble else 0.02):
            self._pay(row, paid - timedelta(days=1), total, "failed", dice)
        if dice.random() < 0.01:
            half = cents(total / 2)
            self._pay(row, paid - timedelta(days=2), half, "succeeded", dice)
            self._pay(row, paid, total - half, "succeeded", dice)
        else:
            self._pay(row, paid, total, "succeeded", dice)
        self._settle(row, "paid", paid, dice)
        if dice.random() < 0.004:
            self._pay(row, paid + timedelta(days=20), cents(total / 10), "refunded", dice)

    def _pay(
        self, row: dict[str, object], day: date, amount: Decimal, status: str, dice: Random
    ) -> None:
        paid_at = at(day, dice)
        if day >= self.world.last_day:
            return
        self.world.emit(
            "billing",
            "payments",
            {
                "payment_id": self._key("PAY"),
                "invoice_id": row["invoice_id"],
                "paid_at": paid_at,
                "amount": amount,
                "currency": row["currency"],
                "status": status,
                "loaded_at": self.world.loaded_after(paid_at),
            },
        )

    def _settle(self, row: dict[str, object], status: str, day: date, dice: Random) -> None:
        when = at(day, dice)
        if day < self.world.last_day:
            self.world.emit(
                "billing",
                "invoices",
                row
                | {
                    "status": status,
                    "updated_at": when,
                    "loaded_at": self.world.loaded_after(when),
                },
            )
