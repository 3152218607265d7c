"""The general ledger: what the accountant posts, and where she differs from the books.

Revenue of recurring lines is posted for each month, customer and SKU by days in service,
rounded in the contract's currency and again in reporting currency at the month-end rate, on the
month's last evening (of the company's last month: the evening before, so that it is landed). What
she could not know by then she posts with a later month, for the month it belongs to. Differences
that are planted (credits, corrections by hand, wrong or missing postings, ...) are told to the
answer key as they are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sample_company.arithmetic import (
    ZERO,
    add_months,
    cents,
    converted,
    month_end,
    month_start,
    share_of_month,
)
from sample_company.book import ONE_DAY, Line
from sample_company.invoicing import Invoice, months_touched
from sample_company.rates import Rates
from sample_company.world import World

_ACCOUNTS = [
    ("1200", "Trade receivables", "receivable"),
    ("2400", "Deferred revenue", "deferred_revenue"),
    ("4000", "Subscription revenue", "recurring_revenue"),
    ("4010", "Platform and connector revenue", "recurring_revenue"),
    ("4100", "Usage revenue", "usage_revenue"),
    ("4200", "Services revenue", "services_revenue"),
    ("5000", "Hosting and operations", "cost_of_recurring"),
    ("5010", "Customer support", "cost_of_recurring"),
    ("5100", "Delivery of services", "cost_of_services"),
    ("6000", "Sales", "sales_and_marketing"),
    ("6010", "Marketing", "sales_and_marketing"),
    ("6100", "Customer success", "customer_success"),
]
_COST_SHARE = {
    "5000": "0.13",
    "5010": "0.06",
    "5100": "0.02",
    "6000": "0.24",
    "6010": "0.11",
    "6100": "0.08",
}
_PLATFORM = ("CON", "API", "SUP", "DATA", "AUD", "SBX", "ARC")


@dataclass
class LedgerItem:
    """A planted difference between the ledger and expected revenue.

    ``amount``: what it adds to ledger revenue of the month posted, reporting currency.
    """

    kind: str
    journal_line_id: str | None
    month_posted: date | None
    service_month: date
    customer_id: str | None
    sku: str | None
    amount: Decimal


def working_days_after(day: date, count: int) -> date:
    """The day some working days (Monday to Friday) after another."""
    while count:
        day += ONE_DAY
        count -= day.weekday() < 5
    return day


class Ledger:
    """Posts the company's books month by month."""

    def __init__(self, world: World, rates: Rates) -> None:
        """Open the ledger."""
        self.world = world
        self.rates = rates
        self.items: list[LedgerItem] = []
        self.unknown_lines: list[tuple[str, str]] = []  # journal line, rule
        self._dice = world.dice("ledger")
        self._number = 0

    def post(self, lines: Iterable[Line], invoices: Iterable[Invoice], unknown: set[str]) -> None:
        """Post everything. ``unknown``: customers whose CRM account the warehouse never sees."""
        self._chart_and_periods()
        revenue, late = self._revenue(lines)
        self._recognise(revenue, late, unknown)
        self._invoiced(invoices)
        self._by_hand(revenue)

    # Frame

    def _chart_and_periods(self) -> None:
        world = self.world
        first = month_start(world.first_day) - ONE_DAY
        opened = datetime.combine(first - timedelta(days=20), time(9, 0))
        for number, name, account_class in _ACCOUNTS:
            world.emit(
                "ledger",
                "gl_accounts",
                {
                    "account_number": number,
                    "account_name": name,
                    "account_class": account_class,
                    "loaded_at": world.loaded_after(opened),
                },
            )
        month = month_start(first)
        last = date(world.last_day.year, 12, 1)
        reopened = add_months(month_start(world.last_day), -7)
        while month <= last:
            row = {
                "period_start": month,
                "period_end": month_end(month),
                "fiscal_year": month.year,
                "fiscal_quarter": (month.month + 2) // 3,
                "closed_at": None,
            }
            written = max(opened, datetime.combine(date(month.year - 1, 12, 15), time(9, 0)))
            world.emit("ledger", "fiscal_periods", row | {"loaded_at": world.loaded_after(written)})
            closes = [working_days_after(month_end(month), 8)]
            if month == reopened:
                closes.append(closes[0] + timedelta(days=12))
            for number, day in enumerate(closes):
                if day >= world.last_day:
                    break
                if number:
                    again = datetime.combine(day - timedelta(days=3), time(10, 0))
                    world.emit(
                        "ledger",
                        "fiscal_periods",
                        row | {"loaded_at": world.loaded_after(again)},
                    )
                closed_at = datetime.combine(day, time(16, 30))
                world.emit(
                    "ledger",
                    "fiscal_periods",
                    row | {"closed_at": closed_at, "loaded_at": world.loaded_after(closed_at)},
                )
            month = add_months(month, 1)

    def _line(
        self,
        journal_id: str,
        day: date,
        posted_at: datetime,
        account: str,
        amount: Decimal,
        *,
        customer_id: str | None = None,
        sku: str | None = None,
        service_month: date | None = None,
        source: str = "revenue_recognition",
        memo: str | None = None,
    ) -> str | None:
        """Land a journal line; ``amount`` is a credit (below zero: a debit). None: not landed."""
        if posted_at.date() >= self.world.last_day or not amount:
            return None
        self._number += 1
        key = f"JL-{self._number:07d}"
        self.world.emit(
            "ledger",
            "journal_lines",
            {
                "journal_line_id": key,
                "journal_id": journal_id,
                "posting_date": day,
                "account_number": account,
                "customer_account_id": customer_id,
                "sku": sku,
                "service_month": service_month,
                "entry_source": source,
                "debit_amount": max(-amount, ZERO),
                "credit_amount": max(amount, ZERO),
                "memo": memo,
                "posted_at": posted_at,
                "loaded_at": self.world.loaded_after(posted_at),
            },
        )
        return key

    # Recurring revenue

    def _revenue(
        self, lines: Iterable[Line]
    ) -> tuple[
        dict[date, dict[str, dict[str, Decimal]]],
        dict[date, list[tuple[date, str, str, Decimal]]],
    ]:
        """Expected revenue by month, customer and SKU; and what came to light too late, by the
        month in which it could be posted."""
        revenue: dict[date, dict[str, dict[str, Decimal]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(lambda: ZERO))
        )
        late: dict[date, list[tuple[date, str, str, Decimal]]] = defaultdict(list)
        for line in lines:
            contract = line.contract
            last_day = min(line.service_to, self.world.last_day)
            if line.start > last_day or not line.mrr:
                continue
            customer = contract.account.account_id
            known = max(line.order.entered_on, line.order.signed_on)
            for month, first, last in months_touched(line.start, last_day):
                end = month_end(month)
                if end > self.world.last_day:
                    continue
                local = share_of_month(line.mrr, (last - first).days + 1, end.day)
                ready = self._books_ready(end).date()
                amount = converted(local, self.rates.on(contract.currency, ready))
                if known <= ready:
                    revenue[month][customer][line.sku] += amount
                else:
                    late[self._next_run(known)].append((month, customer, line.sku, amount))
        return revenue, late

    def _books_ready(self, end_of_month: date) -> datetime:
        return datetime.combine(min(end_of_month, self.world.last_day - ONE_DAY), time(22, 0))

    def _next_run(self, known: date) -> date:
        """The first month whose run knows what was known on a day."""
        month = month_start(known)
        if known > self._books_ready(month_end(month)).date():
            return add_months(month, 1)
        return month

    def _account(self, sku: str | None) -> str:
        return "4010" if sku is not None and sku.startswith(_PLATFORM) else "4000"

    def _recognise(
        self,
        revenue: dict[date, dict[str, dict[str, Decimal]]],
        late: dict[date, list[tuple[date, str, str, Decimal]]],
        unknown: set[str],
    ) -> None:
        """Post each month at its end; plant late, missing, wrong and unlabelled postings."""
        dice = self._dice
        months = sorted(set(revenue) | set(late))
        carried: list[tuple[date, str, str, Decimal]] = []
        for month in months:
            end = month_end(month)
            ready = self._books_ready(end)
            waiting, carried = carried + late.get(month, []), []
            for number, customer in enumerate(sorted(revenue[month]), start=1):
                journal = f"J-{month:%Y%m}-{number:05d}"
                drops_sku = dice.random() < 0.003
                drops_customer = dice.random() < 0.002
                total = ZERO
                for sku in sorted(revenue[month][customer]):
                    amount = revenue[month][customer][sku]
                    draw = dice.random()
                    if draw < 0.008 and not drops_sku:
                        carried.append((month, customer, sku, amount))
                        continue
                    if draw < 0.010:
                        self._tell("missing_posting", None, None, month, customer, sku, -amount)
                        continue
                    posted = amount
                    if draw < 0.012:
                        posted = cents(amount * Decimal("1.1")) + Decimal("0.10")
                    key = self._line(
                        journal,
                        end,
                        ready,
                        self._account(sku),
                        posted,
                        customer_id=None if drops_customer else customer,
                        sku=None if drops_sku else sku,
                        service_month=None if dice.random() < 0.05 else month,
                        memo=f"Revenue {month:%Y-%m}",
                    )
                    if key is None:
                        continue
                    total += posted
                    if posted != amount:
                        self._tell(
                            "wrong_amount", key, month, month, customer, sku, posted - amount
                        )
                    if drops_sku:
                        self._tell("without_sku", key, month, month, customer, sku, ZERO)
                    if drops_customer:
                        self._tell("without_customer", key, month, month, customer, sku, ZERO)
                    elif customer in unknown:
                        self._tell("unknown_customer", key, month, month, customer, sku, ZERO)
                self._line(
                    journal, end, ready, "2400", -total, customer_id=customer, service_month=month
                )
            for number, (service_month, customer, sku, amount) in enumerate(waiting, start=1):
                journal = f"J-{month:%Y%m}-L{number:04d}"
                key = self._line(
                    journal,
                    end,
                    ready,
                    self._account(sku),
                    amount,
                    customer_id=customer,
                    sku=sku,
                    service_month=service_month,
                    memo=f"Late: revenue {service_month:%Y-%m}",
                )
                if key is None:
                    self._tell("missing_posting", None, None, service_month, customer, sku, -amount)
                    continue
                self._line(
                    journal,
                    end,
                    ready,
                    "2400",
                    -amount,
                    customer_id=customer,
                    service_month=service_month,
                )
                self._tell("late_posting", key, month, service_month, customer, sku, amount)
        for service_month, customer, sku, amount in carried:
            self._tell("missing_posting", None, None, service_month, customer, sku, -amount)

    def _tell(
        self,
        kind: str,
        key: str | None,
        posted: date | None,
        service_month: date,
        customer: str | None,
        sku: str | None,
        amount: Decimal,
    ) -> None:
        self.items.append(LedgerItem(kind, key, posted, service_month, customer, sku, amount))

    # Invoices, usage and services

    def _invoiced(self, invoices: Iterable[Invoice]) -> None:
        """Receivables of each invoice, against usage, services and (the rest) deferred revenue."""
        for number, invoice in enumerate(invoices, start=1):
            rate = self.rates.on(invoice.contract.currency, invoice.day)
            posted = datetime.combine(invoice.day, time(19, 0))
            journal = f"J-INV-{number:06d}"
            customer = invoice.contract.account.account_id
            deferred = receivable = ZERO
            for item in invoice.lines:
                if item.line_type not in ("usage", "overage", "one_time"):
                    deferred += item.amount
                    continue
                amount = converted(item.amount, rate)
                receivable += amount
                self._line(
                    journal,
                    invoice.day,
                    posted,
                    "4200" if item.line_type == "one_time" else "4100",
                    amount,
                    customer_id=customer,
                    sku=item.line.sku,
                    service_month=month_start(item.last_day),
                )
            deferred = converted(deferred, rate)
            for account, amount in (("2400", deferred), ("1200", -receivable - deferred)):
                self._line(journal, invoice.day, posted, account, amount, customer_id=customer)

    # What is done by hand

    def _by_hand(self, revenue: dict[date, dict[str, dict[str, Decimal]]]) -> None:
        """Credit memos, corrections and costs of each month, with a few slips among them."""
        dice = self._dice
        for month in sorted(revenue):
            end = month_end(month)
            ready = self._books_ready(end)
            by_customer = revenue[month]
            total = sum((a for skus in by_customer.values() for a in skus.values()), ZERO)
            for number, share in _COST_SHARE.items():
                wobble = Decimal(str(round(dice.uniform(0.9, 1.15), 3)))
                self._line(
                    f"J-{month:%Y%m}-C{number}",
                    end,
                    ready,
                    number,
                    -cents(total * Decimal(share) * wobble),
                    service_month=month,
                    source="manual",
                    memo="Cost allocation",
                )
            customers = sorted(by_customer)
            for number in range(1 + len(customers) // 90):
                customer = dice.choice(customers)
                sku = dice.choice(sorted(by_customer[customer]))
                memo = -cents(abs(by_customer[customer][sku]) * Decimal("0.2")) - Decimal("15.00")
                self._entry(
                    "credit_memo",
                    month,
                    f"J-{month:%Y%m}-M{number:03d}",
                    memo,
                    customer,
                    sku if dice.random() < 0.9 else None,
                    "Service credit",
                )
            for number in range(1 + len(customers) // 200):
                customer = dice.choice(customers) if dice.random() < 0.7 else None
                skus = sorted(by_customer[customer]) if customer else []
                sku = dice.choice(skus) if skus and dice.random() < 0.7 else None
                amount = Decimal(dice.randint(-900, 1500)) + Decimal("0.37")
                self._entry(
                    "manual",
                    month,
                    f"J-{month:%Y%m}-H{number:03d}",
                    amount,
                    customer,
                    sku,
                    "Correction by hand",
                )
            if dice.random() < 0.15:
                self._slip("unknown_customer", month, "A-99999", "PLAN-PRO")
            if dice.random() < 0.15:
                self._slip("unknown_sku", month, dice.choice(customers), "PLAN-OLD")

    def _entry(
        self,
        source: str,
        month: date,
        journal: str,
        amount: Decimal,
        customer: str | None,
        sku: str | None,
        memo: str,
    ) -> None:
        day = month_start(month) + timedelta(days=self._dice.randint(3, 26))
        posted = datetime.combine(day, time(11, 15))
        key = self._line(
            journal,
            day,
            posted,
            self._account(sku),
            amount,
            customer_id=customer,
            sku=sku,
            service_month=month,
            source=source,
            memo=memo,
        )
        if key is not None:
            self._line(
                journal,
                day,
                posted,
                "1200",
                -amount,
                customer_id=customer,
                service_month=month,
                source=source,
                memo=memo,
            )
            self._tell(source, key, month, month, customer, sku, amount)

    def _slip(self, kind: str, month: date, customer: str, sku: str) -> None:
        """A posting that names a customer or a SKU that nobody knows."""
        end = month_end(month)
        amount = Decimal(self._dice.randint(20, 400))
        journal, ready = f"J-{month:%Y%m}-X{kind[8:9]}", self._books_ready(end)
        key = self._line(
            journal, end, ready, "4000", amount, customer_id=customer, sku=sku, service_month=month
        )
        self._line(journal, end, ready, "2400", -amount, service_month=month)
        if key is not None:
            self.unknown_lines.append((key, kind))
            self._tell(kind, key, month, month, customer, sku, amount)
