"""The billing system: turns decisions into contracts, orders, lines, notices and quotes.

It hands out keys, works out what lines bring, and lands a row, or a further version of one,
for each thing that the company enters. What is entered late is landed late: ``created_at`` and
``loaded_at`` follow the entry, ``signed_at`` the signature.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sample_company.book import Contract, Line, Order
from sample_company.catalogue import PRODUCTS, REASON_COMMENTS
from sample_company.crm import at
from sample_company.rates import Rates
from sample_company.world import Account, World


class Billing:
    """Writes the billing source, except invoices and payments."""

    def __init__(self, world: World, rates: Rates) -> None:
        """Open the books."""
        self.world = world
        self.rates = rates
        self.contracts: list[Contract] = []  # all that stand, in the order they were entered
        self.voided: list[Contract] = []
        self.voided_orders: list[Order] = []
        self._dice = world.dice("billing")
        self._numbers = {"C": 0, "O": 0, "L": 0, "N": 0, "Q": 0}
        self._rows: dict[str, dict[str, Any]] = {}

    def _key(self, letter: str, digits: int = 6) -> str:
        self._numbers[letter] += 1
        return f"{letter}-{self._numbers[letter]:0{digits}d}"

    def write_products(self) -> None:
        """Land the product list, as it was before the first day."""
        for product in PRODUCTS.values():
            entered = datetime.combine(self.world.first_day, datetime.min.time())
            entered -= timedelta(days=40)
            self.world.emit(
                "billing",
                "products",
                {
                    "sku": product.sku,
                    "product_name": product.name,
                    "product_line": product.line,
                    "charge_type": product.charge_type,
                    "unit_of_measure": product.unit,
                    "is_archive": product.is_archive,
                    "bundle_sku": product.bundle_sku,
                    "updated_at": entered,
                    "loaded_at": self.world.loaded_after(entered),
                },
            )

    # Contracts and orders

    def draft(
        self,
        account: Account,
        signed_on: date,
        start: date,
        end: date,
        currency: str,
        *,
        predecessor: Contract | None = None,
        claims: str | None = None,
        entered_on: date | None = None,
        billing_frequency: str | None = None,
    ) -> Contract:
        """A contract that is being written; :meth:`write_contract` lands it."""
        contract_id = self._key("C")
        return Contract(
            contract_id=contract_id,
            family_id=predecessor.family_id if predecessor else contract_id,
            account=account,
            currency=currency,
            signed_on=signed_on,
            start=start,
            end=end,
            billing_frequency=billing_frequency
            or self._dice.choices(["annual", "quarterly", "monthly"], [60, 28, 12])[0],
            claims=claims or (predecessor.contract_id if predecessor else None),
            predecessor=predecessor,
            auto_renews=self._dice.random() < 0.3,
            entered_on=entered_on or signed_on,
        )

    def order(
        self,
        contract: Contract,
        order_type: str,
        signed_on: date,
        entered_on: date | None = None,
        opportunity_id: str | None = None,
    ) -> Order:
        """An order that is being written; :meth:`write_order` lands it with its lines."""
        order = Order(
            self._key("O"),
            contract,
            order_type,
            signed_on,
            entered_on or signed_on,
            opportunity_id,
        )
        contract.orders.append(order)
        return order

    def line(
        self,
        order: Order,
        sku: str,
        quantity: Decimal | int,
        list_unit_price: Decimal,
        discount_percent: Decimal | int,
        start: date,
        end: date,
        *,
        prior: Line | None = None,
        step_of: Line | None = None,
        reduces: Line | None = None,
        reason: str | None = None,
        comment: str | None = None,
    ) -> Line:
        """A line of an order, at the rate of the day on which the order was signed."""
        line = Line(
            line_id=self._key("L", 7),
            order=order,
            sku=sku,
            quantity=Decimal(quantity),
            list_unit_price=list_unit_price,
            discount_percent=Decimal(discount_percent),
            start=start,
            end=end,
            rate=self.rates.on(order.contract.currency, order.signed_on),
            prior=prior,
            reason=reason,
            comment=comment,
            step_of=step_of,
            reduces=reduces,
        )
        if step_of is not None:
            step_of.next_step = line
        order.lines.append(line)
        return line

    def _entered(self, signed_at: datetime, entered_on: date) -> datetime:
        if entered_on == signed_at.date():
            return min(
                signed_at + timedelta(minutes=self._dice.randint(5, 240)),
                datetime.combine(entered_on, datetime.max.time()).replace(microsecond=0),
            )
        return at(entered_on, self._dice)

    def write_contract(self, contract: Contract) -> None:
        """Land a contract as entered."""
        signed_at = at(contract.signed_on, self._dice)
        entered = self._entered(signed_at, contract.entered_on or contract.signed_on)
        self._emit(
            "contracts",
            contract.contract_id,
            {
                "contract_id": contract.contract_id,
                "account_id": contract.account.account_id,
                "renewed_from_contract_id": contract.claims,
                "signed_at": signed_at,
                "start_date": contract.start,
                "end_date": contract.end,
                "billing_frequency": contract.billing_frequency,
                "auto_renews": contract.auto_renews,
                "non_renewal_reason_code": None,
                "currency": contract.currency,
                "created_at": entered,
                "updated_at": entered,
                "is_deleted": False,
            },
            entered,
        )
        self.contracts.append(contract)

    def write_order(self, order: Order) -> None:
        """Land an order and its lines as entered."""
        contract_row = self._rows[order.contract.contract_id]
        if order.signed_on == order.contract.signed_on:
            signed_at = contract_row["signed_at"]
        else:
            signed_at = at(order.signed_on, self._dice)
        entered = max(self._entered(signed_at, order.entered_on), signed_at)
        entered = max(entered, contract_row["created_at"])
        self._emit(
            "orders",
            order.order_id,
            {
                "order_id": order.order_id,
                "contract_id": order.contract.contract_id,
                "opportunity_id": order.opportunity_id,
                "order_type": order.order_type,
                "signed_at": signed_at,
                "created_at": entered,
                "updated_at": entered,
                "is_deleted": False,
            },
            entered,
        )
        for line in order.lines:
            self._emit(
                "order_lines",
                line.line_id,
                {
                    "order_line_id": line.line_id,
                    "order_id": order.order_id,
                    "sku": line.sku,
                    "quantity": line.quantity,
                    "list_unit_price": line.list_unit_price,
                    "discount_percent": line.discount_percent,
                    "service_start_date": line.start,
                    "service_end_date": line.end,
                    "prior_order_line_id": line.prior.line_id if line.prior else None,
                    "change_reason_code": line.reason,
                    "change_comment": line.comment,
                    "updated_at": entered,
                    "is_deleted": False,
                },
                entered,
            )

    def note_reason(self, contract: Contract, day: date, reason: str) -> None:
        """The reason that a term simply ended is learnt."""
        contract.non_renewal_reason = reason
        self._change("contracts", contract.contract_id, day, {"non_renewal_reason_code": reason})

    def void_contract(self, contract: Contract, day: date) -> None:
        """A contract entered by mistake is deleted; its orders are left as they stand."""
        self._change("contracts", contract.contract_id, day, {"is_deleted": True})
        self.contracts.remove(contract)
        contract.is_settled = True
        self.voided.append(contract)

    def void_order(self, order: Order, day: date) -> None:
        """An order entered by mistake is deleted; its lines are left as they stand."""
        self._change("orders", order.order_id, day, {"is_deleted": True})
        order.contract.orders.remove(order)
        self.voided_orders.append(order)

    # Notices and quotes

    def cancellation(
        self,
        contract: Contract,
        sku: str | None,
        notified_on: date,
        effective_on: date,
        reason: str | None,
        comment: str | None,
        entered_on: date | None = None,
    ) -> str:
        """Land a notice; returns its key. ``entered_on``: when it was entered, if later."""
        cancellation_id = self._key("N", 5)
        notified_at = at(notified_on, self._dice)
        entered = max(notified_at, self._entered(notified_at, entered_on or notified_on))
        self._emit(
            "cancellations",
            cancellation_id,
            {
                "cancellation_id": cancellation_id,
                "contract_id": contract.contract_id,
                "sku": sku,
                "notified_at": notified_at,
                "effective_date": effective_on,
                "reason_code": reason,
                "comment": comment,
                "updated_at": entered,
                "is_deleted": False,
            },
            entered,
        )
        return cancellation_id

    def take_back(self, cancellation_id: str, day: date) -> None:
        """A notice is taken back."""
        self._change("cancellations", cancellation_id, day, {"is_deleted": True})

    def quote(self, contract: Contract, day: date, annual: Decimal, currency: str) -> str:
        """A renewal quote is sent; returns its key."""
        quote_id = self._key("Q", 5)
        sent = at(day, self._dice)
        self._emit(
            "quotes",
            quote_id,
            {
                "quote_id": quote_id,
                "contract_id": contract.contract_id,
                "sent_at": sent,
                "annual_amount": annual,
                "currency": currency,
                "status": "sent",
                "updated_at": sent,
            },
            sent,
        )
        return quote_id

    def answer_quote(self, quote_id: str, day: date, status: str) -> None:
        """A quote is accepted, declined or has expired."""
        self._change("quotes", quote_id, day, {"status": status})

    # Rows

    def row(self, key: str) -> dict[str, Any]:
        """The newest version of a row by its key."""
        return self._rows[key]

    def _emit(self, table: str, key: str, row: dict[str, Any], entered: datetime) -> None:
        row["loaded_at"] = self.world.loaded_after(entered)
        self._rows[key] = row
        self.world.emit("billing", table, row)

    def _change(self, table: str, key: str, day: date, change: dict[str, Any]) -> None:
        row = self._rows[key]
        when = max(at(day, self._dice), row["updated_at"] + timedelta(minutes=1))
        self._emit(table, key, row | change | {"updated_at": when}, when)


def comment_on(reason: str | None, dice: Random) -> str | None:
    """What was noted next to a reason, if anything was."""
    if reason is None or dice.random() < 0.4:
        return None
    return dice.choice(REASON_COMMENTS[reason])
